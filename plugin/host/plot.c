/* SPDX-License-Identifier: MIT
 *
 * `runnel plot`: a stored window as a picture. */
#include "adapters/windows_file.h"
#include "core/windows/shape.h"
#include "plugin/host/commands.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/window_picture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"at", NULL, 0, OPTION_TEXT, "CTG:POS", NULL, "the window there (1-based); else the first"},
    {"kind", NULL, 'k', OPTION_TEXT, "KIND", NULL, "pileup or full; else full where there is one"},
    {"output", NULL, 'o', OPTION_TEXT, "FILE.png", NULL, "where to write the picture"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, BATCH = 64 };

static void help(FILE *out) {
    fprintf(out, "About:   Draw a stored window as a picture.\n"
                 "Usage:   runnel plot [--at CTG:POS] -o FILE.png WINDOWS.h5\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

/* Whether a position text ("contig:pos" or "contig:pos:LETTERS") is at `place`. */
static bool is_at(const char *position, const char *place) {
    size_t length = strlen(place);
    return strncmp(position, place, length) == 0 &&
           (position[length] == '\0' || position[length] == ':');
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
}

/* The number of the window at `place` (NULL: the first); `count` where there is none. */
static int find(struct windows_file *file, enum windows_kind kind, const char *place,
                const struct windows_shape *shape, size_t *found, struct failure *why) {
    size_t size = shape->rows * shape->channels * sizeof(int32_t) * WINDOW_WIDTH;
    void *tensor = malloc(BATCH * size);
    int status = tensor == NULL ? fail(why, STATUS_NO_MEMORY, "out of memory for windows") : 0;
    *found = place == NULL ? 0 : shape->count;
    for (size_t first = 0; status == STATUS_OK && first < shape->count && *found == shape->count;
         first += BATCH) {
        char *positions[BATCH] = {NULL};
        size_t count = shape->count - first < BATCH ? shape->count - first : BATCH;
        status = windows_file_read(file, kind, first, count, tensor, positions, NULL, NULL, why);
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            if (*found == shape->count && is_at(positions[i], place))
                *found = first + i;
        free_texts(positions, count);
    }
    free(tensor);
    return status;
}

static int draw(struct windows_file *file, enum windows_kind kind, size_t number,
                const struct windows_shape *shape, const char *path, struct failure *why) {
    char *position = NULL, *alt_info = NULL;
    void *tensor = malloc(shape->rows * shape->channels * sizeof(int32_t) * WINDOW_WIDTH);
    if (tensor == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a window");
    int status = windows_file_read(file, kind, number, 1, tensor, &position, &alt_info, NULL, why);
    struct window_picture picture = {
        .position = position,
        .alt_info = alt_info,
        .pileup = kind == WINDOWS_PILEUP ? tensor : NULL,
        .full = kind == WINDOWS_FULL ? tensor : NULL,
        .rows = (int)shape->rows,
        .channels = (int)shape->channels,
    };
    if (status == STATUS_OK)
        status = window_picture_write(&picture, path, why);
    free(tensor);
    free(position);
    free(alt_info);
    return status;
}

/* Looks for the window in the kinds that are wanted, full alignment first. */
static int plot(struct windows_file *file, const struct options *options, struct failure *why) {
    static const struct {
        enum windows_kind kind;
        const char *name;
    } KINDS[] = {{WINDOWS_FULL, "full"}, {WINDOWS_PILEUP, "pileup"}};
    const char *at = options_text(options, "at"), *kind = options_text(options, "kind");
    char place[1024] = "";
    if (at != NULL && !options_place(at, place, sizeof place))
        return fail(why, STATUS_BAD_INPUT, "%s is too long for a place", at);
    for (size_t i = 0; i < 2; i++) {
        struct windows_shape shape;
        size_t number = 0;
        if (kind != NULL && strcmp(kind, KINDS[i].name) != 0)
            continue;
        int status = windows_file_shape(file, KINDS[i].kind, &shape, why);
        if (status == STATUS_OK && shape.count > 0)
            status = find(file, KINDS[i].kind, at ? place : NULL, &shape, &number, why);
        if (status != STATUS_OK)
            return status;
        if (number < shape.count)
            return draw(file, KINDS[i].kind, number, &shape, options_text(options, "output"), why);
    }
    return fail(why, STATUS_BAD_INPUT, "%s has no%s%s window%s%s", options->operands[0],
                kind ? " " : "", kind ? kind : "", at ? " at " : "", place);
}

int command_plot(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("plot", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    const char *kind = options_text(&options, "kind");
    if (options.operand_count != 1 || options_text(&options, "output") == NULL)
        fail(&why, STATUS_BAD_INPUT, "wants WINDOWS.h5 and -o FILE.png; --help shows how");
    else if (kind != NULL && strcmp(kind, "pileup") != 0 && strcmp(kind, "full") != 0)
        fail(&why, STATUS_BAD_INPUT, "--kind is pileup or full, not '%s'", kind);
    else
        paths_keep_apart((const char *[]){options_text(&options, "output")}, 1, options.operands, 1,
                         &why);
    if (why.code != STATUS_OK)
        return say_usage("plot", &why);
    struct windows_file *file = windows_file_open(options.operands[0], &why);
    if (file != NULL)
        plot(file, &options, &why);
    windows_file_close(file);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
