/* SPDX-License-Identifier: MIT
 *
 * The non-variant blocks of a gVCF between the two passes of a call: made from the counts of
 * pileup columns as the reads go by, kept in a temporary file (about eight bytes a block, for this
 * run alone), read back contig by contig.  Spec: calling, sections 5.1 to 5.3. */
#ifndef PLUGIN_BLOCK_SPOOL_H
#define PLUGIN_BLOCK_SPOOL_H

#include "core/calls/blocks.h"
#include "core/windows/pileup_window.h"

struct block_spool_options {
    double base_error;
    int64_t gq_bin;
    bool compatible; /* Clair3's stretches of counts, which stop short of a contig's end */
};

struct block_writer;

int block_writer_open(struct block_writer **out, const char *path, const char *reference_path,
                      const struct block_spool_options *options, struct failure *why);

/* Begins a contig, later than those before.  Blocks are made in the `regions` (sorted by begin);
 * all over the contig where there are none of them. */
int block_writer_begin(struct block_writer *writer, int64_t contig, const char *name,
                       int64_t length, const struct interval *regions, size_t count,
                       struct failure *why);
/* The next counts of the contig, ascending. */
int block_writer_add(struct block_writer *writer, const struct pileup_column_counts *counts,
                     size_t count, struct failure *why);
int block_writer_end(struct block_writer *writer, struct failure *why);

/* The file is whole. */
int block_writer_commit(struct block_writer *writer, struct failure *why);
void block_writer_free(struct block_writer *writer); /* accepts NULL */

struct block_reader;

int block_reader_open(struct block_reader **out, const char *path, struct failure *why);
void block_reader_free(struct block_reader *reader); /* accepts NULL */

/* The contig of the next block; INT64_MAX behind the last one. */
int64_t block_reader_contig(const struct block_reader *reader);
/* The next block of the contig that was asked for: a struct block_source's function. */
void block_reader_ask(struct block_reader *reader, int64_t contig);
int block_reader_next(void *reader, struct block *block, struct failure *why);

#endif
