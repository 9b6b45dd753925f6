/* SPDX-License-Identifier: MIT
 *
 * Small cases whose answer is known. */
#include "core/calls/compare.h"

#include "tests/core/calls/contig.h"
#include <math.h>

/* 1-based:          123456789012345678901234567890 */
#define REFERENCE "GATCACGTTTTTAGCATCGGACTGCATGCA"

/* Records as "POS REF ALT GT", one after another, separated by ";". */
static void add_records(struct variants *list, struct reference *reference, const char *records) {
    for (const char *at = records; *at; at += strcspn(at, ";") + (strchr(at, ';') != NULL)) {
        char position[16], ref[64], alt[64], genotype[16], line[256];
        struct site site;
        struct failure why = {0};
        cr_assert_eq(sscanf(at, "%15s %63s %63s %15[^;]", position, ref, alt, genotype), 4);
        snprintf(line, sizeof line, "c\t%s\t.\t%s\t%s\t.\t.\t.\tGT\t%s", position, ref, alt,
                 genotype);
        cr_assert_eq(site_read(&site, line, strlen(line), &why), 0, "%s", why.text);
        cr_assert_eq(variants_add(list, reference, &site, &why), 0, "%s", why.text);
    }
    cr_assert_eq(variants_sort(list, NULL), STATUS_OK);
}

static struct compare_result compare_on(const char *letters, const char *truth, const char *calls) {
    struct contig_letters *contig = contig_of(letters);
    struct variants lists[2] = {0};
    struct compare_result result = {0};
    struct failure why = {0};
    add_records(&lists[0], &contig->reference, truth);
    add_records(&lists[1], &contig->reference, calls);
    cr_assert_eq(compare_contig(&result, &contig->reference, &lists[0], &lists[1], &why), 0, "%s",
                 why.text);
    variants_free(&lists[0]);
    variants_free(&lists[1]);
    free_contig(contig);
    return result;
}

struct expected {
    int snp[4], snp_genotype[4], indel[4], indel_genotype[4]; /* found missed right wrong */
};

static void check_tally(const struct compare_tally *got, const int wanted[4], const char *what,
                        const char *truth, const char *calls) {
    cr_expect(got->found == (uint64_t)wanted[0] && got->missed == (uint64_t)wanted[1] &&
                  got->right == (uint64_t)wanted[2] && got->wrong == (uint64_t)wanted[3],
              "%s | %s: %s is %d %d %d %d", truth, calls, what, (int)got->found, (int)got->missed,
              (int)got->right, (int)got->wrong);
}

static void check(const char *truth, const char *calls, struct expected wanted) {
    struct compare_result got = compare_on(REFERENCE, truth, calls);
    check_tally(&got.of[COMPARE_SNP][COMPARE_ALLELE], wanted.snp, "SNP", truth, calls);
    check_tally(&got.of[COMPARE_SNP][COMPARE_GENOTYPE], wanted.snp_genotype, "SNP GT", truth,
                calls);
    check_tally(&got.of[COMPARE_INDEL][COMPARE_ALLELE], wanted.indel, "indel", truth, calls);
    check_tally(&got.of[COMPARE_INDEL][COMPARE_GENOTYPE], wanted.indel_genotype, "indel GT", truth,
                calls);
}

Test(compare, equal_and_missing_and_invented) {
    check("2 A G 0/1;13 A T 1/1", "2 A G 0/1;20 G C 0/1",
          (struct expected){{1, 1, 1, 1}, {1, 1, 1, 1}, {0}, {0}});
}

Test(compare, genotypes) {
    check("2 A G 0/1", "2 A G 1/1", (struct expected){{1, 0, 1, 0}, {0, 1, 0, 1}, {0}, {0}});
    check("2 A G 0|1", "2 A G 1/0", (struct expected){{1, 0, 1, 0}, {1, 0, 1, 0}, {0}, {0}});
    check("2 A G 1", "2 A G 1/1", (struct expected){{1, 0, 1, 0}, {1, 0, 1, 0}, {0}, {0}});
    check("2 A G,T 1/2", "2 A G 0/1;2 A T 0/1",
          (struct expected){{2, 0, 2, 0}, {2, 0, 2, 0}, {0}, {0}});
}

Test(compare, another_allele_is_wrong) {
    check("2 A G 0/1", "2 A T 0/1", (struct expected){{0, 1, 0, 1}, {0, 1, 0, 1}, {0}, {0}});
}

Test(compare, placement_in_a_repeat_does_not_matter) {
    check("7 GT G 0/1", "11 TT T 0/1", (struct expected){{0}, {0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
}

/* ATC -> G as one record, or as a deletion and a substitution. */
Test(compare, one_record_for_two) {
    check("2 ATC G 1/1", "2 ATC A 1/1;2 A G 1/1",
          (struct expected){{0, 0, 1, 0}, {0, 0, 1, 0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
    check("2 ATC A 0/1;2 A G 0/1", "2 ATC G 0/1",
          (struct expected){{1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
}

/* An insertion right before or behind a substitution, in either order of the letters. */
Test(compare, insertion_beside_substitution) {
    check("2 A AG 1/1;2 A C 1/1", "2 A CG 1/1",
          (struct expected){{1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
    check("2 A AG 1/1;3 T C 1/1", "3 T GC 1/1",
          (struct expected){{1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
    check("3 T TA 1/1;3 T C 1/1", "3 T CA 1/1",
          (struct expected){{1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 1, 0}, {1, 0, 1, 0}});
}

Test(compare, spelling_with_the_wrong_genotype) {
    check("2 ATC G 0/1", "2 ATC A 1/1;2 A G 1/1",
          (struct expected){{0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 1}});
}

/* Half of a pair does not make the haplotype. */
Test(compare, half_a_spelling_is_wrong) {
    check("2 ATC G 1/1", "2 ATC A 1/1", (struct expected){{0}, {0}, {0, 1, 0, 1}, {0, 1, 0, 1}});
}

/* Het alleles that lie on different haplotypes in one file and on one in the other differ in
 * genotype only if they overlap; as separate sites phase is not asked for. */
Test(compare, two_haplotypes_of_one_site) {
    check("18 CGG C,CG 1/2", "18 CG C 0/1;18 CGG C 0/1",
          (struct expected){{0}, {0}, {2, 0, 2, 0}, {2, 0, 2, 0}});
}

/* Once on each haplotype they are the homozygous allele. */
Test(compare, an_allele_called_twice) {
    check("2 A G 0/1", "2 A G 0/1;2 A G 0/1",
          (struct expected){{1, 0, 1, 1}, {1, 0, 1, 1}, {0}, {0}});
    check("2 A G 1/1", "2 A G 0/1;2 A G 0/1",
          (struct expected){{1, 0, 1, 1}, {1, 0, 2, 0}, {0}, {0}});
}

Test(compare, nothing_has_no_ratio) {
    struct compare_result got = compare_on(REFERENCE, "", "");
    cr_expect_eq(got.crowded, 0);
    cr_expect(isnan(compare_precision(&got.of[0][0])) && isnan(compare_f1(&got.of[0][0])));
}

/* More alleles than are searched: counted as they stand, and said. */
Test(compare, a_crowd_is_said) {
    char truth[1024] = "", letters[64];
    memset(letters, 'A', 60);
    letters[60] = '\0';
    for (int i = 1; i <= 2 * (HAPLOTYPES_SIDE_MAX + 1); i += 2) {
        char record[32];
        snprintf(record, sizeof record, "%s%d A C 0/1", i > 1 ? ";" : "", i);
        strcat(truth, record);
    }
    struct compare_result got = compare_on(letters, truth, "40 A C 0/1");
    cr_expect_eq(got.crowded, 1);
    cr_expect_eq(got.of[COMPARE_SNP][COMPARE_ALLELE].missed, HAPLOTYPES_SIDE_MAX + 1);
}

Test(compare, ratios) {
    struct compare_tally tally = {.found = 8, .missed = 2, .right = 9, .wrong = 3};
    cr_expect_float_eq(compare_recall(&tally), 0.8, 1e-12);
    cr_expect_float_eq(compare_precision(&tally), 0.75, 1e-12);
    cr_expect_float_eq(compare_f1(&tally), 2 * 0.8 * 0.75 / 1.55, 1e-12);
}

/* Alleles outside the counted regions can be the match of one inside. */
Test(compare, uncounted_alleles_still_match) {
    struct contig_letters *contig = contig_of(REFERENCE);
    struct variants lists[2] = {0};
    struct compare_result result = {0};
    add_records(&lists[0], &contig->reference, "2 ATC G 1/1");
    add_records(&lists[1], &contig->reference, "2 ATC A 1/1;2 A G 1/1");
    lists[1].items[0].counted = lists[1].items[1].counted = false;
    cr_assert_eq(compare_contig(&result, &contig->reference, &lists[0], &lists[1], NULL), 0);
    cr_expect_eq(result.of[COMPARE_INDEL][COMPARE_GENOTYPE].found, 1);
    cr_expect_eq(result.of[COMPARE_INDEL][COMPARE_GENOTYPE].right, 0);
    cr_expect_eq(result.of[COMPARE_SNP][COMPARE_GENOTYPE].wrong, 0);
    variants_free(&lists[0]);
    variants_free(&lists[1]);
    free_contig(contig);
}
