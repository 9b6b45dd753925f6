/* SPDX-License-Identifier: MIT
 *
 * From the counts that pileup windows leave behind to blocks.  Columns without reads are not
 * listed there; blocks want every position.  Spec: calling, section 5.1. */
#ifndef CORE_CALLS_BLOCK_COUNTS_H
#define CORE_CALLS_BLOCK_COUNTS_H

#include "core/calls/blocks.h"
#include "core/windows/pileup_window.h"

/* Adds the positions [begin, end) (0-based) of the contig: those listed in `counts` (ascending,
 * all within) with their counts, the others with none.  A contig may be added in several
 * such stretches, one behind the other. */
int blocks_add_counts(struct blocks *blocks, struct reference *reference, int64_t begin,
                      int64_t end, const struct pileup_column_counts *counts, size_t count,
                      struct failure *why);

#endif
