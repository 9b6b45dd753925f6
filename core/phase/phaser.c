/* SPDX-License-Identifier: MIT
 *
 * A SNP's side is 1 where the first haplotype has the reference's letter, -1 where it has the
 * alternative, 0 where the SNP is left out.  A read's sum is that of its alleles (1, -1) times the
 * sides: positive on the first haplotype.  Disagreement is least where the sums of the absolute
 * values of these sums are greatest.
 *
 * Twice each SNP joins those before it and is looked at again, in the order of the SNPs.  A step
 * asks only for the sums of the SNP's reads, so it need not wait for the step before it to be
 * through with the contig: it follows as soon as that one has passed the ends of these reads. */
#include "core/phase/phaser.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 2,
    BALANCE = 4, /* begun is with SNPs whose rarer allele has at least one in so many reads */
    DOUBT = 4,   /* a SNP is left out where more than one in so many reads contradicts */
    LINK_MIN = 1 /* what reads must say for a SNP to join those before it, less what contradicts */
};

struct read {
    size_t last;          /* SNP that it shows */
    int32_t sums[ROUNDS]; /* over its SNPs that have joined */
    int32_t left;         /* over its SNPs that are settled */
    int32_t more;         /* its share in `link` */
};

struct shown { /* an allele of a read; the read belongs to its last one */
    struct read *read;
    int sign; /* 1: the reference's, -1: the alternative's */
};

struct snp {
    struct shown *shown; /* by the reads that count, as they came */
    uint32_t count, room;
    int8_t side;
    size_t last; /* SNP that any of these reads shows */
};

struct phaser {
    struct phased_snp *out;
    struct snp *snps;
    size_t count;
    /* SNPs before these ... */
    size_t known;          /* get no more reads */
    size_t joined[ROUNDS]; /* have joined those before them */
    size_t agreed[ROUNDS]; /* were looked at again */
    size_t settled;        /* are told; their reads and alleles are gone */
    /* How many alleles of reads would be wrong, were all from SNP `settled` on exchanged, more than
     * are wrong now. */
    int64_t link;
    int64_t phase_set; /* under way; -1 before the first */
};

int phaser_new(struct phaser **out, struct failure *why) {
    if ((*out = calloc(1, sizeof **out)) == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
    return STATUS_OK;
}

static void forget_shown(struct phaser *p, size_t s) {
    struct snp *snp = &p->snps[s];
    for (uint32_t i = 0; i < snp->count; i++)
        if (snp->shown[i].read->last == s)
            free(snp->shown[i].read);
    free(snp->shown);
    snp->shown = NULL;
    snp->count = snp->room = 0;
}

static void forget_contig(struct phaser *p) {
    for (size_t s = p->settled; s < p->count; s++)
        forget_shown(p, s);
    free(p->snps);
    *p = (struct phaser){.phase_set = -1};
}

void phaser_free(struct phaser *p) {
    if (p != NULL)
        forget_contig(p);
    free(p);
}

int phaser_begin(struct phaser *p, struct phased_snp *snps, size_t snp_count, struct failure *why) {
    forget_contig(p);
    if ((p->snps = calloc(snp_count + 1, sizeof *p->snps)) == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
    for (size_t s = 0; s < snp_count; s++)
        snps[s].type = 0;
    p->out = snps;
    p->count = snp_count;
    return STATUS_OK;
}

/* ---- the steps ------------------------------------------------------------------------------ */

/* Adds a SNP's alleles, as its side is, to the sums of its reads, or, with -1, takes them out. */
static void add_to_sums(const struct snp *snp, int round, int times) {
    for (uint32_t i = 0; i < snp->count; i++)
        snp->shown[i].read->sums[round] += times * snp->side * snp->shown[i].sign;
}

/* Takes a SNP that is heterozygous for sure, so that wrong calls, whose alternatives are few as a
 * rule, do not lead astray. */
static void take_if_balanced(struct snp *snp) {
    uint32_t alternatives = 0;
    for (uint32_t i = 0; i < snp->count; i++)
        alternatives += snp->shown[i].sign < 0;
    uint32_t others = snp->count - alternatives,
             rarer = alternatives < others ? alternatives : others;
    snp->side = BALANCE * rarer >= snp->count;
}

/* A SNP joins those before it as the reads say that cover both. */
static void join(struct snp *snp, int round) {
    int64_t votes = 0;
    if (round == 0)
        take_if_balanced(snp);
    for (uint32_t i = 0; i < snp->count; i++)
        votes += (int64_t)snp->shown[i].sign * snp->shown[i].read->sums[round];
    if (snp->side != 0)
        snp->side = votes < 0 ? -1 : 1;
    add_to_sums(snp, round, 1);
}

/* Takes or leaves a SNP, by what the others say of its reads. */
static void agree(struct snp *snp, int round) {
    uint32_t for_it = 0, against = 0;
    add_to_sums(snp, round, -1);
    for (uint32_t i = 0; i < snp->count; i++) {
        int32_t vote = snp->shown[i].read->sums[round] * snp->shown[i].sign;
        for_it += vote > 0;
        against += vote < 0;
    }
    uint32_t fewer = for_it < against ? for_it : against;
    bool agrees = for_it + against > 0 && DOUBT * fewer <= for_it + against;
    snp->side = (int8_t)(!agrees ? 0 : for_it > against ? 1 : -1);
    add_to_sums(snp, round, 1);
}

/* The side becomes a type; a new phase set begins where reads do not link. */
static void settle(struct phaser *p, size_t s) {
    const struct snp *snp = &p->snps[s];
    if (snp->side != 0) {
        if (p->phase_set < 0 || p->link < LINK_MIN)
            p->phase_set = p->out[s].position + 1;
        p->out[s].type = snp->side > 0 ? 1 : 2;
        p->out[s].phase_set = p->phase_set;
    }
    for (uint32_t i = 0; i < snp->count; i++) { /* the link to the next */
        struct read *read = snp->shown[i].read;
        int32_t sum = read->sums[ROUNDS - 1];
        p->link -= read->more;
        read->left += snp->side * snp->shown[i].sign;
        read->more = (abs(sum) - abs(2 * read->left - sum)) / 2; /* 0 behind its last SNP */
        p->link += read->more;
    }
    forget_shown(p, s);
}

/* Every step as far as it can go. */
static void advance(struct phaser *p) {
    size_t through = p->known;
    for (int round = 0; round < ROUNDS; round++) {
        while (p->joined[round] < through)
            join(&p->snps[p->joined[round]++], round);
        through = p->joined[round];
        while (p->agreed[round] < through && p->snps[p->agreed[round]].last < through)
            agree(&p->snps[p->agreed[round]++], round);
        through = p->agreed[round];
    }
    while (p->settled < through && p->snps[p->settled].last < through)
        settle(p, p->settled++);
}

/* ---- reads come ----------------------------------------------------------------------------- */

static bool has_room(struct snp *snp) {
    if (snp->count < snp->room)
        return true;
    uint32_t room = snp->room ? 2 * snp->room : 16;
    struct shown *larger = realloc(snp->shown, room * sizeof *larger);
    if (larger == NULL)
        return false;
    snp->shown = larger;
    snp->room = room;
    return true;
}

static bool is_wanted(struct phaser *p, const struct snp_allele *alleles, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (p->snps[alleles[i].snp].count < PHASER_DEPTH)
            return count > 1;
    return false;
}

int phaser_add(struct phaser *p, int64_t begin, const struct snp_allele *alleles, size_t count,
               bool *used, struct failure *why) {
    size_t known = p->known;
    while (p->known < p->count && p->out[p->known].position < begin)
        p->known++;
    if (p->known > known)
        advance(p);
    *used = is_wanted(p, alleles, count);
    if (!*used)
        return STATUS_OK;
    struct read *read = calloc(1, sizeof *read);
    bool fits = read != NULL;
    for (size_t i = 0; fits && i < count; i++)
        fits = has_room(&p->snps[alleles[i].snp]);
    if (!fits) {
        free(read);
        return fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
    }
    read->last = alleles[count - 1].snp;
    for (size_t i = 0; i < count; i++) {
        struct snp *snp = &p->snps[alleles[i].snp];
        snp->shown[snp->count++] = (struct shown){read, alleles[i].allele == 2 ? -1 : 1};
        snp->last = snp->last > read->last ? snp->last : read->last;
    }
    return STATUS_OK;
}

void phaser_end(struct phaser *p) {
    p->known = p->count;
    advance(p);
}

size_t phaser_settled(const struct phaser *p) {
    return p->settled;
}
