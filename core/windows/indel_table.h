/* SPDX-License-Identifier: MIT
 *
 * Counts of the insertions (by text) or deletions (by length) of one column, by strand.  The
 * order in which entries are listed is part of the text that windows carry; it is the bucket
 * order of the hash table that the original uses (specification of windows, 1.9), so this is
 * that table, steps and growth alike. */
#ifndef CORE_WINDOWS_INDEL_TABLE_H
#define CORE_WINDOWS_INDEL_TABLE_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

struct indel_entry {
    uint32_t hash;
    int32_t length;    /* letters inserted, or reference bases deleted */
    size_t text;       /* where its letters begin in `letters`; insertions only */
    uint32_t count[2]; /* forward, reverse */
};

/* Zero it to begin with; clear keeps the memory for the next column. */
struct indel_table {
    struct indel_entry *entries; /* in the order of their first observation */
    uint32_t *buckets;           /* entry number + 1; 0: empty */
    uint8_t *moved;              /* used while it grows */
    char *letters;
    uint32_t bucket_count; /* a power of two, or 0 */
    uint32_t entry_count;
    uint32_t last_entry; /* that indel_table_add counted in */
    uint32_t bucket_capacity;
    size_t letter_count;
    size_t letter_capacity;
};

void indel_table_clear(struct indel_table *table);
void indel_table_release(struct indel_table *table); /* frees what it holds */

/* One more observation.  `letters`: the inserted text, `length` upper-case letters; NULL: a
 * deletion.  A table holds insertions or deletions, not both. */
int indel_table_add(struct indel_table *table, const char *letters, int32_t length, int strand,
                    struct failure *why);

/* The entry of this text or length, or NULL. */
const struct indel_entry *indel_table_find(const struct indel_table *table, const char *letters,
                                           int32_t length);

/* Walks entries in bucket order: begin with *bucket = 0, until NULL. */
const struct indel_entry *indel_table_next(const struct indel_table *table, uint32_t *bucket);

#endif
