/* SPDX-License-Identifier: MIT
 *
 * The header of our VCF and gVCF files as text: every filter, field and contig that records
 * may name, in the original's order, and whatever lines the caller adds (command line, model,
 * cut-offs).  Spec: calling, section 4. */
#ifndef CORE_CALLS_HEADER_H
#define CORE_CALLS_HEADER_H

#include "core/calls/text.h"

struct header_contig {
    const char *name;
    int64_t length;
};

struct header {
    const char *source;       /* of ##source */
    size_t line_count;        /* further lines, "##key=value" without newline; they stand */
    const char *const *lines; /* behind ##source */
    size_t contig_count;
    const struct header_contig *contigs;
    const char *sample;
    bool non_ref; /* the gVCF's: <NON_REF>, END, MIN_DP */
};

/* Appends all lines with the #CHROM line as last.  Look at out->failed afterwards. */
void header_append(struct text *out, const struct header *header);

#endif
