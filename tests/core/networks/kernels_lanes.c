/* SPDX-License-Identifier: MIT
 *
 * The vector text with plain C lanes of one width, LANES given by the build: so the logic of
 * every width is tested wherever the tests run, whatever the CPU.  Tiles of fewer rows for wide
 * lanes, of which each takes several registers: with many, compilers take minutes. */
#if LANES >= 8
#define PRODUCT_ROWS 6
#define STEP_ROWS    3
#else
#define PRODUCT_ROWS 12
#define STEP_ROWS    6
#endif

#define SELECT(mask, a, b) ((vec)(((uvec)(mask) & (uvec)(a)) | (~(uvec)(mask) & (uvec)(b))))
#define VECTOR_MIN(a, b)   SELECT((a) < (b), a, b)
#define VECTOR_MAX(a, b)   SELECT((a) > (b), a, b)
#include "core/networks/kernels_vector.h"

#define NAME_OF(lanes) kernels_lanes_##lanes
#define NAME(lanes)    NAME_OF(lanes)
#define TEXT_OF(lanes) "plain, lanes " #lanes
#define TEXT(lanes)    TEXT_OF(lanes)

extern const struct kernels NAME(LANES);
const struct kernels NAME(LANES) = {
    .name = TEXT(LANES),
    .lanes = LANES,
    .panel = PANEL,
    .block = 6,
    .product = product,
    .lstm_step = lstm_step,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
};
