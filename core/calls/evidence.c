/* SPDX-License-Identifier: MIT
 *
 * The table is a plain array that is walked for every question: a site has few keys. */
#include "core/calls/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CAPACITY = 64,
    CLEAR_MAJORITY = 9 /* reads by which the best letter outdoes the network's (2.5, PICK) */
};

static bool same_letters(struct letters a, struct letters b) {
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* ---- reading the text --------------------------------------------------------------------- */

static struct letters next_word(struct letters *rest, char separator) {
    const char *end = rest->length ? memchr(rest->bytes, separator, rest->length) : NULL;
    struct letters word = {rest->bytes, end ? (size_t)(end - rest->bytes) : rest->length};
    size_t used = word.length + (end ? 1 : 0);
    rest->bytes += used;
    rest->length -= used;
    return word;
}

static bool parse_count(struct letters word, int64_t *count) {
    const int64_t greatest = INT64_C(1000000000000);
    *count = 0;
    for (size_t i = 0; i < word.length; i++) {
        if (word.bytes[i] < '0' || word.bytes[i] > '9' || *count > greatest)
            return false;
        *count = *count * 10 + (word.bytes[i] - '0');
    }
    return word.length > 0;
}

static bool reserve_item(struct evidence *evidence) {
    if (evidence->count < evidence->capacity)
        return true;
    size_t capacity = evidence->capacity ? 2 * evidence->capacity : FIRST_CAPACITY;
    struct evidence_item *items = realloc(evidence->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    evidence->items = items;
    evidence->capacity = capacity;
    return true;
}

static struct evidence_item *find(const struct evidence *evidence, char kind,
                                  struct letters letters) {
    for (size_t i = 0; i < evidence->count; i++) {
        struct evidence_item *item = &evidence->items[i];
        if (item->kind == kind && same_letters(item->letters, letters))
            return item;
    }
    return NULL;
}

/* A key that comes again keeps its first place and takes the new count. */
static bool put(struct evidence *evidence, struct letters key, int64_t count) {
    if (key.length == 0)
        return true;
    struct letters letters = {key.bytes + 1, key.length - 1};
    struct evidence_item *known = find(evidence, key.bytes[0], letters);
    if (known) {
        known->count = count;
        return true;
    }
    if (!reserve_item(evidence))
        return false;
    evidence->items[evidence->count++] = (struct evidence_item){key.bytes[0], letters, count};
    return true;
}

static bool is_space(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

int evidence_read(struct evidence *evidence, const char *text, size_t length) {
    struct letters rest = {text, length};
    while (rest.length > 0 && is_space(rest.bytes[rest.length - 1]))
        rest.length--;
    evidence->count = 0;
    evidence->reference_count = 0;
    if (!parse_count(next_word(&rest, '-'), &evidence->depth))
        return STATUS_BAD_INPUT;
    struct letters items = next_word(&rest, '-');
    while (items.length > 0) {
        struct letters key = next_word(&items, ' ');
        int64_t count;
        if (items.length == 0)
            break; /* a key without a count */
        if (!parse_count(next_word(&items, ' '), &count))
            return STATUS_BAD_INPUT;
        if (!put(evidence, key, count))
            return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < evidence->count; i++)
        if (evidence->items[i].kind == 'R')
            evidence->reference_count = evidence->items[i].count;
    return STATUS_OK;
}

void evidence_free(struct evidence *evidence) {
    free(evidence->items);
    *evidence = (struct evidence){0};
}

/* ---- substitutions ------------------------------------------------------------------------ */

static bool is_substitution(const struct evidence_item *item) {
    return item->kind == 'X' && item->letters.length > 0;
}

void evidence_substitutions(const struct evidence *evidence, char best[2]) {
    const struct evidence_item *first = NULL, *second = NULL;
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_item *item = &evidence->items[i];
        if (!is_substitution(item))
            continue;
        if (first == NULL || item->count > first->count) {
            second = first;
            first = item;
        } else if (second == NULL || item->count > second->count) {
            second = item;
        }
    }
    best[0] = first ? first->letters.bytes[0] : '\0';
    best[1] = second ? second->letters.bytes[0] : '\0';
}

char evidence_pick_substitution(const struct evidence *evidence, char wanted) {
    char best[2];
    evidence_substitutions(evidence, best);
    const struct evidence_item *item = find(evidence, 'X', (struct letters){&wanted, 1});
    if (best[0] == '\0' || item == NULL)
        return best[0];
    int64_t best_count = evidence_count(evidence, 'X', (struct letters){best, 1});
    return best_count - item->count >= CLEAR_MAJORITY ? best[0] : wanted;
}

/* ---- insertions and deletions -------------------------------------------------------------- */

static bool usable(const struct evidence *evidence, const struct evidence_item *item, char kind) {
    return item->kind == kind && item->letters.length >= 1 &&
           item->letters.length <= evidence->longest_indel;
}

struct letters evidence_best_indel(const struct evidence *evidence, char kind, size_t length,
                                   struct letters skip) {
    const struct evidence_item *wanted = NULL, *other = NULL;
    size_t wanted_length = length == 0 ? 0 : length + (kind == 'I' ? 1 : 0);
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_item *item = &evidence->items[i];
        if (item->kind != kind || (skip.bytes && same_letters(item->letters, skip)))
            continue;
        if (length > 0 && item->letters.length == wanted_length) {
            if (wanted == NULL || item->count > wanted->count)
                wanted = item;
        } else if (usable(evidence, item, kind) && (other == NULL || item->count > other->count)) {
            other = item;
        }
    }
    const struct evidence_item *best = wanted ? wanted : other;
    return best ? best->letters : (struct letters){NULL, 0};
}

bool evidence_two_indels(const struct evidence *evidence, char kind, struct letters best[2]) {
    const struct evidence_item *first = NULL, *second = NULL;
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_item *item = &evidence->items[i];
        if (!usable(evidence, item, kind))
            continue;
        if (first == NULL || item->count >= first->count) {
            second = first;
            first = item;
        } else if (second == NULL || item->count >= second->count) {
            second = item;
        }
    }
    if (second == NULL)
        return false;
    best[0] = first->letters;
    best[1] = second->letters;
    return true;
}

/* ---- counts ------------------------------------------------------------------------------- */

int64_t evidence_count(const struct evidence *evidence, char kind, struct letters letters) {
    const struct evidence_item *item = find(evidence, kind, letters);
    return item ? item->count : 0;
}

int64_t evidence_deletion_count(const struct evidence *evidence, size_t length) {
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_item *item = &evidence->items[i];
        if (item->kind == 'D' && item->letters.length == length)
            return item->count;
    }
    return 0;
}

size_t evidence_keys(const struct evidence *evidence, char kind) {
    size_t keys = 0;
    for (size_t i = 0; i < evidence->count; i++)
        keys += evidence->items[i].kind == kind;
    return keys;
}

int64_t evidence_similar_insertions(const struct evidence *evidence, struct letters insertion) {
    if (insertion.length <= EVIDENCE_LONGEST_INDEL)
        return 0;
    double inserted = (double)(insertion.length - 1);
    double lowest = fmax((1.0 - 0.1) * inserted, EVIDENCE_LONGEST_INDEL);
    double highest = (1.0 + 0.1) * inserted;
    int64_t sum = 0;
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_item *item = &evidence->items[i];
        double length = (double)item->letters.length;
        if (item->kind == 'I' && length >= lowest && length <= highest &&
            !same_letters(item->letters, insertion))
            sum += item->count;
    }
    return sum;
}
