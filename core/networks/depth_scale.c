/* SPDX-License-Identifier: MIT
 *
 * Depth scaling: spec windows, 1.10.  The networks were trained on piles of up to 144 reads. */
#include "core/networks/depth_scale.h"

#include "core/windows/shape.h"

#include <stddef.h>

enum { TRAINED_DEPTH = 144, SCALED_ABOVE = TRAINED_DEPTH * 3 / 2 };

void depth_scale(int32_t *window, int64_t depth) {
    if (depth <= SCALED_ABOVE)
        return;
    double divisor = (double)depth / TRAINED_DEPTH;
    for (size_t i = 0; i < PILEUP_WINDOW_SIZE; i++)
        window[i] = (int32_t)((double)window[i] / divisor);
}
