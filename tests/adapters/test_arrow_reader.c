/* SPDX-License-Identifier: MIT
 *
 * Messages that are cut, lie or are of another kind: refused with a sentence, or read as something
 * whose every value can be looked at.  The sanitizers' build sees what is touched outside. */
#include "adapters/arrow_reader.h"

#include "adapters/arrow_writer.h"
#include "plugin/runnel_plugin.h"
#include "tests/adapters/arrow_rows.h"

static struct ArrowSchema schema;
static struct ArrowArray array;
static uint8_t *rows_message, *schema_message;
static size_t rows_size, schema_size;

static void write_messages(void) {
    make_rows(&schema, &array, 25);
    cr_assert_eq(arrow_write_schema(&schema_message, &schema_size, &schema, NULL), STATUS_OK);
    cr_assert_eq(arrow_write_batch(&rows_message, &rows_size, &schema, &array, NULL), STATUS_OK);
}

static void free_messages(void) {
    free(rows_message);
    free(schema_message);
    schema.release(&schema);
    array.release(&array);
}

/* Touches every value of what was read. */
static int64_t look_at(struct ArrowArray *read) {
    struct runnel_batch *batch = runnel_batch_new(RUNNEL_DATA, "test/1", NULL, read);
    int64_t sum = 0, length;
    batch->schema = &schema;
    for (int64_t row = 0; row < runnel_rows(batch); row++) {
        const char *text = runnel_text(batch, TEXT, row, &length);
        for (int64_t i = 0; i < length; i++)
            sum += text[i];
        const int32_t *list = runnel_list(batch, LIST, row, &length);
        for (int64_t i = 0; i < length; i++)
            sum += list[i];
        const int8_t *fixed = runnel_list(batch, FIXED, row, &length);
        for (int64_t i = 0; i < length; i++)
            sum += fixed[i];
        sum += runnel_integer(batch, NUMBER, row) + runnel_integer(batch, MAYBE, row);
        sum += runnel_is_null(batch, MAYBE, row) + (runnel_real(batch, REAL, row) > 3);
    }
    batch->release(batch);
    return sum;
}

/* Reads a copy that is exactly as long as it is said to be. */
static int read_rows(const uint8_t *bytes, size_t size, struct failure *why) {
    uint8_t *exact = malloc(size + (size == 0));
    memcpy(exact, bytes, size);
    struct ArrowArray read;
    int status = arrow_read_batch(&read, exact, size, &schema, why);
    if (status == STATUS_OK)
        look_at(&read);
    free(exact);
    return status;
}

static int read_schema(const uint8_t *bytes, size_t size, struct failure *why) {
    uint8_t *exact = malloc(size + (size == 0));
    memcpy(exact, bytes, size);
    struct ArrowSchema read;
    int status = arrow_read_schema(&read, exact, size, why);
    if (status == STATUS_OK)
        read.release(&read);
    free(exact);
    return status;
}

TestSuite(arrow_reader, .init = write_messages, .fini = free_messages);

Test(arrow_reader, every_cut_is_refused) {
    for (size_t size = 0; size < rows_size; size++)
        cr_expect_neq(read_rows(rows_message, size, NULL), STATUS_OK, "%zu bytes", size);
    for (size_t size = 0; size < schema_size; size++)
        cr_expect_neq(read_schema(schema_message, size, NULL), STATUS_OK, "%zu bytes", size);
}

/* Every byte in turn takes every value that lies on an edge. */
Test(arrow_reader, no_lie_leads_outside) {
    static const uint8_t VALUES[] = {0x00, 0x01, 0x04, 0x7f, 0x80, 0xf0, 0xff};
    size_t refused = 0;
    for (size_t at = 0; at < rows_size; at++)
        for (size_t v = 0; v < sizeof VALUES; v++) {
            uint8_t before = rows_message[at];
            rows_message[at] = VALUES[v];
            refused += read_rows(rows_message, rows_size, NULL) != STATUS_OK;
            rows_message[at] = before;
        }
    for (size_t at = 0; at < schema_size; at++)
        for (size_t v = 0; v < sizeof VALUES; v++) {
            uint8_t before = schema_message[at];
            schema_message[at] = VALUES[v];
            refused += read_schema(schema_message, schema_size, NULL) != STATUS_OK;
            schema_message[at] = before;
        }
    cr_expect(refused > 1000, "only %zu were refused", refused);
}

Test(arrow_reader, a_message_of_the_other_kind_is_refused) {
    struct failure why = {0};
    cr_expect_eq(read_rows(schema_message, schema_size, &why), STATUS_BAD_INPUT);
    cr_expect_str_eq(why.text, "an Arrow message that is no record batch");
    why = (struct failure){0};
    cr_expect_eq(read_schema(rows_message, rows_size, &why), STATUS_BAD_INPUT);
    cr_expect_str_eq(why.text, "an Arrow message that is no schema");
}

/* A size of 4 GB in the place of the metadata's, and one beyond the end. */
Test(arrow_reader, claims_take_no_memory) {
    for (uint32_t claim = UINT32_MAX; claim >= rows_size; claim /= 2) {
        memcpy(rows_message + 4, &claim, sizeof claim);
        cr_expect_neq(read_rows(rows_message, rows_size, NULL), STATUS_OK);
    }
}

Test(arrow_reader, trailing_bytes_are_refused) {
    uint8_t *longer = calloc(1, rows_size + 8);
    memcpy(longer, rows_message, rows_size);
    cr_expect_neq(read_rows(longer, rows_size + 8, NULL), STATUS_OK);
    free(longer);
}

/* The texts are "row 0" to "row 9", so their offsets begin with 0, 5, 10. */
Test(arrow_reader, offsets_that_fall_or_lead_outside_are_refused) {
    static const int32_t OFFSETS[] = {0, 5, 10}, FALSE[] = {-1, 11, 4, INT32_MAX};
    size_t at = 0;
    while (at + sizeof OFFSETS < rows_size &&
           memcmp(rows_message + at, OFFSETS, sizeof OFFSETS) != 0)
        at += sizeof(int32_t);
    cr_assert(at + sizeof OFFSETS < rows_size);
    for (size_t i = 0; i < 4; i++) {
        memcpy(rows_message + at + (i == 0 ? 0 : i == 2 ? 8 : 4), &FALSE[i], sizeof FALSE[i]);
        cr_expect_neq(read_rows(rows_message, rows_size, NULL), STATUS_OK, "%d", FALSE[i]);
        memcpy(rows_message + at, OFFSETS, sizeof OFFSETS);
    }
    cr_expect_eq(read_rows(rows_message, rows_size, NULL), STATUS_OK);
}

/* The place and the size of each buffer in turn reach beyond the body. */
Test(arrow_reader, buffers_that_lie_outside_are_refused) {
    size_t refused[3] = {0};
    uint32_t metadata_size;
    memcpy(&metadata_size, rows_message + 4, sizeof metadata_size);
    const size_t body_size = rows_size - 8 - metadata_size;
    for (size_t at = 0; at + 16 < 400; at += 8)
        for (size_t i = 0; i < 3; i++) {
            const uint64_t values[] = {rows_size, UINT64_MAX - 7, body_size - 8};
            uint64_t before, beyond = values[i];
            memcpy(&before, rows_message + at, sizeof before);
            memcpy(rows_message + at, &beyond, sizeof beyond);
            refused[i] += read_rows(rows_message, rows_size, NULL) != STATUS_OK;
            memcpy(rows_message + at, &before, sizeof before);
        }
    static const size_t COUNTED[] = {46, 47, 39}; /* fewer: a check is gone */
    for (size_t i = 0; i < 3; i++)
        cr_expect(refused[i] >= COUNTED[i], "%zu: only %zu were refused", i, refused[i]);
}
