// SPDX-License-Identifier: GPL-2.0-only
/*
 * One set of tables under test beside a list of what should be in it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <stdarg.h>

#include "harness.h"

struct bench bench;
unsigned int failures_here;
u64 rnd_state = 1;

void fail(const char *fmt, ...)
{
	va_list ap;

	if (failures_here++ > 4)
		return;
	printf("    %s: ", bench.setup ? bench.setup->name : "-");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void shim_check(bool ok, const char *what)
{
	if (!ok)
		fail("%s", what);
}

/* xorshift64*: the same sequence on every machine */
u64 rnd(void)
{
	rnd_state ^= rnd_state >> 12;
	rnd_state ^= rnd_state << 25;
	rnd_state ^= rnd_state >> 27;
	return rnd_state * 0x2545f4914f6cdd1dull;
}

u64 rnd_below(u64 n)
{
	return n ? rnd() % n : 0;
}

static void flush_all(void *cookie)
{
	if (cookie != &bench)
		fail("wrong cookie for a full flush");
	model_flush_all();
}

static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	if (cookie != &bench)
		fail("wrong cookie for a walk flush");
	model_flush_walk(iova, size, granule);
}

void gather_open(struct iommu_iotlb_gather *gather, bool queued)
{
	*gather = (struct iommu_iotlb_gather){ .start = ~0ul, .queued = queued };
	gather->freelist.next = &gather->freelist;
	gather->freelist.prev = &gather->freelist;
}

static void free_list(struct iommu_iotlb_gather *gather)
{
	struct list_head *item, *next;

	for (item = gather->freelist.next; item != &gather->freelist; item = next) {
		next = item->next;
		model_free_page((struct page *)item);
	}
}

/* What a driver with the GATHER quirk promises, and no more than that */
void gather_sync(struct iommu_iotlb_gather *gather)
{
	if (gather->end && !gather->queued) {
		if (gather->start > gather->end)
			fail("I-7: gather from %lx to %lx", gather->start, gather->end);
		model_inval(gather->start, gather->end - gather->start + 1, gather->pgsize,
			    !list_empty(&gather->freelist));
	}
	free_list(gather);
	gather_open(gather, gather->queued);
}

static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
		     void *cookie)
{
	if (gather && bench.cfg.quirks & IO_PGTABLE_QUIRK_GATHER) {
		/* <linux/iommu.h>: what does not fit is invalidated first */
		if ((gather->pgsize && gather->pgsize != granule) ||
		    (gather->end && (iova + granule < gather->start || iova > gather->end + 1)))
			gather_sync(gather);
		gather->pgsize = granule;
		gather->start = iova < gather->start ? iova : gather->start;
		gather->end = iova + granule - 1 > gather->end ? iova + granule - 1 : gather->end;
		model_add_pages++;
		return;
	}
	if (cookie != &bench)
		fail("wrong cookie for a leaf");
	if (!gather || gather->queued)
		fail("a leaf for a gather that does not want it");
	if (iova & (granule - 1))
		fail("I-7: leaf misaligned");
	model_add_page(iova, granule);
}

static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = flush_all,
	.tlb_flush_walk = flush_walk,
	.tlb_add_page = add_page,
};

static void *custom_alloc(void *cookie, size_t size, gfp_t gfp)
{
	if (cookie != &bench)
		fail("alloc: wrong cookie");
	bench.root_bytes = bench.root_bytes ?: size;
	return shim_alloc(size, gfp);
}

static void custom_free(void *cookie, void *pages, size_t size)
{
	if (cookie != &bench)
		fail("free: wrong cookie");
	shim_free(pages, size);
}

struct io_pgtable_cfg bench_cfg_template(const struct setup *setup, struct device *dev)
{
	return (struct io_pgtable_cfg){
		.quirks = setup->quirks,
		.pgsize_bitmap = setup->pgsizes,
		.ias = setup->ias,
		.oas = setup->oas,
		.coherent_walk = !setup->noncoherent,
		.tlb = &flush_ops,
		.iommu_dev = dev,
		.alloc = setup->custom ? custom_alloc : NULL,
		.free = setup->custom ? custom_free : NULL,
	};
}

bool bench_open(const struct setup *setup)
{
	const char *wrong;

	memset(&bench, 0, offsetof(struct bench, span));
	bench.spans = 0;
	bench.own = *setup;
	bench.setup = &bench.own;
	model_reset(setup->phys_base ?: 0x80000000);
	bench.cfg = bench_cfg_template(setup, &bench.dev);
	bench.ops = alloc_io_pgtable_ops(setup->fmt, &bench.cfg, &bench);
	if (!bench.ops) {
		fail("not allocated");
		return false;
	}

	bench.oracle.fetch = model_fetch;
	bench.oracle.arg = setup->noncoherent ? NULL : &bench;
	wrong = oracle_init(&bench.oracle, setup->fmt, &bench.cfg);
	if (wrong) {
		fail("I-12: %s", wrong);
		free_io_pgtable_ops(bench.ops);
		return false;
	}
	bench.base = bench.oracle.upper ? ~0ull << bench.oracle.input : 0;
	for (unsigned int i = 0; i < 48; i++)
		if (bench.cfg.pgsize_bitmap >> i & 1)
			bench.pages[bench.page_kinds++] = 1ull << i;
	model_watch(&bench.oracle);
	return true;
}

void bench_close(void)
{
	model_unwatch();
	free_io_pgtable_ops(bench.ops);
	if (model_pages() || model_objects())
		fail("leak: %u pages, %u objects", model_pages(), model_objects());
	bench.ops = NULL;
}

/* The list */

static struct span *span_at(u64 iova)
{
	for (unsigned int i = 0; i < bench.spans; i++)
		if (iova - bench.span[i].iova < bench.span[i].size)
			return &bench.span[i];
	return NULL;
}

bool bench_mapped(u64 iova)
{
	return span_at(iova);
}

/* Bytes from @iova, at most @size, of one state */
static u64 same_state(u64 iova, u64 size, bool *mapped)
{
	struct span *s = span_at(iova);
	u64 len = size;

	*mapped = s;
	if (s)
		return len < s->iova + s->size - iova ? len : s->iova + s->size - iova;
	for (unsigned int i = 0; i < bench.spans; i++)
		if (bench.span[i].iova > iova && bench.span[i].iova - iova < len)
			len = bench.span[i].iova - iova;
	return len;
}

/* Length of the leading part of [iova, iova + size) that is in state @want */
static u64 leading(u64 iova, u64 size, bool want)
{
	u64 done = 0, step;
	bool mapped;

	while (done < size) {
		step = same_state(iova + done, size - done, &mapped);
		if (mapped != want)
			break;
		done += step;
	}
	return done;
}

bool bench_fully_mapped(u64 iova, u64 size)
{
	return leading(iova, size, true) == size;
}

static void remember(u64 iova, u64 size, u64 addr, int prot)
{
	if (!size)
		return;
	if (bench.spans == MAX_SPANS) {
		fail("too many spans");
		return;
	}
	bench.span[bench.spans++] = (struct span){ iova, size, addr, prot };
}

void bench_forget(u64 iova, u64 size)
{
	for (unsigned int i = 0; i < bench.spans;) {
		struct span s = bench.span[i];
		u64 from = s.iova > iova ? s.iova : iova;
		u64 last = s.iova + s.size - 1 < iova + size - 1 ? s.iova + s.size - 1 :
								   iova + size - 1;

		if (!size || from > last) {
			i++;
			continue;
		}
		bench.span[i] = bench.span[--bench.spans];
		remember(s.iova, from - s.iova, s.addr, s.prot);
		remember(last + 1, s.iova + s.size - 1 - last, s.addr + (last + 1 - s.iova),
			 s.prot);
		i = 0;
	}
}

/* Operations: do, compare what is reported with the list, update the list */

u64 bench_map(u64 iova, u64 addr, u64 pgsize, u64 count, int prot, int *err)
{
	u64 size = pgsize * count, free_bytes = leading(iova, size, false) & ~(pgsize - 1);
	size_t mapped = 0;
	int ret;

	io_pgtable_quiet = true;
	ret = bench.ops->map_pages(bench.ops, iova, addr, pgsize, count, prot, GFP_KERNEL,
				   &mapped);
	io_pgtable_quiet = false;
	if (err)
		*err = ret;
	if (mapped > free_bytes || mapped & (pgsize - 1))
		fail("I-2: mapped %zx of %llx free bytes", mapped,
		     (unsigned long long)free_bytes);
	if (!ret && mapped != size)
		fail("I-2: success, but %zx of %llx mapped", mapped, (unsigned long long)size);
	if (ret && ret != -EEXIST && ret != -ENOMEM)
		fail("map returned %d", ret);
	if (ret == -EEXIST && mapped != free_bytes)
		fail("I-2: -EEXIST after %zx of %llx", mapped, (unsigned long long)free_bytes);
	remember(iova, mapped, addr, prot);
	model_check_clean();
	return mapped;
}

u64 bench_unmap(u64 iova, u64 pgsize, u64 count, enum gather_mode mode)
{
	struct iommu_iotlb_gather gather;
	u64 size = pgsize * count, full = leading(iova, size, true), done;
	unsigned long adds = model_add_pages;
	bool may_fail = model_fail_after >= 0;

	gather_open(&gather, mode == GATHER_QUEUED);
	io_pgtable_quiet = true;
	done = bench.ops->unmap_pages(bench.ops, iova, pgsize, count,
				      mode == GATHER_NONE ? NULL : &gather);
	io_pgtable_quiet = false;
	if (mode == GATHER_SYNC)
		model_sync();
	else
		model_flush_all();
	if (mode != GATHER_SYNC && (adds != model_add_pages || gather.end))
		fail("gathered for nobody");
	/* A list is of single pages, and neither for allocators nor for the DMA API */
	if (!list_empty(&gather.freelist) &&
	    (!(bench.cfg.quirks & IO_PGTABLE_QUIRK_GATHER) || bench.setup->custom ||
	     bench.setup->noncoherent || 1ul << bench.oracle.page > shim_page_size))
		fail("I-8: a table for a list that cannot take it");
	gather_sync(&gather);
	model_check_clean();

	/* Holes inside a whole table go with it; elsewhere the first one ends the call */
	if (done > size || (!may_fail && done < full))
		fail("I-3: unmapped %llx of %llx, of which %llx were mapped",
		     (unsigned long long)done, (unsigned long long)size,
		     (unsigned long long)full);
	if (done > full && pgsize == bench.pages[0])
		fail("I-3: %llx bytes reported, %llx mapped", (unsigned long long)done,
		     (unsigned long long)full);
	bench_forget(iova, done);
	return done;
}

/* Verification: every leaf of the tree, against the list */

struct census {
	u64 bytes;
	u64 pages;
};

/* A run is judged as a whole at its first entry; the others must belong to one */
static const char *judge_run(u64 slot, u64 index, u64 desc, unsigned int below)
{
	const struct oracle *o = &bench.oracle;

	if (!(desc >> 52 & 1))
		return NULL;
	if (!oracle_run(o, below) || !(index % oracle_run(o, below)))
		return oracle_judge_run(o, slot, index, desc, below);
	return o->fetch(o->arg, slot - 8) >> 52 & 1 ? NULL : "run: begins in the middle";
}

static void check_leaf(u64 iova, u64 slot, u64 index, u64 desc, unsigned int below,
		       struct census *census)
{
	const char *wrong = oracle_judge_leaf(&bench.oracle, desc, below) ?:
			    judge_run(slot, index, desc, below);
	struct span *s = span_at(iova);
	u64 size = 1ull << below, addr = oracle_out_addr(&bench.oracle, desc, below);
	bool dirty;

	census->bytes += size;
	if (wrong)
		fail("I-4: %s: %llx", wrong, (unsigned long long)desc);
	if (!s || iova - s->iova + size > s->size) {
		fail("I-1: a leaf at %llx+%llx that nobody mapped", (unsigned long long)iova,
		     (unsigned long long)size);
		return;
	}
	if (addr != s->addr + (iova - s->iova))
		fail("I-1: %llx leads to %llx", (unsigned long long)iova,
		     (unsigned long long)addr);
	if (oracle_prot(&bench.oracle, desc, &dirty) !=
	    oracle_expect_prot(&bench.oracle, s->prot))
		fail("I-4: prot %x encoded as %llx", s->prot, (unsigned long long)desc);
}

/*
 * Entries behind *@slot, at most @most with it, of which there is nothing to say
 * that was not said of it: they differ from it in nothing but the address, which
 * goes up by one leaf from each to the next, and the span at @iova has them all.
 */
static u64 alike(const u64 *slot, u64 most, u64 iova, unsigned int below)
{
	const struct oracle *o = &bench.oracle;
	const u64 other = ~0x0000ffffffffffffull | ((1ull << below) - 1);
	const struct span *s = span_at(iova);
	u64 addr = oracle_out_addr(o, *slot, below), n;

	most = min(most, s ? (s->size - (iova - s->iova)) >> below : 0);
	for (n = 1; n < most; n++) {
		addr += 1ull << below;
		if ((slot[n] ^ *slot) & other || oracle_out_addr(o, slot[n], below) != addr ||
		    addr >> o->output)
			break;
	}
	return n - 1;
}

static void count_table(u64 table, u64 base, int level, u64 entries,
			struct census *census)
{
	const struct oracle *o = &bench.oracle;
	unsigned int below = o->page + (3 - level) * (o->page - 3);
	const u64 *slot = model_table(o->arg, table, entries);
	const char *wrong;
	u64 same, most;

	census->pages += (entries * 8 + 4095) / 4096;
	if (!slot)
		return;
	for (u64 i = model_empty(slot, entries); i < entries;
	     i++, i += model_empty(slot + i, entries - i)) {
		u64 desc = slot[i], iova = base + (i << below);

		if (!(desc & 1)) {
			fail("I-4: left-over %llx", (unsigned long long)desc);
			continue;
		}
		if (level == 3 || !(desc & 2)) {
			if (level == 3 && (desc >> 1 & 1) == oracle_small_type(o))
				fail("I-4: type at level 3");
			check_leaf(iova, table + 8 * i, i, desc, below, census);
			/* Each run with the hint is judged */
			most = desc >> 52 & 1 ? oracle_run(o, below) ?: 1 : entries;
			same = alike(slot + i, most - i % most, iova, below);
			census->bytes += same << below;
			i += same;
			continue;
		}
		wrong = oracle_judge_table(o, desc);
		if (wrong)
			fail("I-4: %s: %llx", wrong, (unsigned long long)desc);
		count_table(oracle_out_addr(o, desc, o->page), iova, level + 1,
			    1ull << (o->page - 3), census);
	}
}

static void check_lookup(u64 iova)
{
	struct span *s = span_at(iova);
	u64 got = bench.ops->iova_to_phys(bench.ops, iova);
	struct oracle_leaf leaf;
	bool hit = oracle_walk(&bench.oracle, iova, &leaf);

	if (got != (s ? s->addr + (iova - s->iova) : 0))
		fail("I-1: iova_to_phys(%llx) is %llx", (unsigned long long)iova,
		     (unsigned long long)got);
	if (hit != !!s || (s && leaf.addr != got) || leaf.wrong)
		fail("I-1: hardware disagrees at %llx: %s", (unsigned long long)iova,
		     leaf.wrong ?: "address");
}

void bench_verify(void)
{
	const struct oracle *o = &bench.oracle;
	unsigned int below = o->page + (3 - o->start) * (o->page - 3);
	u64 entries = bench.setup->fmt == ARM_MALI_LPAE ? 512 : 1ull << (o->input - below);
	u64 bytes = 0, root_pages;
	struct census census = { 0 };

	count_table(o->root, bench.base, o->start, entries, &census);
	for (unsigned int i = 0; i < bench.spans; i++) {
		const struct span *s = &bench.span[i];

		bytes += s->size;
		check_lookup(s->iova);
		check_lookup(s->iova + s->size - 1);
		check_lookup(s->iova + rnd_below(s->size));
		if (s->iova > bench.base)
			check_lookup(s->iova - 1);
		if (s->iova + s->size - 1 != bench.base + (~0ull >> (64 - o->input)))
			check_lookup(s->iova + s->size);
	}
	if (bytes != census.bytes)
		fail("I-1: %llx bytes mapped, %llx in the tables", (unsigned long long)bytes,
		     (unsigned long long)census.bytes);

	/* The root is the one table that may be allocated larger than it is */
	root_pages = (entries * 8 + 4095) / 4096;
	if (entries * 8 < shim_page_size && !bench.setup->custom)
		census.pages += shim_page_size / 4096 - root_pages;
	if (census.pages != model_pages())
		fail("leak: %u pages allocated, %llu reachable", model_pages(),
		     (unsigned long long)census.pages);
}
