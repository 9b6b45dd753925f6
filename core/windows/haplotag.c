/* SPDX-License-Identifier: MIT
 *
 * Haplotypes of reads (specification of windows, 2.3). */
#include "core/windows/haplotag.h"

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

void haplotagger_release(struct haplotagger *t) {
    free(t->sums);
    free(t->query);
    *t = (struct haplotagger){0};
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
static int take_query(struct haplotagger *t, const struct alignment *a, int64_t begin, int64_t end,
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

static int count_vote(struct haplotagger *t, int64_t phase_set, int vote, struct failure *why) {
    for (size_t i = 0; i < t->sum_count; i++)
        if (t->sums[i].phase_set == phase_set) {
            t->sums[i].sum += vote;
            return STATUS_OK;
        }
    if (t->sum_count == t->sum_capacity) {
        size_t capacity = t->sum_capacity ? 2 * t->sum_capacity : 8;
        struct haplotag_sum *larger = realloc(t->sums, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the phase sets of a read");
        t->sums = larger;
        t->sum_capacity = capacity;
    }
    t->sums[t->sum_count++] = (struct haplotag_sum){phase_set, vote};
    return STATUS_OK;
}

/* The vote on one SNP that the read meets `used` bases into operation k, at query position q. */
static int vote(struct haplotagger *t, const struct alignment *a, size_t k, int64_t used, int64_t q,
                const struct phased_snp *snp, struct reference_view *reference,
                struct failure *why) {
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
    if (to_ref == to_alt)
        return STATUS_OK;
    int allele = to_ref < to_alt ? 1 : 2;
    return count_vote(t, snp->phase_set, allele == snp->type ? 1 : -1, why);
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

static int winner(const struct haplotagger *t) {
    int64_t high = 0, low = 0;
    for (size_t i = 0; i < t->sum_count; i++) {
        high = t->sums[i].sum > high ? t->sums[i].sum : high;
        low = t->sums[i].sum < low ? t->sums[i].sum : low;
    }
    if (high == 0 && low == 0)
        return 0;
    return high > -low ? 1 : 2; /* a tie is 2 (4.17) */
}

int haplotag(struct haplotagger *t, const struct alignment *a, const struct phased_snp *snps,
             size_t snp_count, struct reference_view *reference, int *haplotype,
             struct failure *why) {
    *haplotype = 0;
    if (a->mapq < HAPLOTAG_MIN_MQ)
        return STATUS_OK;
    t->sum_count = 0;
    size_t s = first_at_or_behind(snps, snp_count, a->position);
    int64_t x = a->position, y = 0;
    for (size_t k = 0; k < a->cigar_count && s < snp_count; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        int64_t length = cigar_length(a->cigar[k]);
        int64_t end = cigar_takes_reference(operation) ? x + length : x;
        if (operation == CIGAR_INSERTION)
            end = x + 1; /* a SNP at x is voted on here, and not again */
        bool once = operation == CIGAR_INSERTION;
        for (; s < snp_count && snps[s].position < end; s++) {
            int64_t used = once ? 0 : snps[s].position - x;
            int64_t q = cigar_is_match(operation) ? y + used : y;
            if (operation == CIGAR_SKIP)
                continue;
            int status = vote(t, a, k, used, q, &snps[s], reference, why);
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
    *haplotype = winner(t);
    return STATUS_OK;
}
