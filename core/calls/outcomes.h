/* SPDX-License-Identifier: MIT
 *
 * What a network may have meant: nine classes of variant outcomes and the reference outcome,
 * each with its value (a product of probabilities).  The two networks differ only in this
 * list.  Inside core/calls only.
 *
 * Values are float32, rounded after each multiplication in the order that the specification
 * writes, and compared exactly: a tie is a tie of these.  Spec: calling, section 2.4. */
#ifndef CORE_CALLS_OUTCOMES_H
#define CORE_CALLS_OUTCOMES_H

#include "core/calls/decode.h"

enum outcome_class {
    OUTCOME_HOM_SNP = 1,
    OUTCOME_HET_SNP,
    OUTCOME_HOM_INSERTION,
    OUTCOME_BASE_INSERTION,
    OUTCOME_TWO_INSERTIONS,
    OUTCOME_HOM_DELETION,
    OUTCOME_BASE_DELETION,
    OUTCOME_TWO_DELETIONS,
    OUTCOME_INSERTION_DELETION,
    OUTCOME_CLASSES /* one more than the last; 0 is the reference outcome */
};

enum { OUTCOMES_MAX = DECODE_LENGTH_LIMIT * DECODE_LENGTH_LIMIT };

/* What an entry of a class stands for; which fields count depends on the class. */
struct outcome {
    char bases[2];            /* the alleles of a SNP; bases[0] beside an insertion, deletion */
    unsigned char lengths[2]; /* as the reads are asked for them; 0: any length.  Shorter
                                 first; in insertion + deletion the insertion first */
};

struct outcome_list {
    size_t count;
    float greatest; /* of the values; kept by whoever changes one */
    float values[OUTCOMES_MAX];
    struct outcome entries[OUTCOMES_MAX];
};

struct outcomes {
    float reference;
    struct outcome_list classes[OUTCOME_CLASSES]; /* [0] is not used */
};

/* The order of the genotypes in the answer. */
enum {
    GENOTYPE_DEL_DEL = 10,
    GENOTYPE_BASE_DEL = 11, /* and the three after it: A C G T */
    GENOTYPE_INS_INS = 15,
    GENOTYPE_BASE_INS = 16, /* and the three after it */
    GENOTYPE_INS_DEL = 20
};

/* Where the genotype of two bases (0 to 3 = A C G T) stands. */
static inline size_t genotype_of_bases(size_t a, size_t b) {
    static const unsigned char first_with[4] = {0, 4, 7, 9}; /* AA, CC, GG, TT */
    return a < b ? first_with[a] + (b - a) : first_with[b] + (a - b);
}

/* Writes counts and entries, which never change. */
void outcomes_list_pileup(struct outcomes *outcomes);
void outcomes_list_full(struct outcomes *outcomes);

/* Writes all values for one answer; `base` is the reference base, 0 to 3.  Returns true, with
 * only outcomes->reference written, if the answer is plainly the reference. */
bool outcomes_weigh_pileup(struct outcomes *outcomes, const float *answer, size_t base);
bool outcomes_weigh_full(struct outcomes *outcomes, const float *answer, size_t base);

/* Shared by both: the entries of the SNP classes, and one entry. */
void outcomes_list_snps(struct outcomes *outcomes);
void outcomes_add(struct outcome_list *list, struct outcome entry);

#endif
