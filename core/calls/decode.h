/* SPDX-License-Identifier: MIT
 *
 * Decoding: the probabilities of a network for one window, with the letters and counts that
 * the reads show there (alternative information), become one call, or none.
 *
 * The networks name a kind of change ("heterozygous, a base and an insertion of 3"); the
 * reads name the letters.  The most probable kind that the reads can spell wins.  A window
 * is looked at alone, so a decoder holds nothing but its options and working memory; each
 * thread has its own.  After the first windows it allocates nothing.
 * Spec: calling, section 2. */
#ifndef CORE_CALLS_DECODE_H
#define CORE_CALLS_DECODE_H

#include "core/calls/call.h"

/* The answer of a network: 21 genotypes, 3 zygosities, and, from full alignment only, the
 * lengths (-16 to 16) of the shorter and of the longer allele; float32, normalised. */
enum {
    DECODE_GENOTYPES = 21,
    DECODE_ZYGOSITIES = 3,
    DECODE_LENGTH_LIMIT = 16, /* it and its negative mean "or more" */
    DECODE_LENGTHS = 2 * DECODE_LENGTH_LIMIT + 1,
    DECODE_PILEUP_PROBABILITIES = DECODE_GENOTYPES + DECODE_ZYGOSITIES,
    DECODE_FULL_PROBABILITIES = DECODE_PILEUP_PROBABILITIES + 2 * DECODE_LENGTHS
};

struct decode_options {
    double lowest_qual;     /* below it the filter is LowQual; 0: every call passes.  The
                               original's run decodes with 2, whatever its --qual says */
    bool hide_reference;    /* reference calls give no call */
    bool likelihoods;       /* PL */
    bool haploid_precise;   /* only homozygous outcomes, genotypes 0 and 1 */
    bool haploid_sensitive; /* no site with two alternatives, genotypes 0 and 1 */
    bool long_indel;        /* indels longer than 50, and support from their like */
    bool keep_iupac;        /* letters other than ACGTN stay instead of becoming N */
};

#define DECODE_LOWEST_QUAL 2.0

/* One window with its answer; all borrowed for the call of decode, contig and
 * probabilities as long as the call is used. */
struct decode_window {
    const char *contig;
    int64_t position;     /* 1-based */
    char reference;       /* the reference base at the position */
    const char *alt_info; /* "DEPTH-KEY COUNT KEY COUNT ...", not NUL-terminated */
    size_t alt_info_length;
    const float *probabilities; /* as many as the decoder's network has */
};

/* What became of a window: a call, or why there is none. */
enum decode_result {
    DECODE_CALL,
    DECODE_REFERENCE_HIDDEN, /* a reference call, and these are not wanted */
    DECODE_NO_CHANGE,        /* the reads' best letter is the reference's */
    DECODE_NOT_HAPLOID,      /* a heterozygous outcome in a haploid mode */
    DECODE_BAD_REFERENCE,    /* the reference letter is no nucleotide code */
    DECODE_BAD_ALT_INFO,     /* depth or a count is no number */
    DECODE_RESULTS
};

struct decoder;

/* `network` says whose answers will come.  NULL on failure. */
struct decoder *decoder_new(enum call_source network, const struct decode_options *options,
                            struct failure *why);
void decoder_free(struct decoder *decoder);

/* Fills `call` where the result is DECODE_CALL (otherwise it is undefined, but may be
 * filled again).  Returns an enum decode_result, or STATUS_NO_MEMORY. */
int decode(struct decoder *decoder, const struct decode_window *window, struct call *call,
           struct failure *why);

/* Why there is no call, in a few words, for counts and reports. */
const char *decode_result_text(enum decode_result result);

#endif
