/* SPDX-License-Identifier: MIT
 *
 * A look at the layers while a network runs, for tests and for explaining a call.  Layers are
 * named as in spec networks, 4 (after their activation; heads before the softmax). */
#ifndef CORE_NETWORKS_TAP_H
#define CORE_NETWORKS_TAP_H

#include <stddef.h>

/* Values of one layer for `windows` windows, each a grid of rows x columns of `channels`
 * values; the steps between them are in floats.  Valid during the call. */
struct layer_view {
    const char *name;
    const float *values;
    size_t windows, rows, columns, channels;
    size_t window_step, row_step, column_step;
};

struct tap {
    void *user;
    void (*layer)(void *user, const struct layer_view *view);
};

#endif
