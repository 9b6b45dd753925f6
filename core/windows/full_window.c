/* SPDX-License-Identifier: MIT
 *
 * From reads and sites to full-alignment windows (specification of windows, part 2).  Reads are
 * held in index order.  Once the frontier (the begin of the last alignment) is behind a window,
 * its reads are chosen among the held ones, counted at the site, and drawn.  Sites ascend, so a
 * read that ends left of one window is let go. */
#include "core/windows/full_window.h"

#include "core/windows/alt_info.h"
#include "core/windows/depth_limit.h"
#include "core/windows/full_row.h"
#include "core/windows/held_reads.h"
#include "core/windows/name_lists.h"
#include "core/windows/reference_view.h"
#include "core/windows/shuffle.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 255 };

struct full_windows {
    struct full_options options;
    int channels;
    struct reference_view reference;
    const struct phased_snp *snps;
    size_t snp_count;
    struct haplotagger tagger;
    struct held_reads held;
    struct depth_limit limit;
    int64_t frontier;  /* no alignment begins before it any more */
    int64_t next_site; /* no site before it comes any more */
    int64_t *sites;    /* of the contig; [drawn, site_count) wait */
    size_t drawn, site_count, site_capacity;
    size_t first_number;        /* of sites[0] on the contig: those before it were forgotten */
    struct name_lists lists;    /* only when compatible */
    struct generator generator; /* the running one, when compatible */
    struct held_read **chosen;  /* the reads of the window being drawn, in index order */
    struct full_allele *alleles;
    uint32_t *order; /* numbers in `chosen` */
    size_t chosen_count, chosen_capacity;
    struct full_site site;
    struct alt_info info;
    struct full_books books;
    char letters[WINDOW_WIDTH + 1];
    int8_t *tensor;
};

const struct full_options full_options_default = {.rows = FULL_ROWS_ONT, .min_mq = 5};

int full_windows_new(struct full_windows **out, const struct full_options *options,
                     struct failure *why) {
    *out = NULL;
    if (options->rows < 1 || options->rows > ROWS_MAX)
        return fail(why, STATUS_BAD_INPUT, "a window of %d rows: 1 to %d are possible",
                    options->rows, ROWS_MAX);
    struct full_windows *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for full-alignment windows");
    s->options = *options;
    s->channels = options->dwell ? FULL_CHANNELS_DWELL : FULL_CHANNELS;
    s->tensor = malloc((size_t)(options->rows * WINDOW_WIDTH * s->channels));
    if (s->tensor == NULL) {
        full_windows_free(s);
        return fail(why, STATUS_NO_MEMORY, "out of memory for full-alignment windows");
    }
    *out = s;
    return STATUS_OK;
}

void full_windows_free(struct full_windows *s) {
    if (s == NULL)
        return;
    haplotagger_release(&s->tagger);
    held_reads_release(&s->held);
    depth_limit_release(&s->limit);
    name_lists_release(&s->lists);
    full_site_release(&s->site);
    alt_info_release(&s->info);
    free(s->sites);
    free(s->chosen);
    free(s->alleles);
    free(s->order);
    free(s->tensor);
    free(s);
}

void full_windows_begin(struct full_windows *s, const struct reference *reference,
                        const struct phased_snp *snps, size_t snp_count) {
    reference_view_begin(&s->reference, reference);
    held_reads_drop(&s->held, INT64_MAX);
    s->snps = snps;
    s->snp_count = snp_count;
    s->frontier = s->next_site = 0;
    s->drawn = s->site_count = s->first_number = 0;
    depth_limit_begin(&s->limit);
    name_lists_begin(&s->lists);
}

/* ---- sites and reads come ------------------------------------------------------------------ */

/* Forgets drawn sites when they are half of what is kept. */
static void forget_sites(struct full_windows *s) {
    if (s->options.compatible || s->drawn < 1024 || 2 * s->drawn < s->site_count)
        return;
    memmove(s->sites, s->sites + s->drawn, (s->site_count - s->drawn) * sizeof *s->sites);
    s->first_number += s->drawn;
    s->site_count -= s->drawn;
    s->drawn = 0;
}

int full_windows_add_site(struct full_windows *s, int64_t position, struct failure *why) {
    if (position < s->next_site || position >= s->reference.reference.length)
        return fail(why, STATUS_BAD_INPUT,
                    "site %lld comes too late or lies behind the contig's end; sites must ascend",
                    (long long)position + 1);
    forget_sites(s);
    if (s->site_count == s->site_capacity) {
        size_t capacity = s->site_capacity ? 2 * s->site_capacity : 1024;
        int64_t *larger = realloc(s->sites, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu sites", capacity);
        s->sites = larger;
        s->site_capacity = capacity;
    }
    s->sites[s->site_count++] = position;
    s->next_site = position;
    s->books.sites++;
    return STATUS_OK;
}

void full_windows_no_site_before(struct full_windows *s, int64_t position) {
    if (position > s->next_site)
        s->next_site = position;
}

int64_t full_windows_mark(const struct full_windows *s) {
    return s->drawn < s->site_count ? s->sites[s->drawn] : s->next_site;
}

/* Reads that end at or before this are of no use any more. */
static int64_t useless_before(const struct full_windows *s) {
    return full_windows_mark(s) - WINDOW_FLANK;
}

static int tag(struct full_windows *s, const struct alignment *a, struct held_read *read,
               struct failure *why) {
    int haplotype = 0, status = STATUS_OK;
    if (s->options.phasing == FULL_BY_TAGS)
        haplotype = a->haplotype == 1 || a->haplotype == 2 ? a->haplotype : 0;
    if (s->options.phasing == FULL_BY_SNPS)
        status = haplotag(&s->tagger, a, s->snps, s->snp_count, &s->reference, &haplotype, why);
    read->haplotype = (int8_t)haplotype;
    s->books.haplotype[haplotype]++;
    return status;
}

int full_windows_add(struct full_windows *s, const struct alignment *a, struct failure *why) {
    int64_t span;
    struct held_read *read;
    enum read_fate fate =
        read_filter(a, FULL_REFUSED_FLAGS, s->options.min_mq, s->reference.reference.length, &span);
    s->books.reads.by_fate[fate]++;
    if (fate == READ_OUTSIDE || a->position < 0)
        return STATUS_OK;
    if (a->position < s->frontier)
        return fail(why, STATUS_BAD_INPUT,
                    "alignment '%s' at position %lld begins before the one added last; sort the "
                    "alignments by position",
                    a->name, (long long)a->position + 1);
    s->frontier = a->position;
    if (fate != READ_USED || a->position + span <= useless_before(s))
        return STATUS_OK;
    if (s->held.count == s->held.capacity) /* before the list grows */
        held_reads_drop(&s->held, useless_before(s));
    if (depth_limit_update(&s->limit, &s->held, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (depth_limit_refuses(&s->limit, a->position + span, held_reads_hash(a->name))) {
        s->books.reads.by_fate[READ_USED]--;
        s->books.reads.by_fate[READ_BEYOND_DEPTH]++;
        return STATUS_OK;
    }
    int status = held_reads_add(&s->held, a, span, s->options.dwell, &read, why);
    if (status == STATUS_OK)
        status = tag(s, a, read, why);
    if (status == STATUS_OK && s->options.compatible)
        status = name_lists_add(&s->lists, read, s->sites, s->site_count, why);
    return status;
}

void full_windows_no_alignment_before(struct full_windows *s, int64_t position) {
    if (position > s->frontier)
        s->frontier = position;
}

void full_windows_end(struct full_windows *s) {
    s->frontier = s->next_site = INT64_MAX;
}

/* ---- choosing reads ------------------------------------------------------------------------ */

static int reserve_chosen(struct full_windows *s, size_t count, struct failure *why) {
    if (count <= s->chosen_capacity)
        return STATUS_OK;
    size_t capacity = 2 * count;
    struct held_read **chosen = realloc(s->chosen, capacity * sizeof(struct held_read *));
    if (chosen != NULL)
        s->chosen = chosen;
    struct full_allele *alleles = realloc(s->alleles, capacity * sizeof *alleles);
    if (alleles != NULL)
        s->alleles = alleles;
    uint32_t *order = realloc(s->order, capacity * sizeof *order);
    if (order != NULL)
        s->order = order;
    if (chosen == NULL || alleles == NULL || order == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a window of %zu reads", count);
    s->chosen_capacity = capacity;
    return STATUS_OK;
}

/* Whether another record of the read's name takes its place in this window (2.1, 4.6). */
static bool is_repeat(const struct full_windows *s, const struct held_read *read, size_t site,
                      int64_t begin, int64_t end) {
    if (s->options.compatible)
        return name_lists_blocked(read, site / FULL_LIST_SITES);
    return read->repeated && held_reads_has_earlier(&s->held, read, begin, end);
}

static int by_hash(const void *a, const void *b) {
    const struct held_read *x = *(struct held_read *const *)a, *y = *(struct held_read *const *)b;
    if (x->name_hash != y->name_hash)
        return x->name_hash < y->name_hash ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_number(const void *a, const void *b) {
    const struct held_read *x = *(struct held_read *const *)a, *y = *(struct held_read *const *)b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The reads of a window in index order. */
static int choose(struct full_windows *s, int64_t position, struct failure *why) {
    int64_t begin = position - WINDOW_FLANK, end = position + WINDOW_FLANK + 1;
    size_t useless = 0;
    s->chosen_count = 0;
    if (reserve_chosen(s, s->held.count, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < s->held.count; i++) {
        struct held_read *read = s->held.reads[i];
        useless += read->end <= begin;
        if (read->start < end && read->end > begin &&
            !is_repeat(s, read, s->first_number + s->drawn, begin, end))
            s->chosen[s->chosen_count++] = read;
    }
    s->books.at_limit += s->chosen_count >= FULL_DEPTH_MAX;
    if (s->chosen_count > FULL_DEPTH_MAX) {
        qsort(s->chosen, s->chosen_count, sizeof(struct held_read *), by_hash);
        s->chosen_count = FULL_DEPTH_MAX;
        qsort(s->chosen, s->chosen_count, sizeof(struct held_read *), by_number);
    }
    if (2 * useless > s->held.count)
        held_reads_drop(&s->held, begin);
    return STATUS_OK;
}

/* Which of the chosen reads get a row: their numbers, sorted by haplotype and index. */
static int choose_rows(struct full_windows *s) {
    size_t count = s->chosen_count, rows = (size_t)s->options.rows;
    for (size_t i = 0; i < count; i++)
        s->order[i] = (uint32_t)i;
    if (count > rows) {
        s->books.deeper++;
        if (!s->options.compatible)
            generator_begin(&s->generator);
        shuffle(&s->generator, s->order, count);
        count = rows;
    }
    for (size_t i = 1; i < count; i++) { /* insertion sort of few */
        uint32_t number = s->order[i];
        size_t j = i;
        for (; j > 0; j--) {
            uint32_t before = s->order[j - 1];
            int difference = s->chosen[before]->haplotype - s->chosen[number]->haplotype;
            if (difference < 0 || (difference == 0 && before < number))
                break;
            s->order[j] = before;
        }
        s->order[j] = number;
    }
    return (int)count;
}

/* ---- drawing ------------------------------------------------------------------------------- */

static int count_alleles(struct full_windows *s, int64_t position, struct failure *why) {
    full_site_begin(&s->site, position, s->letters[WINDOW_FLANK]);
    for (size_t i = 0; i < s->chosen_count; i++) {
        full_row_seek(s->chosen[i], position - WINDOW_FLANK);
        if (full_site_add(&s->site, s->chosen[i], &s->alleles[i], why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static int write_alt_info(struct full_windows *s, struct failure *why) {
    const struct full_site *site = &s->site;
    int64_t behind = site->position + 1;
    struct alt_info_counts counts = {
        .depth = site->depth,
        .reference_base = full_site_slot(site->reference_letter),
        .reference_letter = site->reference_letter,
        .insertions = &site->insertions,
        .deletions = &site->deletions,
        .limit = s->options.enable_long_indel ? ALT_INFO_LIMIT_LONG : ALT_INFO_LIMIT,
    };
    memcpy(counts.base, site->base, sizeof counts.base);
    counts.following_count = alt_info_longest_deletion(&site->deletions, counts.limit);
    if (counts.following_count > s->reference.reference.length - behind)
        counts.following_count = s->reference.reference.length - behind;
    counts.following =
        reference_view_at(&s->reference, behind, behind + counts.following_count, why);
    if (counts.following == NULL)
        return STATUS_BAD_INPUT;
    return alt_info_write_full(&s->info, &counts, why);
}

static void draw_rows(struct full_windows *s, int first_row, int rows) {
    struct full_columns columns;
    size_t row_size = (size_t)(WINDOW_WIDTH * s->channels);
    memset(s->tensor, 0, (size_t)s->options.rows * row_size);
    full_columns_begin(&columns, s->site.position - WINDOW_FLANK, s->letters, s->channels);
    for (int i = 0; i < rows; i++) {
        uint32_t number = s->order[i];
        int8_t share = full_site_share(&s->site, s->alleles[number]);
        full_row_draw(s->tensor + (size_t)(first_row + i) * row_size, &columns, s->chosen[number],
                      share);
    }
}

static int draw(struct full_windows *s, int64_t position, struct full_window *out,
                struct failure *why) {
    int status = choose(s, position, why);
    if (status == STATUS_OK)
        status = reference_view_window(&s->reference, position, s->letters, why);
    if (status == STATUS_OK)
        status = count_alleles(s, position, why);
    if (status == STATUS_OK)
        status = write_alt_info(s, why);
    if (status != STATUS_OK)
        return status;
    if (position < WINDOW_FLANK) /* 4.12: no reads are drawn, though all were counted */
        s->chosen_count = 0;
    int rows = choose_rows(s), first_row = (s->options.rows - rows) / 2;
    draw_rows(s, first_row, rows);
    *out = (struct full_window){
        .tensor = s->tensor,
        .rows = s->options.rows,
        .channels = s->channels,
        .first_row = first_row,
        .used_rows = rows,
        .position = position,
        .reference = s->letters,
        .alt_info = s->info.text,
        .depth = s->site.depth,
    };
    return STATUS_OK;
}

int full_windows_pull(struct full_windows *s, struct full_window *out, struct failure *why) {
    if (s->drawn == s->site_count || s->sites[s->drawn] + WINDOW_FLANK >= s->frontier)
        return STATUS_END;
    if (s->options.compatible && (s->first_number + s->drawn) % FULL_LIST_SITES == 0)
        generator_begin(&s->generator);
    int status = draw(s, s->sites[s->drawn], out, why);
    if (status != STATUS_OK)
        return status;
    s->drawn++;
    s->books.windows++;
    return STATUS_OK;
}

size_t full_windows_held(const struct full_windows *s) {
    return s->held.count;
}

const struct full_books *full_windows_books(const struct full_windows *s) {
    return &s->books;
}
