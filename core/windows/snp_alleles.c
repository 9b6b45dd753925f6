/* SPDX-License-Identifier: MIT
 *
 * Alleles of reads (specification of windows, 2.3). */
#include "core/windows/snp_alleles.h"

#include "core/windows/cigar.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEFT_GOAL = 10,  /* reference bases compared before the SNP */
    RIGHT_GOAL = 11, /* and from the SNP on */
    PART_MAX = LEFT_GOAL + RIGHT_GOAL + 1
};

/* How far a comparison reaches to one side. */
struct reach {
    int64_t reference;
    int64_t query;
};

/* The alleles to compare with. */
struct parts {
    char ref[PART_MAX];
    char alt[PART_MAX];
    size_t ref_length, alt_length;
};

void snp_alleles_release(struct snp_alleles *t) {
    free(t->list);
    free(t->query);
    *t = (struct snp_alleles){0};
}

/* Walks from operation k, of which `first` bases count, by `step` (-1 or 1) until `goal`
 * reference bases are passed. */
static struct reach walk(const struct alignment *a, size_t k, int64_t first, int step,
                         int64_t goal) {
    struct reach reach = {0, 0};
    int64_t length = first;
    for (size_t i = k; i < a->cigar_count; i += (size_t)(int64_t)step) { /* -1 wraps: the end */
        enum cigar_operation operation = cigar_operation(a->cigar[i]);
        if (i != k)
            length = cigar_length(a->cigar[i]);
        if (length == 0)
            continue;
        if (operation == CIGAR_SKIP)
            return (struct reach){goal, reach.query};
        if (cigar_is_match(operation) || operation == CIGAR_INSERTION)
            reach.query += length;
        if (cigar_is_match(operation) || operation == CIGAR_DELETION)
            reach.reference += length;
        if (reach.reference >= goal) {
            if (cigar_is_match(operation))
                reach.query -= reach.reference - goal;
            return (struct reach){goal, reach.query};
        }
    }
    return (struct reach){0, 0};
}

static int64_t smallest(int64_t a, int64_t b, int64_t c) {
    int64_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein distance with unit costs. */
static int64_t edit_distance(const char *query, size_t query_length, const char *part,
                             size_t part_length) {
    int64_t row[PART_MAX + 1];
    if (query_length == part_length && memcmp(query, part, part_length) == 0)
        return 0;
    for (size_t j = 0; j <= part_length; j++)
        row[j] = (int64_t)j;
    for (size_t i = 1; i <= query_length; i++) {
        int64_t diagonal = row[0];
        row[0] = (int64_t)i;
        for (size_t j = 1; j <= part_length; j++) {
            int64_t same = diagonal + (query[i - 1] != part[j - 1]);
            diagonal = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, same);
        }
    }
    return row[part_length];
}

/* The read's letters [begin, end) as text. */
static int take_query(struct snp_alleles *t, const struct alignment *a, int64_t begin, int64_t end,
                      struct failure *why) {
    size_t length = (size_t)(end - begin);
    if (length > t->query_capacity) {
        char *larger = realloc(t->query, 2 * length);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the letters around a SNP");
        t->query = larger;
        t->query_capacity = 2 * length;
    }
    for (int64_t y = begin; y < end; y++)
        t->query[y - begin] = "=ACMGRSVTWYHKDBN"[sequence_code(a->sequence, y)];
    return STATUS_OK;
}

/* False: the parts would begin before the contig (4.20). */
static int take_parts(struct parts *parts, const struct phased_snp *snp, struct reach left,
                      struct reach right, struct reference_view *reference, struct failure *why) {
    int64_t begin = snp->position - left.reference, end = snp->position + right.reference;
    if (end > reference->reference.length)
        end = reference->reference.length;
    const char *letters = reference_view_at(reference, begin, end, why);
    if (letters == NULL)
        return STATUS_BAD_INPUT;
    parts->ref_length = parts->alt_length = (size_t)(end - begin);
    memcpy(parts->ref, letters, parts->ref_length);
    memcpy(parts->alt, letters, parts->ref_length);
    if ((size_t)left.reference >= parts->alt_length)
        parts->alt_length = (size_t)left.reference + 1; /* no such letter: it is appended */
    parts->alt[left.reference] = snp->alt;
    return STATUS_OK;
}

static int add(struct snp_alleles *t, size_t snp, int allele, struct failure *why) {
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        struct snp_allele *larger = realloc(t->list, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the SNPs of a read");
        t->list = larger;
        t->capacity = capacity;
    }
    t->list[t->count++] = (struct snp_allele){snp, allele};
    return STATUS_OK;
}

/* Adds the allele at SNP s, that the read meets `used` bases into operation k, at query position q.
 */
static int look(struct snp_alleles *t, const struct alignment *a, size_t k, int64_t used, int64_t q,
                const struct phased_snp *snps, size_t s, struct reference_view *reference,
                struct failure *why) {
    const struct phased_snp *snp = &snps[s];
    struct parts parts;
    struct reach left = walk(a, k, used, -1, LEFT_GOAL);
    struct reach right = walk(a, k, cigar_length(a->cigar[k]) - used, 1, RIGHT_GOAL);
    if ((left.query == 0 && right.query == 0) || snp->position < left.reference ||
        snp->position >= reference->reference.length)
        return STATUS_OK;
    int status = take_query(t, a, q - left.query, q + right.query, why);
    if (status == STATUS_OK)
        status = take_parts(&parts, snp, left, right, reference, why);
    if (status != STATUS_OK)
        return status;
    size_t length = (size_t)(left.query + right.query);
    int64_t to_ref = edit_distance(t->query, length, parts.ref, parts.ref_length);
    int64_t to_alt = edit_distance(t->query, length, parts.alt, parts.alt_length);
    return to_ref == to_alt ? STATUS_OK : add(t, s, to_ref < to_alt ? 1 : 2, why);
}

static size_t first_at_or_behind(const struct phased_snp *snps, size_t count, int64_t position) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (snps[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int snp_alleles_find(struct snp_alleles *t, const struct alignment *a,
                     const struct phased_snp *snps, size_t snp_count,
                     struct reference_view *reference, struct failure *why) {
    t->count = 0;
    size_t s = first_at_or_behind(snps, snp_count, a->position);
    int64_t x = a->position, y = 0;
    for (size_t k = 0; k < a->cigar_count && s < snp_count; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        int64_t length = cigar_length(a->cigar[k]);
        int64_t end = cigar_takes_reference(operation) ? x + length : x;
        if (operation == CIGAR_INSERTION)
            end = x + 1; /* a SNP at x is looked at here, and not again */
        bool once = operation == CIGAR_INSERTION;
        for (; s < snp_count && snps[s].position < end; s++) {
            int64_t used = once ? 0 : snps[s].position - x;
            int64_t q = cigar_is_match(operation) ? y + used : y;
            if (operation == CIGAR_SKIP)
                continue;
            int status = look(t, a, k, used, q, snps, s, reference, why);
            if (status != STATUS_OK)
                return status;
            if (once) {
                s++;
                break;
            }
        }
        x += cigar_takes_reference(operation) ? length : 0;
        y += cigar_takes_query(operation) ? length : 0;
    }
    return STATUS_OK;
}
