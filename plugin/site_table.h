/* SPDX-License-Identifier: MIT
 *
 * The sites of a live run that have, or had, a call: found by place, listed in order. */
#ifndef PLUGIN_SITE_TABLE_H
#define PLUGIN_SITE_TABLE_H

#include "core/calls/revisions.h"

#include <stddef.h>
#include <stdint.h>

struct table_site {
    int64_t contig, position; /* 1-based */
    struct revised_site revised;
    bool shown;     /* its call is one that outputs have */
    bool published; /* what was told of it last was shown */
    bool waits;     /* something is to be told of it */
};

struct site_table { /* zero it to begin with */
    struct table_site **sites;
    size_t count, capacity;
    struct table_site **slots; /* open addressing */
    size_t slot_count;         /* a power of two, at least twice `count` */
    bool sorted;
};

/* NULL where it is not there. */
struct table_site *site_table_find(const struct site_table *table, int64_t contig,
                                   int64_t position);

/* The site, made where it is not there; NULL on failure.  It stays where it is. */
struct table_site *site_table_at(struct site_table *table, int64_t contig, int64_t position,
                                 struct failure *why);

/* Puts table->sites in the order of their places. */
void site_table_sort(struct site_table *table);

void site_table_free(struct site_table *table);

#endif
