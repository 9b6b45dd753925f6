/* SPDX-License-Identifier: MIT
 *
 * An indel moves left by one when the letter before it equals its last letter. */
#include "core/calls/variants.h"

#include <stdlib.h>
#include <string.h>

static char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static bool is_base(char letter) {
    return letter == 'A' || letter == 'C' || letter == 'G' || letter == 'T';
}

/* Copies letters in upper case; false if one is neither a base nor N. */
static bool set_letters(struct text *text, struct letters letters) {
    text_clear(text);
    for (size_t i = 0; i < letters.length; i++) {
        char letter = upper(letters.bytes[i]);
        if (!is_base(letter) && letter != 'N')
            return false;
        text_append_char(text, letter);
    }
    return letters.length > 0;
}

static int append(struct variants *list, const struct variant *variant, struct failure *why) {
    enum { FIRST_CAPACITY = 1024 };
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : FIRST_CAPACITY;
        struct variant *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return fail(why, STATUS_NO_MEMORY, "no memory for %zu alleles", capacity);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *variant;
    return STATUS_OK;
}

/* Adds ref and alt letters as they are, at variant->position. */
static int add_letters(struct variants *list, struct variant variant, const char *ref,
                       size_t ref_length, const char *alt, size_t alt_length, struct failure *why) {
    variant.ref_at = list->letters.length;
    variant.ref_length = ref_length;
    text_append(&list->letters, ref, ref_length);
    variant.alt_at = list->letters.length;
    variant.alt_length = alt_length;
    text_append(&list->letters, alt, alt_length);
    variant.is_snp = ref_length == 1 && alt_length == 1;
    variant.is_anchored = !variant.is_snp && ref[0] == alt[0];
    if (list->letters.failed)
        return fail(why, STATUS_NO_MEMORY, "no memory for the letters of alleles");
    return append(list, &variant, why);
}

static int add_substitutions(struct variants *list, struct variant variant, struct failure *why) {
    const char *ref = list->ref.bytes, *alt = list->alt.bytes;
    int status = STATUS_OK;
    int64_t position = variant.position;
    for (size_t i = 0; i < list->ref.length && status == STATUS_OK; i++) {
        variant.position = position + (int64_t)i;
        if (ref[i] != alt[i])
            status = add_letters(list, variant, ref + i, 1, alt + i, 1, why);
    }
    return status;
}

static int read_base(struct reference *reference, int64_t position, char *base,
                     struct failure *why) {
    const char *letter = reference->fetch(reference->source, position - 1, position, why);
    if (letter == NULL)
        return why && why->code ? why->code : STATUS_IO;
    *base = upper(*letter);
    return STATUS_OK;
}

/* Turns `letters` so that the last `count` come first. */
static void rotate(char *letters, size_t length, size_t count) {
    for (; count > 0; count--) {
        char last = letters[length - 1];
        memmove(letters + 1, letters, length - 1);
        letters[0] = last;
    }
}

/* `longer` is the base at *position with the inserted or deleted letters behind it. */
static int shift_left(struct reference *reference, int64_t *position, char *longer, size_t length,
                      struct failure *why) {
    char *letters = longer + 1;
    size_t count = length - 1, turned = 0;
    int status = STATUS_OK;
    while (*position > 1 && letters[(2 * count - 1 - turned) % count] == longer[0]) {
        turned = (turned + 1) % count;
        (*position)--;
        status = read_base(reference, *position, &longer[0], why);
        if (status != STATUS_OK)
            return status;
    }
    rotate(letters, count, turned);
    return status;
}

static int add_indel(struct variants *list, struct reference *reference, struct variant variant,
                     struct failure *why) {
    char *ref = list->ref.bytes, *alt = list->alt.bytes;
    size_t ref_length = list->ref.length, alt_length = list->alt.length;
    while (ref_length > 1 && alt_length > 1 && ref[ref_length - 1] == alt[alt_length - 1]) {
        ref_length--;
        alt_length--;
    }
    while (ref_length > 1 && alt_length > 1 && *ref == *alt) {
        ref++, alt++, ref_length--, alt_length--;
        variant.position++;
    }
    int status = STATUS_OK;
    if (*ref == *alt) {
        bool deletion = ref_length > alt_length;
        status = shift_left(reference, &variant.position, deletion ? ref : alt,
                            deletion ? ref_length : alt_length, why);
        if (deletion)
            *alt = *ref;
        else
            *ref = *alt;
    }
    if (status != STATUS_OK)
        return status;
    return add_letters(list, variant, ref, ref_length, alt, alt_length, why);
}

/* REF must be the reference's, or the files belong to different genomes. */
static int check_ref(struct reference *reference, const struct site *site, const char *ref,
                     struct failure *why) {
    int64_t begin = site->position - 1, end = begin + (int64_t)site->ref.length;
    if (begin < 0 || end > reference->length)
        return fail(why, STATUS_BAD_INPUT, "%.*s:%lld lies beyond the contig",
                    (int)site->contig.length, site->contig.bytes, (long long)site->position);
    const char *letters = reference->fetch(reference->source, begin, end, why);
    if (letters == NULL)
        return why && why->code ? why->code : STATUS_IO;
    for (size_t i = 0; i < site->ref.length; i++) {
        char letter = upper(letters[i]);
        if (letter != ref[i] && is_base(letter) && is_base(ref[i]))
            return fail(why, STATUS_BAD_INPUT,
                        "%.*s:%lld: REF is %.*s, but the reference has %.*s; give the reference "
                        "that the calls were made with",
                        (int)site->contig.length, site->contig.bytes, (long long)site->position,
                        (int)site->ref.length, site->ref.bytes, (int)site->ref.length, letters);
    }
    return STATUS_OK;
}

/* How often the genotype has an allele; -1 if there is a genotype without it. */
static int copies_of(const struct site *site, int number) {
    int copies = 0;
    if (site->ploidy == 0)
        return 0;
    for (size_t i = 0; i < site->ploidy; i++)
        copies += site->genotype[i] == number;
    if (copies == 0)
        return -1;
    return site->ploidy == 1 ? 2 : copies;
}

int variants_add(struct variants *list, struct reference *reference, const struct site *site,
                 struct failure *why) {
    int status = STATUS_OK;
    for (int number = 1; status == STATUS_OK; number++) {
        struct letters alt = site_alt(site, (size_t)number);
        struct variant variant = {
            .position = site->position, .counted = true, .copies = copies_of(site, number)};
        if (alt.bytes == NULL)
            break;
        if (variant.copies < 0 || (alt.length == 1 && *alt.bytes == '.'))
            continue;
        if (!set_letters(&list->ref, site->ref) || !set_letters(&list->alt, alt)) {
            list->skipped++;
            continue;
        }
        if (list->ref.failed || list->alt.failed)
            return fail(why, STATUS_NO_MEMORY, "no memory for the letters of an allele");
        status = check_ref(reference, site, list->ref.bytes, why);
        if (status == STATUS_OK && list->ref.length == list->alt.length)
            status = add_substitutions(list, variant, why);
        else if (status == STATUS_OK)
            status = add_indel(list, reference, variant, why);
    }
    return status;
}

/* ---- order --------------------------------------------------------------------------------- */

static int order_letters(const char *a, size_t a_length, const char *b, size_t b_length) {
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order != 0)
        return order;
    return (a_length > b_length) - (a_length < b_length);
}

int variants_order(const struct variants *list_a, const struct variant *a,
                   const struct variants *list_b, const struct variant *b) {
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    const char *letters_a = list_a->letters.bytes, *letters_b = list_b->letters.bytes;
    int order =
        order_letters(letters_a + a->ref_at, a->ref_length, letters_b + b->ref_at, b->ref_length);
    if (order != 0)
        return order;
    return order_letters(letters_a + a->alt_at, a->alt_length, letters_b + b->alt_at,
                         b->alt_length);
}

/* Merges two sorted halves; qsort could not be told the letters without a global. */
static void merge_halves(const struct variants *list, struct variant *items, size_t half,
                         size_t count, struct variant *space) {
    size_t left = 0, right = half, at = 0;
    while (left < half && right < count) {
        bool take_left = variants_order(list, &items[left], list, &items[right]) <= 0;
        space[at++] = take_left ? items[left++] : items[right++];
    }
    while (left < half)
        space[at++] = items[left++];
    memcpy(items, space, at * sizeof *items);
}

static void sort_part(const struct variants *list, struct variant *items, size_t count,
                      struct variant *space) {
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_part(list, items, half, space);
    sort_part(list, items + half, count - half, space);
    merge_halves(list, items, half, count, space);
}

int variants_sort(struct variants *list, struct failure *why) {
    struct variant *space = malloc((list->count + 1) * sizeof *space);
    if (space == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory to sort %zu alleles", list->count);
    sort_part(list, list->items, list->count, space);
    free(space);
    return STATUS_OK;
}

void variants_clear(struct variants *list) {
    list->count = 0;
    text_clear(&list->letters);
}

void variants_free(struct variants *list) {
    free(list->items);
    text_free(&list->letters);
    text_free(&list->ref);
    text_free(&list->alt);
    *list = (struct variants){0};
}
