// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as the walker sees it, and all that a TLB may hold.
 *
 * Memory: an arena of fixed physical address. A copy of it stands for what has
 * reached the point of coherency; a non-coherent walker reads the copy, which
 * only the DMA calls update.
 *
 * TLB: hardware may cache every valid entry it can reach, at once, and may keep
 * it until it is invalidated. So each entry that stops being reachable goes on
 * a list, and leaves it by an invalidation that covers it. Making an entry
 * valid over a listed one, and freeing a listed table, are errors.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "harness.h"

#define ARENA_SIZE	(512ul << 20)
#define UNIT		4096ul
#define UNITS		(ARENA_SIZE / UNIT)
#define MAX_STALE	0x100000u
#define MAX_QUEUED	0x4000u
#define CLASSES		12
#define FIRST		1024u		/* no table at the base: unit 0 says "none" */

unsigned long shim_page_size = 4096;
unsigned long shim_warnings;
unsigned long shim_dev_errors;
void (*shim_before_load)(void);
void (*shim_before_store)(void);
void (*shim_before_wait)(void);
long model_fail_after = -1;
unsigned long model_allocs;
unsigned int model_misplace;
unsigned int model_dma_fault;
unsigned long model_add_pages;
unsigned long model_walks;
void (*model_before_swap)(u64 *slot);

/*
 * ASan's, if it is in the program: this file can be compiled without it where
 * the tables are compiled with it.
 */
#pragma weak __asan_poison_memory_region
#pragma weak __asan_unpoison_memory_region

static void poison(const void *p, size_t size)
{
	if (__asan_poison_memory_region)
		__asan_poison_memory_region(p, size);
}

static void unpoison(const void *p, size_t size)
{
	if (__asan_unpoison_memory_region)
		__asan_unpoison_memory_region(p, size);
}

/* A table, kept at its first unit; the others point back at it */
struct table {
	u64 base;		/* iova of entry 0, when linked */
	u32 head;
	u32 size;
	u8 below;		/* untranslated bits of an entry */
	bool live;
	bool linked;
	bool dma;
	bool filled;		/* written to before it was linked */
};

struct stale {
	u64 iova;
	u64 size;
	u64 entry;		/* size of the leaf, or of each leaf of a run */
	u64 *slot;
	u32 table;		/* head unit of the table, 0 for a leaf */
	u32 born;		/* one more than the newest before it */
};

/* Leaf invalidations that the next sync completes, for what was stale by then */
struct queued {
	u64 iova;
	u64 size;
	u64 granule;
	u32 time;
};

static u8 *arena, *memory, *misplaced;
static u64 arena_phys;
static struct table tables[UNITS];
static struct page pages[UNITS];
static u32 bump, live_pages, objects;
static u32 free_list[CLASSES][4096], free_count[CLASSES];
static struct stale *stale;
static u32 stale_count, stale_time;
static struct queued queued[MAX_QUEUED];
static u32 queued_count;
static const struct oracle *watched;
static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;

u64 virt_to_phys(const void *p)
{
	return (u64)((const u8 *)p - arena) + arena_phys;
}

void *phys_to_virt(u64 phys)
{
	return arena + (phys - arena_phys);
}

struct page *virt_to_page(const void *p)
{
	return &pages[((const u8 *)p - arena) / UNIT];
}

/* The table that all of @size bytes at @p are in, or NULL */
static struct table *table_at(const void *p, u64 size)
{
	u64 offset = (const u8 *)p - arena;
	struct table *t;

	if (offset >= ARENA_SIZE)
		return NULL;
	t = &tables[tables[offset / UNIT].head];
	return t->live && offset + size <= t->head * UNIT + t->size ? t : NULL;
}

void model_reset(u64 phys_base)
{
	const int prot = PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	if (!arena) {
		arena = mmap(NULL, 2 * ARENA_SIZE, prot, flags, -1, 0);
		arena = (u8 *)(((u64)arena + ARENA_SIZE - 1) & ~(ARENA_SIZE - 1));
		memory = mmap(NULL, ARENA_SIZE, prot, flags, -1, 0);
		stale = calloc(MAX_STALE, sizeof(*stale));
		poison(arena, ARENA_SIZE);
	}
	if (bump) {
		poison(arena + FIRST * UNIT, (bump - FIRST) * UNIT);
		memset(tables + FIRST, 0, (bump - FIRST) * sizeof(tables[0]));
	}
	memset(free_count, 0, sizeof(free_count));
	arena_phys = phys_base;
	bump = FIRST;
	live_pages = 0;
	objects = 0;
	stale_count = 0;
	stale_time = 0;
	queued_count = 0;
	watched = NULL;
	model_fail_after = -1;
	model_misplace = 0;
	model_dma_fault = 0;
	model_before_swap = NULL;
}

static bool inject_failure(void)
{
	model_allocs++;
	if (model_fail_after < 0)
		return false;
	return model_fail_after-- == 0;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *p = inject_failure() ? NULL : calloc(1, size);

	objects += !!p;
	return p;
}

void kfree(void *p)
{
	objects -= !!p;
	free(p);
}

/*
 * Freed tables wait at the end of a queue, so that late uses meet the poison. So
 * does what runs over the end of a table: the unit behind it is nobody's.
 */
static u32 take_units(size_t size)
{
	u32 units = size / UNIT, class = __builtin_ctz(units), first;

	if (free_count[class] > 256) {
		first = free_list[class][0];
		memmove(free_list[class], free_list[class] + 1,
			--free_count[class] * sizeof(u32));
		return first;
	}
	bump = (bump + units - 1) & ~(units - 1);
	first = bump;
	bump += units + 1;
	if (bump > UNITS) {
		fprintf(stderr, "arena exhausted\n");
		exit(2);
	}
	return first;
}

void *shim_alloc(size_t size, gfp_t gfp)
{
	u32 first;
	u8 *p;

	pthread_mutex_lock(&arena_lock);
	if (inject_failure()) {
		pthread_mutex_unlock(&arena_lock);
		return NULL;
	}
	if (size < UNIT)
		size = UNIT;
	first = take_units(size);
	live_pages += size / UNIT;
	pthread_mutex_unlock(&arena_lock);

	p = arena + first * UNIT;
	unpoison(p, size);
	memset(p, 0, size);
	for (u32 i = 0; i < size / UNIT; i++)
		tables[first + i] = (struct table){ .head = first, .size = size, .live = true };
	if (model_misplace) {
		p += model_misplace;
		misplaced = p;
		model_misplace = 0;
	}
	return p;
}

void shim_free(void *p, size_t size)
{
	struct table *t = table_at(p, 8);
	u32 first, class;

	if (size < UNIT)
		size = UNIT;
	if (!t || t->size != size || (p != misplaced && p != arena + t->head * UNIT)) {
		fail("free of something that is not allocated");
		return;
	}
	first = t->head;
	p = arena + first * UNIT;
	if (t->dma)
		fail("I-13: freed while mapped for the walker");
	for (u32 i = 0; i < stale_count; i++)
		if (stale[i].table == first)
			fail("I-8: table freed before its invalidation, iova %llx",
			     (unsigned long long)stale[i].iova);
	if (watched && t->linked)
		fail("I-9: table freed while reachable");

	pthread_mutex_lock(&arena_lock);
	t->live = false;
	live_pages -= size / UNIT;
	class = __builtin_ctz(size / UNIT);
	if (free_count[class] < ARRAY_SIZE(free_list[0]))
		free_list[class][free_count[class]++] = first;
	poison(p, size);
	pthread_mutex_unlock(&arena_lock);
}

void model_free_page(struct page *page)
{
	shim_free(arena + (page - pages) * UNIT, shim_page_size);
}

unsigned int model_pages(void)
{
	return live_pages;
}

unsigned int model_objects(void)
{
	return objects;
}

/* DMA: what a clean to the point of coherency does */

static void copy_out(u64 phys, size_t size)
{
	if (!table_at(phys_to_virt(phys), size)) {
		fail("I-13: clean of what is not one table");
		return;
	}
	memcpy(memory + (phys - arena_phys), arena + (phys - arena_phys), size);
}

dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, int dir)
{
	struct table *t = table_at(p, size);

	if (model_dma_fault == 1)
		return ~0ull;
	if (!t || t->dma) {
		fail("I-13: %s", t ? "mapped twice" : "mapped, and not a table");
		return ~0ull;
	}
	t->dma = true;
	/* What memory holds below a fresh page is nobody's guess */
	if (size < t->size)
		memset(memory + t->head * UNIT, 0xa5, t->size);
	copy_out(virt_to_phys(p), size);
	return virt_to_phys(p) + (model_dma_fault == 2 ? 0x100000 : 0);
}

void dma_unmap_single(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
	u64 phys = addr - (model_dma_fault == 2 ? 0x100000 : 0);
	struct table *t = table_at(phys_to_virt(phys), 8);

	if (!t || !t->dma || (size > UNIT ? size : UNIT) != t->size)
		fail("I-13: unmapped what is not mapped");
	else
		t->dma = false;
}

bool dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	return addr == ~0ull;
}

void dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
	struct table *t = table_at(phys_to_virt(addr), size);

	if (t && !t->dma)
		fail("I-13: sync of a page that is not mapped for DMA");
	copy_out(addr, size);
}

/* Entries of a table, @count of them, as the walker sees them. NULL: it is none */
const u64 *model_table(void *coherent, u64 addr, u64 count)
{
	const void *p = phys_to_virt(addr);
	const struct table *t = table_at(p, 8 * count);

	if (!t) {
		fail("I-9: walk reaches %llx, which is not a table", (unsigned long long)addr);
		return NULL;
	}
	if (!coherent && !t->dma) {
		fail("I-13: walk reaches %llx, which was never cleaned", (unsigned long long)addr);
		return NULL;
	}
	return coherent ? p : memory + (addr - arena_phys);
}

u64 model_fetch(void *coherent, u64 addr)
{
	const u64 *entry = model_table(coherent, addr, 1);

	return entry ? __atomic_load_n(entry, __ATOMIC_RELAXED) : 0;
}

/* Most of a table is empty: its entries are looked at sixteen by sixteen */
u64 model_empty(const u64 *slot, u64 count)
{
	u64 i = 0;

	for (; i + 16 <= count; i += 16) {
		u64 any = 0;

		for (unsigned int k = 0; k < 16; k++)
			any |= slot[i + k];
		if (any)
			break;
	}
	while (i < count && !slot[i])
		i++;
	return i;
}

/* TLB */

static unsigned int stride(void)
{
	return watched->page - 3;
}

/* Unit 0 stands for what is not a table */
static u32 child_of(u64 desc)
{
	u64 unit = (oracle_out_addr(watched, desc, watched->page) - arena_phys) / UNIT;

	return unit < UNITS ? unit : 0;
}

static bool is_table(u64 desc, unsigned int below)
{
	return (desc & 3) == 3 && below != watched->page;
}

static void check_fresh(u64 iova, u64 size, bool leaf)
{
	for (u32 i = 0; i < stale_count; i++) {
		const struct stale *s = &stale[i];

		if (s->iova >= iova + size || iova >= s->iova + s->size)
			continue;
		if (leaf || (s->iova <= iova && s->size >= size))
			fail("I-5: %llx made valid while %llx+%llx may be cached",
			     (unsigned long long)iova, (unsigned long long)s->iova,
			     (unsigned long long)s->size);
	}
}

static void remember(u64 iova, u64 size, u64 *slot, u32 table)
{
	if (stale_count == MAX_STALE) {
		fprintf(stderr, "too many stale entries\n");
		exit(2);
	}
	stale[stale_count++] = (struct stale){ iova, size, size, slot, table, ++stale_time };
}

/*
 * A whole run may be cached as one, by the hint of any of its entries. These are
 * mostly lost one after the other: then once is enough.
 */
static void remember_run(u64 iova, u64 size, u64 entry, u64 *slot)
{
	for (u32 i = stale_count; i && i + 4 > stale_count; i--)
		if (stale[i - 1].iova == iova && stale[i - 1].size == size &&
		    stale[i - 1].entry == entry)
			return;
	remember(iova, size, slot, 0);
	stale[stale_count - 1].entry = entry;
}

static void link_table(u32 head, u64 base, unsigned int below);
static void unlink_table(u32 head);

static void gained(u64 iova, u64 desc, unsigned int below)
{
	if (!(desc & 1))
		return;
	check_fresh(iova, 1ull << below, !is_table(desc, below));
	if (is_table(desc, below))
		link_table(child_of(desc), iova, below - stride());
}

static void lost(u64 iova, u64 desc, unsigned int below, u64 *slot)
{
	if (!(desc & 1))
		return;
	if (!is_table(desc, below)) {
		u64 run = (u64)oracle_run(watched, below) << below;

		remember(iova, 1ull << below, slot, 0);
		if (run && desc >> 52 & 1)
			remember_run(iova & ~(run - 1), run, 1ull << below, slot);
		return;
	}
	unlink_table(child_of(desc));
	remember(iova, 1ull << below, slot, child_of(desc));
}

static void link_table(u32 head, u64 base, unsigned int below)
{
	struct table *t = &tables[head];
	u64 *slot = (u64 *)(arena + head * UNIT);
	u32 n = t->filled ? t->size / 8 : 0;

	if (!t->live || t->linked)
		fail("I-9: entry points at a page that is %s", t->live ? "in use" : "free");
	t->linked = true;
	t->base = base;
	t->below = below;
	for (u32 i = model_empty(slot, n); i < n; i++, i += model_empty(slot + i, n - i))
		gained(base + ((u64)i << below), slot[i], below);
}

static void unlink_table(u32 head)
{
	struct table *t = &tables[head];
	u64 *slot = (u64 *)(arena + head * UNIT);
	u32 n = t->size / 8;

	t->linked = false;
	t->filled = true;
	for (u32 i = model_empty(slot, n); i < n; i++, i += model_empty(slot + i, n - i))
		lost(t->base + ((u64)i << t->below), slot[i], t->below, slot + i);
}

static void stored(struct table *t, u64 *slot, u64 old, u64 new)
{
	/* What hardware itself may change, and what is software's alone */
	const u64 soft = 0xfull << 55, dirty = 0x80;
	u64 iova;

	if (!t->linked)
		t->filled = true;
	if (!watched || old == new || !t->linked)
		return;

	iova = t->base + ((u64)(slot - (u64 *)(arena + (u64)t->head * UNIT)) << t->below);
	if ((old & 1) && (new & 1)) {
		if (((old ^ new) & ~soft) == 0)
			return;
		if (((old ^ new) & ~dirty) == 0 && (old >> 51 & 1)) {
			remember(iova, 1ull << t->below, slot, 0);
			return;
		}
		fail("I-5: valid to valid at %llx: %llx to %llx", (unsigned long long)iova,
		     (unsigned long long)old, (unsigned long long)new);
		return;
	}
	lost(iova, old, t->below, slot);
	gained(iova, new, t->below);
}

/* Nothing else is written by way of these: this file may be compiled without ASan */
static struct table *written(const u64 *p)
{
	struct table *t = table_at(p, sizeof(*p));

	if (!t)
		fail("I-9: store to what is not a table, or not any more");
	return t;
}

void shim_write(u64 *p, u64 value)
{
	struct table *t = written(p);
	u64 old;

	if (!t)
		return;
	if (shim_before_store)
		shim_before_store();
	old = __atomic_load_n(p, __ATOMIC_RELAXED);
	__atomic_store_n(p, value, __ATOMIC_RELAXED);
	stored(t, p, old, value);
}

u64 shim_cmpxchg(u64 *p, u64 old, u64 value)
{
	struct table *t = written(p);
	u64 seen = old;

	if (!t)
		return old;
	if (model_before_swap)
		model_before_swap(p);
	if (__atomic_compare_exchange_n(p, &seen, value, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		stored(t, p, old, value);
		return old;
	}
	return seen;
}

void model_watch(const struct oracle *o)
{
	watched = o;
	link_table((o->root - arena_phys) / UNIT, o->upper ? ~0ull << o->input : 0,
		   o->page + (3 - o->start) * (o->page - 3));
}

void model_unwatch(void)
{
	watched = NULL;
	stale_count = 0;
	queued_count = 0;
}

static void forget(u32 i)
{
	const struct stale *s = &stale[i];
	const struct table *t = watched && !watched->arg ? table_at(s->slot, 8) : NULL;

	/* A stale entry whose clearing has not reached memory is cached again */
	if (t && t->linked && *(u64 *)(memory + ((u8 *)s->slot - arena)) != *s->slot)
		fail("I-13: invalidated before the entry at %llx was cleaned",
		     (unsigned long long)s->iova);
	stale[i] = stale[--stale_count];
}

/* Whether one of the addresses @iova + n * @granule, below @iova + @size, is in @s */
static bool touches(u64 iova, u64 size, u64 granule, const struct stale *s)
{
	u64 from = s->iova > iova ? s->iova : iova;
	u64 va = iova + ((from - iova + granule - 1) & -granule);

	return s->iova <= iova + (size - 1) && va - iova < size && va >= s->iova &&
	       va - s->iova < s->size;
}

void model_flush_walk(u64 iova, u64 size, u64 granule)
{
	model_walks++;
	if (!watched)
		return;
	if (!is_power_of_2(granule) || size % granule || iova % granule)
		fail("I-7: flush_walk of a ragged range");
	for (u32 i = 0; i < stale_count;)
		if (touches(iova, size, granule, &stale[i]))
			forget(i);
		else
			i++;
}

/* A leaf invalidation that takes effect with the next sync */
void model_add_page(u64 iova, u64 granule)
{
	struct queued *last = queued_count ? &queued[queued_count - 1] : NULL;

	model_add_pages++;
	if (!watched)
		return;
	if (last && last->time == stale_time && last->granule == granule &&
	    last->iova + last->size == iova) {
		last->size += granule;
		return;
	}
	if (queued_count == MAX_QUEUED) {
		fprintf(stderr, "too many invalidations before a sync\n");
		exit(2);
	}
	queued[queued_count++] = (struct queued){ iova, granule, granule, stale_time };
}

/*
 * A range of commands with the level of the leaves as a hint: leaves of another
 * size stay, and so do tables. With @tables, all that translates the range goes.
 */
void model_inval(u64 iova, u64 size, u64 leaf_size, bool tables)
{
	for (u32 i = 0; i < stale_count;) {
		const struct stale *s = &stale[i];
		bool there = s->iova <= iova + (size - 1) && s->iova + (s->size - 1) >= iova;

		if (there && (tables || (!s->table && s->entry == leaf_size)))
			forget(i);
		else
			i++;
	}
}

static bool is_queued(const struct stale *s)
{
	for (u32 i = 0; i < queued_count; i++)
		if (!s->table && s->born <= queued[i].time &&
		    touches(queued[i].iova, queued[i].size, queued[i].granule, s))
			return true;
	return false;
}

void model_sync(void)
{
	for (u32 i = 0; queued_count && i < stale_count;)
		if (is_queued(&stale[i]))
			forget(i);
		else
			i++;
	queued_count = 0;
}

void model_flush_all(void)
{
	while (stale_count)
		forget(stale_count - 1);
	queued_count = 0;
}

void model_check_clean(void)
{
	if (stale_count)
		fail("I-7: %u entries may still be cached, first %llx+%llx%s", stale_count,
		     (unsigned long long)stale[0].iova, (unsigned long long)stale[0].size,
		     stale[0].table ? " (table)" : "");
	stale_count = 0;
	queued_count = 0;
}
