/* SPDX-License-Identifier: MIT
 *
 * Lines for a truth and for calls (those that begin with 't' are the truth's) on a short
 * contig: a comparison ends, and every allele is counted once. */
#include "core/calls/compare.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char letters[] = "GATCACGTTTTTAGCATCGGACTGCATGCACACACACANRAAAAAAACGTACGTA";

static const char *fetch(void *source, int64_t begin, int64_t end, struct failure *why) {
    (void)source, (void)why;
    if (begin < 0 || begin > end || end > (int64_t)strlen(letters))
        abort();
    return letters + begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct reference reference = {(int64_t)strlen(letters), NULL, fetch};
    struct variants lists[2] = {0};
    struct compare_result result = {0};
    const char *at = (const char *)data, *end = at + size;
    for (int lines = 0; at < end && lines < 40; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
        struct site site;
        if (site_read(&site, at, length, NULL) == STATUS_OK)
            variants_add(&lists[*at == 't'], &reference, &site, NULL);
        at += length + (newline != NULL);
    }
    if (variants_sort(&lists[0], NULL) || variants_sort(&lists[1], NULL) ||
        compare_contig(&result, &reference, &lists[1], &lists[0], NULL))
        abort();
    uint64_t counted = 0;
    for (size_t type = 0; type < COMPARE_TYPES; type++) {
        const struct compare_tally *tally = &result.of[type][COMPARE_GENOTYPE];
        counted += tally->found + tally->missed + tally->right + tally->wrong;
    }
    if (counted != lists[0].count + lists[1].count)
        abort();
    variants_free(&lists[0]);
    variants_free(&lists[1]);
    return 0;
}
