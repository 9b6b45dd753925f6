/* SPDX-License-Identifier: MIT
 *
 * Pyramid pooling (He and others, "Spatial Pyramid Pooling in Deep Convolutional Networks"): the
 * largest value of each channel in 3 x 3, 2 x 2 and 1 x 1 bins of a map (spec networks, 3). */
#ifndef CORE_NETWORKS_PYRAMID_H
#define CORE_NETWORKS_PYRAMID_H

#include "core/networks/convolution.h"

enum { PYRAMID_LEVELS = 3, PYRAMID_BINS = 9 + 4 + 1 };

struct pyramid {
    struct {
        struct row_range rows, positions; /* [begin, end) of the map */
    } bins[PYRAMID_BINS];
};

/* Lays the bins over a map; a sentence where it is too small for three of them an axis. */
int pyramid_lay(struct pyramid *pyramid, const struct map_shape *map, struct failure *why);

/* pooled (bins, map->C) from the values of a map with its borders, map_size(map) of them.  Only
 * what is in the map counts: what bins miss at its edges is as if it were minus infinity. */
void pyramid_pool(const struct pyramid *pyramid, const struct map_shape *map, const float *values,
                  float *pooled);

#endif
