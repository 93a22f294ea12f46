// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory, interrupts, endpoints and a stream that works.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"
#include "pgtable.h"

#define PAGES	4096

struct world w;
u64 hole, hole_size;

static struct page {
	struct page *next;
	u64 pa;
	u64 words[512];
} *pages[PAGES];

static u64 *word(u64 pa, bool make)
{
	struct page **b, *p;

	if (pa - ARENA_AT < ARENA_SIZE)
		return (u64 *)(arena + (pa - ARENA_AT));
	b = &pages[(pa >> 12) * 0x9e3779b97f4a7c15ull >> 52];
	for (p = *b; p; p = p->next)
		if (p->pa == pa >> 12)
			return &p->words[pa >> 3 & 511];
	if (!make)
		return NULL;
	p = calloc(1, sizeof(*p));
	p->pa = pa >> 12;
	p->next = *b;
	*b = p;
	return &p->words[pa >> 3 & 511];
}

static void forget_memory(void)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		while (pages[i]) {
			struct page *p = pages[i];

			pages[i] = p->next;
			free(p);
		}
	}
}

void poke(u64 pa, u64 value)
{
	*word(pa, true) = value;
}

u64 peek(u64 pa)
{
	u64 *p = word(pa, false);

	return p ? *p : 0;
}

void store(u64 pa, u64 value)
{
	u64 old = peek(pa);

	poke(pa, value);
	ssim_store(&w.s, pa, old, value);
}

void fill(u64 pa, const u64 *words, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		store(pa + i * 8, words[i]);
}

static bool aborts(u64 pa)
{
	return hole_size && pa >= hole && pa < hole + hole_size;
}

static bool world_read(void *cookie, u64 pa, void *to, unsigned int size)
{
	unsigned int i;
	u64 v;

	if (aborts(pa) || pa & 7 || size & 7)
		return false;
	for (i = 0; i < size; i += 8) {
		v = peek(pa + i);
		memcpy((char *)to + i, &v, 8);
	}
	return true;
}

static bool world_write(void *cookie, u64 pa, const void *from, unsigned int size)
{
	unsigned int i;

	if (aborts(pa))
		return false;
	if (size == 4) {
		memcpy((char *)word(pa & ~7ull, true) + (pa & 4), from, 4);
		return true;
	}
	for (i = 0; i < size; i += 8)
		memcpy(word(pa + i, true), (const char *)from + i, 8);
	return true;
}

static bool world_exchange(void *cookie, u64 pa, __le64 *old, __le64 new)
{
	u64 *p = word(pa, true), was = *p;

	if (aborts(pa))
		return false;
	if (was == *old)
		*p = new;
	*old = was;
	return true;
}

static void world_wired(void *cookie, enum ssim_irq irq)
{
	w.irqs[irq]++;
}

static void world_wake(void *cookie)
{
	w.sevs++;
}

static bool world_atc_inv(void *cookie, const struct ssim_atc_inv *inv)
{
	w.atc_invs++;
	w.inv = *inv;
	return !w.atc_dead;
}

static void world_pri_resp(void *cookie, const struct ssim_pri_resp *resp)
{
	w.resps++;
	w.resp = *resp;
}

static void world_resumed(void *cookie, u16 stag, const struct ssim_result *result)
{
	w.resumes++;
	w.resumed_stag = stag;
	w.resumed = *result;
}

static u32 world_foreign(void *cookie, u64 ttb)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w.foreign); i++)
		if (w.foreign[i].number && w.foreign[i].ttb == ttb)
			return w.foreign[i].number;
	return 0;
}

static void world_report(void *cookie, const char *invariant, const char *text)
{
	w.reports++;
	snprintf(w.invariant, sizeof(w.invariant), "%s", invariant);
	snprintf(w.text, sizeof(w.text), "%s", text);
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s", text);
}

static const struct ssim_ops world_ops = {
	.read = world_read,
	.write = world_write,
	.exchange = world_exchange,
	.wired = world_wired,
	.wake = world_wake,
	.atc_inv = world_atc_inv,
	.pri_resp = world_pri_resp,
	.resumed = world_resumed,
	.foreign = world_foreign,
	.report = world_report,
};

/*
 * Both stages, AArch64 tables, HTTU of AF and dirty, EL2, ATS, 16-bit ASIDs and
 * VMIDs, MSI, SEV, PRI, two-level tables of both kinds, little-endian, stall and
 * terminate; 16-bit streams, 20-bit substreams, queues of 2^10, 2^8, 2^8; HAD,
 * XNX, FWB, STT, RIL; 52 bits, all granules, DS, 52-bit VAs, 32 stalls.
 */
const struct ssim_ids everything = {
	.idr = { 0x84d769b, 0x5484510, 0, 0x714, 0, 0x2004f6 },
	.iidr = 0x43b,
	.aidr = 0x2,
};

u64 rd(u32 offset)
{
	return ssim_read(&w.s, offset, 4);
}

void wr(u32 offset, u64 value)
{
	ssim_write(&w.s, offset, value, 4);
}

void wr8(u32 offset, u64 value)
{
	ssim_write(&w.s, offset, value, 8);
}

void reset(const struct ssim_ids *ids)
{
	forget_memory();
	hole_size = 0;
	memset(&w, 0, sizeof(w));
	ssim_init(&w.s, ids, &world_ops, NULL, w.pool, sizeof(w.pool));
}

void bring_up(const struct ssim_ids *ids)
{
	reset(ids);
	w.s.unknown = 0;		/* somebody has seen to that */
	wr8(0x80, STRTAB_AT);
	wr(0x88, 8);			/* linear, 256 streams */
	wr8(0x90, CMDQ_AT | 5);
	wr8(0xa0, EVTQ_AT | 3);
	wr8(0xc0, PRIQ_AT | 3);
	wr(0x2c, 2);			/* RECINVSID */
	wr(0x50, 7);
	wr(0x20, 0xe);			/* queues first */
	wr(0x20, 0xf);
}

void cmd(u64 w0, u64 w1)
{
	u64 slot = CMDQ_AT + (w.prod & 31) * 16;

	poke(slot, w0);
	poke(slot + 8, w1);
	w.prod = (w.prod + 1) & 63;
	wr(0x98, w.prod);
}

void cmd_sync(void)
{
	cmd(0x46, 0);
}

unsigned int events(void)
{
	return (rd(0x100a8) - rd(0x100ac)) & 15;
}

void event(unsigned int n, u64 words[4])
{
	unsigned int i, at = (rd(0x100ac) + n) & 7;

	for (i = 0; i < 4; i++)
		words[i] = peek(EVTQ_AT + at * 32 + i * 8);
}

u64 ste_at(u32 sid)
{
	return STRTAB_AT + sid * 64ull;
}

u64 cd_at(u32 ssid)
{
	return CDTAB_AT + ssid * 64ull;
}

/* Word 0 last, as a driver would. */
void put_ste(u32 sid, u64 w0, u64 w1, u64 w2, u64 w3)
{
	store(ste_at(sid) + 8, w1);
	store(ste_at(sid) + 16, w2);
	store(ste_at(sid) + 24, w3);
	cmd(0x3 | (u64)sid << 32, 1);
	cmd_sync();
	store(ste_at(sid), w0);
	cmd(0x3 | (u64)sid << 32, 1);
	cmd_sync();
}

void put_cd(u32 ssid, u64 w0, u64 ttb0, u64 ttb1, u64 mair)
{
	store(cd_at(ssid) + 8, ttb0);
	store(cd_at(ssid) + 16, ttb1);
	store(cd_at(ssid) + 24, mair);
	store(cd_at(ssid), w0);
}

u64 pte_at(u64 va)
{
	return TABLES_AT + 0x3000 + (va >> 12 & 511) * 8;
}

/* VAs below 2M; pages are stored by the test. */
void simple_stream(u32 sid, u32 asid)
{
	poke(TABLES_AT, (TABLES_AT + 0x1000) | 3);
	poke(TABLES_AT + 0x1000, (TABLES_AT + 0x2000) | 3);
	poke(TABLES_AT + 0x2000, (TABLES_AT + 0x3000) | 3);
	put_cd(0, CD0(asid), TABLES_AT, 0, 0xff);
	put_ste(sid, STE0_S1, 0, 0, 0);
}

struct ssim_result dma_ssid(u32 sid, u32 ssid, u64 addr, bool write)
{
	struct ssim_txn txn = {
		.sid = sid, .ssid = ssid, .ssv = ssid, .addr = addr, .write = write,
	};
	struct ssim_result result;

	ssim_translate(&w.s, &txn, &result);
	return result;
}

struct ssim_result dma(u32 sid, u64 addr, bool write)
{
	return dma_ssid(sid, 0, addr, write);
}
