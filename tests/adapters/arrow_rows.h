/* SPDX-License-Identifier: MIT
 *
 * Rows of every type of column that a stream may have, for the tests of Arrow messages. */
#ifndef TESTS_ADAPTERS_ARROW_ROWS_H
#define TESTS_ADAPTERS_ARROW_ROWS_H

#include "adapters/arrow_table.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>

enum { NUMBER, REAL, TEXT, LIST, FIXED, MAYBE, COLUMNS };

static const struct arrow_field FIELDS[COLUMNS] = {
    {"number", "s", NULL, false}, {"real", "g", NULL, false},    {"text", "u", NULL, false},
    {"list", "+l", "i", false},   {"fixed", "+w:3", "c", false}, {"maybe", "l", NULL, true}};

/* Row r: -r, r / 4, "row r", r % 4 items, three items, r << 33 (null in every third row). */
static void make_rows(struct ArrowSchema *schema, struct ArrowArray *array, int64_t rows) {
    static const char *const KEYS[] = {"sample", "contigs"}, *const VALUES[] = {"s", "a\t7\n"};
    struct arrow_table *table = NULL;
    cr_assert_eq(arrow_table_new(&table, FIELDS, COLUMNS, NULL), STATUS_OK);
    for (int64_t row = 0; row < rows; row++) {
        char text[32];
        const int32_t list[3] = {(int32_t)row, (int32_t)-row, 7};
        const int8_t fixed[3] = {(int8_t)row, 1, 2};
        snprintf(text, sizeof text, "row %lld", (long long)row);
        arrow_put_integer(table, NUMBER, -row);
        arrow_put_real(table, REAL, (double)row / 4);
        arrow_put_text(table, TEXT, text);
        arrow_put_list(table, LIST, list, (size_t)(row % 4));
        arrow_put_list(table, FIXED, fixed, 3);
        if (row % 3 == 0)
            arrow_put_null(table, MAYBE);
        else
            arrow_put_integer(table, MAYBE, row << 33);
        cr_assert_eq(arrow_table_end_row(table, NULL), STATUS_OK);
    }
    char *metadata = arrow_metadata(KEYS, VALUES, 2);
    cr_assert_eq(arrow_schema_make(schema, FIELDS, COLUMNS, metadata, NULL), STATUS_OK);
    cr_assert_eq(arrow_table_take(table, array, NULL), STATUS_OK);
    free(metadata);
    arrow_table_free(table);
}

#endif
