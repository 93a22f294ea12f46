// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sweeps: rounds in which the first, second, third ... allocation of one thing fails.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nomem_sweep.h"

/* More allocations than anything here makes */
#define MOST	3000

enum round bad(const char *what, int ret)
{
	printf("# %s: %s\n", what, ret ? strerror(-ret) : "wrong");
	return ROUND_BAD;
}

enum round verdict(enum nomem_fate fate, bool refused)
{
	if (fate != NOMEM_FAILED)
		return refused ? bad("an error for no reason", 0) : ROUND_END;
	return refused ? ROUND_REFUSED : ROUND_SURVIVED;
}

/*
 * Without memory no PASID can be had either, and the kernel's core says that alone; and an
 * interrupt that is refused is another's.
 */
bool is_clean(int ret)
{
	return !ret || ret == -ENOMEM || ret == -ENOSPC || ret == -EBUSY;
}

static enum round in_child(const struct sweep *s, unsigned int nth)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		enum round round = s->round(nth);

		fflush(stdout);
		_exit(round);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return bad("a child", 0);
	return WEXITSTATUS(status);
}

static enum round one_round(const struct sweep *s, bool (*ready)(const struct sweep *s),
			    unsigned int nth)
{
	enum round round = ROUND_BAD;

	if (!ready || ready(s))
		round = s->flags & SWEEP_CHILD ? in_child(s, nth) : s->round(nth);
	if (round == ROUND_BAD)
		printf("# that was when allocation %u failed\n", nth);
	return round;
}

/**
 * sweep_kind() - let each allocation of one kind fail once
 * @s: the rounds
 * @which: kind of allocations
 * @ready: called before each round, or NULL
 * @swept: @first says where to begin; num[@which] is set, and refusals are added
 *
 * Return: all rounds went well.
 */
bool sweep_kind(const struct sweep *s, enum nomem_kind which, bool (*ready)(const struct sweep *s),
		struct swept *swept)
{
	unsigned int nth, first = swept->first ?: 1;
	enum round round = ROUND_SURVIVED;

	nomem_set(which);
	for (nth = first; nth < first + MOST; nth++) {
		round = one_round(s, ready, nth);
		if (round == ROUND_END || round == ROUND_BAD)
			break;
		swept->refused += round == ROUND_REFUSED;
	}
	swept->num[which] = round == ROUND_END ? (int)(nth - first) : -1;
	return round == ROUND_END;
}

/**
 * sweep() - let each allocation of memory, of each kind, fail once
 * @s: the rounds
 * @ready: called before each round, or NULL
 * @swept: zeroed; says what came of it
 *
 * Return: all rounds went well, and, but for SWEEP_NONE, something could fail.
 */
bool sweep(const struct sweep *s, bool (*ready)(const struct sweep *s), struct swept *swept)
{
	enum nomem_kind which;
	int total = 0;

	for (which = 0; which < NOMEM_OTHERS; which++) {
		if (which == NOMEM_PAGES_ON && (s->flags & SWEEP_HUGE))
			break;
		if (!sweep_kind(s, which, ready, swept))
			return false;
		total += swept->num[which];
	}
	return total || (s->flags & SWEEP_NONE);
}
