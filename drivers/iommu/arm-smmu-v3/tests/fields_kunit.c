// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream table entries and context descriptors in words. The bits come from words.def, and
 * from IHI 0070, 5.2 and 5.4.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <kunit/visibility.h>
#include <linux/seq_file.h>

#include "../fields.h"
#include "../structs.h"
#include "words.h"

/* An STE with both stages, and a CD, which are valid: all fields mean something. */
#define STE_ALL		0xfull
#define CD_VALID	0x80000000ull

#define WORD(driver, sim, index, number)	{ #driver, #sim, index, 0, number },
#define VALUE(driver, sim, number)
static const struct word fields[] = {
#include "words.def"
};

struct page_of_text {
	char text[4096];
	struct seq_file s;
};

static struct page_of_text *text_alloc(struct kunit *test)
{
	struct page_of_text *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static const char *text_of(struct page_of_text *p, const u64 *qw, bool cd)
{
	memset(p, 0, sizeof(*p));
	p->s.buf = p->text;
	p->s.size = sizeof(p->text) - 1;
	if (cd)
		smmu_show_cd(&p->s, qw);
	else
		smmu_show_ste(&p->s, qw);
	return p->text;
}

/* The number that stands behind a field's name, in capitals */
static bool number_of(char *text, const char *name, u64 *number)
{
	char *line, *word;

	while ((line = strsep(&text, "\n"))) {
		line = skip_spaces(line);
		word = strsep(&line, " ");
		if (!line || strcasecmp(word, name))
			continue;
		line = skip_spaces(line);
		word = strsep(&line, " ");
		return !kstrtou64(word, 16, number);
	}
	return false;
}

static bool is_address(const char *name)
{
	return !strcmp(name, "S1CONTEXTPTR") || !strcmp(name, "S2TTB") || !strcmp(name, "TTB0");
}

/* Each field alone shows what is in its bits, and nothing else does. */
static void fields_show_their_bits(struct kunit *test)
{
	struct page_of_text *p = text_alloc(test);
	unsigned int i, shown = 0;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *name = fields[i].driver;
		bool cd = !strncmp(name, "CD", 2) && isdigit(name[2]);
		u64 qw[SMMU_ENTRY_QWORDS] = { cd ? CD_VALID : STE_ALL };
		u64 seen = ~0ull, expected = fields[i].number >> __ffs64(fields[i].number);

		if (!cd && (strncmp(name, "STE", 3) || !isdigit(name[3])))
			continue;
		name = strchr(name, '_') + 1;
		/* Of a table that no CD of the driver has. */
		if (!strcmp(name, "T1SZ"))
			continue;
		qw[fields[i].index] |= fields[i].number;
		text_of(p, qw, cd);
		KUNIT_EXPECT_TRUE_MSG(test, number_of(p->text, name, &seen), "no %s", name);
		if (is_address(name))
			expected = fields[i].number;
		KUNIT_EXPECT_EQ_MSG(test, seen, expected, "%s", name);
		shown++;
	}
	KUNIT_EXPECT_GT(test, shown, 50);
}

/* What an entry gives no meaning is not shown. */
static void fields_that_mean_something(struct kunit *test)
{
	static const u64 nothing[SMMU_ENTRY_QWORDS] = { 0, ~0ull, ~0ull, ~0ull };
	static const u64 aborts[SMMU_ENTRY_QWORDS] = { 1, ~0ull, ~0ull, ~0ull };
	static const u64 passes[SMMU_ENTRY_QWORDS] = { 1 | 4 << 1, ~0ull, ~0ull, ~0ull };
	static const u64 stage1[SMMU_ENTRY_QWORDS] = { 1 | 5 << 1, ~0ull, ~0ull, ~0ull };
	static const u64 stage2[SMMU_ENTRY_QWORDS] = { 1 | 6 << 1, ~0ull, ~0ull, ~0ull };
	struct page_of_text *p = text_alloc(test);

	KUNIT_EXPECT_STREQ(test, text_of(p, nothing, false),
			   "  V             0x0  not valid\n"
			   "  Config        0x0  DMA aborts, silently\n");
	KUNIT_EXPECT_STREQ(test, text_of(p, aborts, false),
			   "  V             0x1  valid\n"
			   "  Config        0x0  DMA aborts, silently\n");
	KUNIT_EXPECT_STREQ(test, text_of(p, nothing, true), "  V             0x0  not valid\n");

	text_of(p, passes, false);
	KUNIT_EXPECT_NOT_NULL(test, strstr(p->text,
					   "  Config        0x4  DMA passes untranslated\n"));
	KUNIT_EXPECT_NULL(test, strstr(p->text, "S1"));
	KUNIT_EXPECT_NULL(test, strstr(p->text, "S2TTB"));
	text_of(p, stage1, false);
	KUNIT_EXPECT_NOT_NULL(test, strstr(p->text, "  S1STALLD      0x1  faults do not stall\n"));
	KUNIT_EXPECT_NULL(test, strstr(p->text, "S2TTB"));
	text_of(p, stage2, false);
	KUNIT_EXPECT_NOT_NULL(test, strstr(p->text, "  S2TTB         0xffffffffffff0\n"));
	KUNIT_EXPECT_NULL(test, strstr(p->text, "S1DSS"));
}

static struct kunit_case fields_cases[] = {
	KUNIT_CASE(fields_show_their_bits),
	KUNIT_CASE(fields_that_mean_something),
	{ }
};

static struct kunit_suite fields_suite = {
	.name = "smmu-v3-fields",
	.test_cases = fields_cases,
};

kunit_test_suite(fields_suite);
