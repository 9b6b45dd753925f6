/* SPDX-License-Identifier: MIT
 *
 * The spool: all pileup calls of a first pass, as a temporary VCF.gz with the counts of their
 * QUALs (PATH.counts) and the facts of their stream (PATH.facts) beside it.  Where the network's
 * probabilities are wanted they stand in one more column, the bits of each as eight hexadecimal
 * digits.  The spool stage writes it; the full stage reads it for sites and the merge stage for
 * calls. */
#ifndef PLUGIN_SPOOL_H
#define PLUGIN_SPOOL_H

#include "core/calls/call.h"
#include "core/calls/select.h"
#include "plugin/streams.h"

struct spool; /* open for reading; used by one thread at a time */

/* `contigs` is lent until spool_close. */
int spool_open(struct spool **out, const char *path, const struct stream_contigs *contigs,
               struct failure *why);
void spool_close(struct spool *spool); /* NULL is fine */

/* Appends a call as a line of the spool. */
void spool_append(struct text *lines, const struct call *call, bool probabilities);

/* The next call and the index of its contig.  STATUS_OK, STATUS_END or a failure.  *call is
 * filled (its contig borrowed from `contigs`, its probabilities from the spool until the next
 * call) and stays the caller's. */
int spool_next(struct spool *spool, struct call *call, int64_t *contig, struct failure *why);

/* The next record of any VCF, looked at only for its site (1-based position). */
int spool_next_site(struct spool *spool, int64_t *contig, int64_t *position, struct failure *why);

/* The facts of the stream that was spooled (PATH.facts, in Arrow's coded form), written by the
 * spool stage and read back as an OPEN batch of runnel.calls/1, which the caller owns. */
int spool_write_facts(const char *path, const struct runnel_batch *open, struct failure *why);
struct runnel_batch *spool_open_batch(const char *path, struct failure *why);

/* The QUAL counts of PATH.counts, or of a file of that form, added to `counts`. */
int spool_read_counts(const char *path, struct select_counts *counts, struct failure *why);
int spool_write_counts(const char *path, const struct select_counts *counts, struct failure *why);

/* The cut-offs of such a file. */
int spool_read_cutoffs(const char *path, const struct select_fractions *fractions,
                       struct cutoffs *out, struct failure *why);

#endif
