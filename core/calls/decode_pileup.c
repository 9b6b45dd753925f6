/* SPDX-License-Identifier: MIT
 *
 * The outcomes of the pileup network: genotype and zygosity, no lengths.
 * Spec: calling, section 2.4, first table. */
#include "core/calls/outcomes.h"

static const char bases[] = "ACGT";

void outcomes_add(struct outcome_list *list, struct outcome entry) {
    list->entries[list->count++] = entry;
}

void outcomes_list_snps(struct outcomes *outcomes) {
    for (size_t a = 0; a < 4; a++) {
        outcomes_add(&outcomes->classes[OUTCOME_HOM_SNP],
                     (struct outcome){.bases = {bases[a], bases[a]}});
        for (size_t b = a + 1; b < 4; b++)
            outcomes_add(&outcomes->classes[OUTCOME_HET_SNP],
                         (struct outcome){.bases = {bases[a], bases[b]}});
    }
}

void outcomes_list_pileup(struct outcomes *outcomes) {
    static const enum outcome_class single[] = {OUTCOME_HOM_INSERTION, OUTCOME_TWO_INSERTIONS,
                                                OUTCOME_HOM_DELETION, OUTCOME_TWO_DELETIONS,
                                                OUTCOME_INSERTION_DELETION};
    outcomes_list_snps(outcomes);
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        outcomes_add(&outcomes->classes[single[i]], (struct outcome){0});
    for (size_t b = 0; b < 4; b++) {
        outcomes_add(&outcomes->classes[OUTCOME_BASE_INSERTION],
                     (struct outcome){.bases = {bases[b]}});
        outcomes_add(&outcomes->classes[OUTCOME_BASE_DELETION],
                     (struct outcome){.bases = {bases[b]}});
    }
}

bool outcomes_weigh_pileup(struct outcomes *outcomes, const float *answer, size_t base) {
    const float *genotype = answer, *zygosity = answer + DECODE_GENOTYPES;
    const float same = genotype[genotype_of_bases(base, base)];
    struct outcome_list *classes = outcomes->classes;
    outcomes->reference = zygosity[0] * same;
    if (zygosity[0] >= 0.5F && same >= 0.5F)
        return true;
    size_t het = 0;
    for (size_t a = 0; a < 4; a++) {
        classes[OUTCOME_HOM_SNP].values[a] = zygosity[1] * genotype[genotype_of_bases(a, a)];
        for (size_t b = a + 1; b < 4; b++)
            classes[OUTCOME_HET_SNP].values[het++] =
                zygosity[2] * genotype[genotype_of_bases(a, b)];
        classes[OUTCOME_BASE_INSERTION].values[a] = genotype[GENOTYPE_BASE_INS + a] * zygosity[2];
        classes[OUTCOME_BASE_DELETION].values[a] = genotype[GENOTYPE_BASE_DEL + a] * zygosity[2];
    }
    classes[OUTCOME_HOM_INSERTION].values[0] = zygosity[1] * genotype[GENOTYPE_INS_INS];
    classes[OUTCOME_TWO_INSERTIONS].values[0] = zygosity[2] * genotype[GENOTYPE_INS_INS];
    classes[OUTCOME_HOM_DELETION].values[0] = zygosity[1] * genotype[GENOTYPE_DEL_DEL];
    classes[OUTCOME_TWO_DELETIONS].values[0] = zygosity[2] * genotype[GENOTYPE_DEL_DEL];
    classes[OUTCOME_INSERTION_DELETION].values[0] = zygosity[2] * genotype[GENOTYPE_INS_DEL];
    return false;
}
