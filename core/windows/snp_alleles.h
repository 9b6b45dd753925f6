/* SPDX-License-Identifier: MIT
 *
 * Which alleles a read shows at SNPs: around each one the read is compared with the reference and
 * with the alternative (specification of windows, 2.3). */
#ifndef CORE_WINDOWS_SNP_ALLELES_H
#define CORE_WINDOWS_SNP_ALLELES_H

#include "core/status.h"
#include "core/windows/alignment.h"
#include "core/windows/reference_view.h"

#include <stddef.h>
#include <stdint.h>

struct phased_snp {
    int64_t position;  /* 0-based */
    char alt;          /* one letter, as in the VCF */
    int type;          /* 1 where GT is "0|1", else 2; 0: not phased (yet) */
    int64_t phase_set; /* the last sub-field of the sample column */
};

/* Of one read, in the order of the SNPs.  Zero it to begin with; the memory is used again. */
struct snp_alleles {
    struct snp_allele {
        size_t snp; /* which one */
        int allele; /* 1: the reference's, 2: the alternative's */
    } * list;
    size_t count, capacity;
    char *query;
    size_t query_capacity;
};

void snp_alleles_release(struct snp_alleles *alleles);

/* Fills the list with those of `snps` (of the alignment's contig, ascending) that the read shows
 * one of the two alleles at.  The alignment must have passed read_filter. */
int snp_alleles_find(struct snp_alleles *alleles, const struct alignment *alignment,
                     const struct phased_snp *snps, size_t snp_count,
                     struct reference_view *reference, struct failure *why);

#endif
