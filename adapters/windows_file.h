/* SPDX-License-Identifier: MIT
 *
 * Windows in an HDF5 file, and the networks' answers to them:
 *
 *     /pileup/tensor           int32 (n, 33, 18), before depth scaling
 *     /full_alignment/tensor   int8 (n, rows, 33, channels)
 *     /GROUP/position          text (n): CONTIG:POSITION:LETTERS, one reference letter or all 33
 *     /GROUP/alt_info          text (n), begins with the depth
 *     /GROUP/probabilities     float32 (n, 24 or 90), where a network has been run
 *
 * Either group may be absent.  Rows are appended and read in pieces of any size, so that a
 * file may be larger than memory. */
#ifndef ADAPTERS_WINDOWS_FILE_H
#define ADAPTERS_WINDOWS_FILE_H

#include "core/status.h"
#include <stddef.h>
#include <stdint.h>

enum windows_kind { WINDOWS_PILEUP, WINDOWS_FULL };

struct windows_file;

/* Creates PATH anew.  It stands under a temporary name beside it until windows_file_finish. */
struct windows_file *windows_file_create(const char *path, struct failure *why);

/* Opens an existing file for reading. */
struct windows_file *windows_file_open(const char *path, struct failure *why);

/* Ends writing and gives the file its name.  The file must still be closed. */
int windows_file_finish(struct windows_file *file, struct failure *why);

/* Closes; what was created and not finished is removed.  Accepts NULL. */
void windows_file_close(struct windows_file *file);

/* `count` windows of one kind.  `tensor` points to int32 (count, 33, 18) or int8 (count, rows,
 * 33, channels); rows and channels are for full-alignment windows and must not change within a
 * file.  `probabilities` (count, outputs) may be NULL, always or never. */
struct windows_rows {
    size_t count;
    size_t rows, channels;
    const void *tensor;
    const char *const *positions;
    const char *const *alt_infos;
    const float *probabilities;
    size_t outputs;
};

int windows_file_append(struct windows_file *file, enum windows_kind kind,
                        const struct windows_rows *rows, struct failure *why);

/* How many windows of a kind there are (0 where the group is absent), and their shape. */
struct windows_shape {
    size_t count;
    size_t rows, channels; /* 33 and 18 for pileup windows */
    size_t outputs;        /* 0 without probabilities */
};
int windows_file_shape(struct windows_file *file, enum windows_kind kind,
                       struct windows_shape *shape, struct failure *why);

/* Reads windows [first, first + count) into `tensor` (room for count of them).  Texts go to
 * arrays of `count` pointers, each to be free()d by the caller; either may be NULL, as may
 * `probabilities`. */
int windows_file_read(struct windows_file *file, enum windows_kind kind, size_t first, size_t count,
                      void *tensor, char **positions, char **alt_infos, float *probabilities,
                      struct failure *why);

#endif
