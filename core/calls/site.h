/* SPDX-License-Identifier: MIT
 *
 * One record of somebody's VCF, taken apart as far as Runnel looks at it: known sites, phased
 * SNPs, the two sides of a comparison.  Everything is lent by the line.  Lines with fewer
 * columns than VCF wants are read too (known-site lists often are such); what is missing
 * reads as ".".  Spec: calling, sections 1.6 and 3.7. */
#ifndef CORE_CALLS_SITE_H
#define CORE_CALLS_SITE_H

#include "core/calls/text.h"
#include "core/status.h"
#include "core/windows/reference.h"

enum { SITE_PLOIDY_MAX = 2, SITE_ALLELE_MISSING = -1 };

struct site {
    struct letters contig, id, ref, alt, filter;
    int64_t position; /* 1-based */
    bool has_qual;
    double qual;
    size_t ploidy;                 /* 0: the record has no genotype of at most two alleles */
    int genotype[SITE_PLOIDY_MAX]; /* 0 is REF, 1 the first of ALT; SITE_ALLELE_MISSING */
    bool phased;                   /* written with '|' */
    bool has_phase_set;
    int64_t phase_set; /* PS */
};

/* Reads a line with or without its newline; of several samples the first counts, or the one of
 * that number, from 0 on. */
int site_read(struct site *site, const char *line, size_t length, struct failure *why);
int site_read_sample(struct site *site, const char *line, size_t length, size_t sample,
                     struct failure *why);

/* Refuses a REF that is not what the reference, of the site's contig, has there: such a list was
 * made for another reference.  Letters other than ACGT, of either, and position 0 are not looked
 * at. */
int site_check_reference(const struct site *site, const struct reference *reference,
                         struct failure *why);

/* FILTER is PASS or ".". */
bool site_passes(const struct site *site);
/* Allele 1.. of ALT; {NULL, 0} beyond the last one. */
struct letters site_alt(const struct site *site, size_t number);

/* Appends what a list of known sites leaves where nothing was called: the line given with
 * REF cut to its first letter, no alternative and genotype ./. (section 3.7). */
void site_append_uncalled(struct text *out, const char *line, size_t length);

#endif
