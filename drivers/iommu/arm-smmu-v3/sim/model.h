/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A software SMMUv3: its state, and what may be asked of it.
 *
 * Words:
 *	held		in the set of what any implementation could be caching
 *	live		held, and memory still says so: it can be cached again
 *	gone		held, but no longer to be had from memory
 *	stamp		a count of stores, walks and commands: the model's time
 *	regime		a translation regime: base, sizes and tags of one table
 *	checkpoint	a place where nothing forbidden may be held
 *
 * Locking: none. Callers serialise all calls for one instance, with a leaf lock
 * of theirs. The model never sleeps, allocates nothing after ssim_init(), and
 * calls back into struct ssim_ops only; callbacks must not call the model.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SSIM_MODEL_H
#define SSIM_MODEL_H

#include "arch.h"

struct ssim;

enum ssim_irq { IRQ_GERROR, IRQ_EVENTQ, IRQ_PRIQ, IRQ_CMD_SYNC, IRQ_KINDS };

/**
 * struct ssim_atc_inv - an ATS invalidation on its way to an endpoint
 * @sid: stream
 * @ssid: PASID, if @ssv
 * @ssv: whether the message has a PASID
 * @global: the Global flag: all PASIDs
 * @addr: first address, aligned to the span
 * @last: last address
 */
struct ssim_atc_inv {
	u32 sid;
	u32 ssid;
	bool ssv;
	bool global;
	u64 addr;
	u64 last;
};

/**
 * struct ssim_pri_resp - a page request group response
 * @sid: stream
 * @ssid: PASID, if @ssv
 * @ssv: whether the message has a PASID
 * @group: index of the group
 * @code: PRI_SUCCESS, PRI_INVALID or PRI_FAILURE
 * @automatic: made by the SMMU, not by a command
 */
struct ssim_pri_resp {
	u32 sid;
	u32 ssid;
	bool ssv;
	u16 group;
	u8 code;
	bool automatic;
};

struct ssim_result;

/**
 * struct ssim_ops - the world around the model
 * @read: read memory as the SMMU would; false is an external abort
 * @write: write memory; @size is 4 for an MSI; false is an external abort
 * @exchange: *@old is replaced by @new if it is there; *@old becomes what was there
 * @wired: raise a wired interrupt
 * @wake: send an event to the CPUs
 * @atc_inv: invalidate an endpoint's ATC; false is a time-out
 * @pri_resp: give a page request group its answer
 * @resumed: a stalled transaction has ended, in the way @result tells
 * @foreign: a number of its own for a table at @ttb whose stores are not seen, or 0
 * @report: something that must not be; @invariant is "I-8", @text several lines
 *
 * Any but the first three may be NULL.
 */
struct ssim_ops {
	bool (*read)(void *cookie, u64 pa, void *to, unsigned int size);
	bool (*write)(void *cookie, u64 pa, const void *from, unsigned int size);
	bool (*exchange)(void *cookie, u64 pa, __le64 *old, __le64 new);
	void (*wired)(void *cookie, enum ssim_irq irq);
	void (*wake)(void *cookie);
	bool (*atc_inv)(void *cookie, const struct ssim_atc_inv *inv);
	void (*pri_resp)(void *cookie, const struct ssim_pri_resp *resp);
	void (*resumed)(void *cookie, u16 stag, const struct ssim_result *result);
	u32 (*foreign)(void *cookie, u64 ttb);
	void (*report)(void *cookie, const char *invariant, const char *text);
};

/**
 * struct ssim_ids - what the ID registers say
 * @idr: IDR0 to IDR5
 * @iidr: IIDR
 * @aidr: AIDR
 */
struct ssim_ids {
	u32 idr[6];
	u32 iidr;
	u32 aidr;
};

/**
 * struct ssim_faults - faults on demand; all zero is none
 * @cmd_error: error of a command, or CERR_NONE
 * @cmd_error_in: it is the n-th command from now, 1 the next; 0: off
 * @cmd_error_stays: the same command fails again after the acknowledgment
 * @cmd_error_op: only commands of this opcode count and fail; 0: any
 * @irq_lost: so many interrupts are dropped
 * @irq_late: so many interrupts wait for ssim_late_irqs()
 * @no_ack: CR0ACK, IRQ_CTRLACK and GBPA.Update stay as they are
 * @ack_reads: they change after so many reads, and what they announce with them
 * @stuck: the command queue stops consuming
 * @cons_reads: it consumes one command, and after so many reads of CMDQ_CONS the next
 * @abort_at: accesses of the SMMU to [@abort_at, @abort_at + @abort_size) abort
 * @abort_size: 0: none
 * @queues_full: every event and page request finds its queue full
 * @atc_timeout: endpoints answer no invalidation
 * @atc_timeout_sid: only this one, if @atc_timeout_one
 * @atc_timeout_one: see above
 */
struct ssim_faults {
	enum ssim_cerror cmd_error;
	u32 cmd_error_in;
	bool cmd_error_stays;
	u32 cmd_error_op;
	u32 irq_lost;
	u32 irq_late;
	bool no_ack;
	u32 ack_reads;
	bool stuck;
	u32 cons_reads;
	u64 abort_at;
	u64 abort_size;
	bool queues_full;
	bool atc_timeout;
	bool atc_timeout_one;
	u32 atc_timeout_sid;
};

enum ssim_txn_type { TXN_ORDINARY, TXN_TRANSLATED, TXN_ATS_REQUEST };

/**
 * struct ssim_txn - a transaction of a master
 * @type: ordinary, already translated by ATS, or a request for a translation
 * @sid: stream
 * @ssid: substream, if @ssv
 * @ssv: whether it has a substream
 * @write: write, else read; an ATS request: write permission wanted
 * @instr: instruction fetch
 * @priv: privileged
 * @atomic: reads and writes; to the fault model a write
 * @hold: stay between translation and access until ssim_done()
 * @addr: input address
 */
struct ssim_txn {
	enum ssim_txn_type type;
	u32 sid;
	u32 ssid;
	bool ssv;
	bool write;
	bool instr;
	bool priv;
	bool atomic;
	bool hold;
	u64 addr;
};

/* How a transaction ends, each in its own word. */
enum ssim_outcome {
	OUT_OK,			/* goes on, at ssim_result.pa */
	OUT_ABORT,		/* an abort to the master; .event says why, 0: silently */
	OUT_RAZWI,		/* reads as zero, writes are ignored */
	OUT_STALLED,		/* waits for CMD_RESUME */
	OUT_ATS_DENIED,		/* ATS: success, with R = W = 0 */
	OUT_ATS_UR,		/* ATS: unsupported request */
	OUT_ATS_CA,		/* ATS: completer abort */
};

/**
 * struct ssim_result - what became of a transaction
 * @outcome: how it ended
 * @event: event number, 0: none; set too when the record was not written
 * @recorded: an event record was written
 * @stag: of a stalled transaction
 * @pa: output address
 * @size: bytes of the translation around it, a power of two
 * @read: permissions, for answers to ATS requests
 * @write: as @read
 * @exec: as @read
 * @attr: memory attribute in the form of one MAIR byte
 * @sh: shareability, in the architecture's encoding
 * @ticket: of the transaction in flight, for ssim_done()
 */
struct ssim_result {
	enum ssim_outcome outcome;
	u8 event;
	bool recorded;
	u16 stag;
	u64 pa;
	u64 size;
	bool read;
	bool write;
	bool exec;
	u8 attr;
	u8 sh;
	u64 ticket;
};

/* A table and how to read it; filled in by config.c. */
struct ssim_regime {
	u64 ttb;
	u64 mair;
	u32 asid;		/* ASID_NONE where entries have none */
	u32 foreign;		/* ssim_foreign() of ttb */
	u16 vmid;
	u8 stage;
	u8 world;
	u8 shift;		/* granule: 12, 14, 16 */
	u8 tsz;
	u8 start;		/* first level, biased by LEVEL_BIAS */
	u8 out_bits;		/* effective IPS or PS */
	u8 sh;			/* with DS: of all leaves */
	bool ds, high, disabled, tbi, endi, affd, ha, hd, had, e0pd;
	bool wxn, pan, fwb, ptw, stall, record, abort, aset;
};

/* Level -1 exists; levels in bytes are one higher. */
#define LEVEL_BIAS	1
#define ASID_NONE	0x10000u
#define ASID_GLOBAL	0x10001u

enum { WORLD_EL1, WORLD_EL2, WORLD_EL2_E2H };

/* The configuration that a transaction uses. */
struct ssim_context {
	u64 ste[8];
	u64 cd[8];
	bool s1, s2;		/* stages that translate */
	struct ssim_regime r1[2];	/* TTB0, TTB1 */
	struct ssim_regime r2;
};

/* A fault of configuration or translation, before anyone decides what it means. */
struct ssim_fault {
	u8 event;		/* 0: none */
	u8 class;
	bool s2;
	bool quiet;		/* not recorded: CR2.RECINVSID, Config abort */
	u64 ipa;
	u64 fetch;
};

struct ssim_access {
	bool write, instr, priv, quiet, atomic;
};

/* One step of a walk, as the TLB hears of it. */
struct ssim_step {
	const struct ssim_regime *regime;
	const struct ssim_regime *s2;	/* of a nested stage 1, or NULL */
	int level;
	u64 va;			/* first address of the entry */
	u64 src;		/* where the descriptor stands */
	u64 desc;
};

struct ssim_leaf {
	u64 pa;
	u64 size;
	u64 va;			/* first address of the leaf */
	u64 base;		/* its first output address */
	u64 src;
	u64 desc;
	u64 src2, desc2;	/* the stage 2 leaf of a nested translation */
	u64 ipa;		/* and where its stage 1 leads */
	int level;
	bool read, write, exec;	/* for the access's privilege */
	bool global;
	u8 attr, sh;
};

enum ssim_kind { E_FREE, E_ROOT, E_TABLE, E_LEAF, E_COMBINED, E_ATC };
enum ssim_origin { BY_STORE, BY_WALK, BY_CONFIG, BY_CLOSURE, BY_SNAPSHOT };

/* Something that an implementation could be holding. */
struct ssim_entry {
	struct ssim_entry *next_table, *next_src, *next_va;
	const struct ssim_regime *regime, *s2;
	u64 va, size;
	u64 target;		/* output address, or next table */
	u64 desc, src;
	u64 desc2, src2, ipa;	/* combined: the stage 2 leaf, and the address between */
	u64 born, gone;		/* stamps; gone == 0: live */
	u64 doomed;		/* stamp of an invalidation: wider than a foreign table */
	u32 asid, tbytes;
	u32 sid, ssid;		/* ATC */
	u16 vmid;
	u8 kind, origin, stage, world, shift;
	s8 level;
	bool run;		/* the whole of a contiguous run */
	bool ssv;		/* ATC */
	bool mark;
};

enum ssim_cfg_kind { C_FREE, C_L1STD, C_STE, C_L1CD, C_CD };

/* A configuration structure as it may have been read. */
struct ssim_cfg {
	u64 words[8];
	u64 src;
	u64 born, gone;
	u32 sid, ssid;
	u32 foreign;		/* CD: of the table that it leads to */
	u8 kind, nwords;
	u8 leaf;		/* level 1 CD: log2 of the CDs below */
	bool mark;
};

/* A command that invalidates, waiting for its CMD_SYNC. */
struct ssim_inval {
	u64 cmd[2];
	u64 stamp;
	u64 first, last;	/* addresses */
	u8 op, tg, ttl;
	bool leaf, broadcast, by_address;
};

struct ssim_stalled {
	struct ssim_txn txn;
	u64 event[4];
	u16 stag;
	bool used, unrecorded;
};

struct ssim_flight {
	u64 ticket;
	u64 stamp;
};

struct ssim_queue {
	u64 base;
	u32 prod, cons;
};

struct ssim_log {
	u64 cmd[2];
	u64 stamp;
};

/* Of struct ssim.unknown */
#define UNKNOWN_CONFIG	1u
#define UNKNOWN_EL1	2u
#define UNKNOWN_EL2	4u

/* An event or page request, as it was or should have been written. */
struct ssim_record {
	u64 words[4];
	u64 stamp;
	bool request;		/* of a page, two words */
	bool written;
};

#define SSIM_LOG	128
#define SSIM_RECORDS	64
#define SSIM_PENDING	1024
#define SSIM_STALLS	64
#define SSIM_FLIGHTS	64
#define SSIM_ENDPOINTS	32
#define SSIM_REGIMES	256
#define SSIM_CFGS	1024
#define SSIM_HASH	1024
#define SSIM_TEXT	4096

/**
 * struct ssim_stats - what has happened
 * @commands: consumed
 * @syncs: completed
 * @illegal: refused, for what they say or because the ID registers lack it
 * @stores: observed
 * @walks: made
 * @held: entries held now
 * @most: entries held at most
 * @lost: entries there was no room for: checkpoints prove less
 * @checks: checkpoints evaluated
 * @violations: reported
 * @faults: injected
 * @events: written to the queue
 * @events_lost: found it full
 * @left_out: changes of processes that were too large for a snapshot
 */
struct ssim_stats {
	u64 commands, syncs, illegal, stores, walks;
	u64 held, most, lost;
	u64 checks, violations, faults;
	u64 events, events_lost;
	u64 left_out;
};

struct ssim {
	const struct ssim_ops *ops;
	void *cookie;
	struct ssim_ids ids;
	struct ssim_faults faults;
	struct ssim_stats stats;
	u64 now;

	/* registers */
	u32 cr0, cr0ack, cr1, cr2, gbpa, gbpa_now, irq_ctrl, irq_ctrlack;
	u32 gerror, gerrorn;
	u64 strtab_base;
	u32 strtab_cfg;
	u32 cr0_reads, gbpa_reads, irq_reads, cons_reads;	/* until the register moves */
	struct ssim_queue cmdq, evtq, priq;
	u64 irq_cfg0[IRQ_CMD_SYNC];
	u32 irq_cfg1[IRQ_CMD_SYNC], irq_cfg2[IRQ_CMD_SYNC];
	bool off;		/* has no power */
	bool slept;		/* and had none before */
	bool sfm;
	bool atc_failed;
	u32 late[IRQ_KINDS];

	struct ssim_stalled stalls[SSIM_STALLS];
	struct ssim_flight flights[SSIM_FLIGHTS];
	u64 tickets;
	u32 endpoints[SSIM_ENDPOINTS];	/* streams whose ATC is enabled */
	u32 nendpoints;
	struct ssim_log log[SSIM_LOG];
	u64 logged;
	struct ssim_record records[SSIM_RECORDS];
	u64 recorded;

	/* caches */
	bool closure;		/* hold what is reachable, not only what was walked */
	bool prefer_stale;	/* translate by entries that are gone */
	bool translating;
	u8 unknown;		/* what may be cached since before the reset */
	struct ssim_inval pending[SSIM_PENDING];
	u32 npending;
	struct ssim_regime regimes[SSIM_REGIMES];
	u32 nregimes;
	struct ssim_cfg cfgs[SSIM_CFGS];
	u32 ncfgs;
	struct ssim_entry *by_table[SSIM_HASH];
	struct ssim_entry *by_src[SSIM_HASH];
	struct ssim_entry *by_va[SSIM_HASH];
	struct ssim_entry *by_va_big;
	struct ssim_entry *entries;
	u32 nentries, top;
	u32 combined;		/* of these E_COMBINED */
	u64 clashed;		/* stamp of the last clash of two entries */
	u64 canary, canary_size;
	struct ssim_entry *spare;
	char text[SSIM_TEXT];
};

/* regs.c */
void ssim_init(struct ssim *s, const struct ssim_ids *ids, const struct ssim_ops *ops,
	       void *cookie, void *pool, size_t pool_size);
u64 ssim_peek(struct ssim *s, u32 offset, unsigned int size);
u64 ssim_read(struct ssim *s, u32 offset, unsigned int size);
void ssim_write(struct ssim *s, u32 offset, u64 value, unsigned int size);
void ssim_power(struct ssim *s, bool on);
void ssim_late_irqs(struct ssim *s);
void ssim_spurious_irq(struct ssim *s, enum ssim_irq irq);
void ssim_fail(struct ssim *s);
void ssim_gerror(struct ssim *s, enum ssim_gerror bit);
void ssim_raise(struct ssim *s, enum ssim_irq irq);
bool ssim_fetch(struct ssim *s, u64 pa, u64 *words, unsigned int n);
bool ssim_put(struct ssim *s, u64 pa, const void *from, unsigned int size);
bool ssim_swap(struct ssim *s, u64 pa, u64 *old, u64 new);

static inline u32 ssim_idr(const struct ssim *s, unsigned int reg, unsigned int f)
{
	return fld1(s->ids.idr[reg], f);
}

static inline bool ssim_enabled(const struct ssim *s, unsigned int f)
{
	return fld1(s->cr0ack, f) && !s->sfm;
}

static inline unsigned int ssim_oas(const struct ssim *s)
{
	return ssim_size_bits(ssim_idr(s, 5, IDR5_OAS));
}

/* cmdq.c */
void ssim_cmdq_run(struct ssim *s);
const char *ssim_op_name(unsigned int op);

/* event.c */
bool ssim_event(struct ssim *s, const u64 record[4]);
void ssim_events_retry(struct ssim *s);
bool ssim_page_request(struct ssim *s, const u64 record[2]);

/* config.c */
bool ssim_find(struct ssim *s, u32 sid, u32 ssid, bool ssv, struct ssim_context *ctx,
	       struct ssim_fault *fault);
bool ssim_ste_legal(const struct ssim *s, const u64 ste[8]);
bool ssim_cd_legal(const struct ssim *s, const u64 ste[8], const u64 cd[8]);
bool ssim_find_ste(struct ssim *s, u32 sid, u64 ste[8], struct ssim_fault *fault);
void ssim_regime_s2(const struct ssim *s, const u64 ste[8], struct ssim_regime *r);
bool ssim_regime_s1(const struct ssim *s, const u64 ste[8], const u64 cd[8], bool high,
		    struct ssim_regime *r);
u64 ssim_cd_index(const struct ssim *s, const u64 ste[8], u32 ssid, u64 *l1);

/* walk.c */
bool ssim_walk(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2, u64 va,
	       const struct ssim_access *access, struct ssim_leaf *leaf, struct ssim_fault *fault);
bool ssim_walk_nested(struct ssim *s, const struct ssim_context *ctx, u64 va,
		      const struct ssim_access *access, struct ssim_leaf *leaf,
		      struct ssim_fault *fault);
enum ssim_kind ssim_desc_kind(const struct ssim_regime *r, int level, u64 desc);
u64 ssim_desc_oa(const struct ssim_regime *r, int level, u64 desc);
unsigned int ssim_level_shift(const struct ssim_regime *r, int level);
unsigned int ssim_run(const struct ssim_regime *r, int level);
u64 ssim_root_bytes(const struct ssim_regime *r);
u64 ssim_root_base(const struct ssim_regime *r);
u64 ssim_to_cpu(const struct ssim_regime *r, u64 desc);

/* translate.c */
void ssim_translate(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result);
void ssim_done(struct ssim *s, u64 ticket);
bool ssim_in_flight(const struct ssim *s);
void ssim_resume(struct ssim *s, u32 sid, u16 stag, bool retry, bool abort);
void ssim_stall_term(struct ssim *s, u32 sid);
void ssim_terminate_all(struct ssim *s);

/* atc.c: what endpoints hold of it */
void ssim_atc_enable(struct ssim *s, u32 sid);
void ssim_atc_disable(struct ssim *s, u32 sid);
void ssim_atc_left(struct ssim *s, const struct ssim_entry *e);
void ssim_atc_unconfigured(struct ssim *s, const struct ssim_cfg *c);
bool ssim_atc_passes(const struct ssim *s, u32 sid);
void ssim_atc_passing(struct ssim *s, u32 sid);
void ssim_atc_send(struct ssim *s);
bool ssim_atc_enabled(const struct ssim *s, u32 sid);

/* tlb.c: what is held of translation tables */
void ssim_tlb_step(struct ssim *s, const struct ssim_step *step, enum ssim_origin origin);
void ssim_tlb_combined(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2,
		       const struct ssim_leaf *leaf);
void ssim_tlb_root(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2);
void ssim_tlb_store(struct ssim *s, u64 pa, u64 old, u64 new);
void ssim_tlb_rescan(struct ssim *s, u64 first, u64 last);
struct ssim_entry *ssim_tlb_stale(struct ssim *s, const struct ssim_regime *r, u64 va,
				  const struct ssim_access *access);
struct ssim_entry *ssim_tlb_add(struct ssim *s, const struct ssim_entry *like);
void ssim_tlb_left(struct ssim *s, const struct ssim_entry *like);
void ssim_tlb_drop(struct ssim *s, struct ssim_entry *e);
bool ssim_tlb_held_by(struct ssim *s, const struct ssim_entry *e, const struct ssim_inval *dead);
void ssim_tlb_orphans(struct ssim *s);
void ssim_tlb_each(struct ssim *s, u64 first, u64 last,
		   void (*fn)(struct ssim *s, struct ssim_entry *e, void *arg), void *arg);
bool ssim_entry_in_memory(struct ssim *s, const struct ssim_entry *e);

/* cache.c: what is held of configuration structures */
void ssim_store(struct ssim *s, u64 pa, u64 old, u64 new);
void ssim_cfg_enable(struct ssim *s);
void ssim_cfg_disable(struct ssim *s);
u64 ssim_cfg_behind(struct ssim *s, const struct ssim_cfg *c, u64 *at);
void ssim_cfg_seen(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 src,
		   const u64 *words);
void ssim_cfg_apply(struct ssim *s);
void ssim_cfg_prefer(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 *words);
unsigned int ssim_cfg_versions(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid,
			       const struct ssim_cfg **list, unsigned int max);

/* foreign.c: tables that are stored to unseen, those of processes */
u32 ssim_foreign(const struct ssim *s, u64 ttb);
u64 ssim_snapshot(struct ssim *s, u32 foreign, u64 first, u64 last, u32 most);
void ssim_foreign_changed(struct ssim *s, u32 foreign, u64 first, u64 last, u64 stamp);
bool ssim_check_foreign(struct ssim *s, u32 foreign, u64 first, u64 last, u64 stamp);
bool ssim_check_foreign_end(struct ssim *s, u32 foreign);
void ssim_foreign_cd(struct ssim *s, const struct ssim_cfg *cd);
void ssim_foreign_again(struct ssim *s, struct ssim_entry *e);
bool ssim_foreign_stale(struct ssim *s, const struct ssim_entry *e,
			const struct ssim_access *access);

/* clash.c: what must not be held beside what */
u64 ssim_canary_desc(u64 canary);
void ssim_set_canary(struct ssim *s, u64 canary, u64 size);
bool ssim_check_runs(struct ssim *s);

/* inval.c: what commands remove */
bool ssim_inval_add(struct ssim *s, const u64 cmd[2]);
void ssim_inval_apply(struct ssim *s);
void ssim_broadcast(struct ssim *s, const u64 cmd[2]);
void ssim_broadcast_range(struct ssim *s, unsigned int op, u32 asid, u64 first, u64 last);
bool ssim_inval_hits(const struct ssim *s, const struct ssim_inval *c, const struct ssim_entry *e);

/* check.c: reports, and checkpoints, which return true if nothing was wrong */
const char *ssim_kind_name(const struct ssim_entry *e);
bool ssim_check_unmapped(struct ssim *s, u32 sid, u32 ssid, bool ssv, u64 addr, u64 size);
bool ssim_check_range(struct ssim *s, u16 vmid, u32 asid, unsigned int stage, u64 addr, u64 size);
bool ssim_check_table_free(struct ssim *s, u64 pa, u64 size);
bool ssim_check_page_reuse(struct ssim *s, u64 pa, u64 size);
bool ssim_check_asid_reuse(struct ssim *s, u16 vmid, u32 asid);
bool ssim_check_vmid_reuse(struct ssim *s, u16 vmid);
bool ssim_check_pasid_reuse(struct ssim *s, u32 sid, u32 ssid);
bool ssim_check_config(struct ssim *s, u32 sid);
bool ssim_check_enable(struct ssim *s);
bool ssim_check_power(struct ssim *s);
bool ssim_check_idle(struct ssim *s);
bool ssim_check_waking(struct ssim *s);
bool ssim_check_awake(struct ssim *s);
bool ssim_check_clean(struct ssim *s, u16 vmid, u32 asid, u64 addr, u64 size);
void ssim_tell(struct ssim *s, const char *invariant, const char *text);
void ssim_violation(struct ssim *s, const char *invariant, const char *what,
		    const struct ssim_entry *e, const struct ssim_entry *other);
void ssim_cfg_violation(struct ssim *s, const char *invariant, const char *what,
			const struct ssim_cfg *c);

#endif /* SSIM_MODEL_H */
