/* SPDX-License-Identifier: MIT
 *
 * The non-variant blocks of a gVCF: from two counts per position (reads with the reference
 * base, reads in all) a likelihood that the sample is reference there, and runs of positions
 * that are alike become one block.  Spec: calling, sections 5.2 and 5.3. */
#ifndef CORE_CALLS_BLOCKS_H
#define CORE_CALLS_BLOCKS_H

#include "core/calls/text.h"
#include "core/status.h"

enum { BLOCK_LIKELIHOODS = 3 };

struct block {
    int64_t begin, end; /* 1-based, both included */
    int64_t min_depth;
    int32_t gq;
    int32_t pl[BLOCK_LIKELIHOODS];
    char reference;    /* letter of the first position, upper case; N if it is no base */
    bool is_reference; /* 0/0, else ./. */
};

struct blocks_options {
    double base_error;      /* --base-err */
    int gq_bin;             /* --gq-bin-size, at least 1 */
    int64_t contig_length;  /* a block that ends one before the end of the contig is given that
                               end (the original's counts stop short); 0: no such rule */
    bool uncovered_unknown; /* positions without reads are ./. with GQ 0, not 0/0; for our own
                               gVCF */
};

struct blocks;

/* NULL on failure. */
struct blocks *blocks_new(const struct blocks_options *options, struct failure *why);
void blocks_free(struct blocks *blocks);

/* The next position of a stretch, ascending, without holes; `reference` in any case. */
int blocks_add(struct blocks *blocks, int64_t position, char reference, int64_t reference_reads,
               int64_t reads, struct failure *why);

/* The stretch is over: what is open becomes whole.  Another stretch may follow. */
int blocks_finish(struct blocks *blocks, struct failure *why);

/* Gives the blocks that are whole, in order, and forgets them; valid until the next blocks_add
 * or blocks_finish. */
size_t blocks_take(struct blocks *blocks, const struct block **whole);

enum block_ploidy {
    BLOCK_DIPLOID,
    BLOCK_HAPLOID,         /* genotypes 0 and ".", two likelihoods */
    BLOCK_HAPLOID_ORIGINAL /* the same genotypes with the three likelihoods of two copies */
};

/* One line, as the original writes it. */
void block_append(struct text *line, const char *contig, const struct block *block,
                  enum block_ploidy ploidy);

/* Where blocks are taken from: ascending, STATUS_END behind the last one. */
struct block_source {
    void *from;
    int (*next)(void *from, struct block *block, struct failure *why);
};

/* What the original writes for a chunk without any read. */
struct block block_of_nothing(int64_t begin, int64_t end);

#endif
