/* SPDX-License-Identifier: MIT
 *
 * Golden lines of the original for 4000 windows per network in every mode, and for all windows
 * of two whole runs; then, by hand, what the golden data cannot show. */
#include "core/calls/decode.h"

#include "core/calls/position.h"
#include "core/calls/record.h"
#include "tests/core/calls/golden.h"
#include <math.h>

/* Allocations are counted where the C library can be asked behind its own names. */
#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif
static size_t allocations;
#if defined(__GLIBC__) && !HAS_SANITIZER
void *__libc_malloc(size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}
#endif

static const char *decode_line(struct decoder *decoder, struct call *call, struct text *line,
                               const struct cases *cases, size_t i) {
    const char *text = cases->positions + i * cases->position_width;
    const char *alt_info = cases->alt_infos + i * cases->alt_info_width;
    struct position position;
    struct failure why = {0};
    cr_assert_eq(position_read(&position, text, strnlen(text, cases->position_width), &why), 0,
                 "%s", why.text);
    char contig[64];
    snprintf(contig, sizeof contig, "%.*s", (int)position.contig_length, text);
    struct decode_window window = {
        .contig = contig,
        .position = position.position,
        .reference = position.reference,
        .alt_info = alt_info,
        .alt_info_length = strnlen(alt_info, cases->alt_info_width),
        .probabilities = cases->probabilities + i * cases->columns,
    };
    text_clear(line);
    int result = decode(decoder, &window, call, &why);
    cr_assert_geq(result, 0, "%s", why.text);
    if (result == DECODE_CALL)
        record_append(line, call, RECORD_PLAIN);
    cr_assert(!line->failed);
    return text_bytes(line);
}

/* Where the original dies (depth 0 with two alleles, all likelihoods 0) we give a line with
 * AF 0.0000 or PL 990; such cases are counted, their lines looked at by hand below. */
static void check(const char *windows, const char *lines_path, enum call_source network,
                  struct decode_options options) {
    struct cases cases = golden_cases(windows);
    struct lines expected = golden_lines("%s", lines_path);
    struct decoder *decoder = decoder_new(network, &options, NULL);
    struct call call = {0};
    struct text line = {0};
    size_t differing = 0, died = 0;
    cr_assert_eq(cases.count, expected.count);
    for (size_t i = 0; i < cases.count; i++) {
        const char *got = decode_line(decoder, &call, &line, &cases, i);
        const char *wanted = expected.line[i];
        if (wanted[0] == '!') {
            died++;
            cr_expect(strstr(got, "990") || strstr(got, ":0.0000,0.0000"), "%s", got);
            continue;
        }
        size_t length = strcspn(got, "\n");
        if (length == strlen(wanted) && memcmp(got, wanted, length) == 0)
            continue;
        if (differing++ < 5)
            cr_log_error("%s, window %zu: %.*s\nwanted %s\ngot    %s", lines_path, i,
                         (int)cases.alt_info_width, cases.alt_infos + i * cases.alt_info_width,
                         wanted, got);
    }
    cr_expect_eq(differing, 0, "%s: %zu of %zu lines differ", lines_path, differing, cases.count);
    cr_log_info("%s: %zu windows, %zu differ, the original dies in %zu", lines_path, cases.count,
                differing, died);
    decoder_free(decoder);
    call_free(&call);
    text_free(&line);
    golden_free(&expected);
    golden_free_cases(&cases);
}

struct mode {
    const char *name;
    struct decode_options options;
};

static const struct mode modes[] = {
    {"default", {.lowest_qual = 2}},
    {"gvcf", {.lowest_qual = 2, .likelihoods = true}},
    {"haploid_precise", {.lowest_qual = 2, .haploid_precise = true}},
    {"haploid_sensitive", {.lowest_qual = 2, .haploid_sensitive = true}},
    {"haploid_both", {.lowest_qual = 2, .haploid_precise = true, .haploid_sensitive = true}},
    {"long_indel", {.lowest_qual = 2, .long_indel = true}},
    {"long_indel_gvcf", {.lowest_qual = 2, .long_indel = true, .likelihoods = true}},
    {"keep_iupac_gvcf", {.lowest_qual = 2, .keep_iupac = true, .likelihoods = true}},
    {"no_reference_calls", {.lowest_qual = 2, .hide_reference = true}},
    {"qual_20", {.lowest_qual = 20}},
    {"qual_none", {0}},
};

static void check_modes(const char *kind, enum call_source network) {
    char windows[512], lines[512];
    snprintf(windows, sizeof windows, TEST_DATA "/calls/decode/%s.h5", kind);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        snprintf(lines, sizeof lines, TEST_DATA "/calls/decode/%s.%s.lines.gz", kind,
                 modes[i].name);
        check(windows, lines, network, modes[i].options);
    }
}

Test(decode, pileup_in_every_mode) {
    check_modes("pileup", CALL_PILEUP);
}

Test(decode, full_alignment_in_every_mode) {
    check_modes("full_alignment", CALL_FULL);
}

Test(decode, windows_of_whole_runs) {
    static const char folder[] = TEST_DATA "/calls/decode";
    static const char *const runs[] = {"run_ont", "run_hifi"};
    char windows[512], lines[512];
    for (size_t i = 0; i < 4; i++) {
        const char *kind = i % 2 ? "full_alignment" : "pileup";
        snprintf(windows, sizeof windows, "%s/%s_%s.h5", folder, runs[i / 2], kind);
        snprintf(lines, sizeof lines, "%s/%s_%s.lines.gz", folder, runs[i / 2], kind);
        check(windows, lines, i % 2 ? CALL_FULL : CALL_PILEUP,
              (struct decode_options){.lowest_qual = DECODE_LOWEST_QUAL});
    }
}

/* The second time over the same windows nothing is allocated. */
static void check_allocations(const char *windows, enum call_source network) {
    struct cases cases = golden_cases(windows);
    struct decode_options options = {.lowest_qual = 2, .likelihoods = true};
    struct decoder *decoder = decoder_new(network, &options, NULL);
    struct call call = {0};
    struct text line = {0};
    for (int round = 0; round < 2; round++) {
        allocations = 0;
        for (size_t i = 0; i < cases.count; i++)
            decode_line(decoder, &call, &line, &cases, i);
    }
    cr_expect_eq(allocations, 0, "%zu allocations", allocations);
    decoder_free(decoder);
    call_free(&call);
    text_free(&line);
    golden_free_cases(&cases);
}

Test(decode, allocates_nothing_once_warm) {
    check_allocations(TEST_DATA "/calls/decode/pileup.h5", CALL_PILEUP);
    check_allocations(TEST_DATA "/calls/decode/full_alignment.h5", CALL_FULL);
}

/* ---- by hand ------------------------------------------------------------------------------ */

/* Decodes one pileup window with the given non-zero probabilities. */
static int decode_one(struct call *call, char reference, const char *alt_info,
                      const float *answer) {
    struct decode_options options = {.lowest_qual = 2, .likelihoods = true};
    struct decoder *decoder = decoder_new(CALL_PILEUP, &options, NULL);
    struct decode_window window = {"c", 9, reference, alt_info, strlen(alt_info), answer};
    int result = decode(decoder, &window, call, NULL);
    decoder_free(decoder);
    return result;
}

enum { AG = 2, INS_INS = 15, HET = 21 + 2 };

Test(decode, damaged_windows_give_no_call) {
    float answer[DECODE_PILEUP_PROBABILITIES] = {[AG] = 1, [HET] = 1};
    struct call call = {0};
    cr_expect_eq(decode_one(&call, 'a', "9-XG 4", answer), DECODE_BAD_REFERENCE);
    cr_expect_eq(decode_one(&call, '\0', "9-XG 4", answer), DECODE_BAD_REFERENCE);
    cr_expect_eq(decode_one(&call, 'A', "", answer), DECODE_BAD_ALT_INFO);
    cr_expect_eq(decode_one(&call, 'A', "x-XG 4", answer), DECODE_BAD_ALT_INFO);
    cr_expect_eq(decode_one(&call, 'A', "9-XG four", answer), DECODE_BAD_ALT_INFO);
    cr_expect_eq(decode_one(&call, 'A', "9-XG 4 XC", answer), DECODE_CALL);
    cr_expect_str_eq(call.alt.bytes, "G");
    call_free(&call);
}

Test(decode, depth_zero_with_two_alleles_has_fraction_zero) {
    float answer[DECODE_PILEUP_PROBABILITIES] = {[INS_INS] = 1, [HET] = 1};
    struct call call = {0};
    cr_assert_eq(decode_one(&call, 'A', "0-IAC 4 IACC 3", answer), DECODE_CALL);
    cr_assert_eq(call.af_count, 2);
    cr_assert(call.af[0] == 0 && call.af[1] == 0);
    call_free(&call);
}

Test(decode, likelihoods_that_are_all_zero_are_unknown) {
    /* Insertion and deletion beside each other, so all genotypes of the alleles are 0 but the
     * one that was called; with the zygosity tied at 0 that one is 0 too. */
    float answer[DECODE_PILEUP_PROBABILITIES] = {[1] = 1, [HET] = 1}; /* AC */
    struct call call = {0};
    cr_assert_eq(decode_one(&call, 'A', "9-XG 20 XC 2", answer), DECODE_CALL);
    cr_expect_str_eq(call.alt.bytes, "G"); /* the reads outvote the network by 9 or more */
    cr_assert_eq(call.pl_count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(call.pl[i], CALL_LIKELIHOOD_UNKNOWN);
    call_free(&call);
}

Test(decode, answers_that_are_no_numbers_end) {
    float answer[DECODE_PILEUP_PROBABILITIES];
    struct call call = {0};
    for (size_t i = 0; i < DECODE_PILEUP_PROBABILITIES; i++)
        answer[i] = NAN;
    cr_assert_eq(decode_one(&call, 'A', "9-XG 4", answer), DECODE_CALL);
    cr_expect(call_is_reference(&call));
    for (size_t i = 0; i < DECODE_PILEUP_PROBABILITIES; i++)
        answer[i] = INFINITY;
    cr_assert_geq(decode_one(&call, 'A', "9-XG 4", answer), 0);
    call_free(&call);
}

Test(decode, every_reason_has_a_text) {
    for (int result = 0; result < DECODE_RESULTS; result++)
        cr_assert(decode_result_text((enum decode_result)result)[0] != '\0');
}
