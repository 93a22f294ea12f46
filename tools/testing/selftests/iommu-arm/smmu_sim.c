// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tell a master behind a simulated SMMUv3 what to do, from a shell.
 *
 * usage: smmu_sim /dev/smmu-sim/INSTANCE-MASTER [COMMAND [, COMMAND]...]
 *
 * Without commands they are read from standard input, one a line. Buffers live
 * as long as the program, so what belongs together is one run of it, with commas
 * that stand alone:
 *
 *   smmu_sim /dev/smmu-sim/a-dma map 0x2000 , write @+8 0x1234 , read @+8 , unmap @
 *
 * Exit status: 0, all went well; 1, a transaction or check did not; 2, a word is wrong.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/smmu_sim.h>

#define WORDS	32
#define WIDEST	8

static int dev;
static uint64_t mapped;		/* what "@" stands for */
static uint32_t held;		/* the last transaction that waits */

static const char *const commands =
	"  info\n"
	"  map LENGTH [read|write]           make a buffer; @ is its device address from then on\n"
	"  unmap ADDRESS [check]             check: nothing of it may be held afterwards\n"
	"  read ADDRESS [OPTION]...\n"
	"  write ADDRESS VALUE [OPTION]...\n"
	"  fetch-add ADDRESS VALUE [OPTION]...\n"
	"  release                           let the transaction that waits go on\n"
	"  page-request ADDRESS [read] [write] [pasid N] [group N] [stream N] [more]\n"
	"  response [MILLISECONDS]           the oldest answer to a page request\n"
	"  help\n"
	"ADDRESS is a number, @ or @+NUMBER. OPTION is one of: pasid N, stream N, size 1|2|4|8,\n"
	"timeout MILLISECONDS, priv, instr, hold, nowait, noats, nopri, translated.\n"
	"A comma between commands stands alone, with blanks around it.\n";

static void print_help(FILE *to)
{
	fprintf(to, "usage: smmu_sim DEVICE [COMMAND [, COMMAND]...]\n%s", commands);
}

static int bad(const char *what, const char *word)
{
	fprintf(stderr, "smmu_sim: %s: %s\n", what, word ? word : "missing");
	if (word && strchr(word, ','))
		fprintf(stderr, "smmu_sim: a comma stands alone, with blanks around it\n");
	return 2;
}

static bool number(const char *word, uint64_t *value)
{
	char *end;

	if (!word || !*word)
		return false;
	errno = 0;
	*value = strtoull(word, &end, 0);
	return !*end && !errno;
}

static bool address(const char *word, uint64_t *value)
{
	if (!word || *word != '@')
		return number(word, value);
	if (!word[1]) {
		*value = mapped;
		return true;
	}
	if (word[1] != '+' || !number(word + 2, value))
		return false;
	*value += mapped;
	return true;
}

/* What an error of a call means here. */
static const char *why(unsigned long request, int error)
{
	static const struct {
		unsigned long request;
		int error;
		const char *text;
	} known[] = {
		{ SMMU_SIM_IOC_MAP, EINVAL, "the length is not some pages, or is too large" },
		{ SMMU_SIM_IOC_MAP, EOPNOTSUPP, "its DMA is not translated" },
		{ SMMU_SIM_IOC_UNMAP, ENOENT, "no buffer of this run of the program begins there" },
		{ SMMU_SIM_IOC_ACCESS, EINVAL,
		  "it has no such stream or PASID, or one transaction must not cross 4 KiB" },
		{ SMMU_SIM_IOC_ACCESS, EBUSY, "nothing more can be held" },
		{ SMMU_SIM_IOC_RELEASE, EINVAL, "what waits is not the last read or write" },
		{ SMMU_SIM_IOC_RELEASE, ENOENT, "nothing waits" },
		{ SMMU_SIM_IOC_RELEASE, EBUSY, "it is silent, and never finishes what it holds" },
		{ SMMU_SIM_IOC_REQUEST, EINVAL,
		  "not from a platform device; or it has no such stream, PASID or group" },
		{ SMMU_SIM_IOC_RESPONSE, EAGAIN, "no answer has come" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].request == request && known[i].error == error)
			return known[i].text;
	return error == ENODEV ? "the master is gone, or its driver" : strerror(error);
}

static int call(unsigned long request, void *arg, const char *what)
{
	if (!ioctl(dev, request, arg))
		return 0;
	fprintf(stderr, "smmu_sim: %s: %s\n", what, why(request, errno));
	return 1;
}

static int info(void)
{
	struct smmu_sim_info i = { 0 };
	unsigned int n;

	if (call(SMMU_SIM_IOC_INFO, &i, "info"))
		return 1;
	printf("%s/%s: %s, streams", i.instance, i.master,
	       i.flags & SMMU_SIM_INFO_PCI ? "PCI" : "platform");
	for (n = 0; n < i.streams && n < SMMU_SIM_STREAMS; n++)
		printf(" 0x%x", i.sids[n]);
	printf(", PASID bits %u%s%s%s\n", i.pasid_bits,
	       i.flags & SMMU_SIM_INFO_STALL ? ", stalls" : "",
	       i.flags & SMMU_SIM_INFO_ATS ? ", ATS on" : "",
	       i.flags & SMMU_SIM_INFO_PRI ? ", PRI on" : "");
	return 0;
}

static int map(char **word)
{
	struct smmu_sim_map m = { .flags = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE };
	uint64_t length;

	if (!number(word[0], &length))
		return bad("length", word[0]);
	if (word[1] && !strcmp(word[1], "read"))
		m.flags = SMMU_SIM_MAP_READ;
	else if (word[1] && !strcmp(word[1], "write"))
		m.flags = SMMU_SIM_MAP_WRITE;
	else if (word[1])
		return bad("neither read nor write", word[1]);
	m.length = length;
	if (call(SMMU_SIM_IOC_MAP, &m, "map"))
		return 1;
	mapped = m.iova;
	printf("mapped 0x%llx\n", (unsigned long long)m.iova);
	return 0;
}

static int unmap(char **word)
{
	struct smmu_sim_unmap u = { 0 };
	uint64_t iova;

	if (!address(word[0], &iova))
		return bad("address", word[0]);
	if (word[1] && strcmp(word[1], "check"))
		return bad("only check is known", word[1]);
	u.iova = iova;
	u.flags = word[1] ? SMMU_SIM_UNMAP_PAGES | SMMU_SIM_UNMAP_RANGE : 0;
	if (call(SMMU_SIM_IOC_UNMAP, &u, "unmap"))
		return 1;
	printf("unmapped 0x%llx, violations %u\n", (unsigned long long)iova, u.violations);
	return u.violations ? 1 : 0;
}

static const char *outcome_name(uint32_t outcome)
{
	static const char *const names[] = {
		[SMMU_SIM_OUT_OK] = "ok", [SMMU_SIM_OUT_ABORT] = "aborted",
		[SMMU_SIM_OUT_RAZWI] = "RAZ/WI", [SMMU_SIM_OUT_HELD] = "held",
		[SMMU_SIM_OUT_STALLED] = "stalled", [SMMU_SIM_OUT_ATS_DENIED] = "ATS denied",
		[SMMU_SIM_OUT_ATS_UR] = "ATS unsupported request",
		[SMMU_SIM_OUT_ATS_CA] = "ATS completer abort",
		[SMMU_SIM_OUT_PRI_INVALID] = "page request: invalid",
		[SMMU_SIM_OUT_PRI_FAILURE] = "page request: failure",
		[SMMU_SIM_OUT_PRI_AGAIN] = "page request: success, but nothing granted",
		[SMMU_SIM_OUT_TIMEOUT] = "timed out",
		[SMMU_SIM_OUT_MASTER_OFF] = "bus mastering is off",
		[SMMU_SIM_OUT_BAD_MEMORY] = "no memory there",
		[SMMU_SIM_OUT_PASID_OFF] = "PASIDs are off",
	};

	return outcome < sizeof(names) / sizeof(*names) && names[outcome] ? names[outcome] : "?";
}

/* IHI 0070, 7.3 */
static const char *event_name(uint32_t event)
{
	switch (event) {
	case 0x01: return "F_UUT";
	case 0x02: return "C_BAD_STREAMID";
	case 0x03: return "F_STE_FETCH";
	case 0x04: return "C_BAD_STE";
	case 0x05: return "F_BAD_ATS_TREQ";
	case 0x06: return "F_STREAM_DISABLED";
	case 0x07: return "F_TRANSL_FORBIDDEN";
	case 0x08: return "C_BAD_SUBSTREAMID";
	case 0x09: return "F_CD_FETCH";
	case 0x0a: return "C_BAD_CD";
	case 0x0b: return "F_WALK_EABT";
	case 0x10: return "F_TRANSLATION";
	case 0x11: return "F_ADDR_SIZE";
	case 0x12: return "F_ACCESS";
	case 0x13: return "F_PERMISSION";
	case 0x20: return "F_TLB_CONFLICT";
	case 0x21: return "F_CFG_CONFLICT";
	case 0x25: return "F_VMS_FETCH";
	}
	return "?";
}

static int tell(const struct smmu_sim_access *a, uint64_t value)
{
	printf("%s", outcome_name(a->outcome));
	if (a->outcome == SMMU_SIM_OUT_OK)
		printf(", pa 0x%llx", (unsigned long long)a->pa);
	if (a->outcome == SMMU_SIM_OUT_OK && a->op != SMMU_SIM_WRITE)
		printf(", value 0x%llx", (unsigned long long)value);
	if (a->event)
		printf(", event 0x%02x %s%s", a->event, event_name(a->event),
		       a->recorded ? "" : " (not recorded)");
	if (a->stalls)
		printf(", stalled %u time%s", a->stalls, a->stalls == 1 ? "" : "s");
	if (a->requests)
		printf(", page requests %u", a->requests);
	printf("\n");
	if (a->outcome == SMMU_SIM_OUT_HELD || a->outcome == SMMU_SIM_OUT_STALLED)
		held = a->handle;
	return a->outcome == SMMU_SIM_OUT_OK || a->outcome == SMMU_SIM_OUT_HELD ||
	       a->outcome == SMMU_SIM_OUT_STALLED ? 0 : 1;
}

static bool size_good(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == WIDEST;
}

static int access_option(char ***word, struct smmu_sim_access *a)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "priv", SMMU_SIM_PRIV }, { "instr", SMMU_SIM_INSTR }, { "hold", SMMU_SIM_HOLD },
		{ "nowait", SMMU_SIM_NO_WAIT }, { "noats", SMMU_SIM_NO_ATS },
		{ "nopri", SMMU_SIM_NO_PRI }, { "translated", SMMU_SIM_TRANSLATED },
	};
	const char *name = *(*word)++;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (!strcmp(name, flags[i].name)) {
			a->flags |= flags[i].flag;
			return 0;
		}
	}
	if (!number(**word, &value))
		return bad(**word ? "option" : "option, or its number is missing", name);
	++*word;
	if (!strcmp(name, "pasid")) {
		a->flags |= SMMU_SIM_PASID;
		a->pasid = value;
	} else if (!strcmp(name, "stream")) {
		a->stream = value;
	} else if (!strcmp(name, "size")) {
		if (!size_good(value))
			return bad("size is not 1, 2, 4 or 8", (*word)[-1]);
		a->len = value;
	} else if (!strcmp(name, "timeout")) {
		a->timeout_ms = value;
	} else {
		return bad("option", name);
	}
	return 0;
}

/* A read that waits puts its data here when it is released. */
static uint8_t data[WIDEST];
static struct smmu_sim_access last;

static uint64_t data_value(unsigned int len)
{
	uint64_t value = 0;

	while (len--)
		value = value << 8 | data[len];
	return value;
}

static int transact(uint32_t op, char **word)
{
	struct smmu_sim_access a = { .op = op, .len = 4, .data = (uintptr_t)data };
	uint64_t addr, value = 0;
	unsigned int i;
	int ret;

	if (!address(*word, &addr))
		return bad("address", *word);
	word++;
	if (op != SMMU_SIM_READ && !number(*word++, &value))
		return bad("value", word[-1]);
	a.addr = addr;
	while (*word) {
		ret = access_option(&word, &a);
		if (ret)
			return ret;
	}
	for (i = 0; i < WIDEST; i++)
		data[i] = value >> 8 * i;
	if (call(SMMU_SIM_IOC_ACCESS, &a, "access"))
		return 1;
	last = a;
	return tell(&a, data_value(a.len));
}

static int release(void)
{
	struct smmu_sim_access a = { .handle = held };

	if (last.op != SMMU_SIM_WRITE) {
		a.data = (uintptr_t)data;
		a.len = last.len;
	}
	if (call(SMMU_SIM_IOC_RELEASE, &a, "release"))
		return 1;
	a.op = last.op;
	return tell(&a, data_value(last.len));
}

static int page_request(char **word)
{
	struct smmu_sim_request r = { .flags = SMMU_SIM_REQ_LAST };
	uint64_t value;

	if (!address(*word, &value))
		return bad("address", *word);
	r.addr = value;
	while (*++word) {
		if (!strcmp(*word, "read")) {
			r.flags |= SMMU_SIM_REQ_READ;
		} else if (!strcmp(*word, "write")) {
			r.flags |= SMMU_SIM_REQ_WRITE;
		} else if (!strcmp(*word, "more")) {
			r.flags &= ~SMMU_SIM_REQ_LAST;
		} else if (!number(word[1], &value)) {
			return bad("option", *word);
		} else if (!strcmp(*word, "pasid")) {
			r.flags |= SMMU_SIM_REQ_PASID;
			r.pasid = value;
			word++;
		} else if (!strcmp(*word, "group")) {
			r.group = value;
			word++;
		} else if (!strcmp(*word, "stream")) {
			r.stream = value;
			word++;
		} else {
			return bad("option", *word);
		}
	}
	if (call(SMMU_SIM_IOC_REQUEST, &r, "page-request"))
		return 1;
	printf("%s\n", r.refused ? "refused by the SMMU" : "in the queue");
	return 0;
}

static int response(char **word)
{
	static const char *const codes[] = {
		[SMMU_SIM_RESP_FAILURE] = "failure", [SMMU_SIM_RESP_INVALID] = "invalid",
		[SMMU_SIM_RESP_SUCCESS] = "success",
	};
	struct smmu_sim_response r = { .timeout_ms = 1000 };
	uint64_t ms;

	if (*word) {
		if (!number(*word, &ms))
			return bad("milliseconds", *word);
		r.timeout_ms = ms;
	}
	if (call(SMMU_SIM_IOC_RESPONSE, &r, "response"))
		return 1;
	printf("stream 0x%x group %u: %s", r.sid, r.group,
	       r.code <= SMMU_SIM_RESP_SUCCESS ? codes[r.code] : "?");
	if (r.flags & SMMU_SIM_RESP_PASID)
		printf(", pasid %u", r.pasid);
	printf("%s\n", r.flags & SMMU_SIM_RESP_AUTO ? ", by the SMMU itself" : "");
	return 0;
}

static int run(char **word)
{
	if (!strcmp(*word, "help")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(*word, "info"))
		return info();
	if (!strcmp(*word, "map"))
		return map(word + 1);
	if (!strcmp(*word, "unmap"))
		return unmap(word + 1);
	if (!strcmp(*word, "read"))
		return transact(SMMU_SIM_READ, word + 1);
	if (!strcmp(*word, "write"))
		return transact(SMMU_SIM_WRITE, word + 1);
	if (!strcmp(*word, "fetch-add"))
		return transact(SMMU_SIM_FETCH_ADD, word + 1);
	if (!strcmp(*word, "release"))
		return release();
	if (!strcmp(*word, "page-request"))
		return page_request(word + 1);
	if (!strcmp(*word, "response"))
		return response(word + 1);
	return bad("command", *word);
}

/* The worst status of all commands; a line of many words is cut. */
static int from_input(void)
{
	char line[512], *words[WORDS + 1];
	int worst = 0;

	while (fgets(line, sizeof(line), stdin)) {
		unsigned int n = 0;
		char *word;
		int ret;

		for (word = strtok(line, " \t\n"); word && n < WORDS; word = strtok(NULL, " \t\n"))
			words[n++] = word;
		words[n] = NULL;
		if (!n || *words[0] == '#')
			continue;
		ret = run(words);
		worst = ret > worst ? ret : worst;
		fflush(stdout);
	}
	return worst;
}

static int from_arguments(char **word)
{
	int worst = 0, ret;

	while (*word) {
		char **first = word;

		while (*word && strcmp(*word, ","))
			word++;
		if (*word)
			*word++ = NULL;
		if (!*first)
			continue;
		ret = run(first);
		worst = ret > worst ? ret : worst;
		fflush(stdout);
	}
	return worst;
}

int main(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
			  !strcmp(argv[1], "-h"))) {
		print_help(stdout);
		return 0;
	}
	if (argc < 2 || *argv[1] == '-') {
		print_help(stderr);
		return 2;
	}
	dev = open(argv[1], O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		fprintf(stderr, "smmu_sim: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return argc > 2 ? from_arguments(argv + 2) : from_input();
}
