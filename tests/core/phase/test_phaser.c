/* SPDX-License-Identifier: MIT
 *
 * Phasing of simulated reads, whose haplotypes are known, and of small random ones, where all
 * ways to phase can be tried. */
#include "core/phase/phaser.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { SNPS_MAX = 400, READS_MAX = 4000, SPAN_MAX = 24 };

static struct phaser *phaser;
static struct phased_snp snps[SNPS_MAX];
static int
    truth[SNPS_MAX]; /* 1: the first haplotype has the reference's letter; 2; 0: no SNP at all */
static size_t snp_count;

static struct read {
    struct snp_allele alleles[SPAN_MAX];
    size_t count;
} reads[READS_MAX];
static size_t read_count;

static void begin(void) {
    cr_assert_eq(phaser_new(&phaser, NULL), STATUS_OK);
    srand(7);
    snp_count = read_count = 0;
}

static void end(void) {
    phaser_free(phaser);
}

TestSuite(phaser, .init = begin, .fini = end);

static bool happens(double share) {
    return rand() < share * RAND_MAX;
}

/* SNPs at 101, 201, ... of which a share is wrong. */
static void make_snps(size_t count, double wrong) {
    snp_count = count;
    for (size_t s = 0; s < count; s++) {
        snps[s] = (struct phased_snp){.position = 100 * (int64_t)(s + 1), .alt = 'A'};
        truth[s] = happens(wrong) ? 0 : 1 + rand() % 2;
    }
}

/* A read of `count` SNPs from `first` on, of either haplotype; alleles are read wrong now and then,
 * and of wrong SNPs a quarter of the reads shows the alternative. */
static void make_read(size_t first, size_t count, double error) {
    struct read *read = &reads[read_count++];
    int haplotype = 1 + rand() % 2;
    *read = (struct read){.count = 0};
    for (size_t s = first; s < first + count && s < snp_count; s++) {
        int allele = truth[s] == 0 ? 1 + happens(0.25) : truth[s] == haplotype ? 1 : 2;
        if (truth[s] != 0 && happens(error))
            allele = 3 - allele;
        read->alleles[read->count++] = (struct snp_allele){s, allele};
    }
}

static void make_reads(size_t depth, size_t span, double error) {
    for (size_t s = 0; s + 1 < snp_count; s++)
        for (size_t i = 0; i < (depth + span - 1) / span; i++)
            make_read(s, span / 2 + (size_t)rand() % span, error);
}

static void phase(void) {
    bool used;
    for (size_t r = 0; r < read_count; r++)
        cr_assert_eq(phaser_add(phaser, reads[r].alleles, reads[r].count, &used, NULL), STATUS_OK);
    cr_assert_eq(phaser_phase(phaser, snps, snp_count, NULL), STATUS_OK);
}

/* How often a haplotype changes into the other within a phase set. */
static size_t switches(void) {
    size_t count = 0, before = SIZE_MAX;
    for (size_t s = 0; s < snp_count; s++) {
        if (snps[s].type == 0 || truth[s] == 0)
            continue;
        if (before != SIZE_MAX && snps[before].phase_set == snps[s].phase_set)
            count += (snps[before].type == truth[before]) != (snps[s].type == truth[s]);
        before = s;
    }
    return count;
}

static size_t phased(bool is_true) {
    size_t count = 0;
    for (size_t s = 0; s < snp_count; s++)
        count += snps[s].type != 0 && (truth[s] != 0) == is_true;
    return count;
}

Test(phaser, two_haplotypes) {
    make_snps(200, 0);
    make_reads(30, 8, 0.05);
    phase();
    cr_expect_eq(switches(), 0);
    cr_expect_eq(phased(true), 200);
    for (size_t s = 0; s < snp_count; s++)
        cr_expect_eq(snps[s].phase_set, 101);
}

Test(phaser, order_of_reads_does_not_matter) {
    static struct phased_snp before[SNPS_MAX];
    make_snps(100, 0.2);
    make_reads(10, 6, 0.1);
    phase();
    memcpy(before, snps, sizeof before);
    for (size_t r = 0; r < read_count / 2; r++) {
        struct read other = reads[r];
        reads[r] = reads[read_count - 1 - r];
        reads[read_count - 1 - r] = other;
    }
    phase();
    cr_expect_arr_eq(before, snps, sizeof before);
}

/* More than half of the SNPs are none, as those of a poor model are. */
Test(phaser, wrong_snps_are_left_out) {
    make_snps(300, 0.6);
    make_reads(30, 12, 0.03);
    phase();
    size_t all = 0;
    for (size_t s = 0; s < snp_count; s++)
        all += truth[s] != 0;
    cr_expect_eq(switches(), 0);
    cr_expect_geq(phased(true), all * 95 / 100, "%zu of %zu", phased(true), all);
    cr_expect_leq(phased(false), (snp_count - all) / 20, "%zu of %zu", phased(false),
                  snp_count - all);
}

/* No read covers both sides of a gap, and none links the last SNP. */
Test(phaser, sets_end_where_reads_do) {
    make_snps(41, 0);
    for (size_t i = 0; i < 40; i++) {
        make_read(rand() % 15, 5, 0);
        make_read(20 + (size_t)rand() % 15, 5, 0);
        make_read(0, 20, 0);
        make_read(20, 20, 0);
    }
    phase();
    for (size_t s = 0; s < 40; s++) {
        cr_expect_eq(snps[s].phase_set, s < 20 ? 101 : 2101);
        cr_expect_neq(snps[s].type, 0);
    }
    cr_expect_eq(snps[40].type, 0);
    cr_expect_eq(switches(), 0);
}

/* Reads say both things equally often: nothing is claimed. */
Test(phaser, no_link_where_reads_disagree) {
    make_snps(4, 0);
    for (size_t i = 0; i < 20; i++) {
        make_read(0, 2, 0);
        make_read(2, 2, 0);
        reads[read_count++] = (struct read){{{1, 1 + (int)(i / 2 % 2)}, {2, 1 + (int)(i % 2)}}, 2};
    }
    phase();
    cr_expect_eq(snps[0].phase_set, snps[1].phase_set);
    cr_expect_eq(snps[2].phase_set, snps[3].phase_set);
    cr_expect_neq(snps[1].phase_set, snps[2].phase_set);
}

Test(phaser, reads_of_no_use) {
    const struct snp_allele one = {3, 1}, two[] = {{3, 1}, {4, 2}}, far[] = {{4, 1}, {5, 1}};
    bool used = true;
    cr_expect_eq(phaser_add(phaser, &one, 1, &used, NULL), STATUS_OK);
    cr_expect_not(used);
    for (size_t i = 0; i < PHASER_DEPTH; i++) {
        cr_expect_eq(phaser_add(phaser, two, 2, &used, NULL), STATUS_OK);
        cr_expect(used);
    }
    cr_expect_eq(phaser_add(phaser, two, 2, &used, NULL), STATUS_OK);
    cr_expect_not(used);
    cr_expect_eq(phaser_add(phaser, far, 2, &used, NULL),
                 STATUS_OK); /* shows one that is not deep */
    cr_expect(used);
}

Test(phaser, nothing_to_do) {
    cr_expect_eq(phaser_phase(phaser, NULL, 0, NULL), STATUS_OK);
    make_snps(3, 0);
    phase();
    for (size_t s = 0; s < snp_count; s++)
        cr_expect_eq(snps[s].type, 0);
}

/* ---- every way to phase ---- */

/* Alleles that fit to neither haplotype, where bit s of `phasing` is set if SNP s has type 2. */
static size_t disagreement(unsigned phasing) {
    size_t sum = 0;
    for (size_t r = 0; r < read_count; r++) {
        size_t on_first = 0;
        for (size_t i = 0; i < reads[r].count; i++) {
            int type = 1 + (int)(phasing >> reads[r].alleles[i].snp & 1);
            on_first += reads[r].alleles[i].allele == type;
        }
        size_t wrong = reads[r].count - on_first;
        sum += wrong < on_first ? wrong : on_first;
    }
    return sum;
}

Test(phaser, least_disagreement) {
    enum { CASES = 300 };
    size_t compared = 0, more = 0;
    while (compared < CASES) {
        read_count = 0;
        make_snps(9, 0);
        make_reads(16, 4, 0.12);
        phase();
        unsigned ours = 0;
        size_t least = SIZE_MAX;
        bool whole = true; /* else some were left out, and there is nothing to compare with */
        for (size_t s = 0; s < snp_count; s++) {
            whole = whole && snps[s].type != 0 && snps[s].phase_set == snps[0].phase_set;
            ours |= (unsigned)(snps[s].type == 2) << s;
        }
        for (unsigned phasing = 0; whole && phasing < 1U << snp_count; phasing += 2) {
            size_t now = disagreement(phasing);
            least = now < least ? now : least;
        }
        compared += whole;
        more += whole && disagreement(ours) > least;
    }
    cr_expect_leq(more, CASES / 100, "%zu of %d are not the best", more, CASES);
}
