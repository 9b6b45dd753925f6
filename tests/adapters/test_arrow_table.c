/* SPDX-License-Identifier: MIT
 *
 * Tables to Arrow arrays and back, read through the accessors of the plugin contract, which
 * know nothing of how the arrays were made. */
#include "adapters/arrow_table.h"
#include "plugin/runnel_plugin.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { NUMBER, REAL, TEXT, LIST, FIXED, MAYBE, COLUMNS };

static const struct arrow_field FIELDS[COLUMNS] = {
    {"number", "s", NULL, false}, {"real", "f", NULL, false},    {"text", "u", NULL, false},
    {"list", "+l", "i", false},   {"fixed", "+w:3", "c", false}, {"maybe", "l", NULL, true}};

static struct arrow_table *filled(int64_t rows) {
    struct arrow_table *table = NULL;
    struct failure why = {0};
    cr_assert_eq(arrow_table_new(&table, FIELDS, COLUMNS, &why), STATUS_OK);
    for (int64_t row = 0; row < rows; row++) {
        char text[32];
        int32_t list[3] = {(int32_t)row, (int32_t)-row, 7};
        int8_t fixed[3] = {(int8_t)row, 1, 2};
        snprintf(text, sizeof text, "row %lld", (long long)row);
        arrow_put_integer(table, NUMBER, -row);
        arrow_put_real(table, REAL, (double)row / 4);
        arrow_put_text(table, TEXT, row % 5 == 0 ? "" : text);
        arrow_put_list(table, LIST, list, (size_t)(row % 4));
        arrow_put_list(table, FIXED, fixed, 3);
        if (row % 3 == 0)
            arrow_put_null(table, MAYBE);
        else
            arrow_put_integer(table, MAYBE, row << 33);
        cr_assert_eq(arrow_table_end_row(table, &why), STATUS_OK);
    }
    return table;
}

static struct runnel_batch *batch_of(struct arrow_table *table) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    cr_assert_eq(arrow_schema_make(&schema, FIELDS, COLUMNS, NULL, NULL), STATUS_OK);
    cr_assert_eq(arrow_table_take(table, &array, NULL), STATUS_OK);
    return runnel_batch_new(RUNNEL_DATA, "test/1", &schema, &array);
}

/* Row `at` of the batch is what row `made` of filled() was. */
static void expect_row(const struct runnel_batch *batch, int64_t at, int64_t made) {
    int64_t length;
    char text[32];
    snprintf(text, sizeof text, made % 5 == 0 ? "%.0s" : "%s %lld", "row", (long long)made);
    if (made % 5 == 0)
        text[0] = '\0';
    cr_expect_eq(runnel_integer(batch, NUMBER, at), -made);
    cr_expect_eq(runnel_real(batch, REAL, at), (double)made / 4);
    const char *read = runnel_text(batch, TEXT, at, &length);
    cr_expect(strlen(text) == (size_t)length && memcmp(read, text, (size_t)length) == 0);
    const int32_t *list = runnel_list(batch, LIST, at, &length);
    cr_expect_eq(length, made % 4);
    cr_expect(length < 1 || list[0] == made);
    cr_expect(length < 2 || list[1] == -made);
    const int8_t *fixed = runnel_list(batch, FIXED, at, &length);
    cr_expect(length == 3 && fixed[0] == (int8_t)made && fixed[2] == 2);
    cr_expect_eq(runnel_is_null(batch, MAYBE, at), made % 3 == 0);
    cr_expect(made % 3 == 0 || runnel_integer(batch, MAYBE, at) == made << 33);
}

Test(arrow_table, rows_read_back) {
    struct arrow_table *table = filled(100);
    struct runnel_batch *batch = batch_of(table);
    cr_assert_eq(runnel_rows(batch), 100);
    cr_assert_eq(batch->array->children[MAYBE]->null_count, 34);
    for (int64_t row = 0; row < 100; row++)
        expect_row(batch, row, row);
    batch->release(batch);
    arrow_table_free(table);
}

Test(arrow_table, table_is_empty_after_taking) {
    struct arrow_table *table = filled(3);
    struct runnel_batch *first = batch_of(table);
    cr_expect_eq(arrow_table_rows(table), 0);
    struct runnel_batch *second = batch_of(table);
    cr_expect_eq(runnel_rows(first), 3);
    cr_expect_eq(runnel_rows(second), 0);
    first->release(first);
    second->release(second);
    arrow_table_free(table);
}

/* Slices as other producers make them: offsets in the struct and in the children. */
Test(arrow_table, offsets_are_honoured) {
    struct arrow_table *table = filled(20);
    struct runnel_batch *batch = batch_of(table);
    struct ArrowArray *array = (struct ArrowArray *)batch->array;
    array->offset = 4;
    array->length = 10;
    for (int64_t row = 0; row < 10; row++)
        expect_row(batch, row, row + 4);
    const int64_t rows[] = {9, 0, 0, 5};
    struct ArrowSchema schema;
    struct ArrowArray taken;
    cr_assert_eq(arrow_take_rows(batch->schema, array, rows, 4, &schema, &taken, NULL), STATUS_OK);
    struct runnel_batch *few = runnel_batch_new(RUNNEL_DATA, "test/1", &schema, &taken);
    cr_assert_eq(runnel_rows(few), 4);
    for (int64_t row = 0; row < 4; row++)
        expect_row(few, row, rows[row] + 4);
    few->release(few);
    batch->release(batch);
    arrow_table_free(table);
}

Test(arrow_table, metadata_reads_back) {
    const char *const keys[] = {"a", "absent", "long key"}, *const values[] = {"", NULL, "value"};
    struct ArrowSchema schema;
    char *metadata = arrow_metadata(keys, values, 3);
    cr_assert_eq(arrow_schema_make(&schema, FIELDS, COLUMNS, metadata, NULL), STATUS_OK);
    free(metadata);
    struct runnel_batch *open = runnel_batch_new(RUNNEL_OPEN, "test/1", &schema, NULL);
    int64_t length;
    cr_expect(runnel_metadata(open, "a", &length) != NULL && length == 0);
    cr_expect_null(runnel_metadata(open, "absent", &length));
    cr_expect(memcmp(runnel_metadata(open, "long key", &length), "value", 5) == 0 && length == 5);
    cr_expect_eq(runnel_column(open, "maybe"), MAYBE);
    cr_expect_eq(runnel_column(open, "nosuch"), -1);
    open->release(open);
}

Test(arrow_table, schema_check_names_the_first_difference) {
    struct ArrowSchema schema;
    struct failure why = {0};
    arrow_schema_make(&schema, FIELDS, COLUMNS, NULL, NULL);
    cr_expect_eq(arrow_schema_check(&schema, FIELDS, COLUMNS - 2, &why), STATUS_OK,
                 "more may follow");
    struct arrow_field other[COLUMNS];
    memcpy(other, FIELDS, sizeof other);
    other[LIST].item = "l";
    cr_expect_neq(arrow_schema_check(&schema, other, COLUMNS, &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "'list'"), "%s", why.text);
    schema.release(&schema);
}
