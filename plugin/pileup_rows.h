/* SPDX-License-Identifier: MIT
 *
 * Rows of runnel.pileup/1 from windows. */
#ifndef PLUGIN_PILEUP_ROWS_H
#define PLUGIN_PILEUP_ROWS_H

#include "core/windows/pileup_window.h"
#include "plugin/streams.h"

/* Ends a row of a table with PILEUP_STREAM's fields. */
int pileup_row_put(struct arrow_table *table, const struct pileup_window *window,
                   const char *contig, struct failure *why);

#endif
