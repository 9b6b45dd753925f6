/* SPDX-License-Identifier: MIT
 *
 * What the reads show at each position of a contig: letters, deleted bases and the indels that
 * begin there, by strand (specification of windows, 1.2).  A column is a sum over reads, so it
 * does not matter how reads come; two stores keep the columns:
 *
 *   sorted order   a ring over the positions that reads still reach
 *   any order      pages that stay until dropped
 *
 * Counts are equal whatever the store.  The order of entries in the indel tables is that of the
 * reads as they were added (sorted order), or of the reads sorted by position and name (any
 * order). */
#ifndef CORE_WINDOWS_COLUMNS_H
#define CORE_WINDOWS_COLUMNS_H

#include "core/status.h"
#include "core/windows/alignment.h"
#include "core/windows/indel_table.h"

#include <stdbool.h>

enum columns_order { COLUMNS_SORTED, COLUMNS_ANY_ORDER };

struct columns;

struct column {
    const uint32_t *base[2];              /* forward, reverse: reads with A, C, G, T */
    uint32_t deleted[2];                  /* reads in which this position is deleted */
    uint32_t other;                       /* reads with another letter, both strands */
    const struct indel_table *insertions; /* NULL: none */
    const struct indel_table *deletions;  /* that begin behind this column; NULL: none */
};

int columns_new(struct columns **out, enum columns_order order, struct failure *why);
void columns_free(struct columns *columns); /* accepts NULL */

/* Forgets everything and begins with a contig of this length. */
int columns_begin(struct columns *columns, int64_t contig_length, struct failure *why);

/* Any order only, behind columns_begin: from now on, only columns around [begin, end) and around
 * those of the calls before are kept; memory is then that of the parts that are wanted. */
int columns_want(struct columns *columns, int64_t begin, int64_t end, struct failure *why);

/* Adds an alignment that read_filter has let pass, with the span it gave.  Columns behind the
 * contig's end are not made.  Nothing of the alignment is kept. */
int columns_add(struct columns *columns, const struct alignment *alignment, int64_t span,
                struct failure *why);

/* The first position >= `from` whose column exists (1.4), or INT64_MAX. */
int64_t columns_next(const struct columns *columns, int64_t from);

/* An existing column, borrowed until the next call for `columns`. */
int columns_borrow(struct columns *columns, int64_t position, struct column *out,
                   struct failure *why);

/* Gives up the columns before `position`. */
void columns_drop(struct columns *columns, int64_t position);

#endif
