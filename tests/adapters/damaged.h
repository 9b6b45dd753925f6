/* SPDX-License-Identifier: MIT
 *
 * Files as bytes, to be damaged in every way that a test likes. */
#ifndef TESTS_ADAPTERS_DAMAGED_H
#define TESTS_ADAPTERS_DAMAGED_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_bytes {
    uint8_t *at;
    size_t size;
};

/* Exactly as many bytes as the file has, so that a sanitizer sees every step beyond. */
static inline struct file_bytes file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    struct file_bytes bytes = {.size = (size_t)ftell(file)};
    rewind(file);
    bytes.at = malloc(bytes.size + (bytes.size == 0));
    cr_assert_eq(fread(bytes.at, 1, bytes.size, file), bytes.size);
    fclose(file);
    return bytes;
}

static inline struct file_bytes file_part(struct file_bytes whole, size_t size) {
    struct file_bytes part = {malloc(size + (size == 0)), size};
    memcpy(part.at, whole.at, size);
    return part;
}

static inline void file_write(const char *path, struct file_bytes bytes) {
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    cr_assert_eq(fwrite(bytes.at, 1, bytes.size, file), bytes.size);
    fclose(file);
}

/* A name in the build folder that no other process uses. */
static inline const char *scratch_path(const char *name) {
    static char path[4][512];
    static size_t next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s/%d-%s", BUILD_DIR, (int)getpid(), name);
    return at;
}

#endif
