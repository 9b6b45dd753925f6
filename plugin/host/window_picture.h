/* SPDX-License-Identifier: MIT
 *
 * Windows as pictures: a pileup window as one panel of 18 rows, a full-alignment window as one
 * panel per channel with a row per read; the reference above, the candidate's column marked, a key
 * of colours below. */
#ifndef PLUGIN_HOST_WINDOW_PICTURE_H
#define PLUGIN_HOST_WINDOW_PICTURE_H

#include "core/status.h"

#include <stdint.h>

struct window_picture {
    const char *position; /* "contig:1-based:LETTERS", as windows files have it */
    const char *alt_info;
    const int32_t *pileup; /* 33 x 18 values, or NULL */
    const int8_t *full;    /* rows x 33 x channels values, or NULL */
    int rows, channels;    /* of `full` */
};

/* Draws the window that is not NULL into a PNG file. */
int window_picture_write(const struct window_picture *picture, const char *path,
                         struct failure *why);

#endif
