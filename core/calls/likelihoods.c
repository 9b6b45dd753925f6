/* SPDX-License-Identifier: MIT
 *
 * PL: how unlikely each genotype of the alleles is, from the network's genotype and zygosity.
 * The arithmetic is float32 up to the logarithm, as in the original.
 * Spec: calling, section 2.11. */
#include "core/calls/choice.h"

#include <math.h>
#include <string.h>

/* What an allele is against REF: one of the four bases, an insertion or a deletion. */
enum part { PART_DEL = 4, PART_INS = 5, PART_UNKNOWN = -1 };

static int base_index(char letter) {
    const char *found = letter ? strchr("ACGT", letter) : NULL;
    return found ? (int)(found - "ACGT") : -1;
}

int base_of_code(char letter) {
    static const char codes[] = "ACGTURYSWKMBDHVN", read_as[] = "ACGTTACCAGACAAAA";
    const char *found = letter ? strchr(codes, letter) : NULL;
    return found ? base_index(read_as[found - codes]) : -1;
}

static int part_of(struct letters allele, size_t ref_length) {
    if (allele.length < ref_length)
        return PART_DEL;
    if (allele.length > ref_length)
        return PART_INS;
    return base_index(allele.bytes[0]); /* -1 is PART_UNKNOWN */
}

/* The genotype of two parts in the network's answer. */
static size_t genotype_of_parts(int a, int b) {
    int low = a < b ? a : b, high = a < b ? b : a;
    if (high < PART_DEL)
        return genotype_of_bases((size_t)low, (size_t)high);
    if (low == PART_DEL)
        return high == PART_DEL ? GENOTYPE_DEL_DEL : GENOTYPE_INS_DEL;
    if (low == PART_INS)
        return GENOTYPE_INS_INS;
    return (size_t)low + (high == PART_DEL ? GENOTYPE_BASE_DEL : GENOTYPE_BASE_INS);
}

static void set_unknown(struct call *call, size_t count) {
    call->pl_count = count;
    for (size_t i = 0; i < count; i++)
        call->pl[i] = CALL_LIKELIHOOD_UNKNOWN;
}

/* float32 likelihoods to phred scale, the best one 0. */
static void set_scaled(struct call *call, const float *likelihoods, size_t count) {
    double scaled[CALL_LIKELIHOODS_MAX], least = HUGE_VAL;
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += likelihoods[i];
    if (!(sum > 0)) {
        set_unknown(call, count); /* the original dies here (7.3) */
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float share = likelihoods[i] / sum;
        share += 1e-8F;
        scaled[i] = -10 * (log((double)share) / 2.302585092994046);
        least = fmin(least, scaled[i]);
    }
    call->pl_count = count;
    for (size_t i = 0; i < count; i++)
        call->pl[i] = (int)ceil(scaled[i] - least);
}

void weigh_genotypes(const float *answer, struct call *call) {
    const float *zygosity = answer + DECODE_GENOTYPES;
    struct letters alleles[CALL_ALTS_MAX];
    size_t alts = split_alleles(&call->alt, alleles), ref_length = call->ref.length;
    if (strcmp(call->alt.bytes, ".") == 0) {
        set_unknown(call, 1);
        return;
    }
    int parts[1 + CALL_ALTS_MAX];
    bool known = true;
    parts[0] = ref_length == 1 ? base_of_code(call->ref.bytes[0]) : base_index(call->ref.bytes[0]);
    for (size_t i = 0; i < alts; i++)
        parts[1 + i] = part_of(alleles[i], ref_length);
    for (size_t i = 0; i <= alts; i++)
        known = known && parts[i] != PART_UNKNOWN;

    float likelihoods[CALL_LIKELIHOODS_MAX];
    size_t count = 0;
    for (size_t b = 0; b <= alts; b++) { /* 00, 01, 11, 02, 12, 22 */
        for (size_t a = 0; a <= b; a++, count++) {
            size_t state = a != b ? 2 : a == 0 ? 0 : 1;
            if (known)
                likelihoods[count] =
                    answer[genotype_of_parts(parts[a], parts[b])] * zygosity[state];
        }
    }
    if (known)
        set_scaled(call, likelihoods, count);
    else
        set_unknown(call, count);
}
