/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the pure suites use, in user space.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <setjmp.h>

#include "../kernel.h"

struct kunit {
	void *priv;
	unsigned int failures;
	jmp_buf abort;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(f)	{ .run_case = f, .name = #f }

void shim_suite_add(struct kunit_suite *suite);
void __printf(5, 6)
shim_fail(struct kunit *test, bool fatal, const char *file, int line, const char *fmt, ...);

#define kunit_test_suite(s)						\
	static void __attribute__((constructor)) s##_add(void)		\
	{								\
		shim_suite_add(&(s));					\
	}								\
	struct shim_unused

#define SHIM_CHECK(test, fatal, cond, ...) do {				\
	if (!(cond))							\
		shim_fail(test, fatal, __FILE__, __LINE__, __VA_ARGS__);	\
} while (0)

#define SHIM_CMP_MSG(test, fatal, a, op, b, fmt, ...) do {		\
	typeof(a) _l = (a);						\
	typeof(b) _r = (b);						\
	SHIM_CHECK(test, fatal, _l op _r, "%s: %#llx, %#llx; " fmt,	\
		   #a " " #op " " #b, (unsigned long long)_l,		\
		   (unsigned long long)_r, ##__VA_ARGS__);		\
} while (0)

#define KUNIT_EXPECT_EQ_MSG(t, a, b, ...) SHIM_CMP_MSG(t, false, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(t, a, b, ...) SHIM_CMP_MSG(t, false, a, <=, b, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(t, a, b) SHIM_CMP_MSG(t, false, a, ==, b, " ")
#define KUNIT_EXPECT_NE(t, a, b) SHIM_CMP_MSG(t, false, a, !=, b, " ")
#define KUNIT_EXPECT_LE(t, a, b) SHIM_CMP_MSG(t, false, a, <=, b, " ")
#define KUNIT_EXPECT_GE(t, a, b) SHIM_CMP_MSG(t, false, a, >=, b, " ")
#define KUNIT_ASSERT_EQ(t, a, b) SHIM_CMP_MSG(t, true, a, ==, b, " ")
#define KUNIT_EXPECT_TRUE(t, c) SHIM_CHECK(t, false, c, "%s", #c)
#define KUNIT_EXPECT_FALSE(t, c) SHIM_CHECK(t, false, !(c), "!(%s)", #c)
#define KUNIT_EXPECT_TRUE_MSG(t, c, fmt, ...) \
	SHIM_CHECK(t, false, c, "%s; " fmt, #c, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, c, fmt, ...) \
	SHIM_CHECK(t, false, !(c), "!(%s); " fmt, #c, ##__VA_ARGS__)
#define KUNIT_FAIL(t, ...) shim_fail(t, false, __FILE__, __LINE__, __VA_ARGS__)

#endif /* SHIM_KUNIT_TEST_H */
