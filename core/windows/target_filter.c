/* SPDX-License-Identifier: MIT
 *
 * Extended regions of 1.11 (specification of windows): each BED line or known site widened by
 * 33 on both sides; a candidate passes if its two-base interval overlaps one. */
#include "core/windows/target_filter.h"

enum { EXTENSION = WINDOW_WIDTH, CANDIDATE_WIDTH = 2 };

void target_filter_begin(struct target_filter *filter, const struct pileup_targets *targets) {
    *filter = (struct target_filter){.targets = {.begin = 0, .end = INT64_MAX}};
    if (targets != NULL)
        filter->targets = *targets;
}

/* Region number i before it is extended.  A site too close to the contig's begin has none. */
static struct interval region(const struct pileup_targets *t, size_t i) {
    if (t->has_bed)
        return t->bed[i];
    int64_t site = t->sites[i];
    if (site <= EXTENSION)
        return (struct interval){.begin = INT64_MIN / 2, .end = INT64_MIN / 2};
    return (struct interval){.begin = site - 1, .end = site};
}

static bool in_extended_region(struct target_filter *f, int64_t position) {
    size_t count = f->targets.has_bed ? f->targets.bed_count : f->targets.site_count;
    while (f->next_region < count) {
        struct interval r = region(&f->targets, f->next_region);
        if (r.begin - EXTENSION >= position + CANDIDATE_WIDTH)
            break;
        if (r.end + EXTENSION > f->reached)
            f->reached = r.end + EXTENSION;
        f->next_region++;
    }
    return f->reached > position;
}

static bool is_site(struct target_filter *f, int64_t position) {
    const struct pileup_targets *t = &f->targets;
    while (f->next_site < t->site_count && t->sites[f->next_site] - 1 < position)
        f->next_site++;
    return f->next_site < t->site_count && t->sites[f->next_site] - 1 == position;
}

bool target_filter_passes(struct target_filter *f, int64_t position) {
    if (f->targets.has_sites && !is_site(f, position))
        return false;
    if (f->targets.has_bed || f->targets.has_sites)
        return in_extended_region(f, position);
    return true;
}
