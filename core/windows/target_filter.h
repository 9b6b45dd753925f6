/* SPDX-License-Identifier: MIT
 *
 * Whether a candidate lies where windows are wanted: known sites, a BED file (specification of
 * windows, 1.11).  Candidates come in ascending order, so one cursor through each list is all. */
#ifndef CORE_WINDOWS_TARGET_FILTER_H
#define CORE_WINDOWS_TARGET_FILTER_H

#include "core/windows/pileup_window.h"

struct target_filter {
    struct pileup_targets targets;
    size_t next_region; /* of the BED lines or known sites */
    int64_t reached;    /* the furthest end of the extended regions passed so far */
    size_t next_site;   /* the first known site not before the candidate */
};

void target_filter_begin(struct target_filter *filter, const struct pileup_targets *targets);

/* For a candidate at `position` (0-based), which must not be before the last one asked for. */
bool target_filter_passes(struct target_filter *filter, int64_t position);

#endif
