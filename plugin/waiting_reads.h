/* SPDX-License-Identifier: MIT
 *
 * Batches of reads that wait for the haplotypes of their reads, which are known only once later
 * reads have been seen.  They are kept as they came, in memory as far as they may, and go on with
 * another column `hp`. */
#ifndef PLUGIN_WAITING_READS_H
#define PLUGIN_WAITING_READS_H

#include "core/windows/haplotag.h"
#include "plugin/batch_file.h"

struct waiting_batch;

struct waiting_reads {
    struct waiting_batch *first, *newest; /* in the order in which they came */
    struct snp_allele *alleles;           /* of the rows that wait, one after the other */
    size_t begin, count, room;
    struct haplotagger tagger;
    int64_t bytes, most_bytes; /* of reads in memory */
    const char *folder;
    struct batch_file *file; /* NULL before it is needed */
};

/* Reads of more than `most_bytes` lie in a file; `folder` (lent): where (batch_file.h). */
void waiting_reads_begin(struct waiting_reads *waiting, int64_t most_bytes, const char *folder);

void waiting_reads_free(struct waiting_reads *waiting);

/* Adds a batch that stream_check has passed; a reference is kept. */
int waiting_reads_add(struct waiting_reads *waiting, const struct runnel_batch *batch,
                      struct failure *why);

/* What the next row of the newest batch shows at the SNPs of its contig. */
int waiting_reads_row(struct waiting_reads *waiting, const struct snp_allele *alleles, size_t count,
                      struct failure *why);

/* Tags the rows, the first first, whose alleles are all of SNPs before `settled`.  All rows that
 * wait lie on the contig of these SNPs: before those of another come, all are to be tagged. */
int waiting_reads_tag(struct waiting_reads *waiting, const struct phased_snp *snps, size_t settled,
                      struct failure *why);

/* The next batch of which all rows are tagged, as the caller's; NULL where there is none. */
const struct runnel_batch *waiting_reads_take(struct waiting_reads *waiting, struct failure *why);

#endif
