/* SPDX-License-Identifier: MIT
 *
 * A list of sites, and a hash table over it. */
#include "plugin/site_table.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1 << 10 };

static struct table_site **slot_of(struct table_site **slots, size_t slot_count, int64_t contig,
                                   int64_t position) {
    uint64_t hash = ((uint64_t)contig << 40 ^ (uint64_t)position) * 0x9E3779B97F4A7C15U;
    size_t at = (size_t)(hash >> 20) & (slot_count - 1);
    while (slots[at] != NULL && (slots[at]->contig != contig || slots[at]->position != position))
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

struct table_site *site_table_find(const struct site_table *table, int64_t contig,
                                   int64_t position) {
    return table->slot_count ? *slot_of(table->slots, table->slot_count, contig, position) : NULL;
}

static int grow(struct site_table *table, struct failure *why) {
    size_t capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    struct table_site **sites = realloc(table->sites, capacity * sizeof(struct table_site *));
    struct table_site **slots = calloc(2 * capacity, sizeof(struct table_site *));
    if (sites != NULL)
        table->sites = sites;
    if (sites == NULL || slots == NULL) {
        free(slots);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu sites", capacity);
    }
    for (size_t i = 0; i < table->count; i++)
        *slot_of(slots, 2 * capacity, sites[i]->contig, sites[i]->position) = sites[i];
    free(table->slots);
    table->slots = slots;
    table->slot_count = 2 * capacity;
    table->capacity = capacity;
    return STATUS_OK;
}

struct table_site *site_table_at(struct site_table *table, int64_t contig, int64_t position,
                                 struct failure *why) {
    struct table_site *site = site_table_find(table, contig, position);
    if (site != NULL)
        return site;
    if (table->count == table->capacity && grow(table, why) != STATUS_OK)
        return NULL;
    if ((site = calloc(1, sizeof *site)) == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for a site");
        return NULL;
    }
    site->contig = contig;
    site->position = position;
    *slot_of(table->slots, table->slot_count, contig, position) = site;
    table->sites[table->count++] = site;
    table->sorted = false;
    return site;
}

static int by_place(const void *a, const void *b) {
    const struct table_site *x = *(struct table_site *const *)a;
    const struct table_site *y = *(struct table_site *const *)b;
    if (x->contig != y->contig)
        return x->contig < y->contig ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

void site_table_sort(struct site_table *table) {
    if (!table->sorted && table->count > 0)
        qsort(table->sites, table->count, sizeof(struct table_site *), by_place);
    table->sorted = true;
}

void site_table_free(struct site_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        revised_site_free(&table->sites[i]->revised);
        free(table->sites[i]);
    }
    free(table->sites);
    free(table->slots);
    *table = (struct site_table){0};
}
