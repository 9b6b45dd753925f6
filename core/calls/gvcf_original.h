/* SPDX-License-Identifier: MIT
 *
 * The original's gVCF, text for text: variants of a contig laid over its blocks by rules that
 * lose a few variants and repeat a few blocks, and a last sort that keeps one line per
 * position.  For those who must compare; gvcf.h is the one to use.
 *
 * Variants are pushed, blocks are pulled, lines go to a sink.  What the last sort may still
 * need is held back: the lines from the current block on.
 * Spec: calling, sections 5.4 and 5.5. */
#ifndef CORE_CALLS_GVCF_ORIGINAL_H
#define CORE_CALLS_GVCF_ORIGINAL_H

#include "core/calls/gvcf.h"

struct gvcf_original_options {
    const char *contig; /* lent until finish */
    struct block_source blocks;
    struct reference *reference; /* of the contig */
    struct line_sink lines;
    bool haploid;  /* genotypes of blocks are 0 and "." */
    bool unsorted; /* leave out the last sort (for tests of the rules before it) */
};

struct gvcf_original;

/* One contig.  NULL on failure. */
struct gvcf_original *gvcf_original_new(const struct gvcf_original_options *options,
                                        struct failure *why);
/* The next call of the merged VCF; reference calls are passed over. */
int gvcf_original_add(struct gvcf_original *gvcf, const struct call *call, struct failure *why);
/* After the last one: writes what remains. */
int gvcf_original_finish(struct gvcf_original *gvcf, struct failure *why);
void gvcf_original_free(struct gvcf_original *gvcf);

#endif
