/* SPDX-License-Identifier: MIT
 *
 * A call as the text of one VCF record, and back.  The text is the original's, character for
 * character: tab separated, QUAL with two decimals, AF with four.  Spec: calling, section
 * 2.12, and 5.4 for the form with <NON_REF>. */
#ifndef CORE_CALLS_RECORD_H
#define CORE_CALLS_RECORD_H

#include "core/calls/call.h"

enum record_form {
    RECORD_PLAIN,
    RECORD_NON_REF /* the gVCF's: <NON_REF> as last allele, with its AD, AF and PL */
};

/* Appends CHROM to the sample column and a newline; a site depth stands in INFO as TDP.  Look at
 * line->failed afterwards. */
void record_append(struct text *line, const struct call *call, enum record_form form);

/* Fills `call` from a record that record_append wrote in RECORD_PLAIN form (fields beyond
 * GT:GQ:DP:AD:AF[:PL] are refused).  The contig is given by the caller and not compared:
 * `line` need not live on.  A newline at the end is accepted. */
int record_parse(struct call *call, const char *contig, const char *line, struct failure *why);

#endif
