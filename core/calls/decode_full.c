/* SPDX-License-Identifier: MIT
 *
 * The outcomes of the full-alignment network: genotype, zygosity and the lengths of both
 * alleles, so every class with an indel has an entry per length or pair of lengths.
 * Letters as in the specification: L1 and L2 are the lengths of the shorter and the longer
 * allele, from -16 (deleted) to 16 (inserted).  Spec: calling, section 2.4, second table. */
#include "core/calls/outcomes.h"

enum { LIMIT = DECODE_LENGTH_LIMIT };

static const char bases[] = "ACGT";

/* The limit means "or more": the reads are not asked for a length then. */
static unsigned char asked_length(size_t length) {
    return length < LIMIT ? (unsigned char)length : 0;
}

static struct outcome of_lengths(size_t first, size_t second) {
    return (struct outcome){.lengths = {asked_length(first), asked_length(second)}};
}

/* Two different deletions; the one pair of equal lengths is "16 or more" twice. */
static bool is_deletion_pair(size_t i, size_t j) {
    return i != j || i == LIMIT;
}

void outcomes_list_full(struct outcomes *outcomes) {
    struct outcome_list *classes = outcomes->classes;
    outcomes_list_snps(outcomes);
    for (size_t i = 1; i <= LIMIT; i++) {
        outcomes_add(&classes[OUTCOME_HOM_INSERTION], of_lengths(i, i));
        outcomes_add(&classes[OUTCOME_HOM_DELETION], of_lengths(i, i));
        for (size_t b = 0; b < 4; b++) {
            struct outcome with_base = of_lengths(i, i);
            with_base.bases[0] = bases[b];
            outcomes_add(&classes[OUTCOME_BASE_INSERTION], with_base);
            outcomes_add(&classes[OUTCOME_BASE_DELETION], with_base);
        }
        for (size_t j = i; j <= LIMIT; j++)
            outcomes_add(&classes[OUTCOME_TWO_INSERTIONS], of_lengths(i, j));
        for (size_t j = 1; j <= LIMIT; j++) {
            if (is_deletion_pair(i, j))
                outcomes_add(&classes[OUTCOME_TWO_DELETIONS],
                             i < j ? of_lengths(i, j) : of_lengths(j, i));
            outcomes_add(&classes[OUTCOME_INSERTION_DELETION], of_lengths(j, i));
        }
    }
}

static void weigh_snps(struct outcome_list *classes, const float *genotype, const float *zygosity,
                       float no_length) {
    size_t het = 0;
    for (size_t a = 0; a < 4; a++) {
        classes[OUTCOME_HOM_SNP].values[a] =
            (no_length * zygosity[1]) * genotype[genotype_of_bases(a, a)];
        for (size_t b = a + 1; b < 4; b++)
            classes[OUTCOME_HET_SNP].values[het++] =
                (no_length * zygosity[2]) * genotype[genotype_of_bases(a, b)];
    }
}

/* One indel of length n, alone or beside a base. */
static void weigh_single_indels(struct outcome_list *classes, const float *genotype,
                                const float *zygosity, const float *L1, const float *L2) {
    const float hom_insertion = zygosity[1] * genotype[GENOTYPE_INS_INS];
    const float hom_deletion = zygosity[1] * genotype[GENOTYPE_DEL_DEL];
    size_t with_base = 0;
    for (int n = 1; n <= LIMIT; n++) {
        classes[OUTCOME_HOM_INSERTION].values[n - 1] = (L1[n] * L2[n]) * hom_insertion;
        classes[OUTCOME_HOM_DELETION].values[n - 1] = (L1[-n] * L2[-n]) * hom_deletion;
        for (size_t b = 0; b < 4; b++, with_base++) {
            classes[OUTCOME_BASE_INSERTION].values[with_base] =
                ((L1[0] * L2[n]) * genotype[GENOTYPE_BASE_INS + b]) * zygosity[2];
            classes[OUTCOME_BASE_DELETION].values[with_base] =
                ((L1[-n] * L2[0]) * genotype[GENOTYPE_BASE_DEL + b]) * zygosity[2];
        }
    }
}

static void weigh_pairs(struct outcome_list *classes, const float *genotype, const float *zygosity,
                        const float *L1, const float *L2) {
    const float insertions = zygosity[2] * genotype[GENOTYPE_INS_INS];
    const float deletions = zygosity[2] * genotype[GENOTYPE_DEL_DEL];
    const float both = zygosity[2] * genotype[GENOTYPE_INS_DEL];
    size_t insertion = 0, deletion = 0, mixed = 0;
    for (int i = 1; i <= LIMIT; i++) {
        for (int j = i; j <= LIMIT; j++)
            classes[OUTCOME_TWO_INSERTIONS].values[insertion++] = (L1[i] * L2[j]) * insertions;
        for (int j = 1; j <= LIMIT; j++) {
            if (is_deletion_pair((size_t)i, (size_t)j))
                classes[OUTCOME_TWO_DELETIONS].values[deletion++] = (L1[-i] * L2[-j]) * deletions;
            classes[OUTCOME_INSERTION_DELETION].values[mixed++] = (L1[-i] * L2[j]) * both;
        }
    }
}

bool outcomes_weigh_full(struct outcomes *outcomes, const float *answer, size_t base) {
    const float *genotype = answer, *zygosity = answer + DECODE_GENOTYPES;
    const float *L1 = answer + DECODE_PILEUP_PROBABILITIES + LIMIT; /* index 0 is length 0 */
    const float *L2 = L1 + DECODE_LENGTHS;
    const float no_length = L1[0] * L2[0];
    const float same = genotype[genotype_of_bases(base, base)];
    outcomes->reference = (no_length * zygosity[0]) * same;
    if (zygosity[0] >= 0.5F && same >= 0.5F && L1[0] >= 0.5F && L2[0] >= 0.5F)
        return true;
    weigh_snps(outcomes->classes, genotype, zygosity, no_length);
    weigh_single_indels(outcomes->classes, genotype, zygosity, L1, L2);
    weigh_pairs(outcomes->classes, genotype, zygosity, L1, L2);
    return false;
}
