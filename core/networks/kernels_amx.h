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

#define TILES_BEGIN        _tile_loadconfig(&all_tiles)
#define TILES_END          _tile_release()
#define TILE_ZERO(t)       _tile_zero(t)
#define TILE_LOAD(t, from) _tile_loadd(t, from, 64)
#if PARTS == 1
#define TILE_DOT(t, a, b) _tile_dpbf16ps(t, a, b)
#else
#define TILE_DOT(t, a, b) _tile_dpbssd(t, a, b)
#endif
#define TILE_STORE(t, to, floats) _tile_stored(t, to, 4 * (floats))

#define LANES                  16
#define LOAD_SOME(from, count) ((vec)_mm512_maskz_loadu_ps((__mmask16)((1U << (count)) - 1), from))
#define VECTOR_NEAREST(v)      ((ivec)_mm512_cvtps_epi32((__m512)(v)))
#define VECTOR_LARGER(a, b)    ((vec)_mm512_range_ps((__m512)(a), (__m512)(b), 11)) /* magnitudes */
#define VECTOR_SELECT(mask, a, b)                                                                  \
    ((uvec)_mm512_ternarylogic_epi32((__m512i)(mask), (__m512i)(a), (__m512i)(b), 0xca))
#define VECTOR_MIN(a, b) ((vec)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define VECTOR_MAX(a, b) ((vec)_mm512_max_ps((__m512)(a), (__m512)(b)))
