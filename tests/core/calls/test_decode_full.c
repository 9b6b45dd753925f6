/* SPDX-License-Identifier: MIT
 *
 * How many outcomes there are, in which order, and the value of some from an answer of
 * distinct numbers. */
#include "core/calls/outcomes.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { LIMIT = DECODE_LENGTH_LIMIT };

static struct outcomes *weigh(float *answer) {
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);
    for (size_t i = 0; i < DECODE_FULL_PROBABILITIES; i++)
        answer[i] = 0.007F + 0.0031F * (float)i;
    outcomes_list_full(outcomes);
    cr_assert(!outcomes_weigh_full(outcomes, answer, 1));
    return outcomes;
}

Test(decode_full, counts_and_order) {
    static const size_t counts[OUTCOME_CLASSES] = {0, 4, 6, 16, 64, 136, 16, 64, 241, 256};
    float answer[DECODE_FULL_PROBABILITIES];
    struct outcomes *outcomes = weigh(answer);
    for (size_t k = 1; k < OUTCOME_CLASSES; k++)
        cr_expect_eq(outcomes->classes[k].count, counts[k], "class %zu", k);
    const struct outcome *two = outcomes->classes[OUTCOME_TWO_INSERTIONS].entries;
    cr_expect(two[0].lengths[0] == 1 && two[0].lengths[1] == 1);
    cr_expect(two[15].lengths[0] == 1 && two[15].lengths[1] == 0); /* 16 is "any" */
    cr_expect(two[16].lengths[0] == 2 && two[16].lengths[1] == 2);
    const struct outcome *deletions = outcomes->classes[OUTCOME_TWO_DELETIONS].entries;
    cr_expect(deletions[0].lengths[0] == 1 && deletions[0].lengths[1] == 2);
    cr_expect(deletions[15].lengths[0] == 1 && deletions[15].lengths[1] == 2);
    cr_expect(deletions[240].lengths[0] == 0 && deletions[240].lengths[1] == 0);
    const struct outcome *mixed = outcomes->classes[OUTCOME_INSERTION_DELETION].entries;
    cr_expect(mixed[1].lengths[0] == 2 && mixed[1].lengths[1] == 1);
    free(outcomes);
}

Test(decode_full, values) {
    float answer[DECODE_FULL_PROBABILITIES];
    struct outcomes *outcomes = weigh(answer);
    const float *zygosity = answer + DECODE_GENOTYPES;
    const float *L1 = answer + DECODE_PILEUP_PROBABILITIES + LIMIT, *L2 = L1 + DECODE_LENGTHS;
    const struct outcome_list *classes = outcomes->classes;
    cr_expect(outcomes->reference == ((L1[0] * L2[0]) * zygosity[0]) * answer[4]);
    cr_expect(classes[OUTCOME_HOM_SNP].values[3] == ((L1[0] * L2[0]) * zygosity[1]) * answer[9]);
    cr_expect(classes[OUTCOME_HET_SNP].values[5] == ((L1[0] * L2[0]) * zygosity[2]) * answer[8]);
    cr_expect(classes[OUTCOME_HOM_INSERTION].values[6] ==
              (L1[7] * L2[7]) * (zygosity[1] * answer[GENOTYPE_INS_INS]));
    cr_expect(classes[OUTCOME_BASE_INSERTION].values[4 * 2 + 1] ==
              ((L1[0] * L2[3]) * answer[GENOTYPE_BASE_INS + 1]) * zygosity[2]);
    cr_expect(classes[OUTCOME_TWO_INSERTIONS].values[16] ==
              (L1[2] * L2[2]) * (zygosity[2] * answer[GENOTYPE_INS_INS]));
    cr_expect(classes[OUTCOME_HOM_DELETION].values[0] ==
              (L1[-1] * L2[-1]) * (zygosity[1] * answer[GENOTYPE_DEL_DEL]));
    cr_expect(classes[OUTCOME_BASE_DELETION].values[4 * 4] ==
              ((L1[-5] * L2[0]) * answer[GENOTYPE_BASE_DEL]) * zygosity[2]);
    cr_expect(classes[OUTCOME_TWO_DELETIONS].values[15] ==
              (L1[-2] * L2[-1]) * (zygosity[2] * answer[GENOTYPE_DEL_DEL]));
    cr_expect(classes[OUTCOME_INSERTION_DELETION].values[16 * 2 + 4] ==
              (L1[-3] * L2[5]) * (zygosity[2] * answer[GENOTYPE_INS_DEL]));
    free(outcomes);
}

Test(decode_full, plain_reference_needs_both_lengths) {
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);
    float answer[DECODE_FULL_PROBABILITIES] = {[0] = 0.5F, [DECODE_GENOTYPES] = 0.5F};
    float *L1 = answer + DECODE_PILEUP_PROBABILITIES + LIMIT, *L2 = L1 + DECODE_LENGTHS;
    outcomes_list_full(outcomes);
    L1[0] = 0.5F;
    cr_expect(!outcomes_weigh_full(outcomes, answer, 0));
    L2[0] = 0.5F;
    cr_expect(outcomes_weigh_full(outcomes, answer, 0));
    free(outcomes);
}
