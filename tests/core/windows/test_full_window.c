/* SPDX-License-Identifier: MIT
 *
 * Full-alignment windows against the golden cases, and by hand where those do not tell rules
 * apart. */
#include "core/windows/full_window.h"

#include "core/windows/held_reads.h"

#include "tests/core/windows/golden.h"
#include "tests/core/windows/slow_full.h"

#include <criterion/parameterized.h>

/* ---- golden cases -------------------------------------------------------------------------- */

struct positions {
    int64_t *at; /* 0-based */
    size_t count;
};

static struct positions sites_of(const struct golden *g, const char *contig) {
    struct positions sites = {0};
    char *text = golden_file(golden_text(g->fa, "regions", true)), name[100];
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        long begin, end;
        if (sscanf(line, "%99s %ld %ld", name, &begin, &end) != 3 || strcmp(name, contig) != 0)
            continue;
        sites.at = golden_grow(sites.at, sites.count * sizeof *sites.at,
                               (sites.count + 1) * sizeof *sites.at);
        sites.at[sites.count++] = (begin == 0 ? end - 17 : (begin + end) / 2) - 1;
    }
    return sites;
}

struct snps {
    struct phased_snp *snps;
    size_t count;
};

static struct snps snps_of(const struct golden *g, const char *contig) {
    struct snps out = {0};
    char *path = golden_text(g->fa, "phased_vcf", true);
    char *text = golden_file(path ? path : "/dev/null"), name[100], ref[100], alt[100], gt[100];
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        long position;
        int fields = sscanf(line, "%99s %ld %*s %99s %99s %*s %*s %*s %*s %99s", name, &position,
                            ref, alt, gt);
        if (line[0] == '#' || fields != 5 || strcmp(name, contig) != 0)
            continue;
        if (memchr(gt, '|', strcspn(gt, ":")) == NULL)
            continue;
        cr_assert(strlen(ref) == 1 && strlen(alt) == 1);
        out.snps =
            golden_grow(out.snps, out.count * sizeof *out.snps, (out.count + 1) * sizeof *out.snps);
        out.snps[out.count++] = (struct phased_snp){
            .position = position - 1,
            .alt = alt[0],
            .type = strncmp(gt, "0|1:", 4) == 0 ? 1 : 2,
            .phase_set = atol(strrchr(gt, ':') + 1),
        };
    }
    return out;
}

static struct full_options options_of(const struct golden *g, bool compatible) {
    struct full_options options = full_options_default;
    bool ont = strstr(g->json, "\"platform\": \"ont\"") != NULL;
    options.rows = ont ? FULL_ROWS_ONT : FULL_ROWS_HIFI;
    options.dwell = golden_flag(g->fa, "enable_dwell_time");
    options.min_mq = (int)golden_number(g->json, "min_mq");
    options.enable_long_indel = golden_flag(g->json, "enable_long_indel");
    bool phased =
        !golden_flag(g->fa, "no_phasing_for_fa") && golden_text(g->fa, "phased_vcf", true) != NULL;
    options.phasing = phased ? FULL_BY_SNPS : FULL_UNPHASED;
    options.compatible = compatible;
    return options;
}

struct expected {
    struct golden_array tensors, positions, texts, fresh_index, fresh_tensors;
    hsize_t next;
};

static void check_window(const struct golden *g, struct expected *e, const char *contig,
                         const struct full_window *w, bool compatible) {
    size_t size = (size_t)(w->rows * WINDOW_WIDTH * w->channels);
    const int8_t *tensor = (const int8_t *)e->tensors.data + e->next * size;
    const char *text = golden_string(&e->texts, e->next);
    char at[64], letter = w->reference[WINDOW_FLANK];
    letter = (char)(letter >= 'a' ? letter - 'a' + 'A' : letter);
    snprintf(at, sizeof at, "%s:%lld:%c", contig, (long long)w->position + 1, letter);
    cr_assert_lt(e->next, e->positions.rows);
    cr_assert_str_eq(at, golden_string(&e->positions, e->next), "%s, window %d", g->name,
                     (int)e->next);
    for (hsize_t i = 0; i < e->fresh_index.rows && !compatible; i++)
        if (((int32_t *)e->fresh_index.data)[i] == (int32_t)e->next)
            tensor = (const int8_t *)e->fresh_tensors.data + i * size;
    if (!compatible && strcmp(g->name, "odd") == 0 && strcmp(at, "chrS2:1125:C") == 0)
        text = "94-RC 90"; /* see the README of the data */
    cr_assert_str_eq(w->alt_info, text, "%s, %s: %s, not %s", g->name, at, w->alt_info, text);
    int row_size = WINDOW_WIDTH * w->channels;
    for (int i = 0; i < (int)size; i++) {
        cr_assert_eq(w->tensor[i], tensor[i], "%s, %s: row %d column %d channel %d is %d, not %d",
                     g->name, at, i / row_size, i % row_size / w->channels, i % w->channels,
                     w->tensor[i], tensor[i]);
        bool used = i / row_size >= w->first_row && i / row_size < w->first_row + w->used_rows;
        cr_assert(used || tensor[i] == 0);
    }
    e->next++;
}

static void check_case(const char *name, bool compatible) {
    struct golden g = golden_open(name);
    struct failure why = {0};
    struct full_windows *stream;
    struct full_window w;
    struct full_options options = options_of(&g, compatible);
    struct expected e = {
        .tensors = golden_array(&g, "full_alignment/tensor", H5T_NATIVE_INT8),
        .positions = golden_array(&g, "full_alignment/position", -1),
        .texts = golden_array(&g, "full_alignment/alt_info", -1),
        .fresh_index = golden_array(&g, "full_alignment_fresh/index", H5T_NATIVE_INT32),
        .fresh_tensors = golden_array(&g, "full_alignment_fresh/tensor", H5T_NATIVE_INT8),
    };
    cr_assert_eq(full_windows_new(&stream, &options, &why), STATUS_OK);
    for (size_t c = 0; c < g.contig_count; c++) {
        struct reference reference = golden_reference(&g, g.contigs[c]);
        struct positions sites = sites_of(&g, g.contigs[c]);
        struct snps snps = snps_of(&g, g.contigs[c]);
        struct golden_reads reads = golden_reads(golden_text(g.json, "bam", true), g.contigs[c]);
        full_windows_begin(stream, &reference, snps.snps, snps.count);
        for (size_t i = 0; i < sites.count; i++)
            cr_assert_eq(full_windows_add_site(stream, sites.at[i], &why), STATUS_OK);
        for (size_t i = 0; i < reads.count; i++) {
            cr_assert_eq(full_windows_add(stream, &reads.reads[i], &why), STATUS_OK, "%s",
                         why.text);
            while (full_windows_pull(stream, &w, &why) == STATUS_OK)
                check_window(&g, &e, g.contigs[c], &w, compatible);
        }
        full_windows_end(stream);
        while (full_windows_pull(stream, &w, &why) == STATUS_OK)
            check_window(&g, &e, g.contigs[c], &w, compatible);
        cr_assert_eq(why.code, STATUS_OK, "%s", why.text);
    }
    cr_assert_eq(e.next, e.positions.rows, "%s: %d windows, not %d", name, (int)e.next,
                 (int)e.positions.rows);
    cr_assert_eq(full_windows_books(stream)->windows, full_windows_books(stream)->sites);
    full_windows_free(stream);
    golden_release();
}

static const char cases[][24] = {"tiny",        "edges",          "odd",        "odd_all",
                                 "ont30",       "ont30_unphased", "hifi60",     "hifi60_unphased",
                                 "amplicon",    "dwell",          "dwell_hifi", "longindel_off",
                                 "longindel_on"};

ParameterizedTestParameters(full_window, golden_fresh) {
    return cr_make_param_array(const char[24], (void *)cases, sizeof cases / sizeof *cases);
}
ParameterizedTest(const char name[24], full_window, golden_fresh) {
    check_case(name, false);
}

ParameterizedTestParameters(full_window, golden_compatible) {
    return cr_make_param_array(const char[24], (void *)cases, sizeof cases / sizeof *cases);
}
ParameterizedTest(const char name[24], full_window, golden_compatible) {
    check_case(name, true);
}

/* ---- against the slow implementation ------------------------------------------------------- */

static struct full_options random_options(struct dice *dice) {
    static const int rows[] = {FULL_ROWS_ONT, FULL_ROWS_HIFI, 10, 1};
    return (struct full_options){
        .rows = rows[roll(dice, 4)],
        .dwell = roll(dice, 2) == 0,
        .min_mq = (int)roll(dice, 3) * 5,
        .enable_long_indel = roll(dice, 4) == 0,
        .phasing = (enum full_phasing)roll(dice, 3),
    };
}

static struct snps random_snps(struct random_case *c) {
    struct snps out = {calloc((size_t)c->length + 1, sizeof *out.snps), 0};
    for (int64_t x = 0; x < c->length && out.count < (size_t)c->length; x++)
        while (roll(&c->dice, 25) == 0 && out.count < (size_t)c->length)
            out.snps[out.count++] = (struct phased_snp){
                .position = x,
                .alt = "ACGT"[roll(&c->dice, 4)],
                .type = 1 + (int)roll(&c->dice, 2),
                .phase_set = roll(&c->dice, 3),
            };
    return out;
}

struct pass { /* what one pass over a case is compared with */
    struct random_case *c;
    struct slow_full slow;
    const struct full_options *options;
    size_t windows;
    uint64_t seed;
};

static void compare(struct pass *pass, const struct full_window *w) {
    static int8_t tensor[FULL_ROWS_ONT * WINDOW_WIDTH * FULL_CHANNELS_DWELL];
    int channels = w->channels, row = WINDOW_WIDTH * channels;
    char *text = slow_full_window(&pass->slow, pass->c, w->position, pass->options, tensor);
    cr_assert_str_eq(w->alt_info, text, "seed %d, %d: %s, not %s", (int)pass->seed,
                     (int)w->position, w->alt_info, text);
    for (int i = 0; i < w->rows * row; i++)
        cr_assert_eq(w->tensor[i], tensor[i],
                     "seed %d, %d: row %d column %d channel %d is %d, not %d", (int)pass->seed,
                     (int)w->position, i / row, i % row / channels, i % channels, w->tensor[i],
                     tensor[i]);
    free(text);
    pass->windows++;
}

static void pull_all(struct pass *pass, struct full_windows *stream) {
    struct failure why = {0};
    struct full_window w;
    while (full_windows_pull(stream, &w, &why) == STATUS_OK)
        compare(pass, &w);
    cr_assert_eq(why.code, STATUS_OK, "%s", why.text);
}

/* Sites and reads interleaved at random; with gaps between sites, so that reads are let go. */
static void check_random(uint64_t seed) {
    struct random_case c = random_case(seed);
    struct full_options options = random_options(&c.dice);
    struct snps snps = random_snps(&c);
    struct pass pass = {&c, slow_full(&c, &options, snps.snps, snps.count), &options, 0, seed};
    struct reference reference = random_reference(&c);
    struct full_windows *stream;
    struct failure why = {0};
    int64_t site = roll(&c.dice, 30);
    size_t sites = 0, next = 0;
    cr_assert_eq(full_windows_new(&stream, &options, &why), STATUS_OK);
    full_windows_begin(stream, &reference, snps.snps, snps.count);
    while (site < c.length || next < c.count) {
        bool site_next = next == c.count || (site < c.length && roll(&c.dice, 2) == 0);
        if (site_next) {
            if (roll(&c.dice, 2) == 0)
                full_windows_no_site_before(stream, site);
            cr_assert_eq(full_windows_add_site(stream, site, &why), STATUS_OK);
            site += 1 + roll(&c.dice, roll(&c.dice, 3) ? 40 : 3);
            sites++;
        } else {
            const struct alignment *a = &c.reads[next++].alignment;
            cr_assert_eq(full_windows_add(stream, a, &why), STATUS_OK, "%s", why.text);
        }
        if (roll(&c.dice, 3) != 0)
            pull_all(&pass, stream);
    }
    full_windows_end(stream);
    pull_all(&pass, stream);
    cr_assert_eq(pass.windows, sites, "seed %d", (int)seed);
    full_windows_free(stream);
    slow_full_free(&pass.slow, c.length);
    free(snps.snps);
    random_case_free(&c);
}

Test(full_window, random_reads_against_slow) {
    for (uint64_t seed = 1; seed <= 300; seed++)
        check_random(seed);
}

/* ---- very deep piles ----------------------------------------------------------------------- */

enum { AMPLICON = 400, AMPLICON_READS = 60000 };

struct amplicon {
    char contig[AMPLICON + 100];
    struct random_read read; /* the one being made */
};

/* Read number i: its begin, end, letters and name depend on i alone; begins ascend. */
static const struct alignment *amplicon_read(struct amplicon *a, uint32_t i) {
    struct dice dice = {i * 7919U + 5};
    struct random_read *r = &a->read;
    memset(r, 0, sizeof *r);
    roll(&dice, 2);
    snprintf(r->name, sizeof r->name, "read%u", (unsigned)i);
    r->alignment = (struct alignment){
        .name = r->name,
        .position = i / (AMPLICON_READS / 10),
        .flag = roll(&dice, 2) ? 16 : 0,
        .mapq = 60,
        .cigar_count = 1,
        .cigar = r->cigar,
        .length = 300 + (int32_t)roll(&dice, 3) - (int32_t)(i / (AMPLICON_READS / 10)),
        .sequence = r->sequence,
        .qualities = r->qualities,
    };
    r->cigar[0] = (uint32_t)r->alignment.length << 4;
    for (int y = 0; y < r->alignment.length / 2; y++)
        r->sequence[y] = roll(&dice, 20) ? 0x11 : 0x24;
    return &r->alignment;
}

static struct full_windows *amplicon_stream(struct amplicon *a, int64_t site) {
    struct failure why = {0};
    struct full_windows *stream;
    memset(a->contig, 'A', sizeof a->contig);
    struct reference reference = {sizeof a->contig, a->contig, random_fetch};
    cr_assert_eq(full_windows_new(&stream, &full_options_default, &why), STATUS_OK);
    full_windows_begin(stream, &reference, NULL, 0);
    cr_assert_eq(full_windows_add_site(stream, site, &why), STATUS_OK);
    return stream;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The window of a very deep pile is that of the reads whose names hash lowest, and far from all
 * reads are held on the way. */
static void check_amplicon(int64_t site) {
    static uint64_t hashes[AMPLICON_READS];
    static struct amplicon a;
    struct failure why = {0};
    struct full_window w, expected;
    struct full_windows *all = amplicon_stream(&a, site), *few = amplicon_stream(&a, site);
    size_t over = 0, held = 0;
    for (uint32_t i = 0; i < AMPLICON_READS; i++) {
        const struct alignment *r = amplicon_read(&a, i);
        cr_assert_eq(full_windows_add(all, r, &why), STATUS_OK);
        held = full_windows_held(all) > held ? full_windows_held(all) : held;
        if (r->position < site + 17 && r->position + r->length > site - 16)
            hashes[over++] = held_reads_hash(r->name);
    }
    qsort(hashes, over, sizeof *hashes, by_value);
    cr_assert_gt(over, FULL_DEPTH_MAX);
    for (uint32_t i = 0; i < AMPLICON_READS; i++) {
        const struct alignment *r = amplicon_read(&a, i);
        if (r->position < site + 17 && r->position + r->length > site - 16 &&
            held_reads_hash(r->name) < hashes[FULL_DEPTH_MAX])
            cr_assert_eq(full_windows_add(few, r, &why), STATUS_OK);
    }
    full_windows_end(all);
    full_windows_end(few);
    cr_assert_eq(full_windows_pull(all, &w, &why), STATUS_OK);
    cr_assert_eq(full_windows_pull(few, &expected, &why), STATUS_OK);
    cr_assert_str_eq(w.alt_info, expected.alt_info);
    cr_assert_eq(w.depth, site > 300 ? w.depth : FULL_DEPTH_MAX);
    cr_assert_arr_eq(w.tensor, expected.tensor, (size_t)(w.rows * WINDOW_WIDTH * w.channels));
    cr_assert_lt(held, AMPLICON_READS * 7 / 10, "%zu held", held);
    full_windows_free(all);
    full_windows_free(few);
}

Test(full_window, very_deep_pile) {
    check_amplicon(200);
    check_amplicon(317); /* where not all reads reach */
}

/* No window may come that lies before a mark, and marks rise as windows go. */
Test(full_window, marks_are_kept) {
    struct full_windows *s;
    struct random_case c = random_case(7);
    struct reference reference = random_reference(&c);
    struct full_window w;
    struct failure why = {0};
    int64_t mark = 0;
    cr_assert_eq(full_windows_new(&s, &full_options_default, &why), STATUS_OK);
    full_windows_begin(s, &reference, NULL, 0);
    cr_expect_eq(full_windows_mark(s), 0);
    for (int64_t x = 3; x < c.length; x += 5)
        full_windows_add_site(s, x, &why);
    cr_expect_eq(full_windows_mark(s), 3);
    for (size_t i = 0; i <= c.count; i++) {
        if (i == c.count)
            full_windows_end(s);
        else
            full_windows_add(s, &c.reads[i].alignment, &why);
        while (full_windows_pull(s, &w, &why) == STATUS_OK)
            cr_expect_geq(w.position, mark);
        cr_expect_geq(full_windows_mark(s), mark);
        mark = full_windows_mark(s);
    }
    cr_expect_eq(mark, INT64_MAX);
    full_windows_free(s);
    random_case_free(&c);
}

/* ---- memory -------------------------------------------------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
static size_t allocations;

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    allocations++;
    return __libc_realloc(block, size);
}

/* One pass of both streams over a case, with a site at every tenth position. */
static void pass_over(const struct random_case *c, struct pileup_windows *pileup,
                      struct full_windows *full) {
    struct reference reference = random_reference(c);
    struct pileup_window p;
    struct full_window f;
    pileup_windows_begin(pileup, &reference, NULL, NULL);
    full_windows_begin(full, &reference, NULL, 0);
    for (int64_t x = 0; x < c->length; x += 10)
        full_windows_add_site(full, x, NULL);
    for (size_t i = 0; i <= c->count; i++) {
        if (i == c->count) {
            pileup_windows_end(pileup);
            full_windows_end(full);
        } else {
            pileup_windows_add(pileup, &c->reads[i].alignment, NULL);
            full_windows_add(full, &c->reads[i].alignment, NULL);
        }
        while (pileup_windows_pull(pileup, &p, NULL) == STATUS_OK)
            continue;
        while (full_windows_pull(full, &f, NULL) == STATUS_OK)
            continue;
    }
}

Test(full_window, a_second_pass_allocates_nothing) {
    struct pileup_options options = pileup_options_default;
    struct pileup_windows *pileup;
    struct full_windows *full;
    options.gvcf = true;
    cr_assert_eq(pileup_windows_new(&pileup, &options, NULL), STATUS_OK);
    cr_assert_eq(full_windows_new(&full, &full_options_default, NULL), STATUS_OK);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct random_case c = random_case(seed);
        size_t count;
        pass_over(&c, pileup, full);
        pileup_windows_take_counts(pileup, &count);
        size_t before = allocations;
        pass_over(&c, pileup, full);
        cr_assert_eq(allocations, before, "seed %d: %zu allocations", (int)seed,
                     allocations - before);
        random_case_free(&c);
    }
    pileup_windows_free(pileup);
    full_windows_free(full);
}
#endif
