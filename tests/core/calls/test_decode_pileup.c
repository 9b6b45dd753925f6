/* SPDX-License-Identifier: MIT
 *
 * How many outcomes there are, and the value of each from an answer of distinct numbers. */
#include "core/calls/outcomes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char names[DECODE_GENOTYPES][7] = {
    "AA",   "AC",   "AG",   "AT",   "CC",     "CG",   "CT",   "GG",   "GT",   "TT",    "DelDel",
    "ADel", "CDel", "GDel", "TDel", "InsIns", "AIns", "CIns", "GIns", "TIns", "InsDel"};

Test(decode_pileup, values) {
    static const size_t counts[OUTCOME_CLASSES] = {0, 4, 6, 1, 4, 1, 1, 4, 1, 1};
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);
    float answer[DECODE_PILEUP_PROBABILITIES];
    for (size_t i = 0; i < DECODE_PILEUP_PROBABILITIES; i++)
        answer[i] = 0.011F * (float)(i + 1);
    const float *zygosity = answer + DECODE_GENOTYPES;
    outcomes_list_pileup(outcomes);
    cr_assert(!outcomes_weigh_pileup(outcomes, answer, 2));
    cr_expect(outcomes->reference == zygosity[0] * answer[7]);
    for (size_t k = 1; k < OUTCOME_CLASSES; k++)
        cr_expect_eq(outcomes->classes[k].count, counts[k], "class %zu", k);
    for (size_t i = 0; i < DECODE_GENOTYPES; i++) {
        const char *bases = names[i];
        for (size_t k = OUTCOME_HOM_SNP; k <= OUTCOME_HET_SNP; k++) {
            const struct outcome_list *list = &outcomes->classes[k];
            for (size_t e = 0; e < list->count; e++)
                if (strlen(bases) == 2 && memcmp(list->entries[e].bases, bases, 2) == 0)
                    cr_expect(list->values[e] == zygosity[k] * answer[i], "%s", bases);
        }
        for (size_t e = 0; e < 4 && strlen(bases) == 4; e++) {
            bool insertion = strcmp(bases + 1, "Ins") == 0;
            const struct outcome_list *list =
                &outcomes->classes[insertion ? OUTCOME_BASE_INSERTION : OUTCOME_BASE_DELETION];
            if (list->entries[e].bases[0] == bases[0])
                cr_expect(list->values[e] == answer[i] * zygosity[2], "%s", bases);
        }
    }
    cr_expect(outcomes->classes[OUTCOME_HOM_INSERTION].values[0] == zygosity[1] * answer[15]);
    cr_expect(outcomes->classes[OUTCOME_TWO_DELETIONS].values[0] == zygosity[2] * answer[10]);
    cr_expect(outcomes->classes[OUTCOME_INSERTION_DELETION].values[0] == zygosity[2] * answer[20]);
    free(outcomes);
}

Test(decode_pileup, plain_reference_leaves_early) {
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);
    float answer[DECODE_PILEUP_PROBABILITIES] = {[0] = 0.5F, [DECODE_GENOTYPES] = 0.5F};
    outcomes_list_pileup(outcomes);
    cr_expect(outcomes_weigh_pileup(outcomes, answer, 0));
    cr_expect(outcomes->reference == 0.25F);
    cr_expect(!outcomes_weigh_pileup(outcomes, answer, 1));
    free(outcomes);
}
