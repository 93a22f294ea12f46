// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's side: its headers alone.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/array_size.h>

#include "../cmd.h"
#include "../regs.h"
#include "words.h"

#define WORD(driver, sim, index, number)	{ #driver, #sim, index, driver, number },
#define VALUE(driver, sim, number)	{ #driver, #sim, WORD_NONE, driver, number },
const struct word driver_words[] = {
#include "words.def"
};

const unsigned int driver_words_count = ARRAY_SIZE(driver_words);

const struct command *driver_commands(unsigned int *count)
{
	const struct tlbi_range range = { .tg = 12, .scale = 2, .num = 4, .ttl = 0 };
	const struct tlbi_range hint = { .tg = 16, .scale = 0, .num = 1, .ttl = 2 };
	static struct command list[32];
	unsigned int n = 0;

#define COMMAND(call, w0, w1) do {						\
	struct smmu_cmd c = call;						\
	list[n++] = (struct command){ #call, { c.qw[0], c.qw[1] }, { w0, w1 } };	\
} while (0)
	COMMAND(cmd_cfgi_ste(5), 0x500000003, 1);
	COMMAND(cmd_cfgi_ste_and_l1(5), 0x500000003, 0);
	COMMAND(cmd_cfgi_all(), 4, 31);
	COMMAND(cmd_cfgi_cd(5, 3, true), 0x500003005, 1);
	COMMAND(cmd_cfgi_cd(5, 3, false), 0x500003005, 0);
	COMMAND(cmd_cfgi_cd_all(5), 0x500000006, 0);
	COMMAND(cmd_tlbi(OP_TLBI_NH_ASID, 7, 3), 0x0003000700000011, 0);
	COMMAND(cmd_tlbi(OP_TLBI_S12_VMALL, 7, 0), 0x0000000700000028, 0);
	COMMAND(cmd_tlbi(OP_TLBI_NSNH_ALL, 0, 0), 0x30, 0);
	COMMAND(cmd_tlbi(OP_TLBI_EL2_ALL, 0, 0), 0x20, 0);
	COMMAND(cmd_tlbi_addr(OP_TLBI_NH_VA, 7, 3, 0x12345000, true), 0x0003000700000012,
		0x12345001);
	COMMAND(cmd_tlbi_addr(OP_TLBI_S2_IPA, 7, 0, 0x12345000, false), 0x000000070000002a,
		0x12345000);
	COMMAND(cmd_tlbi_range(OP_TLBI_NH_VA, 7, 3, 0x12345000, true, range), 0x0003000700203012,
		0x12345401);
	COMMAND(cmd_tlbi_range(OP_TLBI_NH_VA, 7, 3, 0x20000000, false, hint), 0x0003000700000012,
		0x20000e00);
	COMMAND(cmd_atc_inv(5, 3, true, 0x8000, 3), 0x500003840, 0x8003);
	COMMAND(cmd_atc_inv(5, 0, false, 0, 52), 0x500000040, 52);
	COMMAND(cmd_pri_resp(5, 3, true, 0x101, PRI_RESP_SUCCESS), 0x500003841, 0x2101);
	COMMAND(cmd_stall_term(5), 0x500000045, 0);
	COMMAND(cmd_sync(), 0x46, 0);
	*count = n;
	return list;
}
