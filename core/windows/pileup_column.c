/* SPDX-License-Identifier: MIT
 *
 * Channels and candidate rule of one column (specification of windows, 1.3 to 1.6). */
#include "core/windows/pileup_column.h"

#include "core/windows/reference_view.h"

#include <string.h>

/* Channels of one strand, in order. */
enum { CHANNEL_BASE = 0, CHANNEL_INDEL = 4, CHANNEL_DELETED = 8 };

static int base_of(char letter) {
    switch (letter) {
    case 'C':
        return 1;
    case 'G':
        return 2;
    case 'T':
        return 3;
    default:
        return 0; /* so N and IUPAC letters count as A (4.2) */
    }
}

static void sum_indels(struct pileup_column *out, int kind, const struct indel_table *table) {
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->entry_count; i++)
        for (int strand = 0; strand < 2; strand++) {
            uint32_t count = table->entries[i].count[strand];
            out->indels[kind][strand] += count;
            if (count > out->most[kind][strand])
                out->most[kind][strand] = count;
        }
}

void pileup_column_sum(struct pileup_column *out, const struct column *column, char letter) {
    memset(out, 0, sizeof *out);
    out->letter = upper(letter);
    out->reference_base = base_of(out->letter);
    out->alt_base = -1;
    out->depth = column->deleted[0] + column->deleted[1] + column->other;
    for (int b = 0; b < 4; b++) {
        out->base[b] = column->base[0][b] + column->base[1][b];
        out->depth += out->base[b];
        if (b != out->reference_base && out->base[b] > out->alt) {
            out->alt = out->base[b];
            out->alt_base = b;
        }
    }
    out->ref = out->base[out->reference_base];
    if (out->depth == 0)
        out->depth = 1;
    sum_indels(out, INSERTED, column->insertions);
    sum_indels(out, DELETED, column->deletions);
}

void pileup_column_channels(int32_t out[PILEUP_CHANNELS], const struct pileup_column *sums,
                            const struct column *column) {
    for (int strand = 0; strand < 2; strand++) {
        int32_t *channel = out + strand * PILEUP_CHANNELS_PER_STRAND;
        int32_t all = 0;
        for (int b = 0; b < 4; b++) {
            channel[CHANNEL_BASE + b] = (int32_t)column->base[strand][b];
            all += channel[CHANNEL_BASE + b];
        }
        channel[CHANNEL_BASE + sums->reference_base] = -all;
        for (int kind = INSERTED; kind <= DELETED; kind++) {
            channel[CHANNEL_INDEL + 2 * kind] = (int32_t)sums->indels[kind][strand];
            channel[CHANNEL_INDEL + 2 * kind + 1] = (int32_t)sums->most[kind][strand];
        }
        channel[CHANNEL_DELETED] = (int32_t)column->deleted[strand];
    }
}

/* In float32, as the original: 2 of 25 reaches 0.08. */
static bool reaches(uint32_t count, uint32_t depth, float share) {
    return (float)count / (float)depth >= share;
}

bool pileup_column_is_candidate(const struct pileup_column *s,
                                const struct pileup_options *options) {
    if (strchr("ACGT", s->letter) == NULL || s->letter == '\0')
        return false;
    if ((int64_t)s->depth < options->min_coverage)
        return false;
    if (reaches(s->alt, s->depth, options->snp_min_af))
        return true;
    if (options->call_snp_only)
        return false;
    uint32_t inserted = s->indels[INSERTED][0] + s->indels[INSERTED][1];
    uint32_t deleted = s->indels[DELETED][0] + s->indels[DELETED][1];
    if (s->ref < s->alt || s->ref < inserted || s->ref < deleted)
        return true;
    if (s->ref > 0 && s->ref == s->alt && s->reference_base < s->alt_base)
        return true;
    return reaches(deleted, s->depth, options->indel_min_af) ||
           reaches(inserted, s->depth, options->indel_min_af);
}

uint32_t pileup_column_total(const struct pileup_column *s) {
    uint32_t total = s->ref, largest = 0;
    for (int b = 0; b < 4; b++)
        if (b != s->reference_base && s->base[b] > largest) {
            largest = s->base[b];
            total += s->base[b];
        }
    for (int strand = 0; strand < 2; strand++)
        total += s->indels[INSERTED][strand] + s->indels[DELETED][strand];
    return total;
}
