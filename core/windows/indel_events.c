/* SPDX-License-Identifier: MIT
 *
 * Lists of events, and tables made from them. */
#include "core/windows/indel_events.h"

#include "core/windows/cigar.h"

#include <stdlib.h>
#include <string.h>

enum {
    EVENT_LETTERS = 16, /* inserted letters that fit into an event, 4 bits each */
    EVENTS_MAX = 256    /* of a column, before they go into tables */
};

struct indel_event {
    uint64_t letters; /* codes, the first in the lowest bits; a longer text: where it begins */
    int32_t length;   /* inserted letters; negative: deleted bases */
    uint32_t next;    /* number + 1; 0: the last */
    uint32_t read;    /* number of the read; only in any order */
    uint32_t strand;
};

struct read_key {
    int64_t position;
    size_t name; /* where it begins in `names` */
    uint16_t flag;
};

struct sorted_event {
    int64_t position;
    const char *name;
    uint32_t event, flag;
};

static const char code_letters[] = "=ACMGRSVTWYHKDBN";

static void release_tables(struct indel_tables *tables) {
    indel_table_release(&tables->insertions);
    indel_table_release(&tables->deletions);
}

static void clear_tables(struct indel_tables *tables) {
    indel_table_clear(&tables->insertions);
    indel_table_clear(&tables->deletions);
}

void indel_events_release(struct indel_events *e) {
    for (uint32_t i = 0; i < e->table_count; i++)
        release_tables(&e->tables[i]);
    release_tables(&e->looked_at);
    free(e->tables);
    free(e->events);
    free(e->text);
    free(e->reads);
    free(e->names);
    free(e->letters);
    free(e->sorted);
    *e = (struct indel_events){.any_order = e->any_order};
}

void indel_events_begin(struct indel_events *e) {
    e->read_count = e->name_size = e->letter_count = 0;
}

/* Room for `count` elements of `size` bytes: the block, moved or not; NULL on failure. */
static void *reserve(void *block, size_t *capacity, size_t count, size_t size,
                     struct failure *why) {
    if (count <= *capacity && block != NULL)
        return block;
    size_t more = count < 512 ? 1024 : 2 * count;
    void *larger = realloc(block, more * size);
    if (larger != NULL)
        *capacity = more;
    else
        fail(why, STATUS_NO_MEMORY, "out of memory for the indels of reads");
    return larger;
}

int indel_events_read(struct indel_events *e, const struct alignment *a, struct failure *why) {
    if (!e->any_order)
        return STATUS_OK;
    size_t size = strlen(a->name) + 1;
    char *names = reserve(e->names, &e->name_capacity, e->name_size + size, 1, why);
    e->names = names != NULL ? names : e->names;
    struct read_key *reads =
        reserve(e->reads, &e->read_capacity, e->read_count + 1, sizeof *reads, why);
    e->reads = reads != NULL ? reads : e->reads;
    if (names == NULL || reads == NULL)
        return STATUS_NO_MEMORY;
    reads[e->read_count++] = (struct read_key){a->position, e->name_size, a->flag};
    memcpy(names + e->name_size, a->name, size);
    e->name_size += size;
    return STATUS_OK;
}

/* ---- events become entries ------------------------------------------------------------------ */

static int add_entry(struct indel_events *e, uint32_t number, struct indel_tables *tables,
                     struct failure *why) {
    const struct indel_event *event = &e->events[number];
    int strand = (int)event->strand;
    if (event->length < 0)
        return indel_table_add(&tables->deletions, NULL, -event->length, strand, why);
    if (event->length > EVENT_LETTERS)
        return indel_table_add(&tables->insertions, e->letters + event->letters, event->length,
                               strand, why);
    char text[EVENT_LETTERS];
    for (int32_t i = 0; i < event->length; i++)
        text[i] = code_letters[event->letters >> (4 * i) & 15];
    return indel_table_add(&tables->insertions, text, event->length, strand, why);
}

static int by_read(const void *a, const void *b) {
    const struct sorted_event *x = a, *y = b;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : (int)x->flag - (int)y->flag;
}

static int add_sorted(struct indel_events *e, const struct column_rest *column,
                      struct indel_tables *tables, struct failure *why) {
    size_t count = 0;
    struct sorted_event *sorted =
        reserve(e->sorted, &e->sorted_capacity, column->event_count, sizeof *sorted, why);
    if (sorted == NULL)
        return STATUS_NO_MEMORY;
    e->sorted = sorted;
    for (uint32_t number = column->first_event; number != 0; number = e->events[number - 1].next) {
        const struct read_key *read = &e->reads[e->events[number - 1].read];
        sorted[count++] =
            (struct sorted_event){read->position, e->names + read->name, number - 1, read->flag};
    }
    qsort(sorted, count, sizeof *sorted, by_read);
    for (size_t i = 0; i < count; i++)
        if (add_entry(e, sorted[i].event, tables, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static int add_entries(struct indel_events *e, const struct column_rest *column,
                       struct indel_tables *tables, struct failure *why) {
    if (e->any_order)
        return add_sorted(e, column, tables, why);
    for (uint32_t number = column->first_event; number != 0; number = e->events[number - 1].next)
        if (add_entry(e, number - 1, tables, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static void free_events(struct indel_events *e, struct column_rest *column) {
    if (column->last_event != 0) {
        e->events[column->last_event - 1].next = e->free_event;
        e->free_event = column->first_event;
    }
    column->first_event = column->last_event = column->event_count = 0;
}

/* ---- adding --------------------------------------------------------------------------------- */

/* Number + 1 of the first tables that no column has: always the first, so that another pass over
 * the same reads finds each as large as it needs it. */
static uint32_t take_tables(struct indel_events *e, struct failure *why) {
    while (e->first_free < e->table_count && e->tables[e->first_free].taken)
        e->first_free++;
    if (e->first_free == e->table_count) {
        size_t capacity = e->table_capacity;
        struct indel_tables *tables =
            reserve(e->tables, &capacity, (size_t)e->table_count + 1, sizeof *tables, why);
        if (tables == NULL)
            return 0;
        e->tables = tables;
        e->table_capacity = (uint32_t)capacity;
        e->tables[e->table_count++] = (struct indel_tables){0};
    }
    e->tables[e->first_free].taken = true;
    return e->first_free + 1;
}

/* The tables of a column that is to have its own, with all of its events in them. */
static struct indel_tables *own_tables(struct indel_events *e, struct column_rest *column,
                                       struct failure *why) {
    if (column->tables == 0)
        column->tables = take_tables(e, why);
    if (column->tables == 0)
        return NULL;
    struct indel_tables *tables = &e->tables[column->tables - 1];
    if (add_entries(e, column, tables, why) != STATUS_OK)
        return NULL;
    free_events(e, column);
    return tables;
}

static struct indel_event *new_event(struct indel_events *e, struct column_rest *column,
                                     struct failure *why) {
    if (!e->any_order && column->event_count >= EVENTS_MAX && own_tables(e, column, why) == NULL)
        return NULL;
    uint32_t number = e->free_event;
    if (number != 0) {
        e->free_event = e->events[number - 1].next;
    } else {
        size_t capacity = e->event_capacity;
        struct indel_event *events =
            reserve(e->events, &capacity, (size_t)e->event_count + 1, sizeof *events, why);
        if (events == NULL)
            return NULL;
        e->events = events;
        e->event_capacity = (uint32_t)capacity;
        number = ++e->event_count;
    }
    if (column->last_event != 0)
        e->events[column->last_event - 1].next = number;
    else
        column->first_event = number;
    column->last_event = number;
    column->event_count++;
    return &e->events[number - 1];
}

static void spell(char *text, const struct alignment *a, int64_t y, int64_t length) {
    for (int64_t i = 0; i < length; i++)
        text[i] = code_letters[sequence_code(a->sequence, y + i)];
}

/* A long insertion goes into the column's own tables at once. */
static int add_long(struct indel_events *e, struct column_rest *column, const struct alignment *a,
                    int64_t length, int64_t y, struct failure *why) {
    struct indel_tables *tables = own_tables(e, column, why);
    char *text = reserve(e->text, &e->text_capacity, (size_t)length, 1, why);
    if (tables == NULL || text == NULL)
        return STATUS_NO_MEMORY;
    e->text = text;
    spell(text, a, y, length);
    return indel_table_add(&tables->insertions, text, (int32_t)length, a->flag >> 4 & 1, why);
}

int indel_events_add(struct indel_events *e, struct column_rest *column, const struct alignment *a,
                     int64_t indel, int64_t y, struct failure *why) {
    if (indel > EVENT_LETTERS && !e->any_order)
        return add_long(e, column, a, indel, y, why);
    struct indel_event *event = new_event(e, column, why);
    if (event == NULL)
        return STATUS_NO_MEMORY;
    *event = (struct indel_event){
        .length = (int32_t)indel,
        .read = (uint32_t)e->read_count - 1,
        .strand = a->flag >> 4 & 1,
    };
    if (indel > EVENT_LETTERS) {
        size_t needed = e->letter_count + (size_t)indel;
        char *letters = reserve(e->letters, &e->letter_capacity, needed, 1, why);
        if (letters == NULL)
            return STATUS_NO_MEMORY;
        e->letters = letters;
        event->letters = e->letter_count;
        spell(letters + e->letter_count, a, y, indel);
        e->letter_count = needed;
        return STATUS_OK;
    }
    for (int64_t i = 0; i < indel; i++)
        event->letters |= (uint64_t)sequence_code(a->sequence, y + i) << (4 * i);
    return STATUS_OK;
}

/* ---- looking -------------------------------------------------------------------------------- */

int indel_events_look(struct indel_events *e, struct column_rest *column,
                      const struct indel_tables **out, struct failure *why) {
    *out = NULL;
    if (column->tables != 0) {
        *out = own_tables(e, column, why);
        return *out == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (column->first_event == 0)
        return STATUS_OK;
    *out = &e->looked_at;
    clear_tables(&e->looked_at);
    return add_entries(e, column, &e->looked_at, why);
}

void indel_events_drop(struct indel_events *e, struct column_rest *column) {
    free_events(e, column);
    if (column->tables == 0)
        return;
    struct indel_tables *tables = &e->tables[column->tables - 1];
    clear_tables(tables);
    tables->taken = false;
    if (column->tables - 1 < e->first_free)
        e->first_free = column->tables - 1;
    column->tables = 0;
}
