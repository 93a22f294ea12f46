// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libFuzzer calls. A failed check ends the program, so that the input is
 * kept; with TRACE in the environment it is told in words.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "fuzz.h"

/* Few objects are freed in an execution: let them not push all else from the caches */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:malloc_context_size=8";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_trace = getenv("TRACE");
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_one(data, size);
	if (failures_here) {
		fflush(stdout);
		abort();
	}
	return 0;
}
