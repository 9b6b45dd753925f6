/* SPDX-License-Identifier: MIT
 *
 * What happens to a deep pileup window just before the network (spec windows, 1.10). */
#ifndef CORE_NETWORKS_DEPTH_SCALE_H
#define CORE_NETWORKS_DEPTH_SCALE_H

#include <stdint.h>

/* Where `depth` (the number that alt_info begins with) is above 216, divides the window's
 * counts (33, 18) by depth / 144 and cuts them toward zero. */
void depth_scale(int32_t *window, int64_t depth);

#endif
