/* SPDX-License-Identifier: MIT
 *
 * Regions that a person asked for, by contig: from BED files (plain or gzip) and from texts
 * such as "chr20", "chr20:5,000" or "chr20:5,000-6,000" (1-based, both ends included; contig
 * names may contain colons).  Everything is turned into 0-based half-open intervals, sorted by
 * begin within a contig; overlaps are kept as given. */
#ifndef ADAPTERS_REGIONS_H
#define ADAPTERS_REGIONS_H

#include "core/status.h"
#include "core/windows/pileup_window.h" /* struct interval */

#include <stdbool.h>
#include <stddef.h>

struct regions;

/* For contigs by name and length (lent while regions are added). */
int regions_new(struct regions **out, char *const *names, const int64_t *lengths, size_t count,
                struct failure *why);
void regions_free(struct regions *regions); /* NULL is fine */

/* Adds one region, or several separated by blanks. */
int regions_add_texts(struct regions *regions, const char *texts, struct failure *why);

/* Adds the lines of a BED file.  Lines beginning with '#', "track" or "browser" are skipped.  A
 * contig that the reads do not know, an end before its begin, a negative or missing coordinate:
 * a sentence that names file and line. */
int regions_add_bed(struct regions *regions, const char *path, struct failure *why);

/* All of that at once: NULL where neither texts nor a BED file are given; with both, what lies in
 * the texts' regions and in the BED file's. */
int regions_read(struct regions **out, char *const *names, const int64_t *lengths, size_t count,
                 const char *texts, const char *bed, struct failure *why);

/* The intervals of a contig; NULL and 0 where there are none.  Valid until the next add. */
const struct interval *regions_of(struct regions *regions, size_t contig, size_t *count);

/* Whether the 0-based position lies in one of the contig's regions. */
bool regions_include(struct regions *regions, size_t contig, int64_t position);

#endif
