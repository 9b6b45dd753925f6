/* SPDX-License-Identifier: MIT
 *
 * Pileup windows once more, as slowly and plainly as the specification allows (part 1): every
 * observation of every column is kept, and every window is made from them anew. */
#ifndef TESTS_CORE_WINDOWS_SLOW_PILEUP_H
#define TESTS_CORE_WINDOWS_SLOW_PILEUP_H

#include "core/windows/pileup_window.h"
#include "tests/core/windows/random_reads.h"

#include <htslib/khash.h>

KHASH_MAP_INIT_STR(insertions, int)

struct slow_observation {
    bool reverse;
    char letter;    /* '*': deleted, '>': skipped */
    int deleted;    /* bases of a deletion that begins behind; 0: none */
    char *inserted; /* text; NULL: none */
};

struct slow_column {
    struct slow_observation *seen;
    size_t count;
    int32_t channels[PILEUP_CHANNELS]; /* as 1.5 leaves them, and 4.1 */
    int others;
    bool candidate;
};

struct slow_pileup {
    struct slow_column *columns;
    int64_t length;
};

static inline bool slow_used(const struct alignment *a, unsigned refused, int min_mq) {
    int64_t query = 0, reference = 0;
    for (size_t k = 0; k < a->cigar_count; k++) {
        enum cigar_operation o = cigar_operation(a->cigar[k]);
        query += cigar_takes_query(o) ? cigar_length(a->cigar[k]) : 0;
        reference += cigar_takes_reference(o) ? cigar_length(a->cigar[k]) : 0;
    }
    return !(a->flag & refused) && a->mapq >= min_mq && reference > 0 && a->length > 0 &&
           query == a->length;
}

static inline char slow_letter(const struct alignment *a, int64_t y) {
    uint8_t two = a->sequence[y / 2];
    return "=ACMGRSVTWYHKDBN"[y % 2 == 0 ? two >> 4 : two & 15];
}

static inline char *slow_text(const struct alignment *a, int64_t y, int64_t length) {
    char *text = calloc((size_t)length + 1, 1);
    for (int64_t i = 0; i < length; i++)
        text[i] = slow_letter(a, y + i);
    return text;
}

static inline void slow_indel(struct slow_observation *o, const struct alignment *a, size_t k,
                              int64_t y) {
    if (k + 1 >= a->cigar_count)
        return;
    int64_t length = cigar_length(a->cigar[k + 1]), sum = 0;
    switch (cigar_operation(a->cigar[k + 1])) {
    case CIGAR_DELETION:
        o->deleted = (int)length;
        break;
    case CIGAR_INSERTION:
        sum = length;
        break;
    case CIGAR_PADDING:
        for (size_t j = k + 2; j < a->cigar_count; j++) {
            if (cigar_takes_reference(cigar_operation(a->cigar[j])))
                break;
            if (cigar_operation(a->cigar[j]) == CIGAR_INSERTION)
                sum += cigar_length(a->cigar[j]);
        }
        break;
    default:
        break;
    }
    if (sum > 0)
        o->inserted = slow_text(a, y, sum);
}

static inline void slow_add(struct slow_pileup *p, const struct alignment *a) {
    int64_t x = a->position, y = 0;
    for (size_t k = 0; k < a->cigar_count; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        int64_t length = cigar_length(a->cigar[k]);
        for (int64_t i = 0; i < length; i++) {
            if (cigar_takes_query(operation))
                y++;
            if (!cigar_takes_reference(operation))
                continue;
            struct slow_observation o = {.reverse = (a->flag & 16) != 0};
            o.letter = operation == CIGAR_DELETION ? '*'
                       : operation == CIGAR_SKIP   ? '>'
                                                   : slow_letter(a, y - 1);
            if (x < p->length) {
                if (i == length - 1 && operation != CIGAR_SKIP)
                    slow_indel(&o, a, k, y);
                struct slow_column *c = &p->columns[x];
                c->seen = realloc(c->seen, (c->count + 1) * sizeof o);
                c->seen[c->count++] = o;
            }
            x++;
        }
    }
}

static inline int slow_count(const struct slow_column *c, char letter, int strand) {
    int count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += c->seen[i].letter == letter && (strand < 0 || c->seen[i].reverse == strand);
    return count;
}

/* Observations with an indel; *most: those with the most frequent one. */
static inline int slow_indels(const struct slow_column *c, bool insertion, int strand, int *most) {
    int all = 0, best = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct slow_observation *o = &c->seen[i];
        int same = 0;
        if (o->reverse != strand || (insertion ? o->inserted == NULL : o->deleted == 0))
            continue;
        all++;
        for (size_t j = 0; j < c->count; j++) {
            const struct slow_observation *q = &c->seen[j];
            if (q->reverse == strand &&
                (insertion ? q->inserted != NULL && strcmp(q->inserted, o->inserted) == 0
                           : q->deleted == o->deleted))
                same++;
        }
        best = same > best ? same : best;
    }
    *most = best;
    return all;
}

static inline int slow_base(char letter) {
    return letter == 'C' ? 1 : letter == 'G' ? 2 : letter == 'T' ? 3 : 0;
}

struct slow_sums {
    int base[4], ref, alt, altbase, ins, del, depth, reads;
};

static inline struct slow_sums slow_sums(const struct slow_column *c, char letter) {
    struct slow_sums s = {.altbase = -1};
    int r = slow_base(upper(letter)), most;
    for (size_t i = 0; i < c->count; i++)
        s.reads += c->seen[i].letter != '>';
    for (int b = 0; b < 4; b++) {
        s.base[b] = slow_count(c, "ACGT"[b], -1);
        if (b != r && s.base[b] > s.alt) {
            s.alt = s.base[b];
            s.altbase = b;
        }
    }
    s.ref = s.base[r];
    for (int strand = 0; strand < 2; strand++) {
        s.ins += slow_indels(c, true, strand, &most);
        s.del += slow_indels(c, false, strand, &most);
    }
    s.depth = s.reads ? s.reads : 1;
    return s;
}

static inline void slow_channels(struct slow_column *c, char letter) {
    for (int strand = 0; strand < 2; strand++) {
        int32_t *ch = c->channels + 9 * strand;
        for (int b = 0; b < 4; b++)
            ch[b] = slow_count(c, "ACGT"[b], strand);
        ch[slow_base(upper(letter))] = -(slow_count(c, 'A', strand) + slow_count(c, 'C', strand) +
                                         slow_count(c, 'G', strand) + slow_count(c, 'T', strand));
        ch[4] = slow_indels(c, true, strand, &ch[5]);
        ch[6] = slow_indels(c, false, strand, &ch[7]);
        ch[8] = slow_count(c, '*', strand);
    }
    for (size_t i = 0; i < c->count; i++)
        c->others += strchr("ACGT*>", c->seen[i].letter) == NULL;
}

static inline bool slow_is_candidate(const struct slow_column *c, char letter,
                                     const struct pileup_options *o) {
    struct slow_sums s = slow_sums(c, letter);
    char R = upper(letter);
    if (R != 'A' && R != 'C' && R != 'G' && R != 'T')
        return false;
    if (s.depth < o->min_coverage)
        return false;
    bool snp = (float)s.alt / (float)s.depth >= o->snp_min_af;
    if (o->call_snp_only)
        return snp;
    return snp || s.ref < s.alt || s.ref < s.ins || s.ref < s.del ||
           (s.ref > 0 && s.ref == s.alt && R < "ACGT"[s.altbase]) ||
           (float)s.del / (float)s.depth >= o->indel_min_af ||
           (float)s.ins / (float)s.depth >= o->indel_min_af;
}

static inline void slow_append(char *text, char kind, const char *more, const char *letters,
                               int length, int count) {
    char *end = text + strlen(text);
    sprintf(end, "%s%c%s%.*s %d", end[-1] == '-' ? "" : " ", kind, more, length, letters, count);
}

static inline char *slow_alt_info(const struct slow_pileup *p, int64_t x, const char *contig,
                                  const struct pileup_options *o) {
    const struct slow_column *c = &p->columns[x];
    struct slow_sums s = slow_sums(c, contig[x]);
    char *text = calloc(1 << 20, 1), R[2] = {upper(contig[x]), '\0'};
    int limit = o->enable_long_indel ? 100000 : 50, r = slow_base(R[0]), put;
    sprintf(text, "%d-", s.depth);
    for (int b = 0; b < 4; b++)
        if (b != r && s.base[b] > 0)
            slow_append(text, 'X', "", &"ACGT"[b], 1, s.base[b]);
    for (int n = 1; n <= limit; n++) {
        int count = 0;
        for (size_t i = 0; i < c->count; i++)
            count += c->seen[i].deleted == n;
        int left = (int)(p->length - x - 1);
        if (count > 0)
            slow_append(text, 'D', "", contig + x + 1, n < left ? n : left, count);
    }
    khash_t(insertions) *table = kh_init(insertions);
    for (size_t i = 0; i < c->count; i++) {
        if (c->seen[i].inserted == NULL)
            continue;
        khint_t at = kh_put(insertions, table, c->seen[i].inserted, &put);
        kh_val(table, at) = put ? 1 : kh_val(table, at) + 1;
    }
    for (khint_t at = kh_begin(table); at != kh_end(table); at++)
        if (kh_exist(table, at) && (int)strlen(kh_key(table, at)) <= limit)
            slow_append(text, 'I', R, kh_key(table, at), limit, kh_val(table, at));
    kh_destroy(insertions, table);
    if (s.ref - s.ins - s.del > 0)
        slow_append(text, 'R', R, "", 0, s.ref - s.ins - s.del);
    return text;
}

static inline struct slow_pileup slow_pileup(const struct random_case *rc,
                                             const struct pileup_options *options) {
    struct slow_pileup p = {.length = rc->length};
    p.columns = calloc((size_t)rc->length, sizeof *p.columns);
    for (size_t i = 0; i < rc->count; i++)
        if (slow_used(&rc->reads[i].alignment, PILEUP_REFUSED_FLAGS, options->min_mq))
            slow_add(&p, &rc->reads[i].alignment);
    int64_t previous = -1;
    for (int64_t x = 0; x < p.length; x++) {
        struct slow_column *c = &p.columns[x];
        if (c->count == 0)
            continue;
        slow_channels(c, rc->contig[x]);
        c->candidate = slow_is_candidate(c, rc->contig[x], options);
        if (previous >= 0)
            p.columns[previous].channels[17] += c->others;
        previous = x;
    }
    return p;
}

static inline bool slow_exists(const struct slow_pileup *p, int64_t x) {
    return x >= 0 && x < p->length && p->columns[x].count > 0;
}

/* The window of x, if there is one (1.6 point 4, 1.7). */
static inline bool slow_window(const struct slow_pileup *p, int64_t x,
                               const struct pileup_options *o, int32_t *tensor) {
    int64_t f = x, l = x, counter = 0;
    if (!slow_exists(p, x) || !p->columns[x].candidate)
        return false;
    while (slow_exists(p, f - 1))
        f--;
    while (slow_exists(p, l + 1))
        l++;
    for (int64_t i = f + 1; i <= x; i++)
        counter = i - 1 == 0 ? 0 : counter + 1;
    if (!o->head_and_tail && counter < 16)
        return false;
    bool normal = x - 16 >= f && x + 16 + 2 <= l;
    if (!normal && (!o->head_and_tail || x + 1 > l || (x - 16 < f && x + 16 > l)))
        return false;
    for (int i = 0; i < WINDOW_WIDTH; i++) {
        int64_t at = x - 16 + i;
        bool empty = true;
        for (int c = 0; c < PILEUP_CHANNELS; c++) {
            tensor[i * PILEUP_CHANNELS + c] = at >= f && at <= l ? p->columns[at].channels[c] : 0;
            empty = empty && tensor[i * PILEUP_CHANNELS + c] == 0;
        }
        if (normal && empty)
            return false;
    }
    return true;
}

static inline void slow_pileup_free(struct slow_pileup *p) {
    for (int64_t x = 0; x < p->length; x++) {
        for (size_t i = 0; i < p->columns[x].count; i++)
            free(p->columns[x].seen[i].inserted);
        free(p->columns[x].seen);
    }
    free(p->columns);
}

#endif
