/* SPDX-License-Identifier: MIT
 *
 * Random contigs and alignments for property tests, odd CIGARs included.  A seed gives the same
 * everywhere. */
#ifndef TESTS_CORE_WINDOWS_RANDOM_READS_H
#define TESTS_CORE_WINDOWS_RANDOM_READS_H

#include "core/windows/alignment.h"
#include "core/windows/cigar.h"
#include "core/windows/reference.h"
#include "core/windows/reference_view.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dice {
    uint64_t state;
};

static inline uint32_t roll(struct dice *dice, uint32_t sides) {
    dice->state = dice->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((dice->state >> 33) % sides);
}

enum { READ_BASES = 400, READ_OPERATIONS = 40, READ_MOVES = 1200 };

struct random_read {
    struct alignment alignment; /* points into the rest */
    char name[16];
    uint32_t cigar[READ_OPERATIONS];
    uint8_t sequence[READ_BASES / 2];
    uint8_t qualities[READ_BASES];
    uint8_t moves[READ_MOVES];
};

struct random_case {
    struct dice dice;
    int64_t length; /* of the contig */
    char *contig;
    size_t count;
    struct random_read *reads; /* sorted by position */
};

static inline const char *random_fetch(void *source, int64_t begin, int64_t end,
                                       struct failure *why) {
    (void)end;
    (void)why;
    return (const char *)source + begin;
}

static inline struct reference random_reference(const struct random_case *c) {
    return (struct reference){.length = c->length, .source = c->contig, .fetch = random_fetch};
}

static inline uint32_t random_operation(struct dice *dice) {
    static const uint8_t kinds[] = {0, 0, 0, 0, 0, 7, 8, 1, 1, 2, 2, 3, 6, 4, 5};
    uint32_t kind = kinds[roll(dice, sizeof kinds)];
    uint32_t length = kind == 0 ? roll(dice, 25) : kind == 3 ? roll(dice, 30) : roll(dice, 5);
    if (kind == 1 && roll(dice, 12) == 0)
        length = 15 + roll(dice, 50);
    return length << 4 | kind;
}

static inline uint8_t letter_to_code(char letter) {
    static const char letters[] = "=ACMGRSVTWYHKDBN";
    return (uint8_t)(strchr(letters, letter) - letters);
}

/* Letters mostly as in the contig, so that alleles gather support. */
static inline void random_letters(struct random_case *c, struct random_read *r) {
    static const uint8_t codes[] = {1, 2, 4, 8, 15, 3, 0};
    int64_t x = r->alignment.position, y = 0;
    for (size_t k = 0; k < r->alignment.cigar_count; k++) {
        enum cigar_operation operation = cigar_operation(r->cigar[k]);
        for (int64_t i = 0; i < cigar_length(r->cigar[k]); i++) {
            uint8_t code = codes[roll(&c->dice, roll(&c->dice, 9) ? 4 : sizeof codes)];
            if (cigar_is_match(operation) && x < c->length && roll(&c->dice, 12) != 0)
                code = letter_to_code(upper(c->contig[x]));
            if (cigar_takes_query(operation)) {
                r->sequence[y / 2] |= (uint8_t)(code << (y % 2 ? 0 : 4));
                r->qualities[y] = (uint8_t)(roll(&c->dice, 9) ? roll(&c->dice, 50) : 255);
                y++;
            }
            x += cigar_takes_reference(operation);
        }
    }
}

static inline void random_read(struct random_case *c, struct random_read *r, int64_t position) {
    static const uint16_t flags[] = {0, 0, 0, 16, 16, 16, 4, 8, 256, 512, 1024, 2048, 24};
    static const uint8_t mapqs[] = {60, 60, 60, 60, 4, 5, 19, 20, 255, 30};
    struct dice *d = &c->dice;
    memset(r, 0, sizeof *r);
    snprintf(r->name, sizeof r->name, "r%u", (unsigned)roll(d, roll(d, 4) ? 100000 : 10));
    struct alignment *a = &r->alignment;
    a->position = position;
    a->flag = flags[roll(d, sizeof flags / sizeof *flags)];
    a->mapq = mapqs[roll(d, sizeof mapqs)];
    a->haplotype = (int8_t)roll(d, 3);
    size_t operations = 1 + roll(d, READ_OPERATIONS);
    int64_t bases = 0;
    for (size_t k = 0; k < operations; k++) {
        uint32_t element = random_operation(d);
        if (cigar_takes_query(cigar_operation(element)))
            bases += cigar_length(element);
        if (bases > READ_BASES)
            break;
        r->cigar[a->cigar_count++] = element;
        a->length = (int32_t)bases;
    }
    random_letters(c, r);
    a->move_count = roll(d, READ_MOVES);
    for (size_t i = 0; i < a->move_count; i++)
        r->moves[i] = roll(d, 3) == 0;
}

static inline int by_position(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static inline struct random_case random_case(uint64_t seed) {
    struct random_case c = {.dice = {seed * 2654435761U + 1}};
    for (int i = 0; i < 8; i++)
        roll(&c.dice, 2);
    c.length = 1 + roll(&c.dice, roll(&c.dice, 5) ? 700 : 60);
    c.contig = calloc((size_t)c.length + 1, 1);
    for (int64_t x = 0; x < c.length; x++) {
        const char *letters = roll(&c.dice, 30) ? "ACGTacgt" : "NRYnMKSW";
        c.contig[x] = letters[roll(&c.dice, roll(&c.dice, 3) ? 4 : 8)];
    }
    c.count = roll(&c.dice, 100);
    c.reads = calloc(c.count + 1, sizeof *c.reads);
    int64_t *positions = calloc(c.count + 1, sizeof *positions);
    for (size_t i = 0; i < c.count; i++)
        positions[i] = roll(&c.dice, (uint32_t)c.length);
    qsort(positions, c.count, sizeof *positions, by_position);
    for (size_t i = 0; i < c.count; i++) {
        struct random_read *r = &c.reads[i];
        random_read(&c, r, positions[i]);
        r->alignment.name = r->name;
        r->alignment.cigar = r->cigar;
        r->alignment.sequence = r->sequence;
        r->alignment.qualities = r->qualities;
        r->alignment.moves = r->moves;
    }
    free(positions);
    return c;
}

static inline void random_case_free(struct random_case *c) {
    free(c->contig);
    free(c->reads);
}

#endif
