/* SPDX-License-Identifier: MIT
 *
 * Rows of runnel.full/1 from windows. */
#ifndef PLUGIN_FULL_ROWS_H
#define PLUGIN_FULL_ROWS_H

#include "core/windows/full_window.h"
#include "plugin/streams.h"

/* Ends a row of a table with FULL_STREAM's fields. */
int full_row_put(struct arrow_table *table, const struct full_window *window, const char *contig,
                 struct failure *why);

#endif
