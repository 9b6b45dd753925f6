/* SPDX-License-Identifier: MIT
 *
 * Alignments added up by column (specification of windows, 1.2 and 1.4): letters go straight into
 * counts, the rarer indels into lists of events. */
#include "core/windows/columns.h"

#include "core/windows/cigar.h"
#include "core/windows/column_store.h"
#include "core/windows/indel_events.h"

#include <stdlib.h>

struct columns {
    struct column_store store;
    struct indel_events indels;
    int64_t contig_length;
};

/* The place of a letter code in letter_counts; 4: another letter. */
static const uint8_t code_base[16] = {4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4};

int columns_new(struct columns **out, enum columns_order order, struct failure *why) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for columns");
    (*out)->store.paged = (*out)->indels.any_order = order == COLUMNS_ANY_ORDER;
    return STATUS_OK;
}

void columns_free(struct columns *c) {
    if (c == NULL)
        return;
    column_store_release(&c->store);
    indel_events_release(&c->indels);
    free(c);
}

/* ---- adding -------------------------------------------------------------------------------- */

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
    return rest ? indel_events_add(&c->indels, rest, a, indel, y, why) : STATUS_OK;
}

static void add_letters(struct columns *c, const struct alignment *a, int64_t x, int64_t y,
                        int64_t length) {
    int strand = a->flag >> 4 & 1;
    while (length > 0) {
        struct stretch s = column_store_at(&c->store, x);
        int64_t count = s.count < length ? s.count : length;
        letter_counts *base = s.base[strand];
        for (int64_t i = 0; s.rest != NULL && i < count; i++) {
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
        for (int64_t i = 0; s.rest != NULL && i < count; i++)
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
    if (column_store_reserve(&c->store, x, end, why) != STATUS_OK ||
        indel_events_read(&c->indels, a, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (size_t k = 0; k < a->cigar_count && x < end; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        int64_t length = cigar_length(a->cigar[k]);
        int64_t inside = x + length < end ? length : end - x;
        int64_t next_y = y + (cigar_takes_query(operation) ? length : 0);
        if (cigar_is_match(operation)) {
            /* Where an indel may begin, far from what was touched last: fetched meanwhile. */
            __builtin_prefetch(column_store_at(&c->store, x + inside - 1).rest);
            add_letters(c, a, x, y, inside);
        } else if (operation == CIGAR_DELETION || operation == CIGAR_SKIP)
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

void columns_drop(struct columns *c, int64_t position) {
    int64_t end = position < c->store.end ? position : c->store.end;
    for (int64_t x = c->store.begin; x < end;) {
        struct stretch s = column_store_at(&c->store, x);
        for (int64_t i = 0; s.rest != NULL && i < s.count && x + i < end; i++)
            if (s.rest[i].first_event | s.rest[i].tables)
                indel_events_drop(&c->indels, &s.rest[i]);
        x += s.count;
    }
    column_store_drop(&c->store, position);
}

int columns_begin(struct columns *c, int64_t contig_length, struct failure *why) {
    columns_drop(c, INT64_MAX);
    indel_events_begin(&c->indels);
    c->contig_length = contig_length;
    return column_store_begin(&c->store, contig_length, why);
}

int columns_want(struct columns *c, int64_t begin, int64_t end, struct failure *why) {
    return column_store_want(&c->store, begin, end, why);
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
    const struct indel_tables *tables;
    int status = indel_events_look(&c->indels, rest, &tables, why);
    if (status != STATUS_OK || tables == NULL)
        return status;
    if (tables->insertions.entry_count > 0)
        out->insertions = &tables->insertions;
    if (tables->deletions.entry_count > 0)
        out->deletions = &tables->deletions;
    return STATUS_OK;
}
