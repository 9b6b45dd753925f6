/* SPDX-License-Identifier: MIT
 *
 * The indels that reads show behind columns.  Each observation is a small event in a list of its
 * column; when the column is looked at, the list becomes tables (1.9 of the specification of
 * windows), in the order of the reads: as they were added (sorted order), or by position, name and
 * flag (any order).  In sorted order a column with very many events, or with a long insertion,
 * gets tables of its own at once, so that a deep pile costs what its distinct indels cost. */
#ifndef CORE_WINDOWS_INDEL_EVENTS_H
#define CORE_WINDOWS_INDEL_EVENTS_H

#include "core/windows/alignment.h"
#include "core/windows/column_store.h"
#include "core/windows/indel_table.h"

struct indel_tables {
    struct indel_table insertions, deletions;
    bool taken; /* by a column */
};

struct indel_event;
struct read_key;

struct indel_events { /* zero it, but for any_order, to begin with */
    bool any_order;
    struct indel_event *events;
    uint32_t event_count, event_capacity, free_event; /* number + 1 */
    struct indel_tables *tables;
    uint32_t table_count, table_capacity;
    uint32_t first_free;           /* all tables before it are taken */
    struct indel_tables looked_at; /* of the column last asked for */
    char *text;                    /* of one insertion */
    size_t text_capacity;
    /* Only in any order: what events are sorted by, and the long texts. */
    struct read_key *reads;
    size_t read_count, read_capacity;
    char *names, *letters;
    size_t name_size, name_capacity, letter_count, letter_capacity;
    struct sorted_event *sorted;
    size_t sorted_capacity;
};

void indel_events_release(struct indel_events *events); /* frees what it holds */

/* Forgets all reads; the events of all columns must have been dropped. */
void indel_events_begin(struct indel_events *events);

/* The alignment whose indels are added next. */
int indel_events_read(struct indel_events *events, const struct alignment *alignment,
                      struct failure *why);

/* One observation at a column: `indel` inserted letters from query position y of that alignment
 * on, or minus that many deleted bases. */
int indel_events_add(struct indel_events *events, struct column_rest *column,
                     const struct alignment *alignment, int64_t indel, int64_t y,
                     struct failure *why);

/* The tables of a column, borrowed until the next call; NULL and STATUS_OK where it has no
 * indels. */
int indel_events_look(struct indel_events *events, struct column_rest *column,
                      const struct indel_tables **out, struct failure *why);

/* Forgets the indels of a column. */
void indel_events_drop(struct indel_events *events, struct column_rest *column);

#endif
