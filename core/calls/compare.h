/* SPDX-License-Identifier: MIT
 *
 * How well calls agree with a truth: alleles found, missed and invented, of SNPs and of
 * indels, without and with regard to genotypes.
 *
 * An allele matches its equal (variants.h writes each in one way only), or, with its
 * neighbours, other alleles that give the same haplotypes (haplotypes.h).  Each allele counts
 * once.  Alleles that are not `counted` (outside the confident regions) may serve as the
 * match of a counted one, and count for nothing themselves. */
#ifndef CORE_CALLS_COMPARE_H
#define CORE_CALLS_COMPARE_H

#include "core/calls/haplotypes.h"

enum compare_type { COMPARE_SNP, COMPARE_INDEL, COMPARE_TYPES };
enum compare_level { COMPARE_ALLELE, COMPARE_GENOTYPE }; /* VARIANT_LEVELS of them */

struct compare_tally {
    uint64_t found;  /* alleles of the truth that a call matches */
    uint64_t missed; /* and those that none matches */
    uint64_t right;  /* alleles of the calls that match */
    uint64_t wrong;  /* and those that do not */
};

struct compare_result { /* starts as all zero */
    struct compare_tally of[COMPARE_TYPES][VARIANT_LEVELS];
    uint64_t crowded; /* neighbourhoods with too many alleles to try other spellings */
};

/* Compares the sorted alleles of one contig and adds to the result. */
int compare_contig(struct compare_result *result, struct reference *reference,
                   struct variants *truth, struct variants *calls, struct failure *why);

/* NAN where there is nothing to divide by. */
double compare_precision(const struct compare_tally *tally);
double compare_recall(const struct compare_tally *tally);
double compare_f1(const struct compare_tally *tally);

#endif
