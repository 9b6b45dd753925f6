/* SPDX-License-Identifier: MIT
 *
 * Reference letters travel in upper case. */
#include "plugin/pileup_rows.h"

#include <ctype.h>

int pileup_row_put(struct arrow_table *table, const struct pileup_window *window,
                   const char *contig, struct failure *why) {
    char letters[WINDOW_WIDTH];
    for (size_t i = 0; i < WINDOW_WIDTH; i++)
        letters[i] = (char)toupper((unsigned char)window->reference[i]);
    arrow_put_text(table, PILEUP_CONTIG, contig);
    arrow_put_integer(table, PILEUP_POSITION, window->position + 1);
    arrow_put_bytes(table, PILEUP_REFERENCE, letters, WINDOW_WIDTH);
    arrow_put_text(table, PILEUP_ALT_INFO, window->alt_info);
    arrow_put_integer(table, PILEUP_DEPTH, window->depth);
    arrow_put_list(table, PILEUP_WINDOW, window->tensor, PILEUP_WINDOW_SIZE);
    return arrow_table_end_row(table, why);
}
