/* SPDX-License-Identifier: MIT
 *
 * What one held read shows in a full-alignment window: its row of the tensor, and its allele at
 * the site (specification of windows, 2.2, 2.7, 2.8). */
#ifndef CORE_WINDOWS_FULL_ROW_H
#define CORE_WINDOWS_FULL_ROW_H

#include "core/windows/held_reads.h"
#include "core/windows/indel_table.h"
#include "core/windows/shape.h"

/* ---- the site: alleles of all reads -------------------------------------------------------- */

struct full_site { /* zero it to begin with; full_site_begin keeps the memory */
    int64_t position;
    char reference_letter; /* upper case */
    uint32_t depth;
    uint32_t base[4]; /* reads with A, C, G, T; letters other than C, G, T count as A */
    struct indel_table insertions, deletions; /* counted in count[0] */
    char *text;                               /* of one insertion */
    size_t text_capacity;
};

/* The allele of a read at the site, by which channel 5 is filled. */
struct full_allele {
    enum { ALLELE_NONE, ALLELE_INSERTION, ALLELE_DELETION, ALLELE_LETTER } kind;
    uint32_t which; /* entry of the table, or place in `base` */
};

/* The place of a letter in `base`. */
int full_site_slot(char letter);

void full_site_begin(struct full_site *site, int64_t position, char reference_letter);
void full_site_release(struct full_site *site);

/* Counts the read, which may lie anywhere, and tells its allele. */
int full_site_add(struct full_site *site, const struct held_read *read, struct full_allele *allele,
                  struct failure *why);

/* Channel 5 for this allele, once all reads are counted. */
int8_t full_site_share(const struct full_site *site, struct full_allele allele);

/* ---- rows ---------------------------------------------------------------------------------- */

/* What all rows of a window have in common.  The first eight channels of a cell are written as
 * one word, channel i at byte i. */
struct full_columns {
    int64_t begin;                      /* position of the first column */
    int channels;                       /* FULL_CHANNELS or FULL_CHANNELS_DWELL */
    uint8_t letters[WINDOW_WIDTH];      /* BAM codes of the reference, upper case; or NO_CODE */
    uint64_t cells[WINDOW_WIDTH];       /* channel 0 */
    uint64_t share_masks[WINDOW_WIDTH]; /* all ones where channel 5 is written */
};

void full_columns_begin(struct full_columns *columns, int64_t begin,
                        const char reference[WINDOW_WIDTH], int channels);

/* Moves the read's cursor to the operation that reaches `position`; positions must not go
 * back. */
void full_row_seek(struct held_read *read, int64_t position);

/* Draws the read, whose cursor is at the window's first column, into a row of zeros. */
void full_row_draw(int8_t *row, const struct full_columns *columns, const struct held_read *read,
                   int8_t share);

#endif
