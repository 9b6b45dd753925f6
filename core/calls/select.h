/* SPDX-License-Identifier: MIT
 *
 * Which sites the full-alignment network sees again, and which SNPs phase the reads: those
 * whose pileup QUAL lies below (for phasing: not below) a cut-off that is a quantile over all
 * pileup calls of the genome.
 *
 * QUAL has two decimals and an end, so a count per value is all that needs to be kept of any
 * number of calls.  Counts are sums: those of the parts of a scattered genome, added up, are
 * those of the whole, and their text files may simply be concatenated.
 * Spec: calling, sections 1.6 and 1.7. */
#ifndef CORE_CALLS_SELECT_H
#define CORE_CALLS_SELECT_H

#include "core/calls/call.h"

/* The greatest QUAL is 110.00 (section 2.9); greater values count as the last one. */
enum { SELECT_VALUES = 120 * 100 + 1 };

enum select_list {
    SELECT_VARIANTS,   /* genotype other than 0/0 */
    SELECT_REFERENCES, /* genotype 0/0 */
    SELECT_HET_SNPS,   /* one letter for one letter, 0/1 */
    SELECT_LISTS
};

/* Starts as all zero. */
struct select_counts {
    uint64_t total[SELECT_LISTS];
    uint64_t of[SELECT_LISTS][SELECT_VALUES]; /* by QUAL in hundredths */
};

struct select_fractions {
    double variants, references; /* var_pct_full, ref_pct_full: how many are seen again */
    double phasing;              /* var_pct_phasing: how many het SNPs phase */
};

struct cutoffs {
    double variant, reference, phasing;
};

/* Counts one pileup call. */
void select_count(struct select_counts *counts, const struct call *call);
/* The cut-offs of all that was counted. */
struct cutoffs select_cutoffs(const struct select_counts *counts,
                              const struct select_fractions *fractions);

/* Whether a pileup call goes to the full-alignment network. */
bool select_for_full(const struct cutoffs *cutoffs, const struct call *call);
/* Whether it is one of the SNPs that phase the reads. */
bool select_for_phasing(const struct cutoffs *cutoffs, const struct call *call);

/* The counts as lines "variant 34.72 5" behind a first line that says what this is, before a last
 * one with their totals. */
void select_append_counts(struct text *out, const struct select_counts *counts);
/* Adds the counts of such a text, or of several one after another, to `counts`. */
int select_read_counts(struct select_counts *counts, const char *text, size_t length,
                       struct failure *why);

#endif
