/* SPDX-License-Identifier: MIT
 *
 * Regions of 1.11: the ends of extended regions, and known sites near a contig's begin. */
#include "core/windows/target_filter.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool passes(const struct pileup_targets *targets, int64_t position) {
    struct target_filter filter;
    target_filter_begin(&filter, targets);
    return target_filter_passes(&filter, position);
}

Test(target_filter, none_passes_all) {
    cr_assert(passes(NULL, 0));
    cr_assert(passes(&(struct pileup_targets){.end = INT64_MAX}, 1000000));
}

/* start - 34 <= pos0 <= end + 32 */
Test(target_filter, ends_of_bed_lines) {
    static const struct interval bed[] = {{100, 110}, {105, 106}, {500, 500}};
    struct pileup_targets targets = {.has_bed = true, .bed = bed, .bed_count = 3};
    cr_assert(!passes(&targets, 65));
    cr_assert(passes(&targets, 66));
    cr_assert(passes(&targets, 142));
    cr_assert(!passes(&targets, 143));
    cr_assert(!passes(&targets, 465));
    cr_assert(passes(&targets, 466));
    cr_assert(passes(&targets, 532));
    cr_assert(!passes(&targets, 533));
}

Test(target_filter, empty_bed_passes_nothing) {
    struct pileup_targets targets = {.has_bed = true};
    cr_assert(!passes(&targets, 100));
}

/* A long line before short ones still counts when the cursor has passed them all. */
Test(target_filter, ascending_candidates_and_nested_lines) {
    static const struct interval bed[] = {{100, 1000}, {200, 201}, {300, 301}};
    struct pileup_targets targets = {.has_bed = true, .bed = bed, .bed_count = 3};
    struct target_filter filter;
    target_filter_begin(&filter, &targets);
    for (int64_t x = 0; x < 1200; x++)
        cr_assert_eq(target_filter_passes(&filter, x), x >= 66 && x <= 1032, "%d", (int)x);
}

/* A site before position 34 has no region of its own: it passes if another one's covers it. */
Test(target_filter, known_sites_near_the_begin) {
    static const int64_t lonely[] = {20}, helped[] = {20, 50}, far[] = {20, 56}, edge[] = {33, 34};
    struct pileup_targets targets = {.has_sites = true, .sites = lonely, .site_count = 1};
    cr_assert(!passes(&targets, 19));
    targets.sites = helped;
    targets.site_count = 2;
    cr_assert(passes(&targets, 19));
    cr_assert(!passes(&targets, 20));
    cr_assert(passes(&targets, 49));
    targets.sites = far; /* the region of 56 begins at 22 */
    cr_assert(!passes(&targets, 19));
    targets.sites = edge;
    targets.site_count = 1;
    cr_assert(!passes(&targets, 32));
    targets.sites = edge + 1;
    cr_assert(passes(&targets, 33));
}
