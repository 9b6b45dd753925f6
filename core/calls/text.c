/* SPDX-License-Identifier: MIT
 *
 * Growth is by doubling, so that a text that is filled again and again soon stops growing. */
#include "core/calls/text.h"

#include "core/calls/numbers.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static bool reserve(struct text *text, size_t more) {
    size_t needed = text->length + more + 1;
    if (needed < more) /* beyond what a size can say */
        text->failed = true;
    if (text->failed)
        return false;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : 2 * capacity;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_clear(struct text *text) {
    text->length = 0;
    text->failed = false;
    if (text->bytes)
        text->bytes[0] = '\0';
}

void text_append(struct text *text, const char *bytes, size_t length) {
    if (!reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_append_string(struct text *text, const char *string) {
    text_append(text, string, strlen(string));
}

void text_append_char(struct text *text, char letter) {
    text_append(text, &letter, 1);
}

void text_append_integer(struct text *text, int64_t value) {
    char digits[NUMBER_TEXT_MAX];
    text_append(text, digits, number_integer(digits, value));
}

void text_append_fixed(struct text *text, double value, int decimals) {
    char digits[NUMBER_TEXT_MAX];
    text_append(text, digits, number_fixed(digits, value, decimals));
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}
