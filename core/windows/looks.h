/* SPDX-License-Identifier: MIT
 *
 * When to look at a site again while reads come in any order: a rule of the reads alone.  A column
 * is looked at when `first` reads cover it, and then whenever as many more have come as the greater
 * of `step` and `growth` times its depth at the last look.  Depth is the number of alignments that
 * span the column, deletions and skips among them.
 *
 *     looks_new(&looks, intervals, count, &rule, &why);
 *     for each alignment that is used:
 *         looks_add(looks, position, position + span);
 *         while (looks_next(looks, &run))
 *             look at the columns [run.begin, run.end)
 *
 * Columns are those of the targets of one contig; 4 bytes each. */
#ifndef CORE_WINDOWS_LOOKS_H
#define CORE_WINDOWS_LOOKS_H

#include "core/status.h"
#include "core/windows/pileup_window.h"

struct look_rule {
    uint32_t first; /* at least 1 */
    uint32_t step;  /* at least 1 */
    double growth;  /* 0 or more */
};

/* First at 8 reads, then by at least 2 and a quarter. */
extern const struct look_rule look_rule_default;

struct looks;

/* `targets` ascend and do not overlap; copied.  Depth is counted up to 16383. */
int looks_new(struct looks **out, const struct interval *targets, size_t count,
              const struct look_rule *rule, struct failure *why);
void looks_free(struct looks *looks); /* accepts NULL */

/* Counts an alignment that spans [begin, end). */
void looks_add(struct looks *looks, int64_t begin, int64_t end);

/* The next run of columns, ascending, that are due since the alignment added last; false: no more.
 * A run that was given counts as looked at. */
bool looks_next(struct looks *looks, struct interval *run);

/* Depth of a column, 0 outside the targets. */
uint32_t looks_depth(const struct looks *looks, int64_t position);

/* Sets whether a column (of a target) showed a candidate, and says whether it did before. */
bool looks_note(struct looks *looks, int64_t position, bool candidate);

/* The next column of [begin, end) that is noted as a candidate, or INT64_MAX. */
int64_t looks_noted(const struct looks *looks, int64_t begin, int64_t end);

/* Mean depth of a target, by its number. */
double looks_target_depth(const struct looks *looks, size_t target);

/* The targets that the alignment added last overlaps: [*first, *end) by number. */
void looks_touched(const struct looks *looks, size_t *first, size_t *end);

#endif
