/* SPDX-License-Identifier: MIT
 *
 * For tests of the commands about windows: a scratch folder, and commands run as from a shell. */
#ifndef TESTS_PLUGIN_HOST_WINDOW_COMMANDS_H
#define TESTS_PLUGIN_HOST_WINDOW_COMMANDS_H

#include "plugin/host/commands.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA     TEST_DATA "/windows/"
#define FASTA    DATA "ref/ref.fa"
#define TINY_BAM DATA "bam/tiny.bam"

static char scratch[64];

static inline void make_scratch(void) {
    snprintf(scratch, sizeof scratch, "/tmp/runnel-test-XXXXXX");
    cr_assert_not_null(mkdtemp(scratch));
}

static inline void remove_scratch(void) {
    static const char *const names[] = {"w.h5", "w.png", "out/pileup.png", "out/full.png",
                                        "out",  "text",  "sites"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", scratch, names[i]);
        remove(path);
    }
    rmdir(scratch);
}

static inline char *in_scratch(const char *name) {
    static char paths[8][128];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* Runs a command with up to eight arguments, NULL behind the last. */
static inline int run(int (*command)(int, char **), const char *const arguments[]) {
    char *argv[12] = {"command"};
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++)
        argv[argc] = (char *)arguments[argc - 1];
    return command(argc, argv);
}

/* The width and height of a PNG file, which stand behind its signature. */
static inline void png_size(const char *path, unsigned *width, unsigned *height) {
    unsigned char head[24];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    cr_assert_arr_eq(head, "\x89PNG\r\n\x1a\n", 8);
    *width = (unsigned)head[18] << 8 | head[19];
    *height = (unsigned)head[22] << 8 | head[23];
}

#endif
