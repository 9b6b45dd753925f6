/* SPDX-License-Identifier: MIT
 *
 * The text for tiles with a unit in plain C, which does what the processor's does, one product
 * after the other: so its logic is tested wherever the tests run.  PARTS is given by the build. */
#define LANES                     16
#define VECTOR_SELECT(mask, a, b) (((uvec)(mask) & (uvec)(a)) | (~(uvec)(mask) & (uvec)(b)))
#define VECTOR_MIN(a, b)          ((vec)VECTOR_SELECT((a) < (b), a, b))
#define VECTOR_MAX(a, b)          ((vec)VECTOR_SELECT((a) > (b), a, b))
#define MAGNITUDE(v)              ((vec)((uvec)(v)&0x7fffffffU))
#define VECTOR_LARGER(a, b)       VECTOR_MAX(MAGNITUDE(a), MAGNITUDE(b))
#define VECTOR_NEAREST(v)         nearest(v)
#define LOAD_SOME(from, count)    load_some(from, count)

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef int32_t integers __attribute__((vector_size(4 * LANES)));

static floats load_some(const float *from, size_t count) {
    floats v = {0};
    for (size_t i = 0; i < count; i++)
        v[i] = from[i];
    return v;
}

static union tile {
    float floats[16][16];
    uint16_t halves[16][32];
    int32_t integers[16][16];
    int8_t bytes[16][64];
} unit[8];

#if PARTS == 1
static float widen(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void dot(union tile *to, const union tile *a, const union tile *b) {
    for (size_t m = 0; m < 16; m++)
        for (size_t n = 0; n < 16; n++)
            for (size_t k = 0; k < 32; k++)
                to->floats[m][n] += widen(a->halves[m][k]) * widen(b->halves[k / 2][2 * n + k % 2]);
}
#else
static integers nearest(floats v) {
    integers n;
    for (size_t i = 0; i < LANES; i++)
        n[i] = (int32_t)lrintf(v[i]);
    return n;
}

static void dot(union tile *to, const union tile *a, const union tile *b) {
    for (size_t m = 0; m < 16; m++)
        for (size_t n = 0; n < 16; n++)
            for (size_t k = 0; k < 64; k++)
                to->integers[m][n] += a->bytes[m][k] * b->bytes[k / 4][4 * n + k % 4];
}
#endif

static void give(const union tile *t, void *to, size_t step) {
    for (size_t m = 0; m < 16; m++)
        memcpy((uint32_t *)to + m * step, t->bytes[m], sizeof t->bytes[m]);
}

/* Bytes of ones are not numbers: what nobody has set shows. */
#define TILES_BEGIN             memset(unit, 0xff, sizeof unit)
#define TILES_END               memset(unit, 0xff, sizeof unit)
#define TILE_ZERO(t)            memset(&unit[t], 0, sizeof unit[t])
#define TILE_LOAD(t, from)      memcpy(&unit[t], from, sizeof unit[t])
#define TILE_DOT(t, a, b)       dot(&unit[t], &unit[a], &unit[b])
#define TILE_STORE(t, to, step) give(&unit[t], to, step)
#include "core/networks/kernels_tiles.h"

#define NAME_OF(parts) kernels_tiles_##parts
#define NAME(parts)    NAME_OF(parts)
#define TEXT_OF(parts) "plain, tiles, parts " #parts
#define TEXT(parts)    TEXT_OF(parts)

extern const struct kernels NAME(PARTS);
const struct kernels NAME(PARTS) = {
    .name = TEXT(PARTS),
    .rounds = PARTS == 1,
    .lanes = LANES,
    .panel = PANEL,
    .block = ROWS,
    .arrange = arrange,
    .arranged = arranged,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
