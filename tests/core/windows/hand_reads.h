/* SPDX-License-Identifier: MIT
 *
 * Alignments written by hand for tests: hand_read("10M2I5M", 100, "ACGT...") and so on. */
#ifndef TESTS_CORE_WINDOWS_HAND_READS_H
#define TESTS_CORE_WINDOWS_HAND_READS_H

#include "core/windows/alignment.h"
#include "core/windows/cigar.h"
#include "core/windows/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HAND_OPERATIONS = 32, HAND_BASES = 2048 };

struct hand_read {
    struct alignment alignment; /* points into the rest: do not copy the struct */
    uint32_t cigar[HAND_OPERATIONS];
    uint8_t sequence[HAND_BASES / 2];
    uint8_t qualities[HAND_BASES];
};

/* Fills `read`: 0-based position, MAPQ 60, forward, quality 30, named "read".  `letters` is as
 * long as the CIGAR asks for, or NULL: all A. */
static inline struct alignment *hand_read(struct hand_read *read, const char *cigar,
                                          int64_t position, const char *letters) {
    memset(read, 0, sizeof *read);
    struct alignment *a = &read->alignment;
    for (const char *at = cigar; *at != '\0';) {
        char *end;
        uint32_t length = (uint32_t)strtoul(at, &end, 10);
        uint32_t kind = 0;
        while ("MIDNSHP=X"[kind] != *end)
            kind++;
        read->cigar[a->cigar_count++] = length << 4 | kind;
        if (cigar_takes_query((enum cigar_operation)kind))
            a->length += (int32_t)length;
        at = end + 1;
    }
    for (int32_t y = 0; y < a->length; y++) {
        static const char codes[] = "=ACMGRSVTWYHKDBN";
        char letter = letters == NULL ? 'A' : letters[y];
        unsigned code = (unsigned)(strchr(codes, letter) - codes);
        read->sequence[y / 2] |= (uint8_t)(code << (y % 2 == 0 ? 4 : 0));
        read->qualities[y] = 30;
    }
    cr_assert(letters == NULL || strlen(letters) == (size_t)a->length);
    a->name = "read";
    a->position = position;
    a->mapq = 60;
    a->cigar = read->cigar;
    a->sequence = read->sequence;
    a->qualities = read->qualities;
    return a;
}

static inline const char *hand_fetch(void *source, int64_t begin, int64_t end,
                                     struct failure *why) {
    (void)end;
    (void)why;
    return (const char *)source + begin;
}

static inline struct reference hand_reference(const char *letters) {
    return (struct reference){(int64_t)strlen(letters), (void *)letters, hand_fetch};
}

#endif
