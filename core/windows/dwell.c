/* SPDX-License-Identifier: MIT
 *
 * Dwell times: one move element per stride, not 0 where a new base begins.  So a base lasts from
 * its move to the next, and only the moves need be found, eight elements at a time. */
#include "core/windows/dwell.h"

#include <string.h>

enum { EIGHT = 8 };

/* Bit i is set where moves[i] is not 0; for the eight elements from `moves` on. */
static unsigned moves_of_eight(const uint8_t *moves) {
    static const uint64_t low7 = 0x7F7F7F7F7F7F7F7FU, high = 0x8080808080808080U;
    static const uint8_t reads_as_one[8] = {1};
    uint64_t eight, one;
    memcpy(&eight, moves, sizeof eight);
    memcpy(&one, reads_as_one, sizeof one);
    if (eight == 0)
        return 0;
    uint64_t set = (((eight & low7) + low7) | eight) & high; /* the top bit of what is not 0 */
    if (one == 1) /* the first byte is the lowest: gather the eight top bits */
        return (unsigned)((set >> 7) * 0x0102040810204080U >> 56);
    return (unsigned)((set >> 7) * 0x8040201008040201U >> 56);
}

static void reverse(uint8_t *values, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        uint8_t other = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = other;
    }
}

void dwell_decode(const struct alignment *a, uint8_t *dwell) {
    size_t length = (size_t)a->length, base = 0, begin = 0;
    memset(dwell, 0, length);
    for (size_t i = 0; i < a->move_count && base <= length; i += EIGHT) {
        uint8_t rest[EIGHT] = {0};
        const uint8_t *eight = a->moves + i;
        if (i + EIGHT > a->move_count)
            eight = memcpy(rest, eight, a->move_count - i);
        for (unsigned moves = moves_of_eight(eight); moves != 0; moves &= moves - 1) {
            size_t move = i + (size_t)__builtin_ctz(moves);
            if (base > 0 && base <= length)
                dwell[base - 1] = (uint8_t)(move - begin);
            begin = move;
            base++;
        }
    }
    if (base > 0 && base <= length)
        dwell[base - 1] = (uint8_t)(a->move_count - begin);
    if (a->flag & 16)
        reverse(dwell, length);
}
