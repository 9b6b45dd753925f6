/* SPDX-License-Identifier: MIT
 *
 * Cut from the end, since only the contig may hold colons. */
#include "core/calls/position.h"

#include "core/windows/shape.h"
#include <stdbool.h>

static bool is_space(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

/* The colon before `end`, or `end` if there is none. */
static size_t colon_before(const char *text, size_t end) {
    size_t at = end;
    while (at > 0 && text[at - 1] != ':')
        at--;
    return at > 0 ? at - 1 : end;
}

static bool read_digits(const char *text, size_t begin, size_t end, int64_t *value) {
    enum { DIGITS_MAX = 17 };
    *value = 0;
    if (begin >= end || end - begin > DIGITS_MAX)
        return false;
    for (size_t i = begin; i < end; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

int position_read(struct position *position, const char *text, size_t length, struct failure *why) {
    while (length > 0 && (is_space(text[length - 1]) || text[length - 1] == '\0'))
        length--;
    size_t reference = colon_before(text, length);
    size_t digits = colon_before(text, reference);
    size_t letters = length - reference;
    bool one = letters == 2, window = letters == 1 + WINDOW_WIDTH;
    if (digits == reference || !(one || window) ||
        !read_digits(text, digits + 1, reference, &position->position))
        return fail(why, STATUS_BAD_INPUT, "'%.*s' is no position of a window (CONTIG:POS:BASE)",
                    (int)length, text);
    position->contig_length = digits;
    position->reference = text[reference + 1 + (one ? 0 : WINDOW_FLANK)];
    return STATUS_OK;
}
