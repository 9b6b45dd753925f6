/* SPDX-License-Identifier: MIT */
#include "core/calls/choice.h"

#include <criterion/criterion.h>
#include <string.h>

enum { HOM_REF = 21, HOM_ALT = 22, HET = 23 };

static void check(const char *ref, const char *alt, const float *answer, size_t count,
                  const int *wanted) {
    struct call call = {0};
    text_append_string(&call.ref, ref);
    text_append_string(&call.alt, alt);
    weigh_genotypes(answer, &call);
    cr_expect_eq(call.pl_count, count, "%s %s", ref, alt);
    for (size_t i = 0; i < count && i < call.pl_count; i++)
        cr_expect_eq(call.pl[i], wanted[i], "%s %s: PL %zu is %d", ref, alt, i, call.pl[i]);
    call_free(&call);
}

/* AA 0.2, AC 0.5, CC 0.3 and zygosities alike: 10 log10 of the ratios, rounded up. */
Test(likelihoods, of_one_alternative) {
    float answer[DECODE_PILEUP_PROBABILITIES] = {0};
    answer[genotype_of_bases(0, 0)] = 0.2F;
    answer[genotype_of_bases(1, 0)] = 0.5F;
    answer[genotype_of_bases(1, 1)] = 0.3F;
    answer[HOM_REF] = answer[HOM_ALT] = answer[HET] = 1.0F / 3;
    check("A", "C", answer, 3, (int[]){4, 0, 3});
}

Test(likelihoods, of_indels) {
    float answer[DECODE_PILEUP_PROBABILITIES] = {0};
    answer[genotype_of_bases(0, 0)] = 0.1F;
    answer[GENOTYPE_BASE_DEL] = 1;
    answer[GENOTYPE_DEL_DEL] = 0.01F;
    answer[GENOTYPE_BASE_INS] = 0.1F;
    answer[GENOTYPE_INS_DEL] = 0.1F;
    answer[GENOTYPE_INS_INS] = 0.01F;
    answer[HOM_REF] = answer[HOM_ALT] = answer[HET] = 1;
    check("AC", "A", answer, 3, (int[]){10, 0, 20});
    check("AC", "A,ATTC", answer, 6, (int[]){10, 0, 20, 10, 10, 20});
}

Test(likelihoods, unknown) {
    float answer[DECODE_PILEUP_PROBABILITIES] = {0};
    check("A", ".", answer, 1, (int[]){990});
    check("A", "C", answer, 3, (int[]){990, 990, 990}); /* all zero */
    answer[HOM_REF] = answer[0] = 1;
    check("A", "R", answer, 3, (int[]){990, 990, 990});
    check("NC", "N", answer, 3, (int[]){990, 990, 990});
}

Test(likelihoods, codes_are_read_as_bases) {
    static const char codes[] = "ACGTURYSWKMBDHVN", wanted[] = "ACGTTACCAGACAAAA";
    for (size_t i = 0; codes[i]; i++)
        cr_expect_eq("ACGT"[base_of_code(codes[i])], wanted[i], "%c", codes[i]);
    static const char others[] = "acgtnXZ-*";
    for (size_t i = 0; others[i]; i++)
        cr_expect_eq(base_of_code(others[i]), -1, "%c", others[i]);
    cr_expect_eq(base_of_code('\0'), -1);
}
