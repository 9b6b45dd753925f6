/* SPDX-License-Identifier: MIT
 *
 * Alignments added up by column (specification of windows, 1.2 and 1.4).  Letters go straight
 * into counts.  Indels are rarer: each is a small event in a list of its column, in the order of
 * the reads, and becomes an entry of a table when the column is looked at.  A column with very
 * many events, or with a long insertion, gets tables of its own at once, so that a deep pile
 * costs what its distinct indels cost. */
#include "core/windows/columns.h"

#include "core/windows/cigar.h"
#include "core/windows/column_store.h"

#include <stdlib.h>

enum {
    EVENT_LETTERS = 16, /* inserted letters that fit into an event, 4 bits each */
    EVENTS_MAX = 256,   /* of a column, before they go into tables */
    STRAND_BIT = 1
};

struct event {
    uint64_t letters; /* codes, the first in the lowest bits */
    int32_t length;   /* inserted letters; negative: deleted bases */
    uint32_t next;    /* (number + 1) << 1 | strand; number + 1 = 0: the last */
};

struct tables {
    struct indel_table insertions, deletions;
    uint32_t next_free; /* number + 1 */
};

struct columns {
    struct column_store store;
    int64_t contig_length;
    struct event *events;
    uint32_t event_count, event_capacity, free_event; /* number + 1 */
    struct tables *tables;
    uint32_t table_count, table_capacity, free_tables; /* number + 1 */
    struct tables looked_at;                           /* of the column last borrowed */
    char *text;                                        /* of one insertion */
    size_t text_capacity;
};

static const char code_letters[] = "=ACMGRSVTWYHKDBN";

/* The place of a letter code in letter_counts; 4: another letter. */
static const uint8_t code_base[16] = {4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4};

int columns_new(struct columns **out, enum columns_order order, struct failure *why) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for columns");
    (*out)->store.paged = order == COLUMNS_ANY_ORDER;
    return STATUS_OK;
}

static void release_tables(struct tables *tables) {
    indel_table_release(&tables->insertions);
    indel_table_release(&tables->deletions);
}

void columns_free(struct columns *c) {
    if (c == NULL)
        return;
    column_store_release(&c->store);
    for (uint32_t i = 0; i < c->table_count; i++)
        release_tables(&c->tables[i]);
    release_tables(&c->looked_at);
    free(c->tables);
    free(c->events);
    free(c->text);
    free(c);
}

/* ---- indels -------------------------------------------------------------------------------- */

static uint32_t new_event(struct columns *c, struct failure *why) {
    if (c->free_event != 0) {
        uint32_t number = c->free_event;
        c->free_event = c->events[number - 1].next >> 1;
        return number;
    }
    if (c->event_count == c->event_capacity) {
        uint32_t capacity = c->event_capacity ? 2 * c->event_capacity : 1024;
        struct event *larger = realloc(c->events, capacity * sizeof *larger);
        if (larger == NULL) {
            fail(why, STATUS_NO_MEMORY, "out of memory for %u indels", capacity);
            return 0;
        }
        c->events = larger;
        c->event_capacity = capacity;
    }
    return ++c->event_count;
}

static uint32_t new_tables(struct columns *c, struct failure *why) {
    if (c->free_tables != 0) {
        uint32_t number = c->free_tables;
        c->free_tables = c->tables[number - 1].next_free;
        return number;
    }
    if (c->table_count == c->table_capacity) {
        uint32_t capacity = c->table_capacity ? 2 * c->table_capacity : 16;
        struct tables *larger = realloc(c->tables, capacity * sizeof *larger);
        if (larger == NULL) {
            fail(why, STATUS_NO_MEMORY, "out of memory for the indels of %u columns", capacity);
            return 0;
        }
        c->tables = larger;
        c->table_capacity = capacity;
    }
    c->tables[c->table_count] = (struct tables){0};
    return ++c->table_count;
}

static int reserve_text(struct columns *c, size_t length, struct failure *why) {
    if (length <= c->text_capacity)
        return STATUS_OK;
    char *larger = realloc(c->text, length);
    if (larger == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for an insertion of %zu bases", length);
    c->text = larger;
    c->text_capacity = length;
    return STATUS_OK;
}

/* Adds the events of a column to `tables`, in order. */
static int replay_events(const struct columns *c, const struct column_rest *rest,
                         struct tables *tables, struct failure *why) {
    int status = STATUS_OK;
    for (uint32_t number = rest->first_event; number != 0 && status == STATUS_OK;) {
        const struct event *event = &c->events[number - 1];
        int strand = event->next & STRAND_BIT;
        char text[EVENT_LETTERS];
        for (int32_t i = 0; i < event->length; i++)
            text[i] = code_letters[event->letters >> (4 * i) & 15];
        if (event->length < 0)
            status = indel_table_add(&tables->deletions, NULL, -event->length, strand, why);
        else
            status = indel_table_add(&tables->insertions, text, event->length, strand, why);
        number = event->next >> 1;
    }
    return status;
}

static void free_events(struct columns *c, struct column_rest *rest) {
    for (uint32_t number = rest->first_event; number != 0;) {
        uint32_t next = c->events[number - 1].next >> 1;
        c->events[number - 1].next = c->free_event << 1;
        c->free_event = number;
        number = next;
    }
    rest->first_event = rest->last_event = rest->event_count = 0;
}

/* The tables of a column that is to have its own, with all of its events in them. */
static struct tables *own_tables(struct columns *c, struct column_rest *rest, struct failure *why) {
    if (rest->tables == 0)
        rest->tables = new_tables(c, why);
    if (rest->tables == 0)
        return NULL;
    struct tables *tables = &c->tables[rest->tables - 1];
    if (replay_events(c, rest, tables, why) != STATUS_OK)
        return NULL;
    free_events(c, rest);
    return tables;
}

static int add_long_insertion(struct columns *c, struct column_rest *rest,
                              const struct alignment *a, int64_t y, int64_t length,
                              struct failure *why) {
    struct tables *tables = own_tables(c, rest, why);
    if (tables == NULL || reserve_text(c, (size_t)length, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (int64_t i = 0; i < length; i++)
        c->text[i] = code_letters[sequence_code(a->sequence, y + i)];
    return indel_table_add(&tables->insertions, c->text, (int32_t)length, a->flag >> 4 & 1, why);
}

static int add_event(struct columns *c, struct column_rest *rest, struct event event,
                     struct failure *why) {
    if (rest->event_count >= EVENTS_MAX && own_tables(c, rest, why) == NULL)
        return STATUS_NO_MEMORY;
    uint32_t number = new_event(c, why);
    if (number == 0)
        return STATUS_NO_MEMORY;
    c->events[number - 1] = event;
    if (rest->last_event != 0)
        c->events[rest->last_event - 1].next |= number << 1;
    else
        rest->first_event = number;
    rest->last_event = number;
    rest->event_count++;
    return STATUS_OK;
}

/* The indel that begins behind operation k: inserted letters, or minus deleted bases, or 0. */
static int64_t indel_behind(const struct alignment *a, size_t k) {
    if (++k >= a->cigar_count)
        return 0;
    enum cigar_operation next = cigar_operation(a->cigar[k]);
    if (next == CIGAR_DELETION)
        return -cigar_length(a->cigar[k]);
    if (next == CIGAR_INSERTION)
        return cigar_length(a->cigar[k]);
    int64_t sum = 0;
    if (next != CIGAR_PADDING)
        return sum;
    while (++k < a->cigar_count && !cigar_takes_reference(cigar_operation(a->cigar[k])))
        if (cigar_operation(a->cigar[k]) == CIGAR_INSERTION)
            sum += cigar_length(a->cigar[k]);
    return sum;
}

/* The indel behind operation k, which ends in column x, with y the next query position. */
static int add_indel(struct columns *c, const struct alignment *a, size_t k, int64_t x, int64_t y,
                     struct failure *why) {
    int64_t indel = indel_behind(a, k);
    if (indel == 0)
        return STATUS_OK;
    struct column_rest *rest = column_store_at(&c->store, x).rest;
    struct event event = {.length = (int32_t)indel, .next = a->flag >> 4 & STRAND_BIT};
    if (indel > EVENT_LETTERS)
        return add_long_insertion(c, rest, a, y, indel, why);
    for (int64_t i = 0; i < indel; i++)
        event.letters |= (uint64_t)sequence_code(a->sequence, y + i) << (4 * i);
    return add_event(c, rest, event, why);
}

/* ---- letters ------------------------------------------------------------------------------- */

static void add_letters(struct columns *c, const struct alignment *a, int64_t x, int64_t y,
                        int64_t length) {
    int strand = a->flag >> 4 & 1;
    while (length > 0) {
        struct stretch s = column_store_at(&c->store, x);
        int64_t count = s.count < length ? s.count : length;
        letter_counts *base = s.base[strand];
        for (int64_t i = 0; i < count; i++) {
            unsigned letter = code_base[sequence_code(a->sequence, y + i)];
            if (letter < 4)
                base[i][letter]++;
            else
                s.rest[i].other++;
        }
        x += count;
        y += count;
        length -= count;
    }
}

static void add_gap(struct columns *c, const struct alignment *a, int64_t x, int64_t length,
                    bool deleted) {
    int strand = a->flag >> 4 & 1;
    while (length > 0) {
        struct stretch s = column_store_at(&c->store, x);
        int64_t count = s.count < length ? s.count : length;
        for (int64_t i = 0; i < count; i++)
            if (deleted)
                s.rest[i].deleted[strand]++;
            else
                s.rest[i].skipped = 1;
        x += count;
        length -= count;
    }
}

int columns_add(struct columns *c, const struct alignment *a, int64_t span, struct failure *why) {
    int64_t x = a->position, y = 0;
    int64_t end = x + span < c->contig_length ? x + span : c->contig_length;
    if (column_store_reserve(&c->store, x, end, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (size_t k = 0; k < a->cigar_count && x < end; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        int64_t length = cigar_length(a->cigar[k]);
        int64_t inside = x + length < end ? length : end - x;
        int64_t next_y = y + (cigar_takes_query(operation) ? length : 0);
        if (cigar_is_match(operation))
            add_letters(c, a, x, y, inside);
        else if (operation == CIGAR_DELETION || operation == CIGAR_SKIP)
            add_gap(c, a, x, inside, operation == CIGAR_DELETION);
        if (cigar_takes_reference(operation)) {
            x += length;
            if (operation != CIGAR_SKIP && length > 0 && x <= end &&
                add_indel(c, a, k, x - 1, next_y, why) != STATUS_OK)
                return STATUS_NO_MEMORY;
        }
        y = next_y;
    }
    return STATUS_OK;
}

/* ---- looking ------------------------------------------------------------------------------- */

static void free_indels(struct columns *c, struct column_rest *rest) {
    free_events(c, rest);
    if (rest->tables != 0) {
        struct tables *tables = &c->tables[rest->tables - 1];
        indel_table_clear(&tables->insertions);
        indel_table_clear(&tables->deletions);
        tables->next_free = c->free_tables;
        c->free_tables = rest->tables;
    }
    rest->tables = 0;
}

void columns_drop(struct columns *c, int64_t position) {
    int64_t end = position < c->store.end ? position : c->store.end;
    for (int64_t x = c->store.begin; x < end;) {
        struct stretch s = column_store_at(&c->store, x);
        for (int64_t i = 0; s.rest != NULL && i < s.count && x + i < end; i++)
            if (s.rest[i].first_event | s.rest[i].tables)
                free_indels(c, &s.rest[i]);
        x += s.count;
    }
    column_store_drop(&c->store, position);
}

int columns_begin(struct columns *c, int64_t contig_length, struct failure *why) {
    columns_drop(c, INT64_MAX);
    c->contig_length = contig_length;
    return column_store_begin(&c->store, contig_length, why);
}

int64_t columns_next(const struct columns *c, int64_t from) {
    return column_store_next(&c->store, from);
}

int columns_borrow(struct columns *c, int64_t position, struct column *out, struct failure *why) {
    struct stretch s = column_store_at(&c->store, position);
    struct column_rest *rest = s.rest;
    *out = (struct column){
        .base = {s.base[0][0], s.base[1][0]},
        .deleted = {rest->deleted[0], rest->deleted[1]},
        .other = rest->other,
    };
    struct tables *tables = &c->looked_at;
    if (rest->tables != 0) {
        tables = own_tables(c, rest, why);
        if (tables == NULL)
            return STATUS_NO_MEMORY;
    } else if (rest->first_event != 0) {
        indel_table_clear(&tables->insertions);
        indel_table_clear(&tables->deletions);
        if (replay_events(c, rest, tables, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    } else {
        return STATUS_OK;
    }
    if (tables->insertions.entry_count > 0)
        out->insertions = &tables->insertions;
    if (tables->deletions.entry_count > 0)
        out->deletions = &tables->deletions;
    return STATUS_OK;
}
