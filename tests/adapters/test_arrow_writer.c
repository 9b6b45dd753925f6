/* SPDX-License-Identifier: MIT
 *
 * What is written comes back as it was; tests/plugin/python_streams.sh holds the bytes against
 * pyarrow. */
#include "adapters/arrow_writer.h"

#include "adapters/arrow_reader.h"
#include "plugin/runnel_plugin.h"
#include "tests/adapters/arrow_rows.h"

/* Writes and reads `rows` rows, of which the first `skip` are sliced off before. */
static struct runnel_batch *there_and_back(int64_t rows, int64_t skip) {
    struct ArrowSchema schema, schema_back;
    struct ArrowArray array, array_back;
    struct failure why = {0};
    uint8_t *bytes = NULL, *header = NULL;
    size_t size = 0, header_size = 0;
    make_rows(&schema, &array, rows);
    array.offset = skip;
    array.length -= skip;
    cr_assert_eq(arrow_write_schema(&header, &header_size, &schema, &why), STATUS_OK, "%s",
                 why.text);
    cr_assert_eq(arrow_write_batch(&bytes, &size, &schema, &array, &why), STATUS_OK, "%s",
                 why.text);
    cr_expect_eq(size % 8, 0);
    cr_assert_eq(arrow_read_schema(&schema_back, header, header_size, &why), STATUS_OK, "%s",
                 why.text);
    cr_expect_eq(arrow_schema_check(&schema_back, FIELDS, COLUMNS, &why), STATUS_OK, "%s",
                 why.text);
    cr_assert_eq(arrow_read_batch(&array_back, bytes, size, &schema_back, &why), STATUS_OK, "%s",
                 why.text);
    free(bytes);
    free(header);
    schema.release(&schema);
    array.release(&array);
    return runnel_batch_new(RUNNEL_DATA, "test/1", &schema_back, &array_back);
}

static void expect_rows(int64_t rows, int64_t skip) {
    struct runnel_batch *batch = there_and_back(rows, skip);
    int64_t length;
    cr_assert_eq(runnel_rows(batch), rows - skip);
    for (int64_t at = 0; at < rows - skip; at++) {
        int64_t row = at + skip;
        char text[32];
        snprintf(text, sizeof text, "row %lld", (long long)row);
        cr_expect_eq(runnel_integer(batch, NUMBER, at), -row);
        cr_expect_eq(runnel_real(batch, REAL, at), (double)row / 4);
        const char *read = runnel_text(batch, TEXT, at, &length);
        cr_expect(strlen(text) == (size_t)length && memcmp(read, text, (size_t)length) == 0);
        const int32_t *list = runnel_list(batch, LIST, at, &length);
        cr_expect_eq(length, row % 4);
        cr_expect(length < 2 || (list[0] == row && list[1] == -row));
        const int8_t *fixed = runnel_list(batch, FIXED, at, &length);
        cr_expect(length == 3 && fixed[0] == (int8_t)row && fixed[2] == 2);
        cr_expect_eq(runnel_is_null(batch, MAYBE, at), row % 3 == 0);
        cr_expect_eq(runnel_integer(batch, MAYBE, at), row % 3 == 0 ? 0 : row << 33);
    }
    const char *contigs = runnel_metadata(batch, "contigs", &length);
    cr_expect(length == 4 && memcmp(contigs, "a\t7\n", 4) == 0);
    batch->release(batch);
}

Test(arrow_writer, rows_come_back) {
    for (int64_t rows = 0; rows < 40; rows++)
        expect_rows(rows, 0);
}

Test(arrow_writer, a_slice_comes_back) {
    for (int64_t skip = 1; skip < 20; skip++)
        expect_rows(20, skip);
}

Test(arrow_writer, a_type_that_no_stream_has_is_refused) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct failure why = {0};
    uint8_t *bytes;
    size_t size;
    make_rows(&schema, &array, 1);
    free((char *)schema.children[TEXT]->format);
    schema.children[TEXT]->format = strdup("tdD");
    cr_expect_eq(arrow_write_schema(&bytes, &size, &schema, &why), STATUS_UNSUPPORTED);
    cr_expect_not_null(strstr(why.text, "column 'text'"), "%s", why.text);
    schema.release(&schema);
    array.release(&array);
}
