/* SPDX-License-Identifier: MIT
 *
 * A gVCF of one contig: every variant of the VCF, and blocks for all the rest, so that every
 * base from the first to the last stands in exactly one block or in a variant.  Blocks give
 * way to variants: they are cut around them, and what no block covers becomes a block of
 * unknown genotype.  (Variants that overlap one another in the VCF do so here as well.)
 *
 * Variants are pushed, blocks are pulled, lines go to a sink in order of position.  For the
 * original's own text see gvcf_original.h. */
#ifndef CORE_CALLS_GVCF_H
#define CORE_CALLS_GVCF_H

#include "core/calls/blocks.h"
#include "core/calls/call.h"
#include "core/calls/haploid.h"
#include "core/windows/reference.h"

/* Where whole lines go, each with its newline; the text is lent for the call. */
struct line_sink {
    void *to;
    int (*take)(void *to, const char *line, size_t length, struct failure *why);
};

struct gvcf_options {
    const char *contig; /* all of these are lent until gvcf_free */
    struct block_source blocks;
    struct reference *reference; /* of the contig; says how long it is */
    struct line_sink lines;
    const struct haploid *haploid; /* NULL: nowhere; blocks are haploid there too */
};

struct gvcf;

/* One contig.  NULL on failure. */
struct gvcf *gvcf_new(const struct gvcf_options *options, struct failure *why);
/* The next call of the VCF, by ascending position; reference calls are passed over, since
 * blocks speak for them. */
int gvcf_add(struct gvcf *gvcf, const struct call *call, struct failure *why);
/* After the last one: covers the contig to its end. */
int gvcf_finish(struct gvcf *gvcf, struct failure *why);
void gvcf_free(struct gvcf *gvcf);

#endif
