/* SPDX-License-Identifier: MIT
 *
 * Reading golden data: gzipped texts line by line, and the columns of an HDF5 file of decode
 * cases.  Every function ends the test when its file is not what it should be. */
#ifndef TESTS_CORE_CALLS_GOLDEN_H
#define TESTS_CORE_CALLS_GOLDEN_H

#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct lines {
    size_t count;
    char **line; /* without the newline */
};

static inline struct lines golden_lines(const char *format, ...) {
    char path[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    gzFile file = gzopen(path, "rb");
    cr_assert(file != NULL, "%s cannot be opened", path);
    enum { LINE_MAX_BYTES = 1 << 20 };
    char *buffer = malloc(LINE_MAX_BYTES);
    struct lines lines = {0};
    size_t capacity = 0;
    while (gzgets(file, buffer, LINE_MAX_BYTES)) {
        buffer[strcspn(buffer, "\n")] = '\0';
        if (lines.count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            lines.line = realloc(lines.line, capacity * sizeof *lines.line);
        }
        lines.line[lines.count++] = strdup(buffer);
    }
    free(buffer);
    gzclose(file);
    return lines;
}

static inline void golden_free(struct lines *lines) {
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
    *lines = (struct lines){0};
}

/* Decode cases: fixed-length texts of `position_width` and `alt_info_width` bytes each, padded
 * with NUL, and rows of floats. */
struct cases {
    size_t count, position_width, alt_info_width, columns;
    char *positions, *alt_infos;
    float *probabilities;
};

static inline char *golden_texts(hid_t file, const char *name, size_t *count, size_t *width) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    hsize_t dims[2] = {0};
    H5Sget_simple_extent_dims(space, dims, NULL);
    *count = (size_t)dims[0];
    *width = H5Tget_size(type);
    char *texts = calloc(*count + 1, *width);
    cr_assert(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    return texts;
}

static inline struct cases golden_cases(const char *path) {
    struct cases cases = {0};
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(file >= 0, "%s cannot be opened", path);
    cases.positions = golden_texts(file, "position", &cases.count, &cases.position_width);
    cases.alt_infos = golden_texts(file, "alt_info", &cases.count, &cases.alt_info_width);
    hid_t set = H5Dopen2(file, "probabilities", H5P_DEFAULT), space = H5Dget_space(set);
    hsize_t dims[2] = {0};
    H5Sget_simple_extent_dims(space, dims, NULL);
    cases.columns = (size_t)dims[1];
    cases.probabilities = malloc(cases.count * cases.columns * sizeof(float));
    cr_assert(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, cases.probabilities) >=
              0);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    return cases;
}

static inline void golden_free_cases(struct cases *cases) {
    free(cases->positions);
    free(cases->alt_infos);
    free(cases->probabilities);
    *cases = (struct cases){0};
}

#endif
