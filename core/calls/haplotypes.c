/* SPDX-License-Identifier: MIT
 *
 * A choice of alleles is a set of bits per haplotype.  The letters that a choice gives are
 * kept as a hash of 64 bits only: with the some ten thousand choices of a neighbourhood two
 * different ones do not meet in practice. */
#include "core/calls/haplotypes.h"

#include <stdlib.h>

struct choice_of_alleles {
    uint64_t letters;       /* hash over the letters of both haplotypes */
    uint32_t first, second; /* which alleles lie on which haplotype */
    uint32_t size;          /* how many alleles */
};

struct choices {
    size_t count, capacity;
    struct choice_of_alleles *items;
};

struct haplotypes {
    struct choices truth, calls;
};

/* One side in one search. */
struct search {
    const struct haplotype_side *side;
    const char *letters; /* of the reference, [begin, end) */
    int64_t begin, end;
    size_t level;
    bool with_genotypes;
    uint64_t unchanged; /* hash of the reference's own letters */
    struct choices *choices;
};

struct haplotypes *haplotypes_new(struct failure *why) {
    struct haplotypes *haplotypes = calloc(1, sizeof *haplotypes);
    if (haplotypes == NULL)
        fail(why, STATUS_NO_MEMORY, "no memory to compare haplotypes");
    return haplotypes;
}

void haplotypes_free(struct haplotypes *haplotypes) {
    if (haplotypes == NULL)
        return;
    free(haplotypes->truth.items);
    free(haplotypes->calls.items);
    free(haplotypes);
}

int64_t haplotypes_begin(const struct variant *variant) {
    return variant->position - 1 + variant->is_anchored;
}

int64_t haplotypes_end(const struct variant *variant) {
    return variant->position - 1 + (int64_t)variant->ref_length;
}

/* ---- letters of a haplotype ----------------------------------------------------------------- */

static char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static uint64_t hash_letters(uint64_t hash, const char *letters, size_t length) {
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)upper(letters[i])) * UINT64_C(1099511628211);
    return hash;
}

/* The hash of the reference with the alleles in `members`; false if they overlap. */
static bool hash_haplotype(const struct search *search, uint32_t members, uint64_t *hash) {
    const uint64_t start = UINT64_C(14695981039346656037);
    int64_t at = search->begin, last_insertion = -1;
    *hash = start;
    for (size_t i = 0; i < search->side->count; i++) {
        const struct variant *variant = search->side->alleles[i];
        if (!(members >> i & 1))
            continue;
        int64_t begin = haplotypes_begin(variant), end = haplotypes_end(variant);
        if (begin < at || (begin == end && begin == last_insertion))
            return false;
        if (begin == end)
            last_insertion = begin;
        *hash = hash_letters(*hash, search->letters + (at - search->begin), (size_t)(begin - at));
        *hash = hash_letters(
            *hash, search->side->list->letters.bytes + variant->alt_at + variant->is_anchored,
            variant->alt_length - variant->is_anchored);
        at = end;
    }
    *hash = hash_letters(*hash, search->letters + (at - search->begin), (size_t)(search->end - at));
    return true;
}

/* ---- choices ------------------------------------------------------------------------------- */

static uint32_t count_bits(uint32_t bits) {
    uint32_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static bool append(struct choices *choices, const struct choice_of_alleles *choice) {
    enum { FIRST_CAPACITY = 256 };
    if (choices->count == choices->capacity) {
        size_t capacity = choices->capacity ? 2 * choices->capacity : FIRST_CAPACITY;
        struct choice_of_alleles *items = realloc(choices->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        choices->items = items;
        choices->capacity = capacity;
    }
    choices->items[choices->count++] = *choice;
    return true;
}

/* Choices that leave the reference as it is are worth nothing. */
static bool add_choice(const struct search *search, uint32_t first, uint32_t second) {
    struct choice_of_alleles choice = {
        .first = first, .second = second, .size = count_bits(first | second)};
    uint64_t one, other = search->unchanged;
    if (!hash_haplotype(search, first, &one))
        return true;
    if (search->with_genotypes && !hash_haplotype(search, second, &other))
        return true;
    if (one == search->unchanged && other == search->unchanged)
        return true;
    choice.letters = one * UINT64_C(0x9E3779B97F4A7C15) + other;
    return append(search->choices, &choice);
}

/* Deals the alleles of `members` to two haplotypes in all ways: of two copies to both. */
static bool add_dealt(const struct search *search, uint32_t members) {
    uint32_t both = 0, single[HAPLOTYPES_TOGETHER_MAX], singles = 0;
    for (uint32_t i = 0; i < search->side->count; i++) {
        if (!(members >> i & 1))
            continue;
        if (search->side->alleles[i]->copies == 2)
            both |= UINT32_C(1) << i;
        else if (search->side->alleles[i]->copies == 1)
            single[singles++] = UINT32_C(1) << i;
        else
            return true; /* a genotype that is not known matches nothing */
    }
    for (uint32_t deal = 0; deal < UINT32_C(1) << singles; deal++) {
        uint32_t first = both, second = both;
        for (uint32_t i = 0; i < singles; i++)
            *(deal >> i & 1 ? &second : &first) |= single[i];
        if (!add_choice(search, first, second))
            return false;
    }
    return true;
}

/* All sets of at most HAPLOTYPES_TOGETHER_MAX alleles that are not matched yet. */
static int list_choices(const struct search *search, struct failure *why) {
    uint32_t usable = 0;
    search->choices->count = 0;
    for (uint32_t i = 0; i < search->side->count; i++)
        if (!search->side->alleles[i]->matched[search->level])
            usable |= UINT32_C(1) << i;
    for (uint32_t members = usable; members; members = (members - 1) & usable) {
        if (count_bits(members) > HAPLOTYPES_TOGETHER_MAX)
            continue;
        bool added =
            search->with_genotypes ? add_dealt(search, members) : add_choice(search, members, 0);
        if (!added)
            return fail(why, STATUS_NO_MEMORY, "no memory to compare haplotypes");
    }
    return STATUS_OK;
}

static int order_choices(const void *a, const void *b) {
    const struct choice_of_alleles *x = a, *y = b;
    if (x->letters != y->letters)
        return x->letters < y->letters ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->second > y->second) - (x->second < y->second);
}

/* The pair of choices with the same letters and the fewest alleles; false if there is none. */
static bool smallest_match(const struct choices *truth, const struct choices *calls,
                           struct choice_of_alleles pair[2]) {
    uint32_t smallest = UINT32_MAX;
    size_t i = 0, j = 0;
    while (i < truth->count && j < calls->count) {
        const struct choice_of_alleles *t = &truth->items[i], *c = &calls->items[j];
        if (t->letters == c->letters && t->size + c->size < smallest) {
            smallest = t->size + c->size; /* the first of equal letters is the smallest */
            pair[0] = *t;
            pair[1] = *c;
        }
        if (t->letters < c->letters)
            i++;
        else if (t->letters > c->letters)
            j++;
        else {
            uint64_t letters = t->letters;
            while (i < truth->count && truth->items[i].letters == letters)
                i++;
        }
    }
    return smallest != UINT32_MAX;
}

static void set_matched(const struct search *search, const struct choice_of_alleles *choice) {
    for (uint32_t i = 0; i < search->side->count; i++)
        if ((choice->first | choice->second) >> i & 1)
            search->side->alleles[i]->matched[search->level] = true;
}

static void widen(const struct haplotype_side *side, int64_t *begin, int64_t *end) {
    for (size_t i = 0; i < side->count; i++) {
        if (haplotypes_begin(side->alleles[i]) < *begin)
            *begin = haplotypes_begin(side->alleles[i]);
        if (haplotypes_end(side->alleles[i]) > *end)
            *end = haplotypes_end(side->alleles[i]);
    }
}

int haplotypes_match(struct haplotypes *haplotypes, struct reference *reference,
                     const struct haplotype_side *truth, const struct haplotype_side *calls,
                     size_t level, bool with_genotypes, struct failure *why) {
    struct search search[2] = {
        {.side = truth, .choices = &haplotypes->truth},
        {.side = calls, .choices = &haplotypes->calls},
    };
    int64_t begin = INT64_MAX, end = 0;
    widen(truth, &begin, &end);
    widen(calls, &begin, &end);
    if (truth->count == 0 || calls->count == 0)
        return STATUS_OK;
    const char *letters = reference->fetch(reference->source, begin, end, why);
    if (letters == NULL)
        return why && why->code ? why->code : STATUS_IO;
    for (size_t i = 0; i < 2; i++) {
        search[i].letters = letters;
        search[i].begin = begin;
        search[i].end = end;
        search[i].level = level;
        search[i].with_genotypes = with_genotypes;
        hash_haplotype(&search[i], 0, &search[i].unchanged);
    }
    for (;;) {
        struct choice_of_alleles pair[2];
        for (size_t i = 0; i < 2; i++) {
            int status = list_choices(&search[i], why);
            if (status != STATUS_OK)
                return status;
            if (search[i].choices->count == 0)
                return STATUS_OK;
            qsort(search[i].choices->items, search[i].choices->count,
                  sizeof *search[i].choices->items, order_choices);
        }
        if (!smallest_match(&haplotypes->truth, &haplotypes->calls, pair))
            return STATUS_OK;
        set_matched(&search[0], &pair[0]);
        set_matched(&search[1], &pair[1]);
    }
}
