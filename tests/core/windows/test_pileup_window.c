/* SPDX-License-Identifier: MIT
 *
 * Pileup windows against the golden cases, and by hand where those do not tell rules apart. */
#include "core/windows/pileup_window.h"

#include "core/networks/depth_scale.h"
#include "tests/core/windows/drawn_pileup.h"
#include "tests/core/windows/golden.h"
#include "tests/core/windows/hand_reads.h"
#include "tests/core/windows/slow_pileup.h"

#include <criterion/parameterized.h>

/* ---- golden cases -------------------------------------------------------------------------- */

static struct pileup_options options_of(const struct golden *g) {
    struct pileup_options options = pileup_options_default;
    options.snp_min_af = (float)golden_number(g->json, "snp_min_af");
    options.indel_min_af = (float)golden_number(g->json, "indel_min_af");
    options.min_mq = (int)golden_number(g->json, "min_mq");
    options.min_coverage = (int)golden_number(g->json, "min_coverage");
    options.call_snp_only = golden_flag(g->json, "call_snp_only");
    options.enable_long_indel = golden_flag(g->json, "enable_long_indel");
    options.head_and_tail = golden_flag(g->json, "head_and_tail");
    options.gvcf = golden_flag(g->json, "gvcf");
    if (golden_flag(g->json, "fast_mode"))
        set_fast(&options, strstr(g->json, "\"platform\": \"ont\"") ? "ont" : "hifi");
    return options;
}

static struct pileup_targets targets_of(const struct golden *g, const char *contig) {
    struct pileup_targets targets = {.end = INT64_MAX};
    static struct interval bed[100];
    static int64_t sites[1000];
    char *bed_path = golden_text(g->json, "bed", true), *vcf = golden_text(g->json, "vcf", true);
    targets.has_bed = bed_path != NULL;
    targets.has_sites = vcf != NULL;
    targets.bed = bed;
    targets.sites = sites;
    char *text = golden_file(bed_path ? bed_path : vcf ? vcf : "/dev/null"), name[100];
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        long begin, end;
        int fields = sscanf(line, "%99s %ld %ld", name, &begin, &end);
        if (line[0] == '#' || strcmp(name, contig) != 0)
            continue;
        if (targets.has_bed && fields == 3)
            bed[targets.bed_count++] = (struct interval){begin, end};
        else if (fields >= 2)
            sites[targets.site_count++] = begin;
    }
    return targets;
}

static void expect_same(const struct golden *g, const struct pileup_window *w,
                        const int32_t *tensor, const char *alt_info, bool text_too) {
    for (int i = 0; i < PILEUP_WINDOW_SIZE; i++)
        cr_assert_eq(w->tensor[i], tensor[i], "%s, %lld: column %d channel %d is %d, not %d",
                     g->name, (long long)w->position + 1, i / PILEUP_CHANNELS, i % PILEUP_CHANNELS,
                     w->tensor[i], tensor[i]);
    if (text_too)
        cr_assert_str_eq(w->alt_info, alt_info, "%s, %lld: %s, not %s", g->name,
                         (long long)w->position + 1, w->alt_info, alt_info);
}

static char *position_text(const char *contig, const struct pileup_window *w) {
    char *text = golden_alloc(64);
    char letter = w->reference[WINDOW_FLANK];
    letter = (char)(letter >= 'a' ? letter - 'a' + 'A' : letter);
    snprintf(text, 64, "%s:%lld:%c", contig, (long long)w->position + 1, letter);
    return text;
}

static void check_gvcf(const struct golden *g, const char *contig, const struct drawn *drawn) {
    char path[100];
    snprintf(path, sizeof path, "gvcf/%s/ref_count", contig);
    struct golden_array ref = golden_array(g, path, H5T_NATIVE_INT32);
    snprintf(path, sizeof path, "gvcf/%s/total_count", contig);
    struct golden_array total = golden_array(g, path, H5T_NATIVE_INT32);
    snprintf(path, sizeof path, "gvcf/%s", contig);
    int64_t start;
    hid_t at = H5Aopen_by_name(g->expected, path, "region_start", H5P_DEFAULT, H5P_DEFAULT);
    H5Aread(at, H5T_NATIVE_INT64, &start);
    size_t i = 0;
    for (int64_t x = 0; x < (int64_t)ref.rows; x++) {
        int64_t position = x + (start > 2 ? start - 2 : 0);
        while (i < drawn->count_count && drawn->counts[i].position < position)
            i++;
        bool exists = i < drawn->count_count && drawn->counts[i].position == position;
        cr_assert_eq(((int32_t *)ref.data)[x], exists ? (int)drawn->counts[i].ref_count : 0,
                     "%s %s:%lld", g->name, contig, (long long)position + 1);
        cr_assert_eq(((int32_t *)total.data)[x], exists ? (int)drawn->counts[i].total_count : 0,
                     "%s %s:%lld", g->name, contig, (long long)position + 1);
    }
}

static void check_scaled(const struct golden *g, hsize_t index, const struct pileup_window *w) {
    struct golden_array which = golden_array(g, "pileup/scaled_index", H5T_NATIVE_INT32);
    struct golden_array scaled = golden_array(g, "pileup/scaled_tensor", H5T_NATIVE_INT32);
    int32_t tensor[PILEUP_WINDOW_SIZE];
    memcpy(tensor, w->tensor, sizeof tensor);
    depth_scale(tensor, w->depth);
    const int32_t *expected = w->tensor;
    for (hsize_t i = 0; i < which.rows; i++)
        if (((int32_t *)which.data)[i] == (int32_t)index)
            expected = (int32_t *)scaled.data + i * PILEUP_WINDOW_SIZE;
    for (int i = 0; i < PILEUP_WINDOW_SIZE; i++)
        cr_assert_eq(tensor[i], expected[i], "%s, window %d, %d: %d not %d, depth %u", g->name,
                     (int)index, i, tensor[i], expected[i], w->depth);
}

static void check_whole(const char *name) {
    struct golden g = golden_open(name);
    struct golden_array tensors = golden_array(&g, "pileup/tensor", H5T_NATIVE_INT32);
    struct golden_array positions = golden_array(&g, "pileup/position", -1);
    struct golden_array texts = golden_array(&g, "pileup/alt_info", -1);
    struct pileup_options options = options_of(&g);
    hsize_t index = 0;
    for (size_t c = 0; c < g.contig_count; c++) {
        struct reference reference = golden_reference(&g, g.contigs[c]);
        struct pileup_targets targets = targets_of(&g, g.contigs[c]);
        struct golden_reads reads = golden_reads(golden_text(g.json, "bam", true), g.contigs[c]);
        struct drawn drawn = draw(&reference, &options, &targets, reads);
        for (size_t i = 0; i < drawn.count; i++, index++) {
            cr_assert_lt(index, positions.rows, "%s: a window too many, %s", name,
                         position_text(g.contigs[c], &drawn.windows[i]));
            cr_assert_str_eq(position_text(g.contigs[c], &drawn.windows[i]),
                             golden_string(&positions, index), "%s, window %d: %s", name,
                             (int)index, position_text(g.contigs[c], &drawn.windows[i]));
            expect_same(&g, &drawn.windows[i], (int32_t *)tensors.data + index * PILEUP_WINDOW_SIZE,
                        golden_string(&texts, index), true);
            check_scaled(&g, index, &drawn.windows[i]);
        }
        if (options.gvcf)
            check_gvcf(&g, g.contigs[c], &drawn);
        const struct pileup_books *b = &drawn.books;
        cr_assert_eq(b->candidates,
                     b->windows + b->outside_targets + b->near_edge + b->empty_column);
        cr_assert_eq(b->windows, drawn.count);
    }
    cr_assert_eq(index, positions.rows, "%s: %d windows, not %d", name, (int)index,
                 (int)positions.rows);
    golden_release();
}

static const char whole_cases[][24] = {
    "tiny",       "edges",         "edges_majority", "edges_fast",     "edges_fast_hifi", "odd",
    "odd_all",    "odd_headtail",  "ont10",          "ont10_headtail", "ont10_fast",      "ont30",
    "ont30_fast", "ont30_snponly", "ont30_strict",   "ont30_known",    "ont30_bed",       "hifi60",
    "amplicon",   "longindel_off", "longindel_on",   "ont30_known_af"};

ParameterizedTestParameters(pileup_window, golden_whole) {
    return cr_make_param_array(const char[24], (void *)whole_cases,
                               sizeof whole_cases / sizeof *whole_cases);
}
ParameterizedTest(const char name[24], pileup_window, golden_whole) {
    check_whole(name);
}

/* ---- against the slow implementation ------------------------------------------------------- */

static struct golden_reads reads_of(const struct random_case *c) {
    struct golden_reads reads = {.count = c->count};
    reads.reads = golden_alloc((c->count + 1) * sizeof *reads.reads);
    for (size_t i = 0; i < c->count; i++)
        reads.reads[i] = c->reads[i].alignment;
    return reads;
}

static struct pileup_options random_options(struct dice *dice) {
    static const float shares[] = {0.08F, 0.15F, 0.0F, 0.3F, 0.99F};
    return (struct pileup_options){
        .snp_min_af = shares[roll(dice, 5)],
        .indel_min_af = shares[roll(dice, 5)],
        .min_mq = (int)roll(dice, 3) * 5,
        .min_coverage = (int)roll(dice, 4),
        .call_snp_only = roll(dice, 4) == 0,
        .enable_long_indel = roll(dice, 4) == 0,
        .head_and_tail = roll(dice, 2) == 0,
        .gvcf = true,
    };
}

static void check_random(uint64_t seed) {
    struct random_case c = random_case(seed);
    struct pileup_options options = random_options(&c.dice);
    struct slow_pileup slow = slow_pileup(&c, &options);
    struct reference reference = random_reference(&c);
    struct drawn drawn = draw(&reference, &options, NULL, reads_of(&c));
    int32_t tensor[PILEUP_WINDOW_SIZE];
    size_t next = 0;
    struct golden g;
    snprintf(g.name, sizeof g.name, "seed %d", (int)seed);
    for (int64_t x = 0; x < c.length; x++) {
        if (!slow_window(&slow, x, &options, tensor))
            continue;
        cr_assert_lt(next, drawn.count, "seed %d: no window at %d", (int)seed, (int)x + 1);
        cr_assert_eq(drawn.windows[next].position, x, "seed %d: window at %d, not %d", (int)seed,
                     (int)drawn.windows[next].position + 1, (int)x + 1);
        char *text = slow_alt_info(&slow, x, c.contig, &options);
        expect_same(&g, &drawn.windows[next], tensor, text, true);
        free(text);
        for (int i = 0; i < WINDOW_WIDTH; i++) {
            int64_t at = x - WINDOW_FLANK + i;
            char letter = at >= 0 && at < c.length ? c.contig[at] : 'N';
            cr_assert_eq(drawn.windows[next].reference[i], letter);
        }
        next++;
    }
    cr_assert_eq(next, drawn.count, "seed %d: a window too many", (int)seed);
    slow_pileup_free(&slow);
    random_case_free(&c);
    golden_release();
}

Test(pileup_window, random_reads_against_slow) {
    for (uint64_t seed = 1; seed <= 600; seed++)
        check_random(seed);
}

/* Cut anywhere, the parts give what the whole gives. */
static void check_cut(uint64_t seed) {
    struct random_case c = random_case(seed);
    struct pileup_options options = random_options(&c.dice);
    struct reference reference = random_reference(&c);
    struct drawn whole = draw(&reference, &options, NULL, reads_of(&c));
    size_t window = 0, count = 0;
    for (int64_t begin = 0, end; begin < c.length; begin = end) {
        end = begin + 1 + roll(&c.dice, roll(&c.dice, 3) ? 200 : 5);
        struct pileup_targets targets = {.begin = begin, .end = end};
        struct golden_reads all = reads_of(&c), some = {.reads = all.reads};
        for (size_t i = 0; i < all.count; i++) { /* as an index gives them */
            int64_t last = all.reads[i].position;
            for (size_t k = 0; k < all.reads[i].cigar_count; k++)
                if (cigar_takes_reference(cigar_operation(all.reads[i].cigar[k])))
                    last += cigar_length(all.reads[i].cigar[k]);
            if (last > begin - WINDOW_FLANK)
                some.reads[some.count++] = all.reads[i];
        }
        struct drawn part = draw(&reference, &options, &targets, some);
        for (size_t i = 0; i < part.count; i++, window++) {
            cr_assert_lt(window, whole.count);
            cr_assert_eq(part.windows[i].position, whole.windows[window].position, "seed %d",
                         (int)seed);
            struct golden g = {.name = "cut"};
            expect_same(&g, &part.windows[i], whole.windows[window].tensor,
                        whole.windows[window].alt_info, true);
        }
        for (size_t i = 0; i < part.count_count; i++, count++)
            cr_assert_eq(memcmp(&part.counts[i], &whole.counts[count], sizeof part.counts[i]), 0);
    }
    cr_assert_eq(window, whole.count, "seed %d", (int)seed);
    cr_assert_eq(count, whole.count_count);
    random_case_free(&c);
    golden_release();
}

Test(pileup_window, cut_anywhere) {
    for (uint64_t seed = 1; seed <= 150; seed++)
        check_cut(seed);
}

/* ---- reads in any order -------------------------------------------------------------------- */

static int by_position_and_name(const void *a, const void *b) {
    const struct alignment *x = a, *y = b;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : (int)x->flag - (int)y->flag;
}

static void shuffle_reads(struct dice *dice, struct golden_reads reads) {
    for (size_t i = reads.count; i > 1; i--) {
        size_t j = roll(dice, (uint32_t)i);
        struct alignment other = reads.reads[j];
        reads.reads[j] = reads.reads[i - 1];
        reads.reads[i - 1] = other;
    }
}

/* The same reads in any order, looked at now and then, end as the sorted ones do. */
static void check_any_order(uint64_t seed, bool parts) {
    struct random_case c = random_case(seed);
    struct pileup_options options = random_options(&c.dice);
    struct reference reference = random_reference(&c);
    struct golden_reads reads = reads_of(&c);
    qsort(reads.reads, reads.count, sizeof *reads.reads, by_position_and_name);
    struct drawn sorted = draw(&reference, &options, NULL, reads), any = {0}, glance = {0};
    struct failure why = {0};
    struct pileup_windows *stream;
    options.any_order = true;
    shuffle_reads(&c.dice, reads);
    cr_assert_eq(pileup_windows_new(&stream, &options, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(stream, &reference, NULL, &why), STATUS_OK);
    if (parts)
        cr_assert_eq(pileup_windows_want(stream, 0, c.length, &why), STATUS_OK);
    for (size_t i = 0; i < reads.count; i++) {
        cr_assert_eq(pileup_windows_add(stream, &reads.reads[i], &why), STATUS_OK);
        if (roll(&c.dice, 20) == 0) {
            int64_t begin = roll(&c.dice, (uint32_t)c.length);
            pileup_windows_redraw(stream, begin, begin + roll(&c.dice, 100));
            keep(&glance, stream);
        }
    }
    for (int64_t begin = 0, end; begin < c.length; begin = end) {
        end = begin + 1 + roll(&c.dice, 300);
        pileup_windows_redraw(stream, begin, end);
        keep(&any, stream);
    }
    pileup_windows_free(stream);
    cr_assert_eq(any.count, sorted.count, "seed %d: %zu, not %zu", (int)seed, any.count,
                 sorted.count);
    struct golden g = {.name = "any order"};
    for (size_t i = 0; i < any.count; i++) {
        cr_assert_eq(any.windows[i].position, sorted.windows[i].position);
        expect_same(&g, &any.windows[i], sorted.windows[i].tensor, sorted.windows[i].alt_info,
                    true);
    }
    cr_assert_eq(any.count_count, sorted.count_count);
    for (size_t i = 0; i < any.count_count; i++)
        cr_assert_eq(memcmp(&any.counts[i], &sorted.counts[i], sizeof any.counts[i]), 0);
    random_case_free(&c);
    golden_release();
}

Test(pileup_window, any_order) {
    for (uint64_t seed = 1; seed <= 150; seed++)
        check_any_order(seed, seed % 2 == 0);
}

/* ---- by hand: what golden data does not tell apart ------------------------------------------ */

enum { HAND_CONTIG = 400 };

struct hand_pile {
    struct hand_read reads[20];
    struct golden_reads list;
};

static void put(struct hand_pile *pile, const char *cigar, int64_t position, const char *letters) {
    if (pile->list.reads == NULL)
        pile->list.reads = golden_alloc(20 * sizeof *pile->list.reads);
    size_t i = pile->list.count++;
    pile->list.reads[i] = *hand_read(&pile->reads[i], cigar, position, letters);
}

/* Draws over a contig of A. */
static struct drawn draw_pile(struct hand_pile *pile, const struct pileup_options *options) {
    static char contig[HAND_CONTIG + 1];
    memset(contig, 'A', HAND_CONTIG);
    struct reference reference = hand_reference(contig);
    return draw(&reference, options, NULL, pile->list);
}

static const struct pileup_window *window_at(const struct drawn *drawn, int64_t position) {
    for (size_t i = 0; i < drawn->count; i++)
        if (drawn->windows[i].position == position)
            return &drawn->windows[i];
    return NULL;
}

static struct pileup_options everything(void) {
    struct pileup_options options = pileup_options_default;
    options.snp_min_af = options.indel_min_af = 0;
    options.min_coverage = 0;
    return options;
}

/* 4.1: another letter in the first column of a run counts in the last column of the run before. */
Test(pileup_window, other_letter_counts_across_a_gap) {
    struct hand_pile *pile = calloc(1, sizeof *pile);
    struct pileup_options options = everything();
    char letters[61];
    memset(letters, 'A', 60);
    letters[60] = '\0';
    put(pile, "60M", 10, letters);
    letters[0] = 'N';
    put(pile, "60M", 200, letters);
    options.head_and_tail = true;
    struct drawn drawn = draw_pile(pile, &options);
    const struct pileup_window *w =
        window_at(&drawn, 55); /* columns 39 to 71; the run ends at 69 */
    cr_assert_not_null(w);
    cr_assert_eq(w->tensor[30 * PILEUP_CHANNELS + 17], 1);
    cr_assert_eq(w->tensor[29 * PILEUP_CHANNELS + 17], 0);
    cr_assert_eq(w->tensor[31 * PILEUP_CHANNELS + 17], 0);
    cr_assert_not_null(window_at(&drawn, 201)); /* the first column of a contig's reads: nothing */
    golden_release();
    free(pile);
}

/* 1.4, 4.19: columns exist through N, but a window over an empty column is dropped. */
Test(pileup_window, skipped_columns) {
    struct hand_pile *pile = calloc(1, sizeof *pile);
    struct pileup_options options = everything();
    put(pile, "60M1N60M", 10, NULL);
    struct drawn drawn = draw_pile(pile, &options);
    cr_assert_not_null(window_at(&drawn, 53));
    cr_assert_null(window_at(&drawn, 54)); /* column 70 is its last */
    cr_assert_null(window_at(&drawn, 86));
    cr_assert_not_null(window_at(&drawn, 87));
    cr_assert_gt(drawn.books.empty_column, 0);
    options.head_and_tail = true; /* the check is made for windows that lack nothing */
    drawn = draw_pile(pile, &options);
    cr_assert_null(window_at(&drawn, 54));
    golden_release();
    free(pile);
}

/* In head-and-tail mode windows at the ends are not checked for empty columns. */
Test(pileup_window, skipped_columns_at_the_ends) {
    struct hand_pile *pile = calloc(1, sizeof *pile);
    struct pileup_options options = everything();
    put(pile, "10M1N60M", 10, NULL);
    options.head_and_tail = true;
    struct drawn drawn = draw_pile(pile, &options);
    const struct pileup_window *w = window_at(&drawn, 20); /* the skipped column itself */
    cr_assert_not_null(w);
    cr_assert_str_eq(w->alt_info, "1-");
    golden_release();
    free(pile);
}

/* 1.7: not in the last column, and not where columns are missing on both sides. */
Test(pileup_window, heads_and_tails) {
    struct hand_pile *pile = calloc(1, sizeof *pile);
    struct pileup_options options = everything();
    options.head_and_tail = true;
    put(pile, "40M", 100, NULL);
    put(pile, "20M", 200, NULL);
    struct drawn drawn = draw_pile(pile, &options);
    cr_assert_not_null(window_at(&drawn, 100));
    cr_assert_not_null(window_at(&drawn, 138));
    cr_assert_null(window_at(&drawn, 139));
    for (int64_t x = 200; x < 220; x++)
        cr_assert_eq(window_at(&drawn, x) != NULL, x <= 203 || (x >= 216 && x < 219), "%d", (int)x);
    golden_release();
    free(pile);
}

/* 1.6 point 4 and 1.7: one more column at the contig's begin, two spare ones at the right. */
Test(pileup_window, first_and_last_windows) {
    struct hand_pile *pile = calloc(1, sizeof *pile);
    struct pileup_options options = everything();
    put(pile, "60M", 0, NULL);
    put(pile, "60M", 300, NULL);
    struct drawn drawn = draw_pile(pile, &options);
    cr_assert_null(window_at(&drawn, 16));
    cr_assert_not_null(window_at(&drawn, 17));
    cr_assert_not_null(window_at(&drawn, 41));
    cr_assert_null(window_at(&drawn, 42));
    cr_assert_null(window_at(&drawn, 315));
    cr_assert_not_null(window_at(&drawn, 316));
    golden_release();
    free(pile);
}

Test(pileup_window, unsorted_alignments_are_refused) {
    static struct hand_read read;
    struct failure why = {0};
    struct pileup_windows *stream;
    struct pileup_window w;
    struct reference reference = hand_reference("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    cr_assert_eq(pileup_windows_new(&stream, &pileup_options_default, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(stream, &reference, NULL, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_add(stream, hand_read(&read, "5M", 10, NULL), &why), STATUS_OK);
    cr_assert_eq(pileup_windows_pull(stream, &w, &why), STATUS_END);
    cr_assert_eq(pileup_windows_add(stream, hand_read(&read, "5M", 9, NULL), &why),
                 STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(why.text, "sort"));
    pileup_windows_free(stream);
}

/* Every read and every candidate is accounted for. */
Test(pileup_window, books_balance) {
    static struct hand_read read;
    struct failure why = {0};
    struct pileup_windows *stream;
    struct pileup_window w;
    static char contig[200001];
    struct reference reference = hand_reference(memset(contig, 'A', 200000));
    struct pileup_options options = everything();
    cr_assert_eq(pileup_windows_new(&stream, &options, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(stream, &reference, NULL, &why), STATUS_OK);
    uint64_t windows = 0;
    for (int64_t x = 0; x + 100 < 200000; x += 50) {
        hand_read(&read, "100M", x, NULL)->flag = x % 3 == 0 ? 1024 : 0;
        cr_assert_eq(pileup_windows_add(stream, &read.alignment, &why), STATUS_OK);
        while (pileup_windows_pull(stream, &w, &why) == STATUS_OK)
            windows++;
    }
    pileup_windows_end(stream);
    while (pileup_windows_pull(stream, &w, &why) == STATUS_OK)
        windows++;
    const struct pileup_books *b = pileup_windows_books(stream);
    cr_assert(b->windows == windows && b->pending == 0);
    cr_assert_eq(b->candidates, b->windows + b->near_edge + b->outside_targets + b->empty_column);
    cr_assert_eq(b->reads.by_fate[READ_USED] + b->reads.by_fate[READ_DUPLICATE], 3998);
    pileup_windows_free(stream);
}
