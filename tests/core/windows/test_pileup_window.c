/* SPDX-License-Identifier: MIT
 *
 * Pileup windows against the golden cases, and by hand where those do not tell rules apart. */
#include "core/windows/pileup_window.h"

#include "tests/core/windows/golden.h"

#include <criterion/parameterized.h>

/* ---- golden cases -------------------------------------------------------------------------- */

struct drawn {
    struct pileup_window *windows; /* copied */
    size_t count;
    struct pileup_column_counts *counts;
    size_t count_count;
    struct pileup_books books;
};

static void keep(struct drawn *drawn, struct pileup_windows *stream) {
    struct failure why = {0};
    struct pileup_window w;
    int status;
    while ((status = pileup_windows_pull(stream, &w, &why)) == STATUS_OK) {
        w.tensor = golden_copy(w.tensor, PILEUP_WINDOW_SIZE * sizeof *w.tensor);
        w.alt_info = golden_copy(w.alt_info, strlen(w.alt_info) + 1);
        w.reference = golden_copy(w.reference, WINDOW_WIDTH + 1);
        drawn->windows =
            golden_grow(drawn->windows, drawn->count * sizeof w, (drawn->count + 1) * sizeof w);
        drawn->windows[drawn->count++] = w;
    }
    cr_assert_eq(status, STATUS_END, "%s", why.text);
    size_t count;
    const struct pileup_column_counts *counts = pileup_windows_take_counts(stream, &count);
    if (count > 0) {
        drawn->counts = golden_grow(drawn->counts, drawn->count_count * sizeof *counts,
                                    (drawn->count_count + count) * sizeof *counts);
        memcpy(drawn->counts + drawn->count_count, counts, count * sizeof *counts);
    }
    drawn->count_count += count;
}

static struct drawn draw(const struct reference *reference, const struct pileup_options *options,
                         const struct pileup_targets *targets, struct golden_reads reads) {
    struct drawn drawn = {0};
    struct failure why = {0};
    struct pileup_windows *stream;
    cr_assert_eq(pileup_windows_new(&stream, options, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(stream, reference, targets, &why), STATUS_OK);
    for (size_t i = 0; i < reads.count && !pileup_windows_done(stream); i++) {
        cr_assert_eq(pileup_windows_add(stream, &reads.reads[i], &why), STATUS_OK, "%s", why.text);
        keep(&drawn, stream);
    }
    pileup_windows_end(stream);
    keep(&drawn, stream);
    drawn.books = *pileup_windows_books(stream);
    pileup_windows_free(stream);
    return drawn;
}

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
    if (golden_flag(g->json, "fast_mode") && strstr(g->json, "\"platform\": \"ont\""))
        pileup_options_set_fast(&options);
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
    pileup_window_scale(tensor, w->depth);
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
