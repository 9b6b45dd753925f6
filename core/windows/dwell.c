/* SPDX-License-Identifier: MIT
 *
 * Dwell times: one move element per stride, not 0 where a new base begins.  So a base lasts from
 * its move to the next, and only the moves need be found, eight elements at a time. */
#include "core/windows/dwell.h"

#include <string.h>

/* The first element from i on that is not 0, or `count`. */
static size_t next_move(const uint8_t *moves, size_t i, size_t count) {
    while (i + 8 <= count) {
        uint64_t eight;
        memcpy(&eight, moves + i, 8);
        if (eight != 0)
            break;
        i += 8;
    }
    while (i < count && moves[i] == 0)
        i++;
    return i;
}

static void reverse(uint8_t *values, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        uint8_t other = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = other;
    }
}

void dwell_decode(const struct alignment *a, uint8_t *dwell) {
    size_t length = (size_t)a->length, base = 0;
    memset(dwell, 0, length);
    size_t i = next_move(a->moves, 0, a->move_count);
    for (; i < a->move_count && base < length; base++) {
        size_t next = next_move(a->moves, i + 1, a->move_count);
        dwell[base] = (uint8_t)(next - i);
        i = next;
    }
    if (a->flag & 16)
        reverse(dwell, length);
}
