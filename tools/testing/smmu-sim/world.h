/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world around a simulated SMMU: memory of 52 bits, interrupts, endpoints.
 *
 * Tests write registers, structures and commands as numbers, taken from the
 * architecture and never from the model's own headers.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdlib.h>

#include "model.h"

/* Where things are. */
#define CMDQ_AT		0x10000000ull
#define EVTQ_AT		0x10100000ull
#define PRIQ_AT		0x10200000ull
#define STRTAB_AT	0x11000000ull
#define CDTAB_AT	0x12000000ull
#define TABLES_AT	0x20000000ull	/* four levels of 4K, one page each */
#define MSI_AT		0x30000000ull
#define DATA_AT		0x80000000ull

/* A CD of 48 bits, 4K, TTB0 alone, R and A set; the rest comes by "or". */
#define CD0(asid)	(0x6205c0000010ull | (u64)(asid) << 48)
#define STE0_S1		(0xbull | CDTAB_AT)

struct world {
	struct ssim s;
	struct ssim_entry pool[1 << 15];
	unsigned int irqs[4], sevs, atc_invs, resps, resumes, reports;
	struct ssim_atc_inv inv;
	struct ssim_pri_resp resp;
	struct ssim_result resumed;
	u16 resumed_stag;
	bool atc_dead;
	struct {
		u64 ttb;
		u32 number;
	} foreign[2];			/* tables whose stores are not seen */
	char invariant[16];
	char text[4096];
	u32 prod;
};

extern struct world w;
extern unsigned int failures_here;

void run(const char *name, void (*test)(void));
void complain(const char *file, int line, const char *fmt, ...) __printf(3, 4);

#define EXPECT(cond) do {						\
	if (!(cond))							\
		complain(__FILE__, __LINE__, "%s", #cond);		\
} while (0)

#define EXPECT_EQ(a, b) do {						\
	unsigned long long a_ = (a), b_ = (b);				\
	if (a_ != b_)							\
		complain(__FILE__, __LINE__, "%s is 0x%llx, not 0x%llx", #a, a_, b_); \
} while (0)

/* The number of violations so far, and the name of the last. */
#define EXPECT_REPORTS(n, name) do {					\
	EXPECT_EQ(w.reports, n);					\
	if (w.reports && strcmp(w.invariant, name))			\
		complain(__FILE__, __LINE__, "reported as %s, not %s", w.invariant, name); \
} while (0)

/* Memory */
void poke(u64 pa, u64 value);		/* unseen */
u64 peek(u64 pa);
void store(u64 pa, u64 value);		/* seen by the model */
void fill(u64 pa, const u64 *words, unsigned int n);
extern u64 hole, hole_size;		/* accesses there abort */

/* Registers */
u64 rd(u32 offset);
void wr(u32 offset, u64 value);
void wr8(u32 offset, u64 value);

/* ID registers of an SMMU that has everything, and of the running one. */
extern const struct ssim_ids everything;
void reset(const struct ssim_ids *ids);
void bring_up(const struct ssim_ids *ids);	/* queues, interrupts and a table of 256 streams */
void cmd(u64 w0, u64 w1);
void cmd_sync(void);
void event(unsigned int n, u64 words[4]);	/* n-th record of the event queue */
unsigned int events(void);			/* how many there are */

/* Structures */
u64 ste_at(u32 sid);
u64 cd_at(u32 ssid);
void put_ste(u32 sid, u64 w0, u64 w1, u64 w2, u64 w3);
void put_cd(u32 ssid, u64 w0, u64 ttb0, u64 ttb1, u64 mair);
void simple_stream(u32 sid, u32 asid);		/* stage 1 through TABLES_AT, levels 0 to 3 */
u64 pte_at(u64 va);				/* of simple_stream()'s tables */
struct ssim_result dma(u32 sid, u64 addr, bool write);
struct ssim_result dma_ssid(u32 sid, u32 ssid, u64 addr, bool write);

void tests_regs(void);
void tests_queues(void);
void tests_config(void);
void tests_walk(void);
void tests_translate(void);
void tests_tlb(void);
void tests_foreign(void);
void tests_clash(void);
void tests_cache(void);
void tests_atc(void);
void tests_faults(void);
void tests_life(void);
void tests_tables(void);
void tests_words(void);
void tests_fuzz(void);

#endif /* WORLD_H */
