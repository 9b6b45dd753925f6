/* SPDX-License-Identifier: MIT
 *
 * Which haplotype a read comes from, by the phased SNPs that it covers (specification of windows,
 * 2.3): its alleles at the SNPs of each phase set vote. */
#ifndef CORE_WINDOWS_HAPLOTAG_H
#define CORE_WINDOWS_HAPLOTAG_H

#include "core/windows/snp_alleles.h"

enum { HAPLOTAG_MIN_MQ = 20 }; /* below it a read has no haplotype */

/* Memory for the work; zero it to begin with. */
struct haplotagger {
    struct haplotag_sum {
        int64_t phase_set;
        int64_t sum;
    } * sums; /* one per phase set that voted on this read */
    size_t sum_count, sum_capacity;
    struct snp_alleles alleles;
};

void haplotagger_release(struct haplotagger *tagger);

/* Sets *haplotype to 0 (none), 1 or 2.  The alignment must have passed read_filter; `snps` are
 * those of its contig, ascending. */
int haplotag(struct haplotagger *tagger, const struct alignment *alignment,
             const struct phased_snp *snps, size_t snp_count, struct reference_view *reference,
             int *haplotype, struct failure *why);

/* The same for what a read shows at SNPs of its contig; those that are not phased do not vote. */
int haplotag_by_alleles(struct haplotagger *tagger, const struct snp_allele *alleles, size_t count,
                        const struct phased_snp *snps, int *haplotype, struct failure *why);

#endif
