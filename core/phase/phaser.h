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
 *         phaser_begin(phaser, snps, snp_count, &why);
 *         for each read, sorted by its begin:
 *             phaser_add(phaser, begin, alleles, count, &used, &why);
 *             the SNPs before phaser_settled(phaser) are phased
 *         phaser_end(phaser);
 *     phaser_free(phaser);
 *
 * A SNP is settled once its reads, those of their SNPs and so on are known: some read lengths
 * behind it.  Memory: 16 to 32 bytes for each allele that the reads from there on show, and 32 for
 * each SNP of the contig. */
#ifndef CORE_PHASE_PHASER_H
#define CORE_PHASE_PHASER_H

#include "core/windows/snp_alleles.h"

#include <stdbool.h>

struct phaser; /* of one thread */

/* A read is of no use where each of its SNPs has been seen as often as this. */
enum { PHASER_DEPTH = 200 };

int phaser_new(struct phaser **out, struct failure *why);
void phaser_free(struct phaser *phaser); /* accepts NULL */

/* Begins a contig and forgets the one before.  The SNPs (ascending) are lent until the next begin;
 * type and phase_set are set as they are settled, and 0 until then. */
int phaser_begin(struct phaser *phaser, struct phased_snp *snps, size_t snp_count,
                 struct failure *why);

/* What a read that begins at `begin` (0-based, not before the last one) shows, SNPs ascending and
 * none of them before it; a `count` of 0 only tells how far the reads are.  `used` tells whether it
 * says anything: reads with fewer than two SNPs, and those beyond PHASER_DEPTH, do not. */
int phaser_add(struct phaser *phaser, int64_t begin, const struct snp_allele *alleles, size_t count,
               bool *used, struct failure *why);

/* No more reads come: all SNPs are settled. */
void phaser_end(struct phaser *phaser);

/* SNPs with a lower number have their type and phase_set.  A phase set is named by the position
 * (1-based) of its first SNP.  Type 0: not phased, as no read links it to another, or as its
 * alleles do not follow the haplotypes (a wrong call, as a rule). */
size_t phaser_settled(const struct phaser *phaser);

#endif
