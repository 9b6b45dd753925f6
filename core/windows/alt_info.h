/* SPDX-License-Identifier: MIT
 *
 * The alt_info text of a window: the depth and every allele that reads show at the candidate,
 * with counts (specification of windows, 1.8 and 2.9), such as "24-XT 3 DAA 2 ICG 5 RC 12". */
#ifndef CORE_WINDOWS_ALT_INFO_H
#define CORE_WINDOWS_ALT_INFO_H

#include "core/status.h"
#include "core/windows/indel_table.h"

#include <stdbool.h>
#include <stddef.h>

/* A growing text.  Zero it to begin with. */
struct alt_info {
    char *text; /* NUL-terminated once begun */
    size_t length;
    size_t capacity;
};

struct alt_info_counts {
    uint32_t depth;
    uint32_t base[4];                     /* reads with A, C, G, T */
    int reference_base;                   /* 0 to 3: the slot of the reference's letter */
    char reference_letter;                /* upper case */
    const struct indel_table *insertions; /* NULL: none */
    const struct indel_table *deletions;  /* NULL: none */
    const char *following;                /* reference letters behind the candidate */
    int64_t following_count;              /* how many there are; longer deletions are cut here */
    int32_t limit;                        /* longer indels are counted but not listed */
};

enum { ALT_INFO_LIMIT = 50, ALT_INFO_LIMIT_LONG = 100000 };

void alt_info_release(struct alt_info *info); /* frees what it holds */

/* Deletions by length, then insertions (1.8). */
int alt_info_write_pileup(struct alt_info *info, const struct alt_info_counts *counts,
                          struct failure *why);

/* Insertions, then deletions, both in bucket order (2.9). */
int alt_info_write_full(struct alt_info *info, const struct alt_info_counts *counts,
                        struct failure *why);

/* The longest deletion that will be listed, so that the caller has `following` ready. */
int32_t alt_info_longest_deletion(const struct indel_table *deletions, int32_t limit);

#endif
