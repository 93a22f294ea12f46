// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events in words, whatever hardware wrote (I-62), and stalls that nobody will
 * serve (I-38, I-41). The records are literal words from IHI 0070, 7.3.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/ctype.h>

#include "fake.h"

#define LINE	256

static void expect_line(struct kunit *test, const struct smmu_event *e, const char *dev,
			const char *expected)
{
	char buf[LINE];

	smmu_event_describe(e, dev, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, expected);
}

/* A person reads the name, the device, the access, the address and the reason. */
static void event_known_lines(struct kunit *test)
{
	static const struct smmu_event read = {
		{ 0x0000001800000010ull, 0x0000020800000000ull, 0xdeadb000 }
	};
	static const struct smmu_event write = {
		{ 0x0000001800000013ull, 0x0000020200000000ull, 0x1234 }
	};
	static const struct smmu_event walk = {
		{ 0x0000010000005810ull, 0x0000010880000007ull, 0xfffffffffffff000ull }
	};
	static const struct smmu_event fetch = {
		{ 0x0000004200000003ull, 0, 0, 0x80001000 }
	};
	static const struct smmu_event stream = { { 0x0000ffff00000002ull } };

	expect_line(test, &read, "0000:00:03.0",
		    "event F_TRANSLATION (0x10): 0000:00:03.0 (stream 0x18) read of 0xdeadb000: no mapping");
	expect_line(test, &write, "0000:00:03.0",
		    "event F_PERMISSION (0x13): 0000:00:03.0 (stream 0x18) privileged write of 0x1234: mapping does not permit it");
	expect_line(test, &walk, "dma0",
		    "event F_TRANSLATION (0x10): dma0 (stream 0x100, PASID 5) read of 0xfffffffffffff000: no mapping, while walking the page table, stalled");
	expect_line(test, &fetch, "dma0",
		    "event F_STE_FETCH (0x03): dma0 (stream 0x42) at 0x80001000: stream table entry could not be read");
	expect_line(test, &stream, NULL,
		    "event C_BAD_STREAMID (0x02): unknown device (stream 0xffff) stream ID outside the stream table");
}

/* I-62: all 256 event numbers and random bytes: a line of text, in its buffer. */
static void event_i62_any_bytes(struct kunit *test)
{
	struct dice dice = { 62 };
	unsigned int n, i, bad = 0;
	char buf[LINE + 8];

	for (n = 0; n < 20000; n++) {
		struct smmu_event e = { { dice_roll(&dice), dice_roll(&dice),
					  dice_roll(&dice), dice_roll(&dice) } };
		size_t len = n & 1 ? LINE : dice_roll(&dice) % LINE;
		int ret;

		if (n & 2)
			e.qw[0] = (e.qw[0] & ~0xffull) | (n >> 2 & 0xff);
		memset(buf, 0x5a, sizeof(buf));
		ret = smmu_event_describe(&e, n & 4 ? "device" : NULL, buf, len);
		bad += ret <= 0 || ret >= LINE;
		for (i = len; i < sizeof(buf); i++)
			bad += buf[i] != 0x5a;
		for (i = 0; len && i < min_t(size_t, ret, len - 1); i++)
			bad += !isprint(buf[i]);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* I-38, I-41: each stall of a stream without a handler gets exactly one RESUME. */
static void event_i41_stall_is_ended(struct kunit *test)
{
	struct fake_smmu *f = fake_create(test);
	struct smmu_event e = { { 0x0000004200000010ull, 0x000002088000beefull, 0x1000 } };

	fake_cmdq(test, f, 8, false);
	fake_pace(f, FAKE_EAGER);
	/* CMD_RESUME is illegal where IDR0 says that nothing stalls (I-20). */
	smmu_event_handle(&f->smmu, &e);
	KUNIT_EXPECT_EQ(test, f->ran, 0);

	f->smmu.feat.stall = true;
	smmu_event_handle(&f->smmu, &e);
	KUNIT_ASSERT_EQ(test, fake_count(f, 0x44), 1);
	/* stream and tag of the event; Ac clear, Ab set: abort */
	KUNIT_EXPECT_EQ(test, f->log[0].qw[0], 0x0000004200002044ull);
	KUNIT_EXPECT_EQ(test, f->log[0].qw[1], 0xbeef);

	fake_clear(f);
	e.qw[1] &= ~0x80000000ull;
	smmu_event_handle(&f->smmu, &e);
	KUNIT_EXPECT_EQ(test, f->ran, 0);
}

/* I-62: nothing but a RESUME for a stall ever comes of any bytes. */
static void event_i62_any_bytes_handled(struct kunit *test)
{
	struct fake_smmu *f = fake_create(test);
	struct dice dice = { 63 };
	unsigned int n;

	fake_cmdq(test, f, 8, false);
	fake_pace(f, FAKE_EAGER);
	f->smmu.feat.stall = true;
	for (n = 0; n < 2000; n++) {
		struct smmu_event e = { { dice_roll(&dice), dice_roll(&dice),
					  dice_roll(&dice), dice_roll(&dice) } };
		bool stall = e.qw[1] & 0x80000000 && (e.qw[0] & 0xff) >= 0x10 &&
			     (e.qw[0] & 0xff) <= 0x13;

		fake_clear(f);
		smmu_event_handle(&f->smmu, &e);
		KUNIT_EXPECT_EQ(test, fake_count(f, 0x44), stall);
		KUNIT_EXPECT_EQ(test, f->ran - f->syncs, stall);
	}
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(event_known_lines),
	KUNIT_CASE(event_i62_any_bytes),
	KUNIT_CASE(event_i41_stall_is_ended),
	KUNIT_CASE(event_i62_any_bytes_handled),
	{ }
};

static struct kunit_suite event_suite = {
	.name = "smmu-v3-event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
