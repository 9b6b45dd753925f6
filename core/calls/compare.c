/* SPDX-License-Identifier: MIT
 *
 * Two passes per level: equal alleles, then neighbourhoods of those that are left. */
#include "core/calls/compare.h"

#include <math.h>

/* Marks alleles that both lists have; with genotypes also the copies must be equal. */
static void match_equal(struct variants *truth, struct variants *calls, enum compare_level level) {
    size_t t = 0, c = 0;
    while (t < truth->count && c < calls->count) {
        struct variant *a = &truth->items[t], *b = &calls->items[c];
        int order = variants_order(truth, a, calls, b);
        if (order == 0) {
            bool equal = level == COMPARE_ALLELE || (a->copies == b->copies && a->copies > 0);
            a->matched[level] = b->matched[level] = equal;
        }
        t += order <= 0;
        c += order >= 0;
    }
}

/* By where they change the reference; an insertion before what changes the base behind it. */
static void put_in_order(struct haplotype_side *side, struct variant *variant) {
    size_t at = side->count++;
    int64_t begin = haplotypes_begin(variant), end = haplotypes_end(variant);
    for (; at > 0; at--) {
        const struct variant *before = side->alleles[at - 1];
        int64_t other = haplotypes_begin(before);
        if (other < begin || (other == begin && haplotypes_end(before) <= end))
            break;
        side->alleles[at] = side->alleles[at - 1];
    }
    side->alleles[at] = variant;
}

/* Puts the unmatched alleles that begin before `*reach` plus the gap into the side, and moves
 * the reach.  Returns whether it found any. */
static bool gather(struct variants *list, size_t *next, enum compare_level level, int64_t *reach,
                   struct haplotype_side *side, bool *crowded) {
    bool any = false;
    for (; *next < list->count; (*next)++) {
        struct variant *variant = &list->items[*next];
        if (variant->matched[level])
            continue;
        if (haplotypes_begin(variant) > *reach + HAPLOTYPES_GAP)
            break;
        if (*reach < haplotypes_end(variant))
            *reach = haplotypes_end(variant);
        any = true;
        if (side->count == HAPLOTYPES_SIDE_MAX)
            *crowded = true;
        else
            put_in_order(side, variant);
    }
    return any;
}

/* The first unmatched allele from *next on; NULL at the end. */
static const struct variant *first_unmatched(const struct variants *list, size_t *next,
                                             enum compare_level level) {
    while (*next < list->count && list->items[*next].matched[level])
        (*next)++;
    return *next < list->count ? &list->items[*next] : NULL;
}

static int match_neighbours(struct haplotypes *haplotypes, struct reference *reference,
                            struct variants *truth, struct variants *calls,
                            enum compare_level level, uint64_t *crowded_count,
                            struct failure *why) {
    size_t t = 0, c = 0;
    int status = STATUS_OK;
    while (status == STATUS_OK) {
        const struct variant *a = first_unmatched(truth, &t, level);
        const struct variant *b = first_unmatched(calls, &c, level);
        if (a == NULL || b == NULL)
            return STATUS_OK; /* what is left has nothing to match */
        struct haplotype_side sides[2] = {{.list = truth}, {.list = calls}};
        const struct variant *first = haplotypes_begin(a) <= haplotypes_begin(b) ? a : b;
        int64_t reach = haplotypes_end(first);
        bool crowded = false, more = true;
        while (more) {
            more = gather(truth, &t, level, &reach, &sides[0], &crowded);
            more |= gather(calls, &c, level, &reach, &sides[1], &crowded);
        }
        if (crowded)
            (*crowded_count)++;
        else
            status = haplotypes_match(haplotypes, reference, &sides[0], &sides[1], level,
                                      level == COMPARE_GENOTYPE, why);
    }
    return status;
}

static void tally(struct compare_result *result, const struct variants *list, bool is_truth) {
    for (size_t i = 0; i < list->count; i++) {
        const struct variant *variant = &list->items[i];
        if (!variant->counted)
            continue;
        for (size_t level = 0; level < VARIANT_LEVELS; level++) {
            struct compare_tally *of =
                &result->of[variant->is_snp ? COMPARE_SNP : COMPARE_INDEL][level];
            uint64_t *yes = is_truth ? &of->found : &of->right;
            uint64_t *no = is_truth ? &of->missed : &of->wrong;
            ++*(variant->matched[level] ? yes : no);
        }
    }
}

int compare_contig(struct compare_result *result, struct reference *reference,
                   struct variants *truth, struct variants *calls, struct failure *why) {
    struct haplotypes *haplotypes = haplotypes_new(why);
    int status = haplotypes ? STATUS_OK : STATUS_NO_MEMORY;
    for (enum compare_level level = COMPARE_ALLELE; level <= COMPARE_GENOTYPE; level++) {
        uint64_t crowded = 0;
        if (status != STATUS_OK)
            break;
        match_equal(truth, calls, level);
        status = match_neighbours(haplotypes, reference, truth, calls, level, &crowded, why);
        if (level == COMPARE_ALLELE)
            result->crowded += crowded;
    }
    haplotypes_free(haplotypes);
    tally(result, truth, true);
    tally(result, calls, false);
    return status;
}

static double ratio(uint64_t part, uint64_t rest) {
    return part + rest == 0 ? nan("") : (double)part / (double)(part + rest);
}

double compare_precision(const struct compare_tally *tally) {
    return ratio(tally->right, tally->wrong);
}

double compare_recall(const struct compare_tally *tally) {
    return ratio(tally->found, tally->missed);
}

double compare_f1(const struct compare_tally *tally) {
    double precision = compare_precision(tally), recall = compare_recall(tally);
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : nan("");
}
