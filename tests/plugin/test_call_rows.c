/* SPDX-License-Identifier: MIT
 *
 * Calls through rows and back, and rows that no decoder makes. */
#include "plugin/call_rows.h"

#include "core/calls/record.h"

#include <criterion/criterion.h>

static char *NAMES[] = {"chr1", "chr2"};
static int64_t LENGTHS[] = {1000, 1000};
static const struct stream_contigs CONTIGS = {2, NAMES, LENGTHS};
static const float ANSWER[24] = {0.25F, 0.5F};

static const char *const RECORDS[] = {
    "chr2\t17\t.\tA\tG\t12.34\tPASS\tP\tGT:GQ:DP:AD:AF\t0/1:12:30:14,16:0.5333",
    "chr2\t18\t.\tACG\tA,AT\t3.00\tLowQual\tF\tGT:GQ:DP:AD:AF:PL\t1/2:3:9:1,4,4:0.4444,0.4444:30,20,10,5,0,7",
    "chr2\t19\t.\tT\t.\t20.10\tRefCall\tP\tGT:GQ:DP:AD:AF\t0/0:20:8:8:1.0000",
};

static struct runnel_batch *batch_of(struct call *call) {
    struct arrow_table *table = NULL;
    cr_assert_eq(arrow_table_new(&table, CALLS_STREAM.fields, CALLS_STREAM.count, NULL), STATUS_OK);
    cr_assert_eq(call_row_put(table, call, NULL), STATUS_OK);
    struct runnel_batch *batch = stream_data(&CALLS_STREAM, table, NULL);
    arrow_table_free(table);
    return batch;
}

Test(call_rows, a_call_survives) {
    for (size_t i = 0; i < 3; i++) {
        struct call call = {0}, again = {0};
        struct text line = {0};
        struct failure why = {0};
        cr_assert_eq(record_parse(&call, "chr2", RECORDS[i], &why), STATUS_OK, "%s", why.text);
        call.probabilities = ANSWER;
        call.probability_count = 24;
        struct runnel_batch *batch = batch_of(&call);
        int64_t contig = 0;
        cr_assert_eq(call_row_get(&again, &contig, &CONTIGS, batch, 0, &why), STATUS_OK, "%s",
                     why.text);
        cr_expect_eq(contig, 1);
        record_append(&line, &again, RECORD_PLAIN);
        cr_expect_eq(strncmp(line.bytes, RECORDS[i], strlen(RECORDS[i])), 0, "%s", line.bytes);
        cr_expect(again.probability_count == 24 && again.probabilities[1] == 0.5F);
        batch->release(batch);
        text_free(&line);
        call_free(&call);
        call_free(&again);
    }
}

Test(call_rows, impossible_rows_are_refused) {
    for (int wrong = 0; wrong < 3; wrong++) {
        struct call call = {0}, again = {0};
        struct failure why = {0};
        record_parse(&call, wrong == 0 ? "chr9" : "chr1", RECORDS[0], &why);
        if (wrong == 1)
            call.source = (enum call_source)'X';
        struct runnel_batch *batch = batch_of(&call);
        if (wrong == 2) /* more alternatives than a site can have */
            ((int32_t *)batch->array->children[CALLS_AD]->buffers[1])[1] = 99;
        int64_t contig = 0;
        cr_expect_neq(call_row_get(&again, &contig, &CONTIGS, batch, 0, &why), STATUS_OK, "%d",
                      wrong);
        batch->release(batch);
        call_free(&call);
        call_free(&again);
    }
}
