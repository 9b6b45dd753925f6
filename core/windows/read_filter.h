/* SPDX-License-Identifier: MIT
 *
 * Which alignments the windows use, and the books about those they leave out.  Pileup and
 * full-alignment windows differ in the flags they refuse (specification of windows, 1.1, 2.1). */
#ifndef CORE_WINDOWS_READ_FILTER_H
#define CORE_WINDOWS_READ_FILTER_H

#include "core/windows/alignment.h"

enum read_fate { /* in the order in which they are looked at: the first that applies counts */
                 READ_USED,
                 READ_UNMAPPED,
                 READ_MATE_UNMAPPED, /* full alignment only */
                 READ_SECONDARY,
                 READ_QC_FAIL,   /* pileup only */
                 READ_DUPLICATE, /* pileup only */
                 READ_SUPPLEMENTARY,
                 READ_LOW_MAPQ,
                 READ_OUTSIDE,      /* begins before the contig or behind its end */
                 READ_BAD_CIGAR,    /* unknown operation, or lengths that do not fit the sequence */
                 READ_NO_REFERENCE, /* no operation that takes reference bases */
                 READ_NO_SEQUENCE,  /* SEQ is '*' */
                 READ_TOO_LONG,     /* spans more than READ_SPAN_MAX reference bases */
                 READ_SAME_NAME,    /* full alignment, compatibility only: a record of its name came
                                       before */
                 READ_BEYOND_DEPTH, /* full alignment only: let go, as FULL_DEPTH_MAX others come
                                       first */
                 READ_FATES
};

/* Longer spans would let one hostile record claim any amount of memory.  The longest reads known
 * are half of this. */
#define READ_SPAN_MAX ((int64_t)1 << 23)

struct read_books {
    uint64_t by_fate[READ_FATES]; /* records; the sum is all that were added */
};

/* A word for reports: "used", "unmapped", "low_mapq" and so on. */
const char *read_fate_name(enum read_fate fate);

/* Flag bits that each kind of window refuses. */
enum {
    PILEUP_REFUSED_FLAGS = 4 | 256 | 512 | 1024 | 2048,
    FULL_REFUSED_FLAGS = 4 | 8 | 256 | 2048
};

/* The fate of an alignment, and its reference span in bases (0 unless READ_USED).  After
 * READ_USED the CIGAR can be walked without looking at bounds: query positions stay within
 * `length`, and the span is at least 1. */
enum read_fate read_filter(const struct alignment *alignment, unsigned refused_flags, int min_mq,
                           int64_t contig_length, int64_t *span);

#endif
