/* SPDX-License-Identifier: MIT
 *
 * Haplotypes of reads (specification of windows, 2.3). */
#include "core/windows/haplotag.h"

#include <stdlib.h>

void haplotagger_release(struct haplotagger *t) {
    free(t->sums);
    snp_alleles_release(&t->alleles);
    *t = (struct haplotagger){0};
}

static int count_vote(struct haplotagger *t, int64_t phase_set, int vote, struct failure *why) {
    for (size_t i = 0; i < t->sum_count; i++)
        if (t->sums[i].phase_set == phase_set) {
            t->sums[i].sum += vote;
            return STATUS_OK;
        }
    if (t->sum_count == t->sum_capacity) {
        size_t capacity = t->sum_capacity ? 2 * t->sum_capacity : 8;
        struct haplotag_sum *larger = realloc(t->sums, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the phase sets of a read");
        t->sums = larger;
        t->sum_capacity = capacity;
    }
    t->sums[t->sum_count++] = (struct haplotag_sum){phase_set, vote};
    return STATUS_OK;
}

static int winner(const struct haplotagger *t) {
    int64_t high = 0, low = 0;
    for (size_t i = 0; i < t->sum_count; i++) {
        high = t->sums[i].sum > high ? t->sums[i].sum : high;
        low = t->sums[i].sum < low ? t->sums[i].sum : low;
    }
    if (high == 0 && low == 0)
        return 0;
    return high > -low ? 1 : 2; /* a tie is 2 (4.17) */
}

int haplotag_by_alleles(struct haplotagger *t, const struct snp_allele *alleles, size_t count,
                        const struct phased_snp *snps, int *haplotype, struct failure *why) {
    int status = STATUS_OK;
    t->sum_count = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct phased_snp *snp = &snps[alleles[i].snp];
        if (snp->type != 0)
            status = count_vote(t, snp->phase_set, alleles[i].allele == snp->type ? 1 : -1, why);
    }
    *haplotype = winner(t);
    return status;
}

int haplotag(struct haplotagger *t, const struct alignment *a, const struct phased_snp *snps,
             size_t snp_count, struct reference_view *reference, int *haplotype,
             struct failure *why) {
    *haplotype = 0;
    if (a->mapq < HAPLOTAG_MIN_MQ)
        return STATUS_OK;
    int status = snp_alleles_find(&t->alleles, a, snps, snp_count, reference, why);
    return status == STATUS_OK
               ? haplotag_by_alleles(t, t->alleles.list, t->alleles.count, snps, haplotype, why)
               : status;
}
