/* SPDX-License-Identifier: MIT
 *
 * Where columns lie.  For reads in sorted order the store is a ring over the positions that reads
 * still reach; for reads in any order it is pages that stay until dropped:
 *
 *     ring    positions  begin ........ end          kept in slot  position & (capacity - 1)
 *     pages   position p in page  p / PAGE_COLUMNS  at  p % PAGE_COLUMNS;  untouched: NULL
 *
 * Where only parts of a contig are wanted, the pages of the others are never made, and what reads
 * show there is lost.
 *
 * Either way neighbours lie together, so that whoever adds a read asks once per stretch, not once
 * per base.  The letter counts, which every base touches, lie apart from the rest and by strand:
 * a read of one strand then walks through 16 bytes per base. */
#ifndef CORE_WINDOWS_COLUMN_STORE_H
#define CORE_WINDOWS_COLUMN_STORE_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct column_rest {
    uint32_t deleted[2];
    uint32_t other;       /* letters other than A, C, G, T */
    uint32_t first_event; /* number + 1 of its indels so far, in order; 0: none */
    uint32_t last_event;
    uint32_t event_count;
    uint32_t tables;  /* number + 1 of its own tables; 0: none */
    uint32_t skipped; /* a read skips it, so that it exists */
};

typedef uint32_t letter_counts[4]; /* A, C, G, T */

struct stretch { /* columns that lie together */
    letter_counts *base[2];
    struct column_rest *rest;
    int64_t count;
};

struct column_page {
    letter_counts *base[2];
    struct column_rest *rest;
};

struct column_store {
    bool paged;
    int64_t begin, end;      /* every column that exists lies in here */
    struct column_page ring; /* or, when paged: */
    size_t capacity;         /* columns in the ring, a power of two; pages in the list */
    struct column_page *pages;
    bool *wanted; /* by page; NULL: all are */
};

void column_store_release(struct column_store *store);

/* Forgets all columns; `contig_length` is the first position that is never asked for. */
int column_store_begin(struct column_store *store, int64_t contig_length, struct failure *why);

/* Pages only: from now on, columns that are wanted are those of [begin, end) and of the calls
 * before (and those that share a page with them).  Forgotten with the contig. */
int column_store_want(struct column_store *store, int64_t begin, int64_t end, struct failure *why);

/* Makes the wanted columns of [begin, end) ready to be counted in. */
int column_store_reserve(struct column_store *store, int64_t begin, int64_t end,
                         struct failure *why);

/* The columns from `position` (reserved) on; base and rest are NULL where they are not wanted, or
 * where no read touched them. */
struct stretch column_store_at(const struct column_store *store, int64_t position);

/* The first column >= `from` that some read covers, or INT64_MAX. */
int64_t column_store_next(const struct column_store *store, int64_t from);

/* Gives up the columns before `position`. */
void column_store_drop(struct column_store *store, int64_t position);

#endif
