/* SPDX-License-Identifier: MIT
 *
 * CIGAR operations in BAM's coding.  The windows walk CIGARs themselves, since some versions of
 * htslib join neighbouring operations (specification of windows, 1.2). */
#ifndef CORE_WINDOWS_CIGAR_H
#define CORE_WINDOWS_CIGAR_H

#include "core/windows/alignment.h"

#include <stdbool.h>

enum cigar_operation {
    CIGAR_MATCH = 0, /* M */
    CIGAR_INSERTION = 1,
    CIGAR_DELETION = 2,
    CIGAR_SKIP = 3, /* N */
    CIGAR_SOFT_CLIP = 4,
    CIGAR_HARD_CLIP = 5,
    CIGAR_PADDING = 6,
    CIGAR_EQUAL = 7,
    CIGAR_DIFFERENT = 8,
    CIGAR_OPERATIONS = 9
};

static inline enum cigar_operation cigar_operation(uint32_t element) {
    return (enum cigar_operation)(element & 15);
}

static inline int64_t cigar_length(uint32_t element) {
    return element >> 4;
}

/* M, = and X, which mean the same here. */
static inline bool cigar_is_match(enum cigar_operation operation) {
    return operation == CIGAR_MATCH || operation == CIGAR_EQUAL || operation == CIGAR_DIFFERENT;
}

static inline bool cigar_takes_reference(enum cigar_operation operation) {
    return cigar_is_match(operation) || operation == CIGAR_DELETION || operation == CIGAR_SKIP;
}

static inline bool cigar_takes_query(enum cigar_operation operation) {
    return cigar_is_match(operation) || operation == CIGAR_INSERTION ||
           operation == CIGAR_SOFT_CLIP;
}

/* The letter code (0 to 15, "=ACMGRSVTWYHKDBN") at query position y. */
static inline unsigned sequence_code(const uint8_t *sequence, int64_t y) {
    return sequence[y >> 1] >> ((~y & 1) << 2) & 15U;
}

#endif
