/* SPDX-License-Identifier: MIT
 *
 * The batch of the call read last is kept one call longer, since its probabilities are lent. */
#include "plugin/draft_queue.h"

#include "plugin/call_rows.h"

#include <stdlib.h>
#include <string.h>

static void let_lender_go(struct draft_queue *queue) {
    if (queue->lender != NULL)
        queue->lender->release(queue->lender);
    queue->lender = NULL;
}

int draft_queue_add(struct draft_queue *queue, const struct runnel_batch *batch,
                    struct failure *why) {
    if (runnel_rows(batch) == 0)
        return STATUS_OK;
    if (queue->first + queue->count == queue->room) {
        if (queue->count > 0)
            memmove(queue->batches, queue->batches + queue->first,
                    queue->count * sizeof *queue->batches);
        queue->first = 0;
        size_t room = 2 * queue->count + 16;
        const struct runnel_batch **batches =
            realloc(queue->batches, room * sizeof *queue->batches);
        if (batches == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu batches of calls", room);
        queue->batches = batches;
        queue->room = room;
    }
    batch->retain(batch);
    queue->batches[queue->first + queue->count++] = batch;
    return STATUS_OK;
}

int draft_queue_next(struct draft_queue *queue, const struct stream_contigs *contigs,
                     struct call *call, int64_t *contig, struct failure *why) {
    let_lender_go(queue);
    if (queue->count == 0)
        return STATUS_END;
    const struct runnel_batch *batch = queue->batches[queue->first];
    int status = call_row_get(call, contig, contigs, batch, queue->row++, why);
    if (queue->row == runnel_rows(batch)) {
        queue->lender = batch;
        queue->row = 0;
        queue->first++;
        queue->count--;
    }
    return status;
}

void draft_queue_free(struct draft_queue *queue) {
    let_lender_go(queue);
    for (size_t i = 0; i < queue->count; i++)
        queue->batches[queue->first + i]->release(queue->batches[queue->first + i]);
    free(queue->batches);
    memset(queue, 0, sizeof *queue);
}
