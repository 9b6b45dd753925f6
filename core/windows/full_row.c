/* SPDX-License-Identifier: MIT
 *
 * Rows of full-alignment windows (specification of windows, 2.2, 2.7, 2.8).  An indel belongs to
 * the position before it, so both walks below keep that position open while they pass the
 * operations that take no reference bases, and finish it at the next that does. */
#include "core/windows/full_row.h"

#include "core/windows/cigar.h"
#include "core/windows/reference_view.h"

#include <stdlib.h>
#include <string.h>

enum channel {
    CHANNEL_REFERENCE,
    CHANNEL_ALTERNATIVE,
    CHANNEL_STRAND,
    CHANNEL_MAPQ,
    CHANNEL_QUALITY,
    CHANNEL_SHARE,
    CHANNEL_INSERTED,
    CHANNEL_HAPLOTYPE,
    CHANNEL_DWELL
};

enum {
    MAPQ_FULL = 60,    /* and above: 100 */
    QUALITY_FULL = 40, /* and above: 100 */
    CODE_INSERTION = -50,
    CODE_DELETION = -100,
    CODE_FORWARD = 100,
    CODE_REVERSE = 50,
    EMPTY_CODE = 0, /* a skipped position is drawn as the letter '=' */
    NO_CODE = 16    /* of a reference letter that BAM does not have */
};

static const char code_letters[] = "=ACMGRSVTWYHKDBN";
static const int8_t haplotype_codes[3] = {60, 30, 90};

/* Letter codes of 2.7 by BAM code. */
static const int8_t letter_codes[16] = {
    [1] = 100, [2] = 25, [4] = 75, [8] = 50, [13] = -100, [15] = 100,
};

int full_site_slot(char letter) {
    return letter == 'C' ? 1 : letter == 'G' ? 2 : letter == 'T' ? 3 : 0;
}

/* ---- the site ------------------------------------------------------------------------------ */

void full_site_begin(struct full_site *site, int64_t position, char reference_letter) {
    site->position = position;
    site->reference_letter = upper(reference_letter);
    site->depth = 0;
    memset(site->base, 0, sizeof site->base);
    indel_table_clear(&site->insertions);
    indel_table_clear(&site->deletions);
}

void full_site_release(struct full_site *site) {
    indel_table_release(&site->insertions);
    indel_table_release(&site->deletions);
    free(site->text);
    site->text = NULL;
}

static int add_insertion(struct full_site *site, const struct held_read *read, int64_t y,
                         int64_t length, uint32_t *which, struct failure *why) {
    if ((size_t)length > site->text_capacity) {
        char *larger = realloc(site->text, 2 * (size_t)length);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for an insertion of %lld bases",
                        (long long)length);
        site->text = larger;
        site->text_capacity = 2 * (size_t)length;
    }
    for (int64_t i = 0; i < length; i++)
        site->text[i] = code_letters[sequence_code(read->sequence, y + i)];
    int status = indel_table_add(&site->insertions, site->text, (int32_t)length, 0, why);
    *which = site->insertions.last_entry;
    return status;
}

/* The indels that hang on the last base of the operation before k: all insertions up to the next
 * operation that takes reference bases, and that one if it is a deletion. */
static int add_indels(struct full_site *site, const struct held_read *read, size_t k, int64_t y,
                      struct full_allele *allele, struct failure *why) {
    int status = STATUS_OK;
    for (; k < read->cigar_count && status == STATUS_OK; k++) {
        enum cigar_operation operation = cigar_operation(read->cigar[k]);
        int64_t length = cigar_length(read->cigar[k]);
        if (length == 0)
            continue;
        if (operation == CIGAR_INSERTION) {
            status = add_insertion(site, read, y, length, &allele->which, why);
            allele->kind = ALLELE_INSERTION;
        } else if (operation == CIGAR_DELETION) {
            status = indel_table_add(&site->deletions, NULL, (int32_t)length, 0, why);
            if (allele->kind == ALLELE_NONE)
                *allele = (struct full_allele){ALLELE_DELETION, site->deletions.last_entry};
        }
        if (cigar_takes_reference(operation))
            break;
        if (cigar_takes_query(operation))
            y += length;
    }
    return status;
}

/* The read's letter at the site, which lies `offset` bases into operation k at query y. */
static void add_letter(struct full_site *site, enum cigar_operation operation, unsigned code,
                       struct full_allele *allele) {
    char letter = operation == CIGAR_SKIP ? '=' : code_letters[code];
    if (operation != CIGAR_SKIP) { /* a skipped position is counted nowhere (2.2) */
        site->depth++;
        site->base[full_site_slot(letter)]++;
    }
    if (allele->kind == ALLELE_NONE && letter != site->reference_letter)
        *allele = (struct full_allele){ALLELE_LETTER, (uint32_t)full_site_slot(letter)};
}

int full_site_add(struct full_site *site, const struct held_read *read, struct full_allele *allele,
                  struct failure *why) {
    *allele = (struct full_allele){ALLELE_NONE, 0};
    if (site->position < read->start || site->position >= read->end)
        return STATUS_OK;
    size_t k = read->op;
    int64_t x = read->x, y = read->y, length = 0;
    enum cigar_operation operation = CIGAR_MATCH;
    for (;; k++) { /* ends, since the site lies in the span */
        operation = cigar_operation(read->cigar[k]);
        length = cigar_length(read->cigar[k]);
        if (cigar_takes_reference(operation) && x + length > site->position)
            break;
        x += cigar_takes_reference(operation) ? length : 0;
        y += cigar_takes_query(operation) ? length : 0;
    }
    int status = STATUS_OK;
    int64_t at = cigar_is_match(operation) ? y + (site->position - x) : y;
    int64_t end = cigar_takes_query(operation) ? y + length : y;
    if (x + length == site->position + 1)
        status = add_indels(site, read, k + 1, end, allele, why);
    if (operation == CIGAR_DELETION) { /* counted, but no allele of the read */
        site->depth++;
        allele->kind = ALLELE_NONE;
    } else {
        unsigned code = cigar_is_match(operation) ? sequence_code(read->sequence, at) : 0;
        add_letter(site, operation, code, allele);
    }
    return status;
}

int8_t full_site_share(const struct full_site *site, struct full_allele allele) {
    uint32_t count;
    switch (allele.kind) {
    case ALLELE_INSERTION:
        count = site->insertions.entries[allele.which].count[0];
        break;
    case ALLELE_DELETION:
        count = site->deletions.entries[allele.which].count[0];
        break;
    case ALLELE_LETTER:
        count = site->base[allele.which];
        break;
    default:
        return 0;
    }
    if (!((float)count / (float)site->depth < 1.0F))
        return 100;
    return (int8_t)((float)(100 * count) / (float)site->depth);
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* A value in its channel of a cell's word. */
static uint64_t place(enum channel channel, int8_t value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint64_t)(uint8_t)value << (8 * channel);
#else
    return (uint64_t)(uint8_t)value << (56 - 8 * channel);
#endif
}

void full_columns_begin(struct full_columns *c, int64_t begin, const char reference[WINDOW_WIDTH],
                        int channels) {
    c->begin = begin;
    c->channels = channels;
    for (int p = 0; p < WINDOW_WIDTH; p++) {
        const char *found = strchr(code_letters, upper(reference[p]));
        unsigned code = found == NULL ? NO_CODE : (unsigned)(found - code_letters);
        int8_t value = code < NO_CODE ? letter_codes[code] : 0;
        c->letters[p] = (uint8_t)code;
        c->cells[p] = place(CHANNEL_REFERENCE, value);
        c->share_masks[p] = value != 0 ? UINT64_MAX : 0;
    }
}

void full_row_seek(struct held_read *read, int64_t position) {
    for (; read->op < read->cigar_count; read->op++) {
        enum cigar_operation operation = cigar_operation(read->cigar[read->op]);
        int64_t length = cigar_length(read->cigar[read->op]);
        if (cigar_takes_reference(operation) && read->x + length > position)
            return;
        read->x += cigar_takes_reference(operation) ? length : 0;
        read->y += cigar_takes_query(operation) ? length : 0;
    }
}

/* A row being drawn. */
struct drawing {
    int8_t *row;
    const struct full_columns *columns;
    const struct held_read *read;
    uint64_t cell;       /* channels 2, 3 and 7, */
    uint64_t share;      /* and 5, where the column has it */
    int open;            /* the column whose indels may still come; -1: none */
    int64_t inserted_at; /* of its last insertion: query position, */
    int64_t inserted;    /* letters; 0: it has none */
};

static int8_t mapq_code(uint8_t mapq) {
    return (int8_t)(mapq >= MAPQ_FULL ? 100 : 100 * mapq / MAPQ_FULL);
}

static int8_t quality_code(uint8_t quality) {
    return (int8_t)(100 * (quality < QUALITY_FULL ? quality : QUALITY_FULL) / QUALITY_FULL);
}

/* Column p shows the letter of this code.  Channel 6 stays: it may hold letters of an insertion
 * to the left, and all else is still 0. */
static inline void draw_cell(const struct drawing *d, int p, unsigned code, int8_t quality) {
    const struct full_columns *c = d->columns;
    int8_t *cell = d->row + p * c->channels;
    uint64_t word;
    memcpy(&word, cell, sizeof word);
    word |= c->cells[p] | d->cell | (d->share & c->share_masks[p]);
    word |= place(CHANNEL_ALTERNATIVE, code == c->letters[p] ? 0 : letter_codes[code]);
    word |= place(CHANNEL_QUALITY, quality);
    memcpy(cell, &word, sizeof word);
}

/* Columns [first, end) show the letters from query position y on. */
static void draw_letters(const struct drawing *d, int first, int end, int64_t y) {
    const uint8_t *sequence = d->read->sequence, *qualities = d->read->qualities;
    for (int p = first; p < end; p++, y++)
        draw_cell(d, p, sequence_code(sequence, y), quality_code(qualities[y]));
    if (d->columns->channels <= CHANNEL_DWELL)
        return;
    y -= end - first;
    for (int p = first; p < end; p++, y++)
        d->row[p * d->columns->channels + CHANNEL_DWELL] = (int8_t)d->read->dwell[y];
}

static void draw_insertion(struct drawing *d, int64_t y, int64_t length) {
    int8_t *cell = d->row + d->open * d->columns->channels;
    cell[CHANNEL_ALTERNATIVE] = CODE_INSERTION;
    d->inserted_at = y;
    d->inserted = length;
    if (d->columns->channels > CHANNEL_DWELL) {
        unsigned sum = (uint8_t)cell[CHANNEL_DWELL];
        for (int64_t i = 0; i < length; i++)
            sum += d->read->dwell[y + i];
        cell[CHANNEL_DWELL] = (int8_t)(uint8_t)sum;
    }
}

/* The open column gets no more indels: its inserted letters go into channel 6. */
static void close_column(struct drawing *d) {
    if (d->open < 0 || d->open >= WINDOW_WIDTH - 1)
        d->inserted = 0;
    for (int64_t i = 0; i < d->inserted && d->open + i < WINDOW_WIDTH; i++) {
        int8_t *cell = d->row + (d->open + i) * d->columns->channels;
        cell[CHANNEL_INSERTED] = letter_codes[sequence_code(d->read->sequence, d->inserted_at + i)];
    }
    d->open = -1;
    d->inserted = 0;
}

/* Draws the columns of an operation that takes reference bases [x, x + length). */
static void draw_stretch(struct drawing *d, enum cigar_operation operation, int64_t x, int64_t y,
                         int64_t length) {
    int64_t begin = d->columns->begin, end = x + length;
    if (operation == CIGAR_DELETION && d->open >= 0 && d->inserted == 0)
        d->row[d->open * d->columns->channels + CHANNEL_ALTERNATIVE] = CODE_DELETION;
    close_column(d);
    if (operation == CIGAR_DELETION)
        return;
    int first = x < begin ? 0 : (int)(x - begin);
    int last = end > begin + WINDOW_WIDTH ? WINDOW_WIDTH : (int)(end - begin);
    if (operation == CIGAR_SKIP)
        for (int p = first; p < last; p++)
            draw_cell(d, p, EMPTY_CODE, 0);
    else
        draw_letters(d, first, last, y + (begin + first - x));
    if (end <= begin + WINDOW_WIDTH)
        d->open = (int)(end - 1 - begin);
}

void full_row_draw(int8_t *row, const struct full_columns *columns, const struct held_read *read,
                   int8_t share) {
    struct drawing d = {
        .row = row,
        .columns = columns,
        .read = read,
        .cell = place(CHANNEL_STRAND, read->reverse ? CODE_REVERSE : CODE_FORWARD) |
                place(CHANNEL_MAPQ, mapq_code(read->mapq)) |
                place(CHANNEL_HAPLOTYPE, haplotype_codes[read->haplotype]),
        .share = place(CHANNEL_SHARE, share),
        .open = -1,
    };
    int64_t x = read->x, y = read->y, end = columns->begin + WINDOW_WIDTH;
    for (size_t k = read->op; k < read->cigar_count && (x < end || d.open >= 0); k++) {
        enum cigar_operation operation = cigar_operation(read->cigar[k]);
        int64_t length = cigar_length(read->cigar[k]);
        if (length == 0)
            continue;
        if (cigar_takes_reference(operation))
            draw_stretch(&d, operation, x, y, length);
        else if (operation == CIGAR_INSERTION && d.open >= 0)
            draw_insertion(&d, y, length);
        x += cigar_takes_reference(operation) ? length : 0;
        y += cigar_takes_query(operation) ? length : 0;
    }
    close_column(&d);
}
