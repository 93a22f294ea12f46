# SPDX-License-Identifier: GPL-2.0-only
# Page tables in user space, beyond what "make check" has time for.

TABLES := tools/testing/io-pgtable

.PHONY: optional
optional: tree
	@scripts/setup --optional

# What a page costs on this machine, beside the kernel tree's own tables
.PHONY: native
native: optional
	@$(MAKE) -s -C $(TABLES)/native report $(if $(CSV),CSV=$(abspath $(CSV)))

# SECONDS=600 JOBS=2; the corpus and the count of executions are kept
.PHONY: fuzz
fuzz: optional
	@$(MAKE) -s -C $(TABLES)/fuzz fuzz

# The same inputs each time: half a minute, for tests
.PHONY: fuzz-short
fuzz-short: optional
	@rm -rf build/check/io-pgtable-fuzz/short/corpus
	@$(MAKE) -s -C $(TABLES)/fuzz fuzz RUNS=500000 SEED=1 JOBS=1 \
		BASE=$(abspath build/check/io-pgtable-fuzz/short)

.PHONY: fuzz-long
fuzz-long: tree
	@$(MAKE) -s -C $(TABLES)/fuzz long

.PHONY: coverage
coverage: tree
	@$(MAKE) -s -C $(TABLES)/fuzz coverage

# The same module on the pristine kernel and on ours, counted in instructions
.PHONY: bench
bench: tree
	@scripts/bench $(BENCH)
