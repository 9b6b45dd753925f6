/* SPDX-License-Identifier: MIT
 *
 * One call: what a network and the reads say about one site, as it stands in a VCF record.
 * Decoders fill it, the merge chooses between two of them, record.h writes it as text.
 * A reference call ("RefCall") is a call with ALT "." and genotype 0/0.
 *
 * A struct call starts as {0}.  It owns its two texts, which are kept when the struct is
 * filled again (no allocation once they are long enough) and released by call_free; contig
 * and probabilities are borrowed.  Spec: calling, section 2. */
#ifndef CORE_CALLS_CALL_H
#define CORE_CALLS_CALL_H

#include "core/calls/text.h"
#include "core/status.h"

enum {
    CALL_ALTS_MAX = 2,            /* a site is diploid */
    CALL_LIKELIHOODS_MAX = 6,     /* genotypes of three alleles */
    CALL_GENOTYPE_MAX = 8,        /* "0/1", "1|2", "1" and the NUL */
    CALL_LIKELIHOOD_UNKNOWN = 990 /* the original's "cannot say" */
};

enum call_source { CALL_PILEUP = 'P', CALL_FULL = 'F' };
enum call_filter { CALL_PASS, CALL_LOW_QUAL, CALL_REF_CALL };

struct call {
    const char *contig;               /* borrowed */
    int64_t position;                 /* 1-based */
    struct text ref;                  /* letters as in REF */
    struct text alt;                  /* as in ALT: ".", one allele or two with a comma */
    char genotype[CALL_GENOTYPE_MAX]; /* as in GT */
    enum call_source source;          /* which network has the word */
    enum call_filter filter;
    double qual; /* the double nearest to the two decimals of QUAL */
    int64_t gq;
    int64_t depth;      /* DP */
    int64_t site_depth; /* reads over the site, where it is to be said beside `depth`; else 0 */
    size_t ad_count, af_count, pl_count;
    int64_t ad[1 + CALL_ALTS_MAX]; /* the reference first; only it in a reference call */
    double af[CALL_ALTS_MAX];      /* in a reference call the reference's */
    int pl[CALL_LIKELIHOODS_MAX];  /* pl_count 0: the record has no PL */
    const float *probabilities;    /* borrowed: the answer of the network, see decode.h */
    size_t probability_count;
};

/* ALT is "." or equal to REF. */
bool call_is_reference(const struct call *call);
bool call_has_two_alts(const struct call *call);
/* "PASS", "LowQual", "RefCall". */
const char *call_filter_text(enum call_filter filter);
/* Copies all, the texts into `to`'s own memory; borrowed pointers stay borrowed.
 * STATUS_NO_MEMORY leaves `to` unusable but free to be filled again or freed. */
int call_copy(struct call *to, const struct call *from, struct failure *why);
/* Releases the texts and leaves {0}; the struct itself is the caller's. */
void call_free(struct call *call);

#endif
