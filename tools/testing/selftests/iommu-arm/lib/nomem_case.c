// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are a list of things to do, of which every allocation fails once (I-61).
 *
 * What is done is refused with a clean error, and all is as before, so that it can be
 * done again; or it is done, perhaps without what the kernel's core or the driver say
 * they can do without. When it is undone nothing is left either way.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../kselftest.h"
#include "nomem_case.h"
#include "nomem_state.h"
#include "nomem_sweep.h"
#include "sim_check.h"

/* What is refused is done again at once in every so many rounds. */
#define AGAIN	8

unsigned int nomem_skip;

static const struct nomem_case *what;	/* is being swept */
static const char *const *watched;	/* instances */
static struct nomem_state complete;	/* when it is done, if that is @known */
static bool known;

/* Reports outlive the life that they are of. */
static bool has_report(const char *instance)
{
	char path[PATH_MAX];
	FILE *file;
	bool has;

	snprintf(path, sizeof(path), "%s/%s/report", SIM_CONFIGFS, instance);
	file = fopen(path, "r");
	has = file && getc(file) != EOF;
	if (file)
		fclose(file);
	return has;
}

static bool nothing_seen(void)
{
	const char *const *name;
	bool seen = false;

	for (name = watched; *name; name++) {
		if (!has_report(*name))
			continue;
		sim_report(*name);
		seen = true;
	}
	return !seen;
}

unsigned int nomem_count(int (*act)(void))
{
	struct nomem n;

	if (!nomem_self(&n, NOMEM_NEVER) || act())
		ksft_print_msg("what should be counted has failed\n");
	nomem_end(&n);
	return n.passed;
}

/* Refused: as if it had never been tried. */
static bool is_untouched(int ret, const struct nomem_state *before)
{
	if (what->flags & CASE_MUST || !is_clean(ret))
		return good(ret, "an error that cannot be") && false;
	return nomem_state_same(before) && (!what->kept || what->kept());
}

/* Without a failure, or tried again, it always leads to the same. */
static bool is_complete(void)
{
	if (known)
		return nomem_state_same(&complete);
	nomem_state_read(&complete);
	known = true;
	return true;
}

static enum round once(unsigned int nth)
{
	struct nomem_state before, between;
	enum nomem_fate fate;
	struct nomem n;
	bool whole;
	int ret;

	nomem_state_read(&before);
	if (what->begin && !good(what->begin(), "before"))
		return ROUND_BAD;
	nomem_state_read(&between);
	if (!nomem_self(&n, nth))
		return bad("fail-nth", 0);
	ret = what->act();
	fate = nomem_end(&n);
	if (ret && !is_untouched(ret, &between))
		return ROUND_BAD;
	/* The next round tries the same again, but for one allocation more. */
	if (ret && !what->begin && nth % AGAIN)
		return nothing_seen() ? verdict(fate, true) : ROUND_BAD;
	if (ret && !good(what->act(), "again"))
		return ROUND_BAD;
	whole = ret || fate != NOMEM_FAILED;
	if ((whole && !is_complete()) || (what->works && !what->works(whole)))
		return bad("what was done", 0);
	if (what->undo && !good(what->undo(), "undo"))
		return ROUND_BAD;
	if (!nothing_seen() || !nomem_state_same(&before))
		return ROUND_BAD;
	return verdict(fate, ret);
}

static bool sweep_case(const struct nomem_case *c, struct swept *swept)
{
	const struct sweep s = { c->what, once, 0 };
	enum nomem_kind which;
	struct nomem_state before;
	int total = 0;
	bool ok = true;

	what = c;
	nomem_where(c->flags & CASE_WIDE ? NULL : nomem_iommu, !(c->flags & CASE_WIDE));
	for (which = 0; ok && which < NOMEM_KINDS; which++) {
		if (!nomem_has(which))
			continue;
		nomem_set(which);
		nomem_state_read(&before);
		nomem_skip = 0;
		known = false;
		ok = !c->setup || c->setup();
		swept->first = nomem_skip + 1;
		ok = ok && sweep_kind(&s, which, NULL, swept);
		if (c->teardown)
			c->teardown();
		ok = nomem_state_same(&before) && ok;
		total += swept->num[which];
	}
	return ok && (total || (c->flags & CASE_NONE));
}

static void run_case(const struct nomem_case *c)
{
	const char *why = c->why_not ? c->why_not() : NULL;
	time_t begin = time(NULL);
	struct swept swept = {};
	bool ok;

	if (why) {
		ksft_test_result_skip("%s: %s\n", c->what, why);
		return;
	}
	ok = sweep_case(c, &swept);
	ksft_print_msg("%ld seconds\n", (long)(time(NULL) - begin));
	ksft_test_result(ok, "%s (I-61): %d objects, %d pages, %d and on, %d others, %u errors\n",
			 c->what, swept.num[NOMEM_OBJECTS], swept.num[NOMEM_PAGES],
			 swept.num[NOMEM_PAGES_ON], swept.num[NOMEM_OTHERS], swept.refused);
	fflush(stdout);
}

/*
 * All cases, and then the end of the program. @instances are looked after, if they are
 * there, and removed at the end. NOMEM_ONLY in the environment chooses cases.
 */
void nomem_run_cases(const struct nomem_case *cases, unsigned int num,
		     const char *const *instances)
{
	const char *only = getenv("NOMEM_ONLY");
	unsigned int i;

	watched = instances;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_set_plan(num);
	for (i = 0; i < num; i++)
		if (!only || strstr(cases[i].what, only))
			run_case(&cases[i]);
		else
			ksft_test_result_skip("%s\n", cases[i].what);
	while (*instances)
		sim_remove(*instances++);
	ksft_finished();
}
