/* SPDX-License-Identifier: MIT
 *
 * The shapes of the two kinds of windows; the only place where these numbers stand.
 * A window is WINDOW_WIDTH reference columns with the candidate in the middle. */
#ifndef CORE_WINDOWS_SHAPE_H
#define CORE_WINDOWS_SHAPE_H

enum {
    WINDOW_FLANK = 16,
    WINDOW_WIDTH = 2 * WINDOW_FLANK + 1,

    PILEUP_CHANNELS_PER_STRAND = 9, /* A C G T I I1 D D1 * */
    PILEUP_CHANNELS = 2 * PILEUP_CHANNELS_PER_STRAND,
    PILEUP_WINDOW_SIZE = WINDOW_WIDTH * PILEUP_CHANNELS, /* int32 values */

    FULL_ROWS_ONT = 89,
    FULL_ROWS_HIFI = 55,
    FULL_CHANNELS = 8,
    FULL_CHANNELS_DWELL = FULL_CHANNELS + 1
};

#endif
