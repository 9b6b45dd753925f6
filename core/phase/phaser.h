/* SPDX-License-Identifier: MIT
 *
 * Which alleles of heterozygous SNPs lie on one chromosome, by the reads that cover several of
 * them: the two haplotypes are looked for that disagree least with the reads (minimum error
 * correction; Lancia et al., SNPs problems, complexity, and algorithms, ESA 2001).  One SNP after
 * the other joins those before it as the reads say that cover both, first those that are surely
 * heterozygous, then all; and each is looked at again, by what all others say of its reads.
 *
 *     phaser_new(&phaser, &why);
 *     for each contig:
 *         for each read: phaser_add(phaser, alleles, count, &why);
 *         phaser_phase(phaser, snps, snp_count, &why);
 *     phaser_free(phaser);
 *
 * Memory: 8 to 16 bytes for each allele that the reads of a contig show, some 50 MB for human chr1
 * at 30x. */
#ifndef CORE_PHASE_PHASER_H
#define CORE_PHASE_PHASER_H

#include "core/windows/snp_alleles.h"

#include <stdbool.h>

struct phaser; /* of one thread */

/* A read is of no use where each of its SNPs has been seen as often as this. */
enum { PHASER_DEPTH = 200 };

int phaser_new(struct phaser **out, struct failure *why);
void phaser_free(struct phaser *phaser); /* accepts NULL */

/* What a read shows, SNPs ascending.  `used` tells whether that says anything: reads with fewer
 * than two SNPs, and those beyond PHASER_DEPTH, do not. */
int phaser_add(struct phaser *phaser, const struct snp_allele *alleles, size_t count, bool *used,
               struct failure *why);

/* Sets type and phase_set of the contig's SNPs, by all reads since the last time, which are then
 * forgotten.  A phase set is named by the position (1-based) of its first SNP.  Type 0: not phased,
 * as no read links it to another, or as its alleles do not follow the haplotypes (a wrong call, as
 * a rule). */
int phaser_phase(struct phaser *phaser, struct phased_snp *snps, size_t snp_count,
                 struct failure *why);

#endif
