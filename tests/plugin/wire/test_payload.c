/* SPDX-License-Identifier: MIT */
#include "plugin/wire/payload.h"

#include "adapters/arrow_writer.h"

#include "tests/plugin/wire/recorded.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct stream *const WINDOWS[] = {&PILEUP_STREAM, &FULL_STREAM, NULL};

static struct runnel_batch *open_of(const struct stream *stream) {
    const struct stream_fact facts[] = {{"contigs", "chr1\t100\n"}, {"stream", "other"}};
    return stream_open(stream, NULL, facts, 2, NULL);
}

Test(payload, an_open_comes_back_with_its_type_and_facts) {
    struct failure why = {0};
    uint8_t *bytes;
    size_t size;
    struct runnel_batch *open = open_of(&FULL_STREAM);
    cr_assert_eq(payload_write(&bytes, &size, open, &why), STATUS_OK, "%s", why.text);
    struct runnel_batch *back = payload_read_open(bytes, size, WINDOWS, &why);
    cr_assert_not_null(back, "%s", why.text);
    cr_expect_str_eq(back->type, "runnel.full/1");
    cr_expect_eq(back->kind, RUNNEL_OPEN);
    char *contigs = stream_fact(back, "contigs");
    cr_expect_str_eq(contigs, "chr1\t100\n");
    free(contigs);
    free(bytes);
    back->release(back);
    open->release(open);
}

Test(payload, a_stream_that_is_not_taken_is_refused) {
    struct failure why = {0};
    uint8_t *bytes;
    size_t size;
    struct runnel_batch *open = open_of(&READS_STREAM);
    payload_write(&bytes, &size, open, &why);
    cr_expect_null(payload_read_open(bytes, size, WINDOWS, &why));
    cr_expect_str_eq(why.text, "a stream of type 'runnel.reads/1', which is not taken here");
    free(bytes);
    open->release(open);
}

/* The type says one thing, the columns another. */
Test(payload, columns_that_do_not_fit_the_type_are_refused) {
    struct failure why = {0};
    uint8_t *bytes;
    size_t size;
    const struct stream lying = {PILEUP_STREAM.type, CALLS_STREAM.fields, CALLS_STREAM.count};
    const struct stream_fact fact = {"stream", PILEUP_STREAM.type};
    struct runnel_batch *open = stream_open(&lying, NULL, &fact, 1, NULL);
    cr_assert_eq(arrow_write_schema(&bytes, &size, open->schema, &why), STATUS_OK);
    cr_expect_null(payload_read_open(bytes, size, WINDOWS, &why));
    cr_expect_not_null(strstr(why.text, "a batch of runnel.pileup/1: column 3"), "%s", why.text);
    free(bytes);
    open->release(open);
}

Test(payload, rows_come_back) {
    static const int32_t WINDOW[594] = {1, 2, 3};
    struct failure why = {0};
    struct arrow_table *table = NULL;
    uint8_t *bytes;
    size_t size;
    int64_t length;
    arrow_table_new(&table, PILEUP_STREAM.fields, PILEUP_STREAM.count, NULL);
    arrow_put_text(table, PILEUP_CONTIG, "chr1");
    arrow_put_integer(table, PILEUP_POSITION, 50);
    arrow_put_text(table, PILEUP_REFERENCE, "ACGT");
    arrow_put_text(table, PILEUP_ALT_INFO, "5-XA 5");
    arrow_put_integer(table, PILEUP_DEPTH, 5);
    arrow_put_list(table, PILEUP_WINDOW, WINDOW, 594);
    arrow_table_end_row(table, NULL);
    struct runnel_batch *open = open_of(&PILEUP_STREAM);
    struct runnel_batch *rows = stream_data(&PILEUP_STREAM, table, NULL);
    cr_assert_eq(payload_write(&bytes, &size, rows, &why), STATUS_OK, "%s", why.text);
    struct runnel_batch *back = payload_read_data(bytes, size, open, &why);
    cr_assert_not_null(back, "%s", why.text);
    cr_expect_eq(runnel_rows(back), 1);
    cr_expect_eq(runnel_integer(back, PILEUP_POSITION, 0), 50);
    const int32_t *window = runnel_list(back, PILEUP_WINDOW, 0, &length);
    cr_expect(length == 594 && window[2] == 3);
    cr_expect_null(payload_read_data(bytes, size - 8, open, &why));
    free(bytes);
    back->release(back);
    rows->release(rows);
    open->release(open);
    arrow_table_free(table);
}

/* pyarrow's windows and our calls, as they were recorded. */
Test(payload, the_recorded_session_is_read) {
    static const struct stream *const CALLS[] = {&CALLS_STREAM, NULL};
    struct failure why = {0};
    size_t count;
    int64_t length;
    struct recorded *messages = read_session(SERVICE_SESSION, &count);
    struct runnel_batch *open =
        payload_read_open(messages[2].payload, messages[2].payload_size, WINDOWS, &why);
    cr_assert_not_null(open, "%s", why.text);
    struct runnel_batch *calls_open =
        payload_read_open(messages[3].payload, messages[3].payload_size, CALLS, &why);
    cr_assert_not_null(calls_open, "%s", why.text);
    struct runnel_batch *windows =
        payload_read_data(messages[4].payload, messages[4].payload_size, open, &why);
    cr_assert_not_null(windows, "%s", why.text);
    struct runnel_batch *calls =
        payload_read_data(messages[5].payload, messages[5].payload_size, calls_open, &why);
    cr_assert_not_null(calls, "%s", why.text);
    cr_expect_eq(runnel_integer(windows, PILEUP_POSITION, 0), 1000);
    const int32_t *window = runnel_list(windows, PILEUP_WINDOW, 0, &length);
    cr_expect(length == 594 && window[18 * 16 + 2] == 10);
    cr_expect_eq(runnel_rows(calls), 1);
    cr_expect_eq(runnel_integer(calls, CALLS_POSITION, 0), 1000);
    calls->release(calls);
    windows->release(windows);
    calls_open->release(calls_open);
    open->release(open);
    free(messages);
}
