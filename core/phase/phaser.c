/* SPDX-License-Identifier: MIT
 *
 * A SNP's side is 1 where the first haplotype has the reference's letter, -1 where it has the
 * alternative, 0 where the SNP is left out.  A read's sum is that of its alleles (1, -1) times the
 * sides: positive on the first haplotype.  Disagreement is least where the sums of the absolute
 * values of these sums are greatest. */
#include "core/phase/phaser.h"

#include <stdlib.h>
#include <string.h>

enum {
    BALANCE = 4, /* begun is with SNPs whose rarer allele has at least one in so many reads */
    DOUBT = 4,   /* a SNP is left out where more than one in so many reads contradicts */
    LINK_MIN = 1 /* what reads must say for a SNP to join those before it, less what contradicts */
};

struct phaser {
    /* Read r shows seen[first[r]] up to seen[first[r + 1]]: SNP * 2 + (the alternative ? 1 : 0). */
    uint32_t *seen;
    size_t *first;
    size_t seen_count, seen_room, read_count, read_room;
    uint32_t *depth; /* by SNP */
    size_t depth_count;

    /* While phasing. */
    size_t snp_count;
    size_t *snp_first; /* SNP s is shown by shown[snp_first[s]] up to shown[snp_first[s + 1]]: */
    uint32_t *shown;   /* read * 2 + (the alternative ? 1 : 0) */
    int8_t *side;
    int32_t *sum;  /* by read */
    int64_t *link; /* what reads say for SNP s to stand as it does to those before it */
};

int phaser_new(struct phaser **out, struct failure *why) {
    if ((*out = calloc(1, sizeof **out)) == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
    return STATUS_OK;
}

static void end_phasing(struct phaser *p) {
    free(p->snp_first);
    free(p->shown);
    free(p->side);
    free(p->sum);
    free(p->link);
    p->snp_first = NULL;
    p->shown = NULL;
    p->side = NULL;
    p->sum = NULL;
    p->link = NULL;
}

void phaser_free(struct phaser *p) {
    if (p == NULL)
        return;
    end_phasing(p);
    free(p->seen);
    free(p->first);
    free(p->depth);
    free(p);
}

/* ---- reads come ---------------------------------------------------------------------------- */

static void *grow(void *memory, size_t *room, size_t wanted, size_t size) {
    if (wanted <= *room)
        return memory;
    void *larger = realloc(memory, 2 * wanted * size);
    *room = larger ? 2 * wanted : *room;
    return larger;
}

static int reserve(struct phaser *p, size_t alleles, size_t snps, struct failure *why) {
    uint32_t *seen = grow(p->seen, &p->seen_room, p->seen_count + alleles, sizeof *seen);
    if (seen != NULL)
        p->seen = seen;
    size_t *first = grow(p->first, &p->read_room, p->read_count + 2, sizeof *first);
    if (first != NULL)
        p->first = first;
    size_t before = p->depth_count;
    uint32_t *depth = grow(p->depth, &p->depth_count, snps, sizeof *depth);
    if (depth != NULL) {
        memset(depth + before, 0, (p->depth_count - before) * sizeof *depth);
        p->depth = depth;
    }
    return seen && first && depth ? STATUS_OK
                                  : fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
}

int phaser_add(struct phaser *p, const struct snp_allele *alleles, size_t count, bool *used,
               struct failure *why) {
    bool wanted = false;
    *used = false;
    if (count < 2)
        return STATUS_OK;
    if (reserve(p, count, alleles[count - 1].snp + 1, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        wanted = wanted || p->depth[alleles[i].snp] < PHASER_DEPTH;
    if (!wanted)
        return STATUS_OK;
    p->first[p->read_count++] = p->seen_count;
    for (size_t i = 0; i < count; i++) {
        p->seen[p->seen_count++] = (uint32_t)(2 * alleles[i].snp + (alleles[i].allele == 2));
        p->depth[alleles[i].snp]++;
    }
    p->first[p->read_count] = p->seen_count;
    *used = true;
    return STATUS_OK;
}

/* ---- phasing ------------------------------------------------------------------------------- */

static int sign_of(uint32_t item) {
    return item & 1 ? -1 : 1;
}

static int begin_phasing(struct phaser *p, size_t snp_count, struct failure *why) {
    p->snp_count = snp_count;
    p->snp_first = calloc(snp_count + 2, sizeof *p->snp_first);
    p->shown = calloc(p->seen_count + 1, sizeof *p->shown);
    p->side = calloc(snp_count + 1, sizeof *p->side);
    p->sum = calloc(p->read_count + 1, sizeof *p->sum);
    p->link = calloc(snp_count + 1, sizeof *p->link);
    if (!p->snp_first || !p->shown || !p->side || !p->sum || !p->link)
        return fail(why, STATUS_NO_MEMORY, "out of memory for phasing");
    size_t *next = p->snp_first + 1; /* counts, then where the next read goes, at last the ends */
    for (size_t i = 0; i < p->seen_count; i++)
        next[1 + (p->seen[i] >> 1)]++;
    for (size_t s = 0; s < snp_count; s++)
        next[s + 1] += next[s];
    for (size_t r = 0; r < p->read_count; r++)
        for (size_t i = p->first[r]; i < p->first[r + 1]; i++)
            p->shown[next[p->seen[i] >> 1]++] = (uint32_t)(2 * r) + (p->seen[i] & 1);
    return STATUS_OK;
}

/* Adds a SNP's alleles, as its side is, to the sums of its reads, or, with -1, takes them out. */
static void add_to_sums(struct phaser *p, size_t s, int times) {
    for (size_t i = p->snp_first[s]; i < p->snp_first[s + 1]; i++)
        p->sum[p->shown[i] >> 1] += times * p->side[s] * sign_of(p->shown[i]);
}

/* Each SNP joins those before it as the reads say that cover both. */
static void join_each(struct phaser *p) {
    memset(p->sum, 0, p->read_count * sizeof *p->sum);
    for (size_t s = 0; s < p->snp_count; s++) {
        int64_t votes = 0;
        for (size_t i = p->snp_first[s]; i < p->snp_first[s + 1]; i++)
            votes += (int64_t)sign_of(p->shown[i]) * p->sum[p->shown[i] >> 1];
        if (p->side[s] != 0)
            p->side[s] = votes < 0 ? -1 : 1;
        add_to_sums(p, s, 1);
    }
}

/* For each SNP, how many alleles of reads would be wrong, were all from it on exchanged, more than
 * are wrong now. */
static void find_links(struct phaser *p) {
    memset(p->link, 0, (p->snp_count + 1) * sizeof *p->link);
    for (size_t r = 0; r < p->read_count; r++) {
        int32_t left = 0;
        for (size_t i = p->first[r]; i + 1 < p->first[r + 1]; i++) {
            left += p->side[p->seen[i] >> 1] * sign_of(p->seen[i]);
            int32_t more = (abs(p->sum[r]) - abs(2 * left - p->sum[r])) / 2;
            p->link[(p->seen[i] >> 1) + 1] += more; /* the change at each SNP up to the next */
            p->link[(p->seen[i + 1] >> 1) + 1] -= more;
        }
    }
    for (size_t s = 1; s < p->snp_count; s++)
        p->link[s] += p->link[s - 1];
}

/* Takes the SNPs that are heterozygous for sure, so that wrong calls, whose alternatives are few as
 * a rule, do not lead astray. */
static void take_balanced(struct phaser *p) {
    for (size_t s = 0; s < p->snp_count; s++) {
        size_t all = p->snp_first[s + 1] - p->snp_first[s], alternatives = 0;
        for (size_t i = p->snp_first[s]; i < p->snp_first[s + 1]; i++)
            alternatives += p->shown[i] & 1;
        size_t rarer = alternatives < all - alternatives ? alternatives : all - alternatives;
        p->side[s] = BALANCE * rarer >= all;
    }
}

/* Takes or leaves each SNP, by what the others say of its reads. */
static void take_agreeing(struct phaser *p) {
    for (size_t s = 0; s < p->snp_count; s++) {
        size_t for_it = 0, against = 0;
        add_to_sums(p, s, -1);
        for (size_t i = p->snp_first[s]; i < p->snp_first[s + 1]; i++) {
            int32_t vote = p->sum[p->shown[i] >> 1] * sign_of(p->shown[i]);
            for_it += vote > 0;
            against += vote < 0;
        }
        size_t fewer = for_it < against ? for_it : against;
        bool agrees = for_it + against > 0 && DOUBT * fewer <= for_it + against;
        p->side[s] = (int8_t)(!agrees ? 0 : for_it > against ? 1 : -1);
        add_to_sums(p, s, 1);
    }
}

/* Sides become types; a new phase set begins where reads do not link. */
static void name_sets(struct phaser *p, struct phased_snp *snps) {
    int64_t phase_set = -1;
    find_links(p);
    for (size_t s = 0; s < p->snp_count; s++) {
        snps[s].type = 0;
        if (p->side[s] == 0)
            continue;
        if (phase_set < 0 || p->link[s] < LINK_MIN)
            phase_set = snps[s].position + 1;
        snps[s].type = p->side[s] > 0 ? 1 : 2;
        snps[s].phase_set = phase_set;
    }
}

int phaser_phase(struct phaser *p, struct phased_snp *snps, size_t snp_count, struct failure *why) {
    int status = begin_phasing(p, snp_count, why);
    if (status == STATUS_OK) {
        take_balanced(p);
        for (int round = 0; round < 2; round++) {
            join_each(p);
            take_agreeing(p);
        }
        name_sets(p, snps);
    }
    end_phasing(p);
    p->seen_count = p->read_count = 0;
    for (size_t s = 0; s < p->depth_count; s++)
        p->depth[s] = 0;
    return status;
}
