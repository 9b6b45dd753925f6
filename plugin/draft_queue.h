/* SPDX-License-Identifier: MIT
 *
 * Pileup calls that wait for full alignment's word: batches of runnel.drafts/1 in the order in
 * which they came, read call by call.  A batch is let go when its last call was read. */
#ifndef PLUGIN_DRAFT_QUEUE_H
#define PLUGIN_DRAFT_QUEUE_H

#include "core/calls/call.h"
#include "plugin/streams.h"

/* Starts as {0}. */
struct draft_queue {
    const struct runnel_batch **batches; /* [first, first + count); one reference each */
    size_t first, count, room;
    int64_t row;                       /* the next one of the first batch */
    const struct runnel_batch *lender; /* of the call that was read last */
};

/* Keeps a reference to a batch that stream_check has passed. */
int draft_queue_add(struct draft_queue *queue, const struct runnel_batch *batch,
                    struct failure *why);

/* The next call, as call_row_get gives it; what it borrows is valid until the next one is read.
 * STATUS_OK, STATUS_END where none waits, or a failure. */
int draft_queue_next(struct draft_queue *queue, const struct stream_contigs *contigs,
                     struct call *call, int64_t *contig, struct failure *why);

void draft_queue_free(struct draft_queue *queue);

#endif
