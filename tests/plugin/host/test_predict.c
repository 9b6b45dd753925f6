/* SPDX-License-Identifier: MIT
 *
 * The commands `model` and `predict` as a person calls them: golden windows in, golden
 * probabilities out; conversions that keep every bit; sentences and exit codes. */
#include "plugin/host/commands.h"

#include "adapters/windows_file.h"
#include "tests/adapters/damaged.h"
#include "tests/core/networks/golden.h"

#include <criterion/redirect.h>

static int call(int (*command)(int, char **), const char *const *words) {
    char *argv[16];
    int argc = 0;
    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)words[argc];
    return command(argc, argv);
}

#define CALL(command, ...) call(command, (const char *const[]){__VA_ARGS__, NULL})

/* A windows file of `count` golden windows of both kinds; depth 30 says every alt_info. */
static void make_windows(const char *path, size_t count, const char *alt_info) {
    struct golden pileup = golden_read(GOLDEN "windows.h5", "pileup", H5T_NATIVE_INT32);
    struct golden full = golden_read(GOLDEN "windows.h5", "full_alignment_89", H5T_NATIVE_INT8);
    const char *positions[64], *infos[64];
    for (size_t w = 0; w < count; w++) {
        positions[w] = "ctg:100";
        infos[w] = alt_info;
    }
    struct windows_file *file = windows_file_create(path, NULL);
    struct windows_rows rows = {.count = count,
                                .rows = 89,
                                .channels = 8,
                                .tensor = pileup.values,
                                .positions = positions,
                                .alt_infos = infos};
    cr_assert_eq(windows_file_append(file, WINDOWS_PILEUP, &rows, NULL), STATUS_OK);
    rows.tensor = full.values;
    cr_assert_eq(windows_file_append(file, WINDOWS_FULL, &rows, NULL), STATUS_OK);
    cr_assert_eq(windows_file_finish(file, NULL), STATUS_OK);
    windows_file_close(file);
    free(pileup.values);
    free(full.values);
}

static void check_answers(const char *path, const char *golden, enum windows_kind kind,
                          size_t count, size_t outputs) {
    struct golden truth = golden_read(golden, "probabilities_f64", H5T_NATIVE_DOUBLE);
    struct failure why = {0};
    struct windows_file *file = windows_file_open(path, &why);
    cr_assert(file != NULL, "%s", why.text);
    float *ours = malloc(count * outputs * sizeof *ours);
    void *tensor = malloc(count * 89 * 33 * 8);
    cr_assert_eq(windows_file_read(file, kind, 0, count, tensor, NULL, NULL, ours, &why), STATUS_OK,
                 "%s", why.text);
    for (size_t w = 0; w < count; w++)
        cr_expect(largest_difference(ours + w * outputs,
                                     (double *)truth.values + w * truth.shape[1], outputs) < 2e-6);
    windows_file_close(file);
    free(ours);
    free(tensor);
    free(truth.values);
}

Test(predict, golden_windows_give_golden_probabilities) {
    const char *in = scratch_path("in.h5"), *out = scratch_path("out.h5");
    make_windows(in, 20, "30-XA 3-");
    cr_assert_eq(
        CALL(command_predict, "predict", "-m", TEST_DATA "/networks/trained.h5", "-o", out, in),
        EXIT_WHOLE);
    check_answers(out, GOLDEN "pileup_trained.h5", WINDOWS_PILEUP, 20, 24);
    check_answers(out, GOLDEN "full_alignment_trained_89.h5", WINDOWS_FULL, 20, 90);
    unlink(in);
    unlink(out);
}

/* What a model has no network for is left out with a word; nothing left is a failure. */
Test(predict, a_network_that_lacks_leaves_its_windows_out, .init = cr_redirect_stderr) {
    const char *in = scratch_path("both.h5"), *out = scratch_path("some.h5"),
               *narrow = FIXTURES "pileup_narrow.pt";
    make_windows(in, 4, "30-XA 3-");
    cr_assert_eq(CALL(command_predict, "predict", "-m", narrow, "-o", out, in), EXIT_WHOLE);
    fflush(stderr);
    char text[256];
    size_t size = fread(text, 1, sizeof text - 1, cr_get_redirected_stderr());
    text[size] = '\0';
    cr_expect_str_eq(text, "runnel: 4 full-alignment windows are left out: model pileup_narrow "
                           "has no such network\n");
    struct windows_file *file = windows_file_open(out, NULL);
    struct windows_shape shape;
    cr_assert_eq(windows_file_shape(file, WINDOWS_PILEUP, &shape, NULL), STATUS_OK);
    cr_expect_eq(shape.count, 4);
    cr_assert_eq(windows_file_shape(file, WINDOWS_FULL, &shape, NULL), STATUS_OK);
    cr_expect_eq(shape.count, 0);
    windows_file_close(file);
    cr_expect_neq(CALL(command_predict, "predict", "-m", FIXTURES "full_alignment.plain.index",
                       "-o", in, out),
                  EXIT_WHOLE);
    unlink(in);
    unlink(out);
}

/* The depth at the start of alt_info matters, and the windows are written as they came. */
Test(predict, deep_windows_are_scaled_for_the_network_only) {
    const char *in = scratch_path("deep.h5"), *out = scratch_path("deep-out.h5");
    make_windows(in, 4, "432-XA 3-");
    cr_assert_eq(
        CALL(command_predict, "predict", "-m", TEST_DATA "/networks/trained.h5", "-o", out, in),
        EXIT_WHOLE);
    struct golden shallow =
        golden_read(GOLDEN "pileup_trained.h5", "probabilities_f64", H5T_NATIVE_DOUBLE);
    struct windows_file *a = windows_file_open(in, NULL), *b = windows_file_open(out, NULL);
    int32_t x[4 * PILEUP_WINDOW_SIZE], y[4 * PILEUP_WINDOW_SIZE];
    float ours[4 * 24];
    windows_file_read(a, WINDOWS_PILEUP, 0, 4, x, NULL, NULL, NULL, NULL);
    windows_file_read(b, WINDOWS_PILEUP, 0, 4, y, NULL, NULL, ours, NULL);
    cr_expect(memcmp(x, y, sizeof x) == 0);
    cr_expect(largest_difference(ours, shallow.values, 24) > 1e-5);
    free(shallow.values);
    windows_file_close(a);
    windows_file_close(b);
    unlink(in);
    unlink(out);
}

/* Through our own form and back to our own form, by the command: every bit stays. */
Test(predict, model_convert_keeps_every_bit) {
    const char *out = scratch_path("converted.h5"), *again = scratch_path("again.h5");
    const char *const names[] = {"pileup_narrow.pt", "full_alignment.keras2.h5",
                                 "pileup.keras3.weights.h5", "full_alignment.sharded-1"};
    for (size_t n = 0; n < 4; n++) {
        char in[512];
        snprintf(in, sizeof in, FIXTURES "%s", names[n]);
        cr_assert_eq(CALL(command_model, "model", "convert", in, "-o", out), EXIT_WHOLE);
        cr_assert_eq(CALL(command_model, "model", "convert", out, "-o", again), EXIT_WHOLE);
        struct model *a = golden_model(in), *b = golden_model(again);
        cr_expect_str_eq(a->digest, b->digest);
        cr_expect_eq(a->padding, b->padding);
        model_free(a);
        model_free(b);
    }
    cr_assert_eq(CALL(command_model, "model", "convert", out, "-o", again, "--padding", "symmetric",
                      "--platform", "hifi", "--provenance", "a test"),
                 EXIT_WHOLE);
    struct model *changed = golden_model(again);
    cr_expect_eq(changed->padding, PADDING_SYMMETRIC);
    cr_expect_eq(changed->rows, 55);
    cr_expect_str_eq(changed->provenance, "a test");
    model_free(changed);
    unlink(out);
    unlink(again);
}

Test(predict, model_info_tells_what_matters, .init = cr_redirect_stdout) {
    cr_assert_eq(CALL(command_model, "model", "info", FIXTURES "full_alignment.plain.index"),
                 EXIT_WHOLE);
    fflush(stdout);
    char text[8192];
    size_t size = fread(text, 1, sizeof text - 1, cr_get_redirected_stdout());
    text[size] = '\0';
    const char *const words[] = {"padding     same", "format      TensorFlow", "90 probabilities",
                                 "digest",           "channels    8",          "16 x 224",
                                 "provenance"};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        cr_expect(strstr(text, words[w]) != NULL, "'%s' is not said", words[w]);
}

Test(predict, what_fails_says_so, .init = cr_redirect_stderr) {
    const char *out = scratch_path("never.h5");
    cr_expect_eq(CALL(command_model, "model"), EXIT_USAGE);
    cr_expect_eq(CALL(command_model, "model", "convert"), EXIT_USAGE);
    cr_expect_eq(CALL(command_model, "model", "info", "a", "b"), EXIT_USAGE);
    cr_expect_eq(CALL(command_model, "model", "info", "/no/such.h5"), EXIT_FAILED);
    cr_expect_eq(CALL(command_model, "model", "convert", FIXTURES "pileup_narrow.pt"), EXIT_FAILED);
    cr_expect_eq(CALL(command_predict, "predict"), EXIT_USAGE);
    cr_expect_eq(CALL(command_predict, "predict", "-m", FIXTURES "pileup_narrow.pt", "-o", out,
                      "/no/such.h5"),
                 EXIT_FAILED);
    cr_expect_eq(CALL(command_predict, "predict", "-m", FIXTURES "pileup_narrow.pt", "-o", out,
                      FIXTURES "pileup.keras2.h5", "--padding", "valid"),
                 EXIT_FAILED);
    cr_expect_neq(access(out, F_OK), 0);
}
