/* SPDX-License-Identifier: MIT
 *
 * Only the rows in use travel; reference letters do in upper case. */
#include "plugin/full_rows.h"

#include <ctype.h>

int full_row_put(struct arrow_table *table, const struct full_window *window, const char *contig,
                 struct failure *why) {
    size_t row_size = WINDOW_WIDTH * (size_t)window->channels;
    char letters[WINDOW_WIDTH];
    for (size_t i = 0; i < WINDOW_WIDTH; i++)
        letters[i] = (char)toupper((unsigned char)window->reference[i]);
    arrow_put_text(table, FULL_CONTIG, contig);
    arrow_put_integer(table, FULL_POSITION, window->position + 1);
    arrow_put_bytes(table, FULL_REFERENCE, letters, WINDOW_WIDTH);
    arrow_put_text(table, FULL_ALT_INFO, window->alt_info);
    arrow_put_integer(table, FULL_DEPTH, window->depth);
    arrow_put_integer(table, FULL_FIRST_ROW, window->first_row);
    arrow_put_integer(table, FULL_USED_ROWS, window->used_rows);
    arrow_put_list(table, FULL_WINDOW, window->tensor + (size_t)window->first_row * row_size,
                   (size_t)window->used_rows * row_size);
    return arrow_table_end_row(table, why);
}
