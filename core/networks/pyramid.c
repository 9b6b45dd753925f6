/* SPDX-License-Identifier: MIT
 *
 * Bins as TensorFlow's 'SAME' pooling cuts them, with windows as long as their steps. */
#include "core/networks/pyramid.h"

#include <string.h>

/* How an axis of n is cut at a level: pieces of ceil(n / level), what is missing in the last
 * one taken half from the first.  Returns how many pieces. */
static size_t cut(size_t n, size_t level, struct row_range pieces[PYRAMID_LEVELS]) {
    size_t size = (n + level - 1) / level, count = (n + size - 1) / size;
    size_t before = (count * size - n) / 2;
    for (size_t p = 0; p < count && p < PYRAMID_LEVELS; p++) {
        size_t end = (p + 1) * size - before;
        pieces[p] = (struct row_range){p == 0 ? 0 : p * size - before, end > n ? n : end};
    }
    return count;
}

int pyramid_lay(struct pyramid *pyramid, const struct map_shape *map, struct failure *why) {
    size_t n = 0;
    for (size_t level = PYRAMID_LEVELS; level >= 1; level--) {
        struct row_range rows[PYRAMID_LEVELS], positions[PYRAMID_LEVELS];
        if (cut(map->R, level, rows) != level || cut(map->W, level, positions) != level)
            return fail(why, STATUS_UNSUPPORTED,
                        "the pyramid gets no %zu bins from a map of %zu x %zu", level, map->R,
                        map->W);
        for (size_t r = 0; r < level; r++)
            for (size_t p = 0; p < level; p++, n++) {
                pyramid->bins[n].rows = rows[r];
                pyramid->bins[n].positions = positions[p];
            }
    }
    return STATUS_OK;
}

void pyramid_pool(const struct pyramid *pyramid, const struct map_shape *map, const float *values,
                  float *pooled) {
    for (size_t b = 0; b < PYRAMID_BINS; b++, pooled += map->C) {
        struct row_range rows = pyramid->bins[b].rows, positions = pyramid->bins[b].positions;
        for (size_t r = rows.begin; r < rows.end; r++)
            for (size_t w = positions.begin; w < positions.end; w++) {
                const float *x = values + (r + 1) * map_row(map) + (w + 1) * map->C;
                if (r == rows.begin && w == positions.begin)
                    memcpy(pooled, x, map->C * sizeof *x);
                for (size_t c = 0; c < map->C; c++)
                    pooled[c] = x[c] > pooled[c] ? x[c] : pooled[c];
            }
    }
}
