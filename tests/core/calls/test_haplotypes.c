/* SPDX-License-Identifier: MIT
 *
 * Random alleles of one haplotype, spelt as they are and as one long replacement: these must
 * always match, and with one letter changed never. */
#include "core/calls/haplotypes.h"

#include "tests/core/calls/contig.h"

static uint64_t state;

static uint32_t draw(uint32_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % below;
}

enum { LENGTH = 60, ALLELES = 3 };

/* Up to ALLELES homozygous changes; `whole` becomes the changed letters of all. */
static void make_alleles(const char *letters, struct variants *list, struct reference *reference,
                         struct text *whole, int64_t *begin, int64_t *end) {
    int64_t at = 5;
    *begin = at;
    for (int i = 0; i < ALLELES; i++) {
        char line[128], alt[16] = "";
        int64_t position = at + 2 + draw(8);
        size_t ref_length = 1 + draw(4), alt_length = 1 + draw(4);
        struct site site;
        for (size_t k = 0; k < alt_length; k++)
            alt[k] = "ACGT"[draw(4)];
        snprintf(line, sizeof line, "c\t%lld\t.\t%.*s\t%s\t.\t.\t.\tGT\t1/1", (long long)position,
                 (int)ref_length, letters + position - 1, alt);
        cr_assert_eq(site_read(&site, line, strlen(line), NULL), STATUS_OK);
        cr_assert_eq(variants_add(list, reference, &site, NULL), STATUS_OK);
        text_append(whole, letters + at - 1, (size_t)(position - at));
        text_append_string(whole, alt);
        at = position + (int64_t)ref_length;
    }
    *end = at;
    cr_assert_eq(variants_sort(list, NULL), STATUS_OK);
}

static int order_by_begin(const void *a, const void *b) {
    const struct variant *x = *(struct variant *const *)a, *y = *(struct variant *const *)b;
    if (haplotypes_begin(x) != haplotypes_begin(y))
        return haplotypes_begin(x) < haplotypes_begin(y) ? -1 : 1;
    return (haplotypes_end(x) > haplotypes_end(y)) - (haplotypes_end(x) < haplotypes_end(y));
}

static struct haplotype_side side_of(struct variants *list) {
    struct haplotype_side side = {.list = list, .count = list->count};
    for (size_t i = 0; i < list->count; i++)
        side.alleles[i] = &list->items[i];
    qsort(side.alleles, side.count, sizeof *side.alleles, order_by_begin);
    return side;
}

static bool all_matched(const struct variants *list) {
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].matched[0])
            return false;
    return true;
}

/* One random case; with `change` the replacement has one letter more. */
static void check(struct haplotypes *haplotypes, bool change) {
    char letters[LENGTH + 1] = "";
    for (size_t i = 0; i < LENGTH; i++)
        letters[i] = "ACGT"[draw(4)];
    struct contig_letters *contig = contig_of(letters);
    struct variants parts = {0}, replacement = {0};
    struct text whole = {0}, line = {0};
    int64_t begin, end;
    make_alleles(letters, &parts, &contig->reference, &whole, &begin, &end);
    if (change)
        text_append_char(&whole, letters[end - 2]);
    text_append_string(&line, "c\t");
    text_append_integer(&line, begin);
    text_append_string(&line, "\t.\t");
    text_append(&line, letters + begin - 1, (size_t)(end - begin));
    text_append_char(&line, '\t');
    text_append(&line, whole.bytes, whole.length);
    text_append_string(&line, "\t.\t.\t.\tGT\t1/1");
    struct site site;
    cr_assert_eq(site_read(&site, line.bytes, line.length, NULL), STATUS_OK);
    cr_assert_eq(variants_add(&replacement, &contig->reference, &site, NULL), STATUS_OK);
    variants_sort(&replacement, NULL);
    /* A replacement of equal length comes apart into many; those cases are passed over. */
    if (parts.count <= HAPLOTYPES_TOGETHER_MAX && replacement.count == 1 && parts.count > 0) {
        struct haplotype_side truth = side_of(&parts), calls = side_of(&replacement);
        for (int genotypes = 0; genotypes < 2; genotypes++) {
            for (size_t i = 0; i < parts.count; i++)
                parts.items[i].matched[0] = false;
            replacement.items[0].matched[0] = false;
            cr_assert_eq(haplotypes_match(haplotypes, &contig->reference, &truth, &calls, 0,
                                          genotypes, NULL),
                         STATUS_OK);
            /* A part may leave the letters as they are (AA -> A -> AA); the replacement is
             * matched all the same. */
            bool matched = replacement.items[0].matched[0];
            cr_assert(change || matched, "%s", line.bytes);
            cr_assert(!change || !(matched && all_matched(&parts)), "%s", line.bytes);
        }
    }
    variants_free(&parts);
    variants_free(&replacement);
    text_free(&whole);
    text_free(&line);
    free_contig(contig);
}

Test(haplotypes, parts_match_the_whole) {
    struct haplotypes *haplotypes = haplotypes_new(NULL);
    state = 7;
    for (int i = 0; i < 3000; i++)
        check(haplotypes, false);
    haplotypes_free(haplotypes);
}

/* Some of the parts may give the changed letters by chance, all of them cannot. */
Test(haplotypes, all_parts_do_not_match_another_whole) {
    struct haplotypes *haplotypes = haplotypes_new(NULL);
    state = 8;
    for (int i = 0; i < 300; i++)
        check(haplotypes, true);
    haplotypes_free(haplotypes);
}
