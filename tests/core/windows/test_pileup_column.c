/* SPDX-License-Identifier: MIT
 *
 * Channels and the candidate rule of one column (1.3, 1.5, 1.6, 1.12). */
#include "core/windows/pileup_column.h"

#include <criterion/criterion.h>

static struct pileup_column sum_of(const uint32_t base[4], char letter) {
    static const uint32_t none[4];
    struct column column = {.base = {base, none}};
    struct pileup_column sums;
    pileup_column_sum(&sums, &column, letter);
    return sums;
}

static bool is_candidate(uint32_t a, uint32_t c, uint32_t g, uint32_t t, char letter,
                         const struct pileup_options *options) {
    struct pileup_column sums = sum_of((const uint32_t[4]){a, c, g, t}, letter);
    return pileup_column_is_candidate(&sums, options);
}

Test(pileup_column, shares_are_float32) {
    struct pileup_options o = pileup_options_default;
    cr_assert(is_candidate(23, 2, 0, 0, 'A', &o)); /* 2 of 25 reaches 0.08 */
    cr_assert(!is_candidate(24, 2, 0, 0, 'A', &o));
    o.snp_min_af = 0.15F;
    cr_assert(is_candidate(17, 3, 0, 0, 'a', &o)); /* 3 of 20 reaches 0.15 */
    cr_assert(!is_candidate(18, 3, 0, 0, 'A', &o));
}

Test(pileup_column, majority_and_ties) {
    struct pileup_options o = pileup_options_default;
    o.snp_min_af = o.indel_min_af = 2.0F;
    cr_assert(is_candidate(5, 6, 0, 0, 'A', &o));
    cr_assert(is_candidate(5, 5, 0, 0, 'A', &o));  /* A sorts before C */
    cr_assert(!is_candidate(5, 5, 0, 0, 'C', &o)); /* C does not sort before A */
    cr_assert(!is_candidate(6, 5, 0, 0, 'A', &o));
    o.call_snp_only = true; /* leaves the share alone */
    cr_assert(!is_candidate(5, 6, 0, 0, 'A', &o));
}

Test(pileup_column, depth_and_letter) {
    struct pileup_options o = pileup_options_default;
    cr_assert(!is_candidate(0, 1, 0, 0, 'A', &o));
    o.min_coverage = 1;
    cr_assert(is_candidate(0, 1, 0, 0, 'A', &o));
    cr_assert(!is_candidate(0, 9, 0, 0, 'N', &o));
    cr_assert(!is_candidate(0, 9, 0, 0, 'R', &o));
    o.snp_min_af = 0.0F; /* a column of depth 0 has its depth taken as 1 */
    cr_assert(is_candidate(0, 0, 0, 0, 'A', &o));
    cr_assert_eq(sum_of((const uint32_t[4]){0}, 'A').depth, 1);
}

Test(pileup_column, one_kind_of_indel_is_enough) {
    static const uint32_t none[4], two[4] = {2, 0, 0, 0};
    struct indel_table table = {0};
    struct pileup_options o = pileup_options_default;
    o.snp_min_af = o.indel_min_af = 2.0F;
    for (int i = 0; i < 3; i++)
        cr_assert_eq(indel_table_add(&table, NULL, 4 + i / 2, i % 2, NULL), STATUS_OK);
    struct column column = {.base = {two, none}, .deletions = &table};
    struct pileup_column sums;
    pileup_column_sum(&sums, &column, 'A');
    cr_assert_eq(sums.indels[DELETED][0], 2);
    cr_assert_eq(sums.indels[DELETED][1], 1);
    cr_assert_eq(sums.most[DELETED][0], 1);
    cr_assert(pileup_column_is_candidate(&sums, &o)); /* 2 < 3 */
    o.call_snp_only = true;
    cr_assert(!pileup_column_is_candidate(&sums, &o));
    indel_table_release(&table);
}

/* The reference's channel holds minus the sum of the strand; N counts as A. */
Test(pileup_column, channels) {
    static const uint32_t forward[4] = {1, 2, 3, 4}, reverse[4] = {5, 6, 7, 8};
    struct column column = {.base = {forward, reverse}, .deleted = {9, 10}, .other = 11};
    static const char letters[] = "ACGTNg";
    for (int i = 0; letters[i] != '\0'; i++) {
        struct pileup_column sums;
        int32_t channels[PILEUP_CHANNELS];
        pileup_column_sum(&sums, &column, letters[i]);
        pileup_column_channels(channels, &sums, &column);
        int r = letters[i] == 'N' ? 0 : letters[i] == 'g' ? 2 : i;
        for (int b = 0; b < 4; b++) {
            cr_assert_eq(channels[b], b == r ? -10 : (int32_t)forward[b]);
            cr_assert_eq(channels[9 + b], b == r ? -26 : (int32_t)reverse[b]);
        }
        cr_assert(channels[8] == 9 && channels[17] == 10);
        cr_assert_eq(sums.depth, 10 + 26 + 19 + 11);
    }
}

/* The example of 1.12: C 2, G 5, T 3 at reference A gives 7. */
Test(pileup_column, gvcf_total_leaves_out_what_is_below_the_largest_so_far) {
    struct pileup_column sums = sum_of((const uint32_t[4]){20, 2, 5, 3}, 'A');
    cr_assert_eq(sums.ref, 20);
    cr_assert_eq(pileup_column_total(&sums), 27);
}
