// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SMMU that does not look into the CPUs' caches (IDR0.COHACC = 0): what is
 * stored to a table it sees when it is cleaned to memory, and not before; what is
 * never cleaned it sees by accident, when the cache needs the place (I-13).
 *
 * The memory of a machine has one content, so this keeps what an instance still
 * sees of each word that was stored. Memory that the CPUs reach uncached, where
 * queues, STEs and CDs stand then, is no affair of its.
 *
 * All under sim_lock but open and close.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/mm.h>

#include "sim.h"

/* Words of tables side by side have places side by side. */
#define PLACES		SZ_16K

/*
 * A word that was stored and not cleaned.
 * @pa: where it is, | 1 to tell it from a free place
 * @seen: what the SMMU finds there
 */
struct sim_word {
	u64 pa;
	__le64 seen;
};

static struct sim_word *place(const struct sim_instance *sim, u64 pa)
{
	return &sim->unclean[pa / sizeof(u64) % PLACES];
}

/* From now on the SMMU sees what the CPUs do. */
static void reach(struct sim_instance *sim, struct sim_word *w)
{
	u64 pa = w->pa & ~1ull;
	__le64 is;

	w->pa = 0;
	if (sim_mem_fetch(pa, &is, sizeof(is)))
		ssim_store(sim->core, pa, le64_to_cpu(w->seen), le64_to_cpu(is));
}

/**
 * sim_coherency_store() - a word of a table was stored through the caches
 * @sim: instance that is not coherent
 * @pa: where
 * @old: what was there
 */
void sim_coherency_store(struct sim_instance *sim, u64 pa, __le64 old)
{
	struct sim_word *w = place(sim, pa);

	if (w->pa == (pa | 1))
		return;
	if (w->pa)
		reach(sim, w);
	w->pa = pa | 1;
	w->seen = old;
}

/**
 * sim_coherency_read() - what the SMMU sees in the place of memory
 * @sim: instance that is not coherent
 * @pa: first address
 * @to: what memory has there; changed where the SMMU sees something else
 * @size: bytes
 */
void sim_coherency_read(const struct sim_instance *sim, u64 pa, void *to, unsigned int size)
{
	unsigned int i;

	if (!IS_ALIGNED(pa | size, sizeof(u64)))
		return;
	for (i = 0; i < size; i += sizeof(u64)) {
		const struct sim_word *w = place(sim, pa + i);

		if (w->pa == ((pa + i) | 1))
			*(__le64 *)(to + i) = w->seen;
	}
}

/**
 * sim_coherency_clean() - the caches were cleaned
 * @sim: instance that is not coherent
 * @pa: first address
 * @size: bytes
 * @freed: and the memory is not that of a table any more
 */
void sim_coherency_clean(struct sim_instance *sim, u64 pa, size_t size, bool freed)
{
	u64 at;

	for (at = pa & ~7ull; at < pa + size; at += sizeof(u64)) {
		struct sim_word *w = place(sim, at);

		if (w->pa != (at | 1))
			continue;
		if (freed)
			w->pa = 0;
		else
			reach(sim, w);
	}
}

/**
 * sim_coherency_open() - prepare for a life
 * @sim: instance; coherent ones need nothing
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int sim_coherency_open(struct sim_instance *sim)
{
	if (fld1(sim->config.ids.idr[0], IDR0_COHACC))
		return 0;
	sim->unclean = kvcalloc(PLACES, sizeof(*sim->unclean), GFP_KERNEL);
	return sim->unclean ? 0 : -ENOMEM;
}

/**
 * sim_coherency_close() - the life is over
 * @sim: instance without a model
 */
void sim_coherency_close(struct sim_instance *sim)
{
	kvfree(sim->unclean);
	sim->unclean = NULL;
}
