/* SPDX-License-Identifier: MIT
 *
 * Full-alignment windows once more, as slowly and plainly as the specification allows (part 2):
 * each read is written out position by position, and every window is made from that. */
#ifndef TESTS_CORE_WINDOWS_SLOW_FULL_H
#define TESTS_CORE_WINDOWS_SLOW_FULL_H

#include "core/windows/full_window.h"
#include "tests/core/windows/slow_pileup.h"

KHASH_MAP_INIT_INT(deletions, int)

enum { SLOW_EVENTS = 16 };

struct slow_position {
    char letter; /* 0: outside the span, '*': deleted, '>': skipped */
    uint8_t quality, dwell;
    char *inserted[SLOW_EVENTS]; /* every insertion here; the last one counts */
    int inserted_count;
    int deleted[SLOW_EVENTS];
    int deleted_count;
    uint8_t inserted_dwell;
};

struct slow_read {
    struct slow_position *at; /* by position on the contig */
    const struct alignment *alignment;
    int64_t start, end;
    int haplotype;
};

static inline void slow_dwell(const struct alignment *a, uint8_t *dwell) {
    int64_t b = -1;
    memset(dwell, 0, READ_BASES);
    for (size_t i = 0; i < a->move_count && a->move_count > 0; i++) {
        if (a->moves[i] != 0)
            b++;
        if (b >= a->length)
            break;
        if (b >= 0)
            dwell[b]++;
    }
    for (int i = 0; (a->flag & 16) && i < a->length / 2; i++) {
        uint8_t other = dwell[i];
        dwell[i] = dwell[a->length - 1 - i];
        dwell[a->length - 1 - i] = other;
    }
}

static inline void slow_spell(struct slow_read *r, int64_t length) {
    const struct alignment *a = r->alignment;
    int64_t x = a->position, y = 0;
    uint8_t dwell[READ_BASES];
    slow_dwell(a, dwell);
    r->start = x;
    r->at = calloc((size_t)length + 4096, sizeof *r->at);
    for (size_t k = 0; k < a->cigar_count; k++) {
        enum cigar_operation o = cigar_operation(a->cigar[k]);
        int64_t n = cigar_length(a->cigar[k]);
        struct slow_position *before = n > 0 && x > r->start ? &r->at[x - 1] : NULL;
        if (o == CIGAR_INSERTION && before != NULL) {
            before->inserted[before->inserted_count++] = slow_text(a, y, n);
            for (int64_t i = 0; i < n; i++)
                before->inserted_dwell = (uint8_t)(before->inserted_dwell + dwell[y + i]);
        }
        if (o == CIGAR_DELETION && before != NULL)
            before->deleted[before->deleted_count++] = (int)n;
        for (int64_t i = 0; i < n; i++) {
            if (cigar_takes_reference(o)) {
                struct slow_position *p = &r->at[x++];
                p->letter = o == CIGAR_DELETION ? '*' : o == CIGAR_SKIP ? '>' : slow_letter(a, y);
                p->quality = cigar_is_match(o) ? a->qualities[y] : 0;
                p->dwell = cigar_is_match(o) ? dwell[y] : 0;
            }
            y += cigar_takes_query(o);
        }
    }
    r->end = x;
}

/* ---- haplotypes: the CIGAR written out, one letter per base of an operation ----------------- */

struct slow_unit {
    char kind; /* of the operation: M, I, D, N; others are left out but for query */
    int64_t x, y;
};

static inline int slow_reach(const struct slow_unit *units, int count, int from, int step, int goal,
                             int *query) {
    int reference = 0;
    *query = 0;
    for (int i = from; i >= 0 && i < count; i += step) {
        if (units[i].kind == 'N')
            return goal;
        *query += units[i].kind == 'M' || units[i].kind == 'I';
        reference += units[i].kind == 'M' || units[i].kind == 'D';
        /* A whole insertion or deletion is taken at once, but the goal is met by reference. */
        if (reference == goal)
            return goal;
    }
    *query = 0;
    return 0;
}

static inline int slow_distance(const char *a, const char *b) {
    int n = (int)strlen(a), m = (int)strlen(b);
    int *d = calloc((size_t)((n + 1) * (m + 1)), sizeof *d);
    for (int i = 0; i <= n; i++)
        for (int j = 0; j <= m; j++) {
            int best = i == 0 ? j : i == 0 && j == 0 ? 0 : i;
            if (i > 0 && j > 0) {
                best = d[(i - 1) * (m + 1) + j - 1] + (a[i - 1] != b[j - 1]);
                int up = d[(i - 1) * (m + 1) + j] + 1, left = d[i * (m + 1) + j - 1] + 1;
                best = up < best ? up : best;
                best = left < best ? left : best;
            }
            d[i * (m + 1) + j] = best;
        }
    int distance = d[(n + 1) * (m + 1) - 1];
    free(d);
    return distance;
}

/* -1, 0 or 1 for the phase set of the SNP met at unit u. */
static inline int slow_vote(const struct random_case *c, const struct alignment *a,
                            const struct slow_unit *units, int count, int u,
                            const struct phased_snp *snp) {
    int left_query, right_query;
    int left = slow_reach(units, count, u - 1, -1, 10, &left_query);
    int right = slow_reach(units, count, u, 1, 11, &right_query);
    int64_t v = snp->position, y = units[u].y;
    if ((left_query == 0 && right_query == 0) || v - left < 0)
        return 0;
    char *query = slow_text(a, y - left_query, left_query + right_query);
    char ref[32] = "", alt[32] = "";
    for (int64_t i = v - left; i < v + right && i < c->length; i++)
        ref[i - (v - left)] = c->contig[i];
    strcpy(alt, ref);
    alt[left] = snp->alt; /* where right is 0 this is behind the last letter */
    int to_ref = slow_distance(query, ref), to_alt = slow_distance(query, alt);
    free(query);
    if (to_ref == to_alt)
        return 0;
    return (to_ref < to_alt ? 1 : 2) == snp->type ? 1 : -1;
}

static inline int slow_haplotype(const struct random_case *c, const struct alignment *a,
                                 const struct phased_snp *snps, size_t snp_count) {
    static struct slow_unit units[READ_OPERATIONS * 100];
    int64_t sums[100] = {0}, x = a->position, y = 0;
    int count = 0, high = 0, low = 0;
    if (a->mapq < 20)
        return 0;
    for (size_t k = 0; k < a->cigar_count; k++) {
        enum cigar_operation o = cigar_operation(a->cigar[k]);
        for (int64_t i = 0; i < cigar_length(a->cigar[k]); i++) {
            char kind = cigar_is_match(o) ? 'M' : "MIDNSHP"[o];
            if (strchr("MIDN", kind) != NULL)
                units[count++] = (struct slow_unit){kind, x, y};
            x += cigar_takes_reference(o);
            y += cigar_takes_query(o);
        }
    }
    for (size_t s = 0; s < snp_count; s++) {
        int u = 0;
        bool second = s > 0 && snps[s - 1].position == snps[s].position;
        while (u < count && units[u].x != snps[s].position)
            u++;
        /* A second SNP at one position is voted on behind the insertion. */
        while (second && u < count && units[u].kind == 'I')
            u++;
        if (u < count && units[u].x == snps[s].position && units[u].kind != 'N')
            sums[snps[s].phase_set] += slow_vote(c, a, units, count, u, &snps[s]);
    }
    for (int i = 0; i < 100; i++) {
        high = sums[i] > high ? (int)sums[i] : high;
        low = sums[i] < low ? (int)sums[i] : low;
    }
    return high == 0 && low == 0 ? 0 : high > -low ? 1 : 2;
}

/* ---- windows ------------------------------------------------------------------------------- */

struct slow_full {
    struct slow_read *reads;
    size_t count;
};

static inline struct slow_full slow_full(const struct random_case *c,
                                         const struct full_options *options,
                                         const struct phased_snp *snps, size_t snp_count) {
    struct slow_full f = {calloc(c->count + 1, sizeof(struct slow_read)), 0};
    for (size_t i = 0; i < c->count; i++) {
        const struct alignment *a = &c->reads[i].alignment;
        if (!slow_used(a, FULL_REFUSED_FLAGS, options->min_mq))
            continue;
        struct slow_read *r = &f.reads[f.count++];
        r->alignment = a;
        slow_spell(r, c->length);
        if (options->phasing == FULL_BY_TAGS)
            r->haplotype = a->haplotype;
        if (options->phasing == FULL_BY_SNPS)
            r->haplotype = slow_haplotype(c, a, snps, snp_count);
    }
    return f;
}

static inline void slow_full_free(struct slow_full *f, int64_t length) {
    for (size_t i = 0; i < f->count; i++) {
        for (int64_t x = 0; x < length + 4096; x++)
            for (int k = 0; k < f->reads[i].at[x].inserted_count; k++)
                free(f->reads[i].at[x].inserted[k]);
        free(f->reads[i].at);
    }
    free(f->reads);
}

static inline int slow_code(char letter) {
    switch (letter) {
    case 'A':
    case 'N':
        return 100;
    case 'C':
        return 25;
    case 'G':
        return 75;
    case 'T':
        return 50;
    case 'D':
        return -100;
    default:
        return 0;
    }
}

struct slow_counts {
    int depth, base[4], events;
    khash_t(insertions) * ins;
    khash_t(deletions) * del;
};

static inline struct slow_counts slow_site(struct slow_read **reads, size_t n, int64_t x) {
    struct slow_counts s = {.ins = kh_init(insertions), .del = kh_init(deletions)};
    int put;
    for (size_t i = 0; i < n; i++) {
        const struct slow_position *p = &reads[i]->at[x];
        s.depth += p->letter != 0 && p->letter != '>';
        if (p->letter != 0 && p->letter != '>' && p->letter != '*')
            s.base[slow_base(p->letter)]++;
        for (int k = 0; k < p->inserted_count; k++, s.events++) {
            khint_t at = kh_put(insertions, s.ins, p->inserted[k], &put);
            kh_val(s.ins, at) = put ? 1 : kh_val(s.ins, at) + 1;
        }
        for (int k = 0; k < p->deleted_count; k++, s.events++) {
            khint_t at = kh_put(deletions, s.del, (khint32_t)p->deleted[k], &put);
            kh_val(s.del, at) = put ? 1 : kh_val(s.del, at) + 1;
        }
    }
    return s;
}

static inline int slow_share(const struct slow_counts *s, const struct slow_position *p, char R) {
    int count;
    if (p->letter == 0 || p->letter == '*')
        return 0;
    if (p->inserted_count > 0)
        count = kh_val(s->ins, kh_get(insertions, s->ins, p->inserted[p->inserted_count - 1]));
    else if (p->deleted_count > 0)
        count = kh_val(s->del, kh_get(deletions, s->del, (khint32_t)p->deleted[0]));
    else if (p->letter != R)
        count = s->base[slow_base(p->letter)];
    else
        return 0;
    float share = (float)count / (float)s->depth;
    if (!(share < 1))
        return 100;
    return (int)((float)(100 * count) / (float)s->depth);
}

static inline void slow_row(int8_t *row, const struct random_case *c, const struct slow_read *r,
                            int64_t w0, int channels, int share) {
    for (int p = 0; p < WINDOW_WIDTH; p++) {
        int64_t g = w0 + p;
        const struct slow_position *at = g < c->length + 4000 ? &r->at[g] : NULL;
        int8_t *cell = row + p * channels;
        if (at == NULL || at->letter == 0 || at->letter == '*')
            continue;
        char R = g < c->length ? upper(c->contig[g]) : 'N';
        char letter = at->letter == '>' ? '=' : at->letter;
        int mapq = r->alignment->mapq, quality = at->quality;
        cell[0] = (int8_t)slow_code(R);
        cell[1] = (int8_t)(at->inserted_count > 0  ? -50
                           : at->deleted_count > 0 ? -100
                           : letter != R           ? slow_code(letter)
                                                   : 0);
        cell[2] = r->alignment->flag & 16 ? 50 : 100;
        cell[3] = (int8_t)(mapq >= 60 ? 100 : 100 * mapq / 60);
        cell[4] = (int8_t)(quality >= 40 ? 100 : 100 * quality / 40);
        if (share > 0 && cell[0] != 0)
            cell[5] = (int8_t)share;
        cell[7] = (int8_t)(r->haplotype == 1 ? 30 : r->haplotype == 2 ? 90 : 60);
        if (channels == 9)
            cell[8] = (int8_t)(uint8_t)(at->dwell + at->inserted_dwell);
        if (at->inserted_count > 0 && p < 32) {
            const char *text = at->inserted[at->inserted_count - 1];
            for (int i = 0; text[i] != '\0' && p + i <= 32; i++)
                row[(p + i) * channels + 6] = (int8_t)slow_code(text[i]);
        }
    }
}

static inline char *slow_full_alt_info(const struct slow_counts *s, const struct random_case *c,
                                       int64_t x, const struct full_options *o) {
    char *text = calloc(1 << 16, 1), R[2] = {upper(c->contig[x]), '\0'};
    int limit = o->enable_long_indel ? 100000 : 50, r = slow_base(R[0]);
    sprintf(text, "%d-", s->depth);
    for (int b = 0; b < 4; b++)
        if (b != r && s->base[b] > 0)
            slow_append(text, 'X', "", &"ACGT"[b], 1, s -> base[b]);
    for (khint_t at = kh_begin(s->ins); at != kh_end(s->ins); at++)
        if (kh_exist(s->ins, at) && (int)strlen(kh_key(s->ins, at)) <= limit)
            slow_append(text, 'I', R, kh_key(s->ins, at), limit, kh_val(s->ins, at));
    for (khint_t at = kh_begin(s->del); at != kh_end(s->del); at++) {
        int n = kh_exist(s->del, at) ? (int)kh_key(s->del, at) : limit + 1;
        int left = (int)(c->length - x - 1);
        if (n <= limit)
            slow_append(text, 'D', "", c->contig + x + 1, n < left ? n : left, kh_val(s->del, at));
    }
    if (s->base[r] - s->events > 0)
        slow_append(text, 'R', R, "", 0, s->base[r] - s->events);
    return text;
}

/* Draws the window at x; returns the alt_info text, which the caller frees. */
static inline char *slow_full_window(const struct slow_full *f, const struct random_case *c,
                                     int64_t x, const struct full_options *o, int8_t *tensor) {
    struct slow_read *reads[200];
    int channels = o->dwell ? 9 : 8, rows = o->rows;
    size_t n = 0, size = (size_t)(WINDOW_WIDTH * channels);
    memset(tensor, 0, (size_t)rows * size);
    for (size_t i = 0; i < f->count; i++) {
        struct slow_read *r = &f->reads[i];
        bool blocked = !(r->start < x + 17 && r->end > x - 16);
        for (size_t j = 0; j < n; j++)
            blocked = blocked || strcmp(reads[j]->alignment->name, r->alignment->name) == 0;
        if (!blocked)
            reads[n++] = r;
    }
    struct slow_counts s = slow_site(reads, n, x);
    char *text = slow_full_alt_info(&s, c, x, o);
    size_t used = x < 16 ? 0 : n;
    if (used > (size_t)rows) {
        srand(1);
        for (size_t i = 0; i + 1 < used; i++) {
            size_t j = i + (size_t)rand() / ((size_t)RAND_MAX / (used - i) + 1);
            struct slow_read *other = reads[j];
            reads[j] = reads[i];
            reads[i] = other;
        }
        used = (size_t)rows;
    }
    size_t row = ((size_t)rows - used) / 2;
    for (int h = 0; h < 3; h++)
        for (size_t i = 0; i < f->count; i++) /* in index order */
            for (size_t j = 0; j < used; j++)
                if (reads[j] == &f->reads[i] && reads[j]->haplotype == h)
                    slow_row(tensor + size * row++, c, reads[j], x - 16, channels,
                             slow_share(&s, &reads[j]->at[x], upper(c->contig[x])));
    kh_destroy(insertions, s.ins);
    kh_destroy(deletions, s.del);
    return text;
}

#endif
