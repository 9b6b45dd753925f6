/* SPDX-License-Identifier: MIT
 *
 * Dwell time of bases from the moves of the base caller (specification of windows, 2.4). */
#ifndef CORE_WINDOWS_DWELL_H
#define CORE_WINDOWS_DWELL_H

#include "core/windows/alignment.h"

/* Fills dwell[0, alignment->length): the strides that each stored base lasted, modulo 256 (the
 * channel wraps as well, 4.8).  All 0 without moves. */
void dwell_decode(const struct alignment *alignment, uint8_t *dwell);

#endif
