/* SPDX-License-Identifier: MIT
 *
 * Alleles of reads at SNPs (2.3), by hand; random reads are compared in test_full_window.c. */
#include "core/windows/snp_alleles.h"

#include "tests/core/windows/snp_reads.h"

static struct snp_alleles alleles;

static void release(void) {
    snp_alleles_release(&alleles);
}

TestSuite(snp_alleles, .fini = release);

static void find(const struct phased_snp *snps, size_t count, const char *contig) {
    struct reference reference = hand_reference(contig);
    struct reference_view view;
    reference_view_begin(&view, &reference);
    cr_assert_eq(snp_alleles_find(&alleles, &read.alignment, snps, count, &view, NULL), STATUS_OK);
}

/* The allele at the one SNP; 0: none. */
static int allele_at(int64_t position, char alt, const char *contig) {
    const struct phased_snp snp = {.position = position, .alt = alt};
    find(&snp, 1, contig);
    return alleles.count == 0 ? 0 : alleles.list[0].allele;
}

Test(snp_alleles, either_or_none) {
    read_with(5, 50, -1, 0);
    cr_expect_eq(allele_at(30, 'C', CONTIG), 1);
    read_with(5, 50, 30, 'C');
    cr_expect_eq(allele_at(30, 'C', CONTIG), 2);
    read_with(5, 50, 30, 'G'); /* as far from both */
    cr_expect_eq(allele_at(30, 'C', CONTIG), 0);
}

/* More than the list has room for at first, those outside of the read left out. */
Test(snp_alleles, many_in_order) {
    struct phased_snp snps[120];
    char contig[1001], letters[801];
    for (int i = 0; i < 1000; i++)
        contig[i] = CONTIG[i % 60];
    contig[1000] = '\0';
    memcpy(letters, contig + 100, 800);
    letters[800] = '\0';
    for (size_t s = 0; s < 120; s++)
        snps[s] = (struct phased_snp){.position = 20 + 8 * (int64_t)s, .alt = 'N'};
    hand_read(&read, "800M", 100, letters);
    find(snps, 120, contig);
    cr_assert_eq(alleles.count, 100);
    for (size_t i = 0; i < alleles.count; i++)
        cr_expect(alleles.list[i].snp == 10 + i && alleles.list[i].allele == 1);
}

/* 4.11: without 11 bases to the right the reference allele wins as a rule. */
Test(snp_alleles, near_the_reads_end) {
    read_with(5, 50, 50, 'A');
    cr_expect_eq(allele_at(50, 'A', CONTIG), 1);
}

/* Soft-masked reference (4.10): only the upper-case alternative can match. */
Test(snp_alleles, lower_case_mismatches) {
    char masked[sizeof CONTIG];
    for (size_t i = 0; i < sizeof CONTIG; i++)
        masked[i] = (char)(CONTIG[i] >= 'A' ? CONTIG[i] - 'A' + 'a' : CONTIG[i]);
    read_with(5, 50, -1, 0);
    cr_expect_eq(allele_at(30, 'C', masked), 0);
    read_with(5, 50, 30, 'C');
    cr_expect_eq(allele_at(30, 'C', masked), 2);
}

/* A SNP where an insertion stands is looked at there, once; one in an N not at all. */
Test(snp_alleles, insertion_and_skip) {
    char letters[100];
    snprintf(letters, sizeof letters, "%.25sGG%.25s", CONTIG + 5, CONTIG + 30);
    hand_read(&read, "25M2I25M", 5, letters);
    cr_expect_eq(allele_at(30, 'C', CONTIG), 1);
    cr_expect_eq(alleles.count, 1);
    snprintf(letters, sizeof letters, "%.20s%.20s", CONTIG + 5, CONTIG + 35);
    hand_read(&read, "20M10N20M", 5, letters);
    cr_expect_eq(allele_at(30, 'C', CONTIG), 0);
}

/* 4.20: an N to the left, closer than 10 bases to the contig's begin. */
Test(snp_alleles, before_the_contig) {
    char letters[100];
    snprintf(letters, sizeof letters, "%.2s%.30s", CONTIG, CONTIG + 5);
    hand_read(&read, "2M3N30M", 0, letters);
    cr_expect_eq(allele_at(6, 'C', CONTIG), 0);
}
