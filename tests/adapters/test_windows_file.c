/* SPDX-License-Identifier: MIT
 *
 * Windows written in pieces come back whole and in any other pieces; a file that is not
 * finished does not appear. */
#include "adapters/windows_file.h"

#include "core/windows/shape.h"
#include "tests/adapters/damaged.h"

#include <stdbool.h>

enum { COUNT = 700, ROWS = 4, CHANNELS = 8, FULL_SIZE = ROWS * WINDOW_WIDTH * CHANNELS };

static int32_t pileup_value(size_t i) {
    return (int32_t)(i * 2654435761U >> 8 & 0xffffffU) - 8000000;
}

static int8_t full_value(size_t i) {
    return (int8_t)(i * 2654435761U >> 24 & 0xffU);
}

/* Appends windows [first, first + count) of both kinds. */
static void append(struct windows_file *file, size_t first, size_t count, bool answers) {
    int32_t *pileup = malloc(count * PILEUP_WINDOW_SIZE * sizeof *pileup);
    int8_t *full = malloc(count * FULL_SIZE);
    float *probabilities = malloc(count * 24 * sizeof *probabilities);
    char(*texts)[32] = malloc(count * sizeof *texts);
    const char **pointers = malloc(count * sizeof *pointers);
    for (size_t i = 0; i < count * PILEUP_WINDOW_SIZE; i++)
        pileup[i] = pileup_value(first * PILEUP_WINDOW_SIZE + i);
    for (size_t i = 0; i < count * FULL_SIZE; i++)
        full[i] = full_value(first * FULL_SIZE + i);
    for (size_t i = 0; i < count * 24; i++)
        probabilities[i] = (float)(first * 24 + i);
    for (size_t w = 0; w < count; w++) {
        snprintf(texts[w], sizeof texts[w], "ctg:%zu", first + w);
        pointers[w] = texts[w];
    }
    struct windows_rows rows = {.count = count,
                                .rows = ROWS,
                                .channels = CHANNELS,
                                .tensor = pileup,
                                .positions = pointers,
                                .alt_infos = pointers,
                                .probabilities = answers ? probabilities : NULL,
                                .outputs = 24};
    struct failure why = {0};
    cr_assert_eq(windows_file_append(file, WINDOWS_PILEUP, &rows, &why), STATUS_OK, "%s", why.text);
    rows.tensor = full;
    rows.probabilities = NULL;
    cr_assert_eq(windows_file_append(file, WINDOWS_FULL, &rows, &why), STATUS_OK, "%s", why.text);
    free(pileup), free(full), free(probabilities), free(texts), free(pointers);
}

static void check(struct windows_file *file, size_t first, size_t count) {
    int32_t *pileup = malloc(count * PILEUP_WINDOW_SIZE * sizeof *pileup);
    int8_t *full = malloc(count * FULL_SIZE);
    float *probabilities = malloc(count * 24 * sizeof *probabilities);
    char **positions = malloc(count * sizeof *positions), **infos = malloc(count * sizeof *infos);
    struct failure why = {0};
    cr_assert_eq(windows_file_read(file, WINDOWS_PILEUP, first, count, pileup, positions, infos,
                                   probabilities, &why),
                 STATUS_OK, "%s", why.text);
    cr_assert_eq(windows_file_read(file, WINDOWS_FULL, first, count, full, NULL, NULL, NULL, &why),
                 STATUS_OK, "%s", why.text);
    for (size_t i = 0; i < count * PILEUP_WINDOW_SIZE; i++)
        cr_assert_eq(pileup[i], pileup_value(first * PILEUP_WINDOW_SIZE + i));
    for (size_t i = 0; i < count * FULL_SIZE; i++)
        cr_assert_eq(full[i], full_value(first * FULL_SIZE + i));
    for (size_t i = 0; i < count * 24; i++)
        cr_assert_eq(probabilities[i], (float)(first * 24 + i));
    for (size_t w = 0; w < count; w++) {
        char text[32];
        snprintf(text, sizeof text, "ctg:%zu", first + w);
        cr_assert_str_eq(positions[w], text);
        cr_assert_str_eq(infos[w], text);
        free(positions[w]);
        free(infos[w]);
    }
    free(pileup), free(full), free(probabilities), free(positions), free(infos);
}

Test(windows_file, any_pieces_come_back) {
    const char *path = scratch_path("windows.h5");
    struct failure why = {0};
    struct windows_file *file = windows_file_create(path, &why);
    cr_assert(file != NULL, "%s", why.text);
    for (size_t first = 0, n = 1; first < COUNT; first += n, n = n * 2 + 1)
        append(file, first, COUNT - first < n ? COUNT - first : n, true);
    cr_expect_neq(access(path, F_OK), 0);
    cr_assert_eq(windows_file_finish(file, &why), STATUS_OK, "%s", why.text);
    windows_file_close(file);
    file = windows_file_open(path, &why);
    struct windows_shape shape;
    cr_assert_eq(windows_file_shape(file, WINDOWS_PILEUP, &shape, &why), STATUS_OK);
    cr_expect(shape.count == COUNT && shape.rows == 33 && shape.channels == 18);
    cr_expect_eq(shape.outputs, 24);
    cr_assert_eq(windows_file_shape(file, WINDOWS_FULL, &shape, &why), STATUS_OK);
    cr_expect(shape.count == COUNT && shape.rows == ROWS && shape.channels == CHANNELS);
    cr_expect_eq(shape.outputs, 0);
    for (size_t n = 1; n <= COUNT; n = n * 3 + 1)
        for (size_t first = 0; first < COUNT; first += n)
            check(file, first, COUNT - first < n ? COUNT - first : n);
    cr_expect_neq(windows_file_read(file, WINDOWS_FULL, COUNT, 1, &shape, NULL, NULL, NULL, &why),
                  STATUS_OK);
    cr_expect(strstr(why.text, "no windows 700 to 701") != NULL, "%s", why.text);
    windows_file_close(file);
    unlink(path);
}

Test(windows_file, unfinished_files_do_not_appear) {
    const char *path = scratch_path("unfinished.h5");
    char part[600];
    snprintf(part, sizeof part, "%s.part", path);
    struct windows_file *file = windows_file_create(path, NULL);
    append(file, 0, 3, false);
    windows_file_close(file);
    cr_expect_neq(access(path, F_OK), 0);
    cr_expect_neq(access(part, F_OK), 0);
    struct failure why = {0};
    cr_expect_null(windows_file_create("/no/such/folder/w.h5", &why));
    cr_expect(strstr(why.text, "/no/such/folder/w.h5") != NULL);
    struct failure absent = {0};
    cr_expect_null(windows_file_open("/no/such/w.h5", &absent));
    cr_expect(strstr(absent.text, "/no/such/w.h5") != NULL);
}

Test(windows_file, another_shape_is_refused) {
    const char *path = scratch_path("shape.h5");
    struct windows_file *file = windows_file_create(path, NULL);
    append(file, 0, 3, false);
    int8_t values[FULL_SIZE] = {0};
    const char *text = "x";
    struct windows_rows rows = {.count = 1,
                                .rows = ROWS - 1,
                                .channels = CHANNELS,
                                .tensor = values,
                                .positions = &text,
                                .alt_infos = &text};
    struct failure why = {0};
    cr_expect_neq(windows_file_append(file, WINDOWS_FULL, &rows, &why), STATUS_OK);
    cr_expect(strstr(why.text, "another shape") != NULL, "%s", why.text);
    windows_file_close(file);
}
