/* SPDX-License-Identifier: MIT
 *
 * The alleles of one contig, one by one and each written in one way only, so that two files
 * can be compared: alternatives of a site apart, substitutions of several bases as single
 * ones, common letters cut off, indels moved as far left as they go. */
#ifndef CORE_CALLS_VARIANTS_H
#define CORE_CALLS_VARIANTS_H

#include "core/calls/site.h"
#include "core/windows/reference.h"

enum { VARIANT_LEVELS = 2 }; /* see compare.h */

struct variant {
    int64_t position;          /* 1-based, of the first letter of REF */
    size_t ref_at, ref_length; /* in the letters of its list */
    size_t alt_at, alt_length;
    int copies; /* in the genotype, 1 or 2 (haploid: 2); 0: not known */
    bool is_snp;
    bool is_anchored; /* an indel whose first letter is the base before it */
    bool counted;     /* in the tally (true, unless the caller changes it); else it
                         is only there to be matched */
    bool matched[VARIANT_LEVELS];
};

struct variants { /* starts as all zero */
    size_t count, capacity;
    struct variant *items;
    struct text letters;
    struct text ref, alt; /* working memory */
    uint64_t skipped;     /* symbolic alleles, '*' and the like */
};

/* Adds the alleles that the genotype has (without a genotype: all of them). */
int variants_add(struct variants *list, struct reference *reference, const struct site *site,
                 struct failure *why);
/* By position, then letters. */
int variants_sort(struct variants *list, struct failure *why);
void variants_clear(struct variants *list);
void variants_free(struct variants *list);

/* Negative, 0 or positive, as the allele `a` of one list comes before, is, or comes after `b`. */
int variants_order(const struct variants *list_a, const struct variant *a,
                   const struct variants *list_b, const struct variant *b);

#endif
