/* SPDX-License-Identifier: MIT
 *
 * Which haplotype a read comes from, by the phased SNPs that it covers (specification of windows,
 * 2.3): around each SNP the read is compared with the reference and with the alternative, and
 * the SNPs of each phase set vote. */
#ifndef CORE_WINDOWS_HAPLOTAG_H
#define CORE_WINDOWS_HAPLOTAG_H

#include "core/status.h"
#include "core/windows/alignment.h"
#include "core/windows/reference_view.h"

#include <stddef.h>
#include <stdint.h>

struct phased_snp {
    int64_t position;  /* 0-based */
    char alt;          /* one letter, as in the VCF */
    int type;          /* 1 where GT is "0|1", else 2 */
    int64_t phase_set; /* the last sub-field of the sample column */
};

enum { HAPLOTAG_MIN_MQ = 20 }; /* below it a read has no haplotype */

/* Memory for the work; zero it to begin with. */
struct haplotagger {
    struct haplotag_sum {
        int64_t phase_set;
        int64_t sum;
    } * sums; /* one per phase set that voted on this read */
    size_t sum_count, sum_capacity;
    char *query;
    size_t query_capacity;
};

void haplotagger_release(struct haplotagger *tagger);

/* Sets *haplotype to 0 (none), 1 or 2.  The alignment must have passed read_filter; `snps` are
 * those of its contig, ascending. */
int haplotag(struct haplotagger *tagger, const struct alignment *alignment,
             const struct phased_snp *snps, size_t snp_count, struct reference_view *reference,
             int *haplotype, struct failure *why);

#endif
