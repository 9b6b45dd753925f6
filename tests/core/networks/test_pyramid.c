/* SPDX-License-Identifier: MIT
 *
 * The pyramid against pooling as it is defined: the map is put into a larger one of minus
 * infinity, half of what is missing before it, and cut into equal pieces. */
#include "tests/core/networks/reference.h"

#include "core/networks/pyramid.h"

enum { C = 2, SIDE = 64 };

/* The largest of channel c in bin (p, q) of level x level. */
static float slow(const float *map, size_t R, size_t W, size_t level, size_t p, size_t q,
                  size_t c) {
    size_t rows = (R + level - 1) / level, columns = (W + level - 1) / level;
    size_t above = (rows * level - R) / 2, left = (columns * level - W) / 2;
    float largest = -INFINITY;
    for (size_t r = p * rows; r < (p + 1) * rows; r++)
        for (size_t w = q * columns; w < (q + 1) * columns; w++) {
            bool inside = r >= above && r < above + R && w >= left && w < left + W;
            float x = inside ? map[((r - above) * W + w - left) * C + c] : -INFINITY;
            largest = fmaxf(largest, x);
        }
    return largest;
}

static void check(size_t R, size_t W) {
    struct map_shape shape = {R, W, C};
    struct pyramid pyramid;
    struct failure why = {0};
    if (pyramid_lay(&pyramid, &shape, &why) != STATUS_OK) {
        size_t pieces = (R + (R + 2) / 3 - 1) / ((R + 2) / 3);
        size_t columns = (W + (W + 2) / 3 - 1) / ((W + 2) / 3);
        cr_assert(pieces < 3 || columns < 3, "%zu x %zu: %s", R, W, why.text);
        return;
    }
    float plain[SIDE * SIDE * C], pooled[PYRAMID_BINS * C];
    float *map = floats_new(map_size(&shape), NULL);
    for (size_t i = 0; i < R * W * C; i++) {
        size_t place = (i / C / W + 1) * map_row(&shape) + (i / C % W + 1) * C + i % C;
        map[place] = plain[i] = (float)(seeded_bits(R * SIDE + W, i) >> 40) * 0x1p-23F - 3.0F;
    }
    pyramid_pool(&pyramid, &shape, map, pooled);
    size_t n = 0;
    for (size_t level = 3; level >= 1; level--)
        for (size_t p = 0; p < level; p++)
            for (size_t q = 0; q < level; q++)
                for (size_t c = 0; c < C; c++, n++)
                    cr_assert_eq(pooled[n], slow(plain, R, W, level, p, q, c),
                                 "%zu x %zu, level %zu, bin %zu, %zu", R, W, level, p, q);
    free(map);
}

Test(pyramid, is_same_pooling_of_every_map) {
    for (size_t R = 1; R <= 24; R++)
        for (size_t W = 1; W <= 9; W++)
            check(R, W);
    check(12, 5); /* 89 rows */
    check(7, 5);  /* 55 rows */
}

Test(pyramid, a_map_without_three_bins_is_refused) {
    struct pyramid pyramid;
    struct failure why = {0};
    cr_expect_neq(pyramid_lay(&pyramid, &(struct map_shape){4, 5, 1}, &why), STATUS_OK);
    cr_expect_str_eq(why.text, "the pyramid gets no 3 bins from a map of 4 x 5");
}
