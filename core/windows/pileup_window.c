/* SPDX-License-Identifier: MIT
 *
 * From columns to pileup windows (specification of windows, 1.4 to 1.8).  The one idea: columns
 * before the begin of the last read are final.  They are taken one by one, in order, into a small
 * ring of finished columns; a candidate waits until its right flank stands there.
 *
 *     finished columns   ... w0 ......... candidate ......... w1 . . | columns of open reads ...
 *                                                                 last  next
 *
 * What the next column adds to the one before it (4.1) is added when the next one is taken, so a
 * window is drawn only when a column behind its last one has been taken, or the contig ends. */
#include "core/windows/pileup_window.h"

#include "core/windows/alt_info.h"
#include "core/windows/columns.h"
#include "core/windows/pileup_column.h"
#include "core/windows/reference_view.h"
#include "core/windows/target_filter.h"

#include <stdlib.h>
#include <string.h>

enum {
    SPARE_RIGHT = 2,    /* columns that a window needs behind its last one (1.7, 4.13) */
    FINISHED = 64,      /* columns kept: at least WINDOW_WIDTH + SPARE_RIGHT, a power of two */
    WAITING = 32,       /* candidates that may wait: at most one per column of the right flank */
    CHANNEL_EXTRA = 17, /* where letters other than A, C, G, T of the next column count (4.1) */
    NO_COLUMN = -2      /* far enough below 0 that no column follows it */
};

struct finished_column {
    int32_t channels[PILEUP_CHANNELS];
    bool empty; /* all channels are 0 */
};

struct waiting {
    int64_t position;
    uint32_t depth;
    struct alt_info info;
};

struct pileup_windows {
    struct pileup_options options;
    struct columns *columns;
    struct reference_view reference;
    struct target_filter targets;
    int64_t frontier;        /* columns before it are final */
    int64_t next;            /* the first position that was not taken yet */
    int64_t run_begin, last; /* the run being taken; last = NO_COLUMN: none */
    bool extra_added;        /* the next column has added its extra to the last one */
    bool closing;            /* the run is over: every waiting candidate can be decided */
    bool ended;              /* no more reads */
    struct finished_column finished[FINISHED]; /* by position, modulo FINISHED */
    struct waiting waiting[WAITING];           /* by number, modulo WAITING */
    uint64_t first_waiting, end_waiting;
    struct pileup_column_counts *counts;
    size_t count_count, count_capacity;
    bool counts_taken; /* the caller has seen what `counts` holds */
    struct pileup_books books;
    int32_t tensor[PILEUP_WINDOW_SIZE];
    char letters[WINDOW_WIDTH + 1];
};

const struct pileup_options pileup_options_default = {
    .snp_min_af = 0.08F,
    .indel_min_af = 0.15F,
    .min_mq = 5,
    .min_coverage = 2,
};

int pileup_windows_new(struct pileup_windows **out, const struct pileup_options *options,
                       struct failure *why) {
    *out = NULL;
    struct pileup_windows *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for pileup windows");
    s->options = *options;
    int status =
        columns_new(&s->columns, options->any_order ? COLUMNS_ANY_ORDER : COLUMNS_SORTED, why);
    if (status != STATUS_OK) {
        pileup_windows_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void pileup_windows_free(struct pileup_windows *s) {
    if (s == NULL)
        return;
    columns_free(s->columns);
    for (int i = 0; i < WAITING; i++)
        alt_info_release(&s->waiting[i].info);
    free(s->counts);
    free(s);
}

/* Columns are taken from `next` on. */
static void begin_taking(struct pileup_windows *s, int64_t next) {
    s->next = next;
    s->run_begin = s->last = NO_COLUMN;
    s->extra_added = s->closing = false;
    s->first_waiting = s->end_waiting = 0;
    s->count_count = 0;
    s->books.pending = 0;
}

int pileup_windows_begin(struct pileup_windows *s, const struct reference *reference,
                         const struct pileup_targets *targets, struct failure *why) {
    reference_view_begin(&s->reference, reference);
    target_filter_begin(&s->targets, targets);
    s->frontier = 0;
    s->ended = false;
    begin_taking(s, 0);
    return columns_begin(s->columns, reference->length, why);
}

int pileup_windows_want(struct pileup_windows *s, int64_t begin, int64_t end, struct failure *why) {
    int64_t length = s->reference.reference.length, reach = WINDOW_FLANK + SPARE_RIGHT + 1;
    return columns_want(s->columns, begin > reach ? begin - reach : 0,
                        end + reach < length ? end + reach : length, why);
}

void pileup_windows_redraw(struct pileup_windows *s, int64_t begin, int64_t end) {
    struct pileup_targets targets = s->targets.targets;
    targets.begin = begin;
    targets.end = end;
    target_filter_begin(&s->targets, &targets);
    begin_taking(s, begin > WINDOW_FLANK ? begin - WINDOW_FLANK : 0);
    pileup_windows_end(s);
}

int pileup_windows_add(struct pileup_windows *s, const struct alignment *a, struct failure *why) {
    int64_t span;
    enum read_fate fate = read_filter(a, PILEUP_REFUSED_FLAGS, s->options.min_mq,
                                      s->reference.reference.length, &span);
    s->books.reads.by_fate[fate]++;
    if (fate == READ_OUTSIDE || a->position < 0)
        return STATUS_OK;
    if (s->options.any_order)
        return fate == READ_USED ? columns_add(s->columns, a, span, why) : STATUS_OK;
    if (a->position < s->frontier)
        return fail(why, STATUS_BAD_INPUT,
                    "alignment '%s' at position %lld begins before the one added last; sort the "
                    "alignments by position",
                    a->name, (long long)a->position + 1);
    s->frontier = a->position;
    if (fate != READ_USED)
        return STATUS_OK;
    columns_drop(s->columns, s->next);
    return columns_add(s->columns, a, span, why);
}

void pileup_windows_end(struct pileup_windows *s) {
    s->ended = true;
    s->frontier = INT64_MAX;
}

/* ---- taking columns ------------------------------------------------------------------------ */

static bool inside(const struct pileup_windows *s, int64_t position) {
    return position >= s->targets.targets.begin && position < s->targets.targets.end;
}

/* Point 4 of 1.6. */
static bool enough_to_the_left(const struct pileup_windows *s, int64_t position) {
    int64_t counter = position - s->run_begin;
    if (s->run_begin == 0 && position > 0)
        counter--; /* 4.13: one more at the contig's begin */
    return s->options.head_and_tail || counter >= WINDOW_FLANK;
}

static int write_alt_info(struct pileup_windows *s, struct waiting *w,
                          const struct pileup_column *sums, const struct column *column,
                          struct failure *why) {
    struct alt_info_counts counts = {
        .depth = sums->depth,
        .reference_base = sums->reference_base,
        .reference_letter = sums->letter,
        .insertions = column->insertions,
        .deletions = column->deletions,
        .limit = s->options.enable_long_indel ? ALT_INFO_LIMIT_LONG : ALT_INFO_LIMIT,
    };
    memcpy(counts.base, sums->base, sizeof counts.base);
    int64_t behind = s->reference.reference.length - (w->position + 1);
    counts.following_count = alt_info_longest_deletion(column->deletions, counts.limit);
    if (counts.following_count > behind)
        counts.following_count = behind;
    counts.following = reference_view_at(&s->reference, w->position + 1,
                                         w->position + 1 + counts.following_count, why);
    if (counts.following == NULL)
        return STATUS_BAD_INPUT;
    return alt_info_write_pileup(&w->info, &counts, why);
}

/* The column's candidate, if it is one, goes into the queue. */
static int take_candidate(struct pileup_windows *s, int64_t position,
                          const struct pileup_column *sums, const struct column *column,
                          struct failure *why) {
    if (!inside(s, position) || !enough_to_the_left(s, position) ||
        !pileup_column_is_candidate(sums, &s->options))
        return STATUS_OK;
    s->books.candidates++;
    if (!target_filter_passes(&s->targets, position)) {
        s->books.outside_targets++;
        return STATUS_OK;
    }
    struct waiting *w = &s->waiting[s->end_waiting % WAITING];
    w->position = position;
    w->depth = sums->depth;
    s->end_waiting++;
    s->books.pending++;
    return write_alt_info(s, w, sums, column, why);
}

static int keep_counts(struct pileup_windows *s, int64_t position, const struct pileup_column *sums,
                       struct failure *why) {
    if (s->counts_taken) {
        s->counts_taken = false;
        s->count_count = 0;
    }
    if (s->count_count == s->count_capacity) {
        size_t capacity = s->count_capacity ? 2 * s->count_capacity : 1024;
        struct pileup_column_counts *larger = realloc(s->counts, capacity * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for gVCF counts");
        s->counts = larger;
        s->count_capacity = capacity;
    }
    s->counts[s->count_count++] = (struct pileup_column_counts){
        .position = position,
        .ref_count = sums->ref,
        .total_count = pileup_column_total(sums),
    };
    return STATUS_OK;
}

static bool is_empty(const int32_t channels[PILEUP_CHANNELS]) {
    for (int i = 0; i < PILEUP_CHANNELS; i++)
        if (channels[i] != 0)
            return false;
    return true;
}

/* The column at `position` becomes the last finished one. */
static int take_column(struct pileup_windows *s, int64_t position, const struct column *column,
                       struct failure *why) {
    struct pileup_column sums;
    const char *letter = reference_view_at(&s->reference, position, position + 1, why);
    if (letter == NULL)
        return STATUS_BAD_INPUT;
    if (position != s->last + 1)
        s->run_begin = position;
    s->last = position;
    s->next = position + 1;
    s->extra_added = false;
    pileup_column_sum(&sums, column, *letter);
    struct finished_column *finished = &s->finished[position % FINISHED];
    pileup_column_channels(finished->channels, &sums, column);
    finished->empty = is_empty(finished->channels);
    if (inside(s, position)) {
        s->books.columns++;
        if (s->options.gvcf && keep_counts(s, position, &sums, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    return take_candidate(s, position, &sums, column, why);
}

/* Adds to the last column what the next one brings (4.1).  If a gap lies between, the run is
 * over: true, and the next column must wait until the candidates are decided. */
static bool meet_column(struct pileup_windows *s, int64_t position, const struct column *column) {
    if (s->last == NO_COLUMN || s->extra_added)
        return false;
    struct finished_column *last = &s->finished[s->last % FINISHED];
    last->channels[CHANNEL_EXTRA] += (int32_t)column->other;
    if (column->other > 0)
        last->empty = false;
    s->extra_added = true;
    s->closing = position != s->last + 1;
    return s->closing;
}

/* STATUS_OK: went on by one step.  STATUS_END: nothing can be done before more reads come, or
 * nothing is left to do. */
static int step(struct pileup_windows *s, struct failure *why) {
    struct column column;
    if (s->first_waiting == s->end_waiting && s->next >= s->targets.targets.end)
        return STATUS_END;
    int64_t position = columns_next(s->columns, s->next);
    if (position < s->frontier) {
        int status = columns_borrow(s->columns, position, &column, why);
        if (status != STATUS_OK || meet_column(s, position, &column))
            return status;
        return take_column(s, position, &column, why);
    }
    if (!s->ended || s->first_waiting == s->end_waiting)
        return STATUS_END;
    s->closing = true;
    return STATUS_OK;
}

/* ---- drawing windows ----------------------------------------------------------------------- */

/* Whether the candidate gives a window (1.7), counted in the books. */
static bool decide(struct pileup_windows *s, int64_t position) {
    int64_t w0 = position - WINDOW_FLANK, w1 = position + WINDOW_FLANK;
    if (w0 >= s->run_begin && w1 + SPARE_RIGHT <= s->last) {
        for (int64_t x = w0; x <= w1; x++)
            if (s->finished[x % FINISHED].empty) {
                s->books.empty_column++;
                return false;
            }
        s->books.windows++;
        return true;
    }
    bool one_side = !(w0 < s->run_begin && w1 > s->last);
    if (s->options.head_and_tail && position + 1 <= s->last && one_side) {
        s->books.windows++;
        return true;
    }
    s->books.near_edge++;
    return false;
}

static int draw(struct pileup_windows *s, const struct waiting *w, struct pileup_window *out,
                struct failure *why) {
    for (int i = 0; i < WINDOW_WIDTH; i++) {
        int64_t x = w->position - WINDOW_FLANK + i;
        int32_t *to = s->tensor + i * PILEUP_CHANNELS;
        if (x < s->run_begin || x > s->last)
            memset(to, 0, PILEUP_CHANNELS * sizeof *to);
        else
            memcpy(to, s->finished[x % FINISHED].channels, PILEUP_CHANNELS * sizeof *to);
    }
    *out = (struct pileup_window){
        .tensor = s->tensor,
        .position = w->position,
        .reference = s->letters,
        .alt_info = w->info.text,
        .depth = w->depth,
    };
    return reference_view_window(&s->reference, w->position, s->letters, why);
}

int pileup_windows_pull(struct pileup_windows *s, struct pileup_window *out, struct failure *why) {
    for (;;) {
        while (s->first_waiting < s->end_waiting) {
            const struct waiting *w = &s->waiting[s->first_waiting % WAITING];
            if (!s->closing && w->position + WINDOW_FLANK + SPARE_RIGHT > s->last)
                break;
            s->first_waiting++;
            s->books.pending--;
            if (decide(s, w->position))
                return draw(s, w, out, why);
        }
        s->closing = false;
        int status = step(s, why);
        if (status != STATUS_OK)
            return status;
    }
}

int64_t pileup_windows_mark(const struct pileup_windows *s) {
    if (s->first_waiting < s->end_waiting)
        return s->waiting[s->first_waiting % WAITING].position;
    return s->frontier;
}

bool pileup_windows_done(const struct pileup_windows *s) {
    if (s->first_waiting < s->end_waiting)
        return false;
    return s->ended || s->frontier >= s->targets.targets.end;
}

const struct pileup_column_counts *pileup_windows_take_counts(struct pileup_windows *s,
                                                              size_t *count) {
    *count = s->counts_taken ? 0 : s->count_count;
    s->counts_taken = true;
    return s->counts;
}

const struct pileup_books *pileup_windows_books(const struct pileup_windows *s) {
    return &s->books;
}
