// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: native-NAME ROUNDS
 *
 * Calls the operations of a set of page tables as an IOMMU driver under the
 * IOMMU core does, and prints for each row what one page of it cost:
 *
 *	row TAB operation TAB nanoseconds TAB instructions (or -)
 *
 * A time is the best of ROUNDS, less that of operations which do nothing: so
 * neither this program nor the indirect call is in it. With ROUNDS 0, under
 * callgrind, the counts are dumped instead, each under a name of the form
 * "row/operation/pages/whose".
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name)	((void)(name))
#endif

#include <linux/io-pgtable.h>

#define INPUT_BITS	40
#define ARENA_SIZE	(64ul << 20)
#define UNIT		4096ul
#define RW		(IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE)

/**
 * struct row - one line of the table
 * @name: for a person
 * @pgsize: of the leaves
 * @count: leaves a call
 * @regions: how many places are mapped in turn, before they are unmapped in turn
 * @apart: bytes from one place to the next
 * @at: byte in a place at which the run begins
 * @whole: the run is unmapped as one block of this size, 0: as it was mapped
 * @lonely: nothing else is mapped nearby, so that tables come and go
 */
struct row {
	const char *name;
	u64 pgsize;
	unsigned int count;
	unsigned int regions;
	u64 apart;
	u64 at;
	u64 whole;
	bool lonely;
};

/* A run of 512 lies half in one table, half in the next: none is ever empty */
static const struct row rows[] = {
	{ "4K x 1", SZ_4K, 1, 64, 2 * SZ_2M, SZ_2M / 2 },
	{ "4K x 16", SZ_4K, 16, 64, 2 * SZ_2M, SZ_2M / 2 },
	{ "4K x 256", SZ_4K, 256, 64, 2 * SZ_2M, SZ_2M / 2 },
	{ "4K x 512", SZ_4K, 512, 64, 2 * SZ_2M, SZ_2M / 2 },
	{ "2M x 1", SZ_2M, 1, 64, 2 * SZ_1G, SZ_1G / 2 },
	{ "2M x 16", SZ_2M, 16, 64, 2 * SZ_1G, SZ_1G / 2 },
	{ "2M x 256", SZ_2M, 256, 64, 2 * SZ_1G, SZ_1G / 2 },
	{ "4K x 1, with its table", SZ_4K, 1, 64, SZ_2M, 0, SZ_2M, true },
	{ "4K x 512, with its table", SZ_4K, 512, 64, SZ_2M, 0, SZ_2M, true },
	{ "4K x 512, a table", SZ_4K, 512, 64, SZ_2M, 0, 0, true },
	{ "2M x 1, with its table", SZ_2M, 1, 64, SZ_1G, 0, SZ_1G, true },
};

u64 native_phys_offset;
unsigned long shim_page_size = UNIT;
unsigned long shim_warnings;
unsigned long shim_dev_errors;

static struct io_pgtable_ops *ops;
static struct device device;
static unsigned long flushes;
static unsigned int rounds;
static int counter = -1;

void shim_check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "warning: %s\n", what);
	exit(1);
}

/* Pages: a stack of free ones, so that a page just freed is the next one out */

u8 *native_arena;
struct page native_pages[ARENA_SIZE / UNIT];
static void *free_pages[ARENA_SIZE / UNIT];
static size_t free_count;

static void fill_arena(void)
{
	if (!native_arena) {
		native_arena = aligned_alloc(UNIT, ARENA_SIZE);
		shim_check(native_arena, "no arena");
		memset(native_arena, 1, ARENA_SIZE);
		native_phys_offset = (u64)native_arena - SZ_1G;
	}
	for (free_count = 0; free_count < ARENA_SIZE / UNIT; free_count++)
		free_pages[free_count] = native_arena + ARENA_SIZE - UNIT - free_count * UNIT;
}

void *shim_alloc(size_t size, gfp_t gfp)
{
	void *page;

	shim_check(size <= UNIT && free_count, "out of pages");
	page = free_pages[--free_count];
	memset(page, 0, UNIT);
	return page;
}

void shim_free(void *p, size_t size)
{
	free_pages[free_count++] = p;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

void kfree(void *p)
{
	free(p);
}

/* Only walkers that are not coherent need DMA; these rows have a coherent one */

dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, int dir)
{
	return virt_to_phys(p);
}

void dma_unmap_single(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
}

void dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
}

bool dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	return false;
}

/* What the core's gather does with a leaf, for a driver that has ranges */

static void flush_all(void *cookie)
{
	flushes++;
}

static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	flushes++;
}

static void open_gather(struct iommu_iotlb_gather *gather)
{
	*gather = (struct iommu_iotlb_gather){ .start = ~0ul };
	gather->freelist.next = &gather->freelist;
	gather->freelist.prev = &gather->freelist;
}

/* The invalidation itself is not a page table's affair, the list of pages is */
static void sync_gather(struct iommu_iotlb_gather *gather)
{
	struct list_head *item = gather->freelist.next;

	flushes++;
	for (; item != &gather->freelist; item = item->next)
		shim_free(page_address(container_of(item, struct page, lru)), UNIT);
}

static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
		     void *cookie)
{
	if ((gather->pgsize && gather->pgsize != granule) ||
	    iommu_iotlb_gather_is_disjoint(gather, iova, granule)) {
		sync_gather(gather);
		open_gather(gather);
	}
	gather->pgsize = granule;
	iommu_iotlb_gather_add_range(gather, iova, granule);
}

static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = flush_all,
	.tlb_flush_walk = flush_walk,
	.tlb_add_page = add_page,
};

/* Operations that do nothing: what is left is the cost of calling them */

static int map_nothing(struct io_pgtable_ops *ops, unsigned long iova, phys_addr_t paddr,
		       size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	*mapped += pgsize * pgcount;
	return 0;
}

static size_t unmap_nothing(struct io_pgtable_ops *ops, unsigned long iova, size_t pgsize,
			    size_t pgcount, struct iommu_iotlb_gather *gather)
{
	return pgsize * pgcount;
}

static phys_addr_t find_nothing(struct io_pgtable_ops *ops, unsigned long iova)
{
	return iova;
}

static struct io_pgtable_ops nothing = {
	.map_pages = map_nothing,
	.unmap_pages = unmap_nothing,
	.iova_to_phys = find_nothing,
};

/* As the core does it: what one call left over is another call */

static noinline void map(u64 iova, u64 pgsize, u64 count)
{
	u64 done = 0;

	while (done < pgsize * count) {
		size_t mapped = 0;

		shim_check(!ops->map_pages(ops, iova + done, iova + done, pgsize,
					   count - done / pgsize, RW, GFP_KERNEL, &mapped),
			   "map_pages");
		done += mapped;
	}
}

static noinline void unmap(u64 iova, u64 pgsize, u64 count)
{
	struct iommu_iotlb_gather gather;
	u64 done = 0, step;

	open_gather(&gather);
	while (done < pgsize * count) {
		step = ops->unmap_pages(ops, iova + done, pgsize, count - done / pgsize, &gather);
		shim_check(step, "unmap_pages");
		done += step;
	}
	sync_gather(&gather);
}

/* Measuring */

static u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static u64 instructions(void)
{
	u64 value = 0;

	return counter >= 0 && read(counter, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

static void open_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS, .exclude_kernel = 1, .exclude_hv = 1,
	};

	counter = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

struct cost {
	u64 ns;
	u64 instructions;
};

/* Least cost of an operation on a row, over the rounds so far */
struct operation {
	const char *name;
	void (*each)(const struct row *row, u64 place);
	struct cost least, nothing;
};

static struct cost measure(const struct row *row, const struct operation *op)
{
	struct cost cost;

	CALLGRIND_ZERO_STATS;
	CALLGRIND_TOGGLE_COLLECT;
	cost.instructions = instructions();
	cost.ns = now();
	for (unsigned int i = 1; i <= row->regions; i++)
		op->each(row, i * row->apart);
	cost.ns = now() - cost.ns;
	cost.instructions = instructions() - cost.instructions;
	CALLGRIND_TOGGLE_COLLECT;
	return cost;
}

static void dump(const struct row *row, const struct operation *op, const char *whose)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/%s/%u/%s", row->name, op->name,
		 row->regions * row->count, whose);
	CALLGRIND_DUMP_STATS_AT(name);
}

static void keep_least(struct cost *least, struct cost cost)
{
	if (cost.ns < least->ns)
		least->ns = cost.ns;
	if (cost.instructions < least->instructions)
		least->instructions = cost.instructions;
}

/* Both kinds in turn, so that they meet the same weather */
static void measure_both(const struct row *row, struct operation *op, bool last)
{
	struct io_pgtable_ops *real = ops;
	struct cost cost = measure(row, op);

	keep_least(&op->least, cost);
	if (last)
		dump(row, op, "tables");
	ops = &nothing;
	cost = measure(row, op);
	ops = real;
	keep_least(&op->nothing, cost);
	if (last)
		dump(row, op, "nothing");
}

static void print(const struct row *row, const struct operation *op)
{
	double pages = (double)row->regions * row->count;

	printf("%s\t%s\t%.3f\t", row->name, op->name,
	       (op->least.ns - (double)op->nothing.ns) / pages);
	if (counter >= 0)
		printf("%.3f\n", (op->least.instructions - (double)op->nothing.instructions) /
		       pages);
	else
		printf("-\n");
}

static void map_one(const struct row *row, u64 place)
{
	map(place + row->at, row->pgsize, row->count);
}

static void unmap_one(const struct row *row, u64 place)
{
	if (row->whole)
		unmap(place + row->at, row->whole, 1);
	else
		unmap(place + row->at, row->pgsize, row->count);
}

static void look_up(const struct row *row, u64 place)
{
	for (unsigned int i = 0; i < row->count; i++)
		shim_check(ops->iova_to_phys(ops, place + row->at + i * row->pgsize),
			   "iova_to_phys");
}

static struct io_pgtable_ops *make_tables(unsigned long quirks)
{
	struct io_pgtable_cfg cfg = {
		.quirks = quirks,
		.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G, .ias = INPUT_BITS, .oas = INPUT_BITS,
		.coherent_walk = true, .tlb = &flush_ops, .iommu_dev = &device,
	};

	return alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
}

/* A driver that drains the gather says so to tables that can make use of it */
static void open_tables(void)
{
	fill_arena();
	ops = make_tables(IO_PGTABLE_QUIRK_GATHER) ?: make_tables(0);
	shim_check(ops, "alloc_io_pgtable_ops");
}

/* Pages at both ends of each place keep the tables of the run alive */
static void keep_tables(const struct row *row)
{
	for (unsigned int i = 1; i <= row->regions && !row->lonely; i++) {
		map(i * row->apart, row->pgsize, 1);
		map((i + 1) * row->apart - row->pgsize, row->pgsize, 1);
	}
	if (row->lonely)
		map(0, row->apart, 1);
}

static void run(const struct row *row)
{
	struct operation op[] = {
		{ "map", map_one }, { "look up", look_up }, { "unmap", unmap_one },
	};
	unsigned int last = rounds ?: 1;

	open_tables();
	keep_tables(row);
	for (unsigned int n = 0; n <= last; n++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(op); i++) {
			/* The first round warms caches and makes what is made but once */
			if (n <= 1) {
				op[i].least = (struct cost){ ~0ull, ~0ull };
				op[i].nothing = op[i].least;
			}
			measure_both(row, &op[i], n == last);
		}
	}
	free_io_pgtable_ops(ops);

	for (unsigned int i = 0; rounds && i < ARRAY_SIZE(op); i++)
		if (!row->lonely || op[i].each != look_up)
			print(row, &op[i]);
}

int main(int argc, char **argv)
{
	rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 200;
	open_counter();
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i]);
	return 0;
}
