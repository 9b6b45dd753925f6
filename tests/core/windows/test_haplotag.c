/* SPDX-License-Identifier: MIT
 *
 * The sum of votes (2.3), by hand; random reads are compared in test_full_window.c. */
#include "core/windows/haplotag.h"

#include "tests/core/windows/snp_reads.h"

static struct haplotagger tagger;

static void release(void) {
    haplotagger_release(&tagger);
}

TestSuite(haplotag, .fini = release);

static int tag(const struct phased_snp *snps, size_t count) {
    struct reference reference = hand_reference(CONTIG);
    struct reference_view view;
    int haplotype = -1;
    reference_view_begin(&view, &reference);
    cr_assert_eq(haplotag(&tagger, &read.alignment, snps, count, &view, &haplotype, NULL),
                 STATUS_OK);
    return haplotype;
}

Test(haplotag, allele_and_type) {
    struct phased_snp snp = {.position = 30, .alt = 'C', .type = 1, .phase_set = 5};
    read_with(5, 50, -1, 0);
    cr_assert_eq(tag(&snp, 1), 1); /* reference allele of 0|1 */
    read_with(5, 50, 30, 'C');
    cr_assert_eq(tag(&snp, 1), 2);
    snp.type = 2;
    cr_assert_eq(tag(&snp, 1), 1);
    read_with(5, 50, 30, 'G'); /* neither allele: as far from both */
    cr_assert_eq(tag(&snp, 1), 0);
}

Test(haplotag, mapping_quality_below_20) {
    struct phased_snp snp = {.position = 30, .alt = 'C', .type = 1};
    read_with(5, 50, -1, 0);
    read.alignment.mapq = 19;
    cr_assert_eq(tag(&snp, 1), 0);
    read.alignment.mapq = 20;
    cr_assert_eq(tag(&snp, 1), 1);
}

Test(haplotag, a_tie_is_two) {
    const struct phased_snp snps[] = {{20, 'A', 1, 5}, {40, 'A', 2, 6}};
    read_with(5, 50, -1, 0);
    cr_assert_eq(tag(snps, 1), 1);
    cr_assert_eq(tag(snps, 2), 2); /* +1 and -1 */
}

/* The extremes of phase sets are compared, not their sum. */
Test(haplotag, phase_sets_are_not_added) {
    const struct phased_snp snps[] = {
        {18, 'T', 2, 5}, {22, 'A', 2, 6}, {26, 'C', 2, 7}, {30, 'C', 1, 8}, {34, 'A', 1, 8}};
    read_with(2, 55, -1, 0);
    cr_assert_eq(tag(snps, 5), 1); /* +2 against three times -1 */
}

Test(haplotag, none_outside_the_read) {
    const struct phased_snp snps[] = {{4, 'A', 1, 5}, {55, 'A', 1, 5}};
    read_with(5, 50, -1, 0);
    cr_assert_eq(tag(snps, 2), 0);
    cr_assert_eq(tag(NULL, 0), 0);
}
