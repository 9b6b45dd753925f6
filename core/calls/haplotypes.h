/* SPDX-License-Identifier: MIT
 *
 * Two spellings of one event.  Alleles that have no equal in the other file are laid onto the
 * reference, a few at a time and in all ways in which they can be dealt to one haplotype (or,
 * with genotypes, to two); where the alleles of both files give the same letters they match.
 * Inside core/calls only. */
#ifndef CORE_CALLS_HAPLOTYPES_H
#define CORE_CALLS_HAPLOTYPES_H

#include "core/calls/variants.h"

enum {
    HAPLOTYPES_SIDE_MAX = 16,    /* alleles of one file in a neighbourhood that is searched */
    HAPLOTYPES_TOGETHER_MAX = 4, /* of them laid onto the reference at a time */
    HAPLOTYPES_GAP = 50          /* bases between alleles that still are neighbours */
};

/* Alleles of one file in one neighbourhood, by haplotypes_begin, then haplotypes_end. */
struct haplotype_side {
    const struct variants *list;
    size_t count;
    struct variant *alleles[HAPLOTYPES_SIDE_MAX];
};

struct haplotypes;

struct haplotypes *haplotypes_new(struct failure *why); /* working memory; NULL on failure */
void haplotypes_free(struct haplotypes *haplotypes);

/* Finds matches among the alleles of both sides, smallest first, and sets their
 * matched[level].  `with_genotypes`: copies must agree as well. */
int haplotypes_match(struct haplotypes *haplotypes, struct reference *reference,
                     const struct haplotype_side *truth, const struct haplotype_side *calls,
                     size_t level, bool with_genotypes, struct failure *why);

/* Where an allele changes the reference: 0-based [begin, end); empty for an insertion. */
int64_t haplotypes_begin(const struct variant *variant);
int64_t haplotypes_end(const struct variant *variant);

#endif
