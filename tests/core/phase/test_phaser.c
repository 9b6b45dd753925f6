/* SPDX-License-Identifier: MIT
 *
 * Phasing of simulated reads, whose haplotypes are known, beside the same steps contig by contig,
 * and of small random ones, where all ways to phase can be tried. */
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

static int by_begin(const void *a, const void *b) {
    const struct read *one = a, *other = b;
    return (one->alleles->snp > other->alleles->snp) - (one->alleles->snp < other->alleles->snp);
}

static void expect_settled(const struct phased_snp *told, size_t count) {
    for (size_t s = 0; s < count; s++)
        cr_assert(snps[s].type == told[s].type && snps[s].phase_set == told[s].phase_set,
                  "SNP %zu changed after it was settled", s);
}

/* All reads; what is settled stays as it is. */
static void phase(void) {
    static struct phased_snp told[SNPS_MAX];
    size_t settled = 0;
    bool used;
    qsort(reads, read_count, sizeof *reads, by_begin);
    cr_assert_eq(phaser_begin(phaser, snps, snp_count, NULL), STATUS_OK);
    for (size_t r = 0; r < read_count; r++) {
        const struct read *read = &reads[r];
        cr_assert_eq(phaser_add(phaser, snps[read->alleles->snp].position, read->alleles,
                                read->count, &used, NULL),
                     STATUS_OK);
        for (; settled < phaser_settled(phaser); settled++)
            told[settled] = snps[settled];
        expect_settled(told, settled);
    }
    phaser_end(phaser);
    cr_assert_eq(phaser_settled(phaser), snp_count);
    expect_settled(told, settled);
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
    for (size_t r = 0; r < read_count / 2; r++) { /* and then those with one begin stay so */
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
    make_snps(6, 0);
    cr_assert_eq(phaser_begin(phaser, snps, snp_count, NULL), STATUS_OK);
    cr_expect_eq(phaser_add(phaser, 400, &one, 1, &used, NULL), STATUS_OK);
    cr_expect_not(used);
    for (size_t i = 0; i < PHASER_DEPTH; i++) {
        cr_expect_eq(phaser_add(phaser, 400, two, 2, &used, NULL), STATUS_OK);
        cr_expect(used);
    }
    cr_expect_eq(phaser_add(phaser, 400, two, 2, &used, NULL), STATUS_OK);
    cr_expect_not(used);
    cr_expect_eq(phaser_add(phaser, 500, far, 2, &used, NULL),
                 STATUS_OK); /* shows one that is not deep */
    cr_expect(used);
}

Test(phaser, nothing_to_do) {
    cr_expect_eq(phaser_begin(phaser, NULL, 0, NULL), STATUS_OK);
    phaser_end(phaser);
    make_snps(3, 0);
    phase();
    for (size_t s = 0; s < snp_count; s++)
        cr_expect_eq(snps[s].type, 0);
}

/* A SNP is settled soon after the reads that say of it, and a contig may be left in its middle. */
Test(phaser, settles_as_reads_come) {
    enum { SPAN = 6 };
    bool used;
    make_snps(SNPS_MAX, 0.1);
    make_reads(20, SPAN, 0.05);
    phase();
    cr_assert_eq(phaser_begin(phaser, snps, snp_count, NULL), STATUS_OK);
    for (size_t r = 0; r < read_count / 2; r++) {
        size_t first = reads[r].alleles->snp;
        cr_assert_eq(
            phaser_add(phaser, snps[first].position, reads[r].alleles, reads[r].count, &used, NULL),
            STATUS_OK);
        cr_expect_lt(phaser_settled(phaser), first + 1);
        cr_expect_geq(phaser_settled(phaser) + 5 * 2 * SPAN, first, "%zu at %zu",
                      phaser_settled(phaser), first);
    }
    phase();
}

/* ---- step by step over the whole contig ---- */

static int sides[SNPS_MAX];

static int sign_of(const struct snp_allele *allele) {
    return allele->allele == 2 ? -1 : 1;
}

/* What a read that counts shows at a SNP; NULL: nothing. */
static const struct snp_allele *shown(size_t r, size_t s) {
    for (size_t i = 0; reads[r].count > 1 && i < reads[r].count; i++)
        if (reads[r].alleles[i].snp == s)
            return &reads[r].alleles[i];
    return NULL;
}

/* By the SNPs before it (`joins`) or by all others. */
static void decide(size_t s, bool joins) {
    int votes = 0, for_it = 0, against = 0;
    for (size_t r = 0; r < read_count; r++) {
        const struct snp_allele *allele = shown(r, s);
        int vote = 0;
        for (size_t i = 0; allele && i < reads[r].count; i++) {
            size_t other = reads[r].alleles[i].snp;
            if (joins ? other < s : other != s)
                vote += sides[other] * sign_of(&reads[r].alleles[i]) * sign_of(allele);
        }
        votes += vote;
        for_it += vote > 0;
        against += vote < 0;
    }
    int fewer = for_it < against ? for_it : against;
    if (joins)
        sides[s] = sides[s] == 0 ? 0 : votes < 0 ? -1 : 1;
    else
        sides[s] = for_it + against == 0 || 4 * fewer > for_it + against ? 0
                   : for_it > against                                    ? 1
                                                                         : -1;
}

static void begin_sides(void) {
    for (size_t s = 0; s < snp_count; s++) {
        size_t all = 0, alternatives = 0;
        for (size_t r = 0; r < read_count; r++) {
            const struct snp_allele *allele = shown(r, s);
            all += allele != NULL;
            alternatives += allele != NULL && allele->allele == 2;
        }
        size_t rarer = alternatives < all - alternatives ? alternatives : all - alternatives;
        sides[s] = 4 * rarer >= all;
    }
}

/* More alleles that are wrong, were all from SNP s on exchanged. */
static int link_to(size_t s) {
    int more = 0;
    for (size_t r = 0; r < read_count; r++) {
        int left = 0, right = 0;
        for (size_t i = 0; reads[r].count > 1 && i < reads[r].count; i++) {
            const struct snp_allele *allele = &reads[r].alleles[i];
            *(allele->snp < s ? &left : &right) += sides[allele->snp] * sign_of(allele);
        }
        more += (abs(left + right) - abs(left - right)) / 2;
    }
    return more;
}

Test(phaser, steps_of_the_whole_contig) {
    for (int run = 0; run < 60; run++) {
        read_count = 0;
        make_snps(20 + (size_t)rand() % 40, run % 3 * 0.25);
        size_t span = 2 + (size_t)rand() % 7;
        make_reads(2 + (size_t)rand() % 12, span, run % 4 * 0.06);
        for (size_t s = 0; s + 12 < snp_count; s += 9) /* long ones among them, and gaps */
            make_read(s, 12, 0.1);
        phase();
        begin_sides();
        for (int step = 0; step < 4; step++)
            for (size_t s = 0; s < snp_count; s++)
                decide(s, step % 2 == 0);
        int64_t set = -1;
        for (size_t s = 0; s < snp_count; s++) {
            if (sides[s] != 0 && (set < 0 || link_to(s) < 1))
                set = snps[s].position + 1;
            cr_assert_eq(snps[s].type,
                         sides[s] == 0  ? 0
                         : sides[s] > 0 ? 1
                                        : 2,
                         "run %d, SNP %zu", run, s);
            cr_assert(sides[s] == 0 || snps[s].phase_set == set, "run %d, SNP %zu: set", run, s);
        }
    }
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
