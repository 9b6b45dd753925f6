/* SPDX-License-Identifier: MIT
 *
 * The targets of a live run, contig by contig: the lines of a BED file, those that overlap or touch
 * made one, or whole contigs. */
#ifndef PLUGIN_TARGETS_H
#define PLUGIN_TARGETS_H

#include "core/windows/pileup_window.h" /* struct interval */
#include "plugin/streams.h"

/* A read that ends so far from a target may still be asked for (as far as windows reach, and BED
 * files' margins, rounded up). */
enum { TARGET_MARGIN = 128 };

struct contig_targets {
    struct interval *list; /* 0-based, ascending, apart from each other */
    size_t count;
};

struct targets { /* zero it to begin with */
    size_t contig_count, count;
    int64_t columns; /* in all targets */
    struct contig_targets *contigs;
};

/* `bed` NULL: every contig as a whole. */
int targets_read(struct targets *targets, const char *bed, const struct stream_contigs *contigs,
                 struct failure *why);
void targets_free(struct targets *targets);

enum { TARGETS_NAME_SIZE = 24 };

/* What tells one BED file from another (by its bytes), or from none (`bed` NULL). */
int targets_name(char name[TARGETS_NAME_SIZE], const char *bed, struct failure *why);

/* Drops a contig's targets. */
void targets_drop(struct targets *targets, size_t contig);

/* Whether [begin, end) comes within TARGET_MARGIN of a target. */
bool targets_near(const struct targets *targets, size_t contig, int64_t begin, int64_t end);

/* The number, on its contig, of the target that holds a position (0-based); SIZE_MAX: none. */
size_t targets_find(const struct targets *targets, size_t contig, int64_t position);

#endif
