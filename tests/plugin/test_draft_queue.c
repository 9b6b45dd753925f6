/* SPDX-License-Identifier: MIT
 *
 * Calls come out as they went in, and batches are let go. */
#include "plugin/draft_queue.h"

#include "core/calls/record.h"
#include "plugin/call_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char *NAMES[] = {"chr1"};
static int64_t LENGTHS[] = {1000};
static const struct stream_contigs CONTIGS = {1, NAMES, LENGTHS};

static struct runnel_batch *batch_of(int64_t first, int64_t count) {
    struct arrow_table *table = NULL;
    struct call call = {0};
    float answer[1];
    cr_assert_eq(arrow_table_new(&table, DRAFTS_STREAM.fields, DRAFTS_STREAM.count, NULL),
                 STATUS_OK);
    for (int64_t i = first; i < first + count; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "chr1\t%d\t.\tA\tG\t12.34\tPASS\tP\tGT:GQ:DP:AD:AF\t"
                 "0/1:12:30:14,16:0.5333",
                 (int)i);
        cr_assert_eq(record_parse(&call, "chr1", line, NULL), STATUS_OK);
        answer[0] = (float)i;
        call.probabilities = answer;
        call.probability_count = 1;
        cr_assert_eq(call_row_put(table, &call, NULL), STATUS_OK);
    }
    struct runnel_batch *batch = stream_data(&DRAFTS_STREAM, table, NULL);
    arrow_table_free(table);
    call_free(&call);
    return batch;
}

static uint32_t references(const struct runnel_batch *batch) {
    return ((const struct runnel_owned_batch *)batch->owner)->references;
}

Test(draft_queue, first_in_first_out) {
    struct draft_queue queue = {0};
    struct call call = {0};
    struct runnel_batch *batches[40];
    int64_t contig = 0, next = 1, added = 1;
    for (size_t i = 0; i < 40; i++) { /* every fourth is empty */
        batches[i] = batch_of(added, (int64_t)(i % 4));
        added += (int64_t)(i % 4);
        cr_assert_eq(draft_queue_add(&queue, batches[i], NULL), STATUS_OK);
        if (i % 2 == 1)
            cr_assert_eq(draft_queue_next(&queue, &CONTIGS, &call, &contig, NULL), STATUS_OK);
        next += i % 2 == 1;
    }
    for (; next < added; next++) {
        cr_assert_eq(draft_queue_next(&queue, &CONTIGS, &call, &contig, NULL), STATUS_OK);
        cr_expect_eq(call.position, next);
        cr_expect_eq(call.probabilities[0], (float)next); /* still lent */
    }
    cr_expect_eq(references(batches[39]), 2);
    cr_expect_eq(draft_queue_next(&queue, &CONTIGS, &call, &contig, NULL), STATUS_END);
    for (size_t i = 0; i < 40; i++) {
        cr_expect_eq(references(batches[i]), 1, "batch %zu is still held", i);
        batches[i]->release(batches[i]);
    }
    draft_queue_free(&queue);
    call_free(&call);
}

Test(draft_queue, what_waits_is_let_go) {
    struct draft_queue queue = {0};
    struct runnel_batch *batch = batch_of(1, 3);
    cr_assert_eq(draft_queue_add(&queue, batch, NULL), STATUS_OK);
    draft_queue_free(&queue);
    cr_expect_eq(references(batch), 1);
    batch->release(batch);
}
