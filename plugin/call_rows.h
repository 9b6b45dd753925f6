/* SPDX-License-Identifier: MIT
 *
 * A row of runnel.calls/1 and the struct call of core, both ways. */
#ifndef PLUGIN_CALL_ROWS_H
#define PLUGIN_CALL_ROWS_H

#include "core/calls/call.h"
#include "plugin/streams.h"

/* Appends a call; revision 0, state "firm": what a run over a whole file gives. */
int call_row_put(struct arrow_table *table, const struct call *call, struct failure *why);

/* The same of a live run: how often it was revised, and "tentative", "firm" or "withdrawn". */
int call_row_put_revision(struct arrow_table *table, const struct call *call, int32_t revision,
                          const char *state, struct failure *why);

/* Fills `call` from a batch that stream_check has passed.  The contig is borrowed from
 * `contigs`, whose index goes into *contig (which also is the first guess), the probabilities
 * from the batch. */
int call_row_get(struct call *call, int64_t *contig, const struct stream_contigs *contigs,
                 const struct runnel_batch *batch, int64_t row, struct failure *why);

#endif
