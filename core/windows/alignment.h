/* SPDX-License-Identifier: MIT
 *
 * One alignment as the core sees it: borrowed pointers in BAM's own coding (SAM/BAM format
 * specification, section 4.2), so that a reader of files, a wire or a simulator can lend its
 * memory without copying.  Everything pointed to is lent for the call it is passed to. */
#ifndef CORE_WINDOWS_ALIGNMENT_H
#define CORE_WINDOWS_ALIGNMENT_H

#include <stddef.h>
#include <stdint.h>

struct alignment {
    const char *name;         /* NUL-terminated */
    int64_t position;         /* 0-based leftmost reference position */
    uint16_t flag;            /* SAM flag */
    uint8_t mapq;             /* 255: unknown */
    int8_t haplotype;         /* HP tag: 1 or 2; 0 where absent */
    size_t cigar_count;       /* operations */
    const uint32_t *cigar;    /* each length << 4 | operation (MIDNSHP=X) */
    int32_t length;           /* of the stored sequence; 0 where SEQ is '*' */
    const uint8_t *sequence;  /* 4-bit letters "=ACMGRSVTWYHKDBN", high nibble first */
    const uint8_t *qualities; /* `length` bytes; 255: missing */
    size_t move_count;        /* elements of the mv tag behind the stride; 0 where absent */
    const uint8_t *moves;     /* one byte each, 0 or not 0 (the stride is not in here) */
};

#endif
