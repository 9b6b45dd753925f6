/* SPDX-License-Identifier: MIT
 *
 * Two streams of calls of one contig, both by ascending position, become one in which each
 * position stands once: where the full-alignment network was asked, its answer replaces that
 * of the pileup network, also when it is "reference".
 *
 * The caller holds the heads of both streams; merge_next says which of them is next, and
 * merge_finish what becomes of it.  So the merge needs no memory, and streams may come from
 * files, queues or arrays.  Spec: calling, sections 3.2 to 3.4. */
#ifndef CORE_CALLS_MERGE_H
#define CORE_CALLS_MERGE_H

#include "core/calls/call.h"

enum merge_step {
    MERGE_END,         /* both streams have ended */
    MERGE_TAKE_PILEUP, /* the pileup call is next */
    MERGE_TAKE_FULL,   /* the full-alignment call is next */
    MERGE_DROP_PILEUP  /* the pileup call is replaced: go on with the one after it */
};

/* NULL for a stream that has ended. */
enum merge_step merge_next(const struct call *pileup, const struct call *full);

struct merge_options {
    bool print_reference;                    /* --print-ref-calls: else they vanish */
    double lowest_qual;                      /* --qual: at or below it LowQual; 0: as decoded */
    bool haploid_precise, haploid_sensitive; /* as the original: only GT changes.  Where it
                                                need not be so, use haploid.h before this */
};

/* Applies the options to a call that merge_next let through; false: it vanishes. */
bool merge_finish(const struct merge_options *options, struct call *call);

#endif
