/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For suites that let the driver work on simulated instances.
 *
 * Words:
 *	home	the domain that the core put a master in when it appeared
 *	broken	the instance cannot do what the driver asks, so that violations
 *		are no fault of the driver's and are not counted
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "sim.h"

#define DRIVE_MASTERS	4
#define DRIVE_DOMAINS	8

/**
 * struct drive - an instance, masters and domains, for one test
 * @test: the test
 * @sim: the instance
 * @master: its masters
 * @masters: how many
 * @home: their domains when they appeared
 * @domain: domains that the test made
 * @domains: how many
 * @loud: what the model calls
 * @quiet: the same without reports
 * @lost: what the model had no room for when it went live
 * @excused: violations up to here are no fault of the driver's
 * @broken: those that come are not either
 */
struct drive {
	struct kunit *test;
	struct sim_instance *sim;
	struct sim_master *master[DRIVE_MASTERS];
	unsigned int masters;
	struct iommu_domain *home[DRIVE_MASTERS];
	struct iommu_domain *domain[DRIVE_DOMAINS];
	unsigned int domains;
	const struct ssim_ops *loud;
	struct ssim_ops quiet;
	u64 lost;
	u64 excused;
	bool broken;
};

/**
 * struct drive_total - what all suites have done
 * @combinations: ID registers with which an instance was driven
 * @checks: checkpoints evaluated
 * @most: entries held at once
 * @faults: injected
 * @violations: that were not expected
 */
struct drive_total {
	u64 combinations, checks, most, faults, violations;
};

extern struct drive_total drive_total;

extern struct kunit_suite drive_ats_suite;
extern struct kunit_suite drive_crash_suite;
extern struct kunit_suite drive_edge_suite;
extern struct kunit_suite drive_entry_suite;
extern struct kunit_suite drive_map_suite;
extern struct kunit_suite drive_mix_suite;
extern struct kunit_suite drive_move_suite;
extern struct kunit_suite drive_fault_suite;
extern struct kunit_suite drive_ids_suite;
extern struct kunit_suite drive_rules_suite;
extern struct kunit_suite drive_sleep_suite;
extern struct kunit_suite drive_tags_suite;

/* drive_kunit.c */
struct drive *drive_describe(struct kunit *test, const struct ssim_ids *ids, unsigned int masters);
int drive_live(struct drive *d);
struct drive *drive_start(struct kunit *test, const char *profile, unsigned int masters);
void drive_stop(struct drive *d);
void drive_break(struct drive *d, bool broken);
const void *drive_next_profile(const void *prev, char *desc);

/* what a domain is made for */
enum drive_kind { DRIVE_PLAIN, DRIVE_STAGE2, DRIVE_DIRTY };

struct iommu_domain *drive_domain(struct drive *d, enum drive_kind kind);
int drive_move(struct drive *d, unsigned int master, struct iommu_domain *to);
int drive_pasid(struct drive *d, unsigned int master, u32 pasid, struct iommu_domain *domain,
		bool attach);
struct iommu_domain *drive_identity(struct drive *d);
struct iommu_domain *drive_blocked(struct drive *d);
enum ssim_outcome drive_touch(struct drive *d, unsigned int master, u64 addr, bool write, u64 *pa);
bool drive_reaches(struct drive *d, unsigned int master, u64 addr, u64 pa);
bool drive_aborts(struct drive *d, unsigned int master, u64 addr);
void drive_map(struct drive *d, struct iommu_domain *domain, u64 iova, u64 pa, u64 size);
void drive_unmap(struct drive *d, struct iommu_domain *domain, u64 iova, u64 pa, u64 size);
void drive_clear_dirty(struct drive *d, struct iommu_domain *domain, u64 iova, u64 size);
bool drive_page_reuse(struct drive *d, u64 pa, u64 size);
bool drive_config(struct drive *d, unsigned int master);
void drive_sleep(struct drive *d);
void drive_wake(struct drive *d);

static inline void drive_field(struct ssim_ids *ids, const char *name, u32 value)
{
	WARN_ON(sim_field_set(ids, sim_field_find(name), value));
}

static inline u64 drive_granule(const struct iommu_domain *domain)
{
	return BIT_ULL(__ffs(domain->pgsize_bitmap));
}

/* The smallest block, above the granule. */
static inline u64 drive_block(const struct iommu_domain *domain)
{
	u64 g = drive_granule(domain);

	return g * (g / sizeof(u64));
}

/* A number below @n. */
static inline u32 drive_below(struct rnd_state *rnd, u32 n)
{
	return prandom_u32_state(rnd) % n;
}

#endif /* SIM_DRIVE_H */
