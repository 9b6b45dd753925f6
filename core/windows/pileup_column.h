/* SPDX-License-Identifier: MIT
 *
 * One column as the pileup window sees it: its 18 channels, and whether it is a candidate
 * (specification of windows, 1.3, 1.5, 1.6, 1.12). */
#ifndef CORE_WINDOWS_PILEUP_COLUMN_H
#define CORE_WINDOWS_PILEUP_COLUMN_H

#include "core/windows/columns.h"
#include "core/windows/pileup_window.h"

enum { INSERTED, DELETED };

struct pileup_column {
    char letter;           /* of the reference, upper case */
    int reference_base;    /* 0 to 3; 0 for letters other than A, C, G, T */
    uint32_t base[4];      /* both strands */
    uint32_t depth;        /* reads with a letter or deleted; 1 where that is 0 */
    uint32_t ref, alt;     /* 1.6 */
    int alt_base;          /* -1: none */
    uint32_t indels[2][2]; /* [INSERTED or DELETED][strand]: reads with one */
    uint32_t most[2][2];   /* the same: those with the most frequent one */
};

void pileup_column_sum(struct pileup_column *out, const struct column *column, char letter);

/* The channels, without what the next column adds to channel 17 (4.1). */
void pileup_column_channels(int32_t out[PILEUP_CHANNELS], const struct pileup_column *sums,
                            const struct column *column);

/* Points 1 to 3 of 1.6; point 4 is the run's business. */
bool pileup_column_is_candidate(const struct pileup_column *sums,
                                const struct pileup_options *options);

/* total_count of 1.12; ref_count is `ref`. */
uint32_t pileup_column_total(const struct pileup_column *sums);

#endif
