/* SPDX-License-Identifier: MIT
 *
 * What kernels_tiles.h asks for, of AMX: palette 1, eight tiles of 16 rows of 64 bytes.  With it
 * AVX-512, which every processor with AMX has. */
#include <immintrin.h>

static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} all_tiles = {.palette = 1,
               .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
               .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

#define TILES_BEGIN               _tile_loadconfig(&all_tiles)
#define TILES_END                 _tile_release()
#define TILE_ZERO(t)              _tile_zero(t)
#define TILE_LOAD(t, from)        _tile_loadd(t, from, 64)
#define TILE_DOT(t, a, b)         _tile_dpbf16ps(t, a, b)
#define TILE_STORE(t, to, floats) _tile_stored(t, to, 4 * (floats))

#define LANES            16
#define VECTOR_MIN(a, b) ((vec)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define VECTOR_MAX(a, b) ((vec)_mm512_max_ps((__m512)(a), (__m512)(b)))
