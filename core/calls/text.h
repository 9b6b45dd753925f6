/* SPDX-License-Identifier: MIT
 *
 * A growing text: alleles and record lines are written into one of these and the memory is
 * used again for the next.  A failed allocation is remembered, not returned: everything
 * appended after it is dropped, and who needs the text asks `failed` once at the end. */
#ifndef CORE_CALLS_TEXT_H
#define CORE_CALLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Letters that stand somewhere else, not NUL-terminated; {NULL, 0} means "there is none". */
struct letters {
    const char *bytes;
    size_t length;
};

struct text {
    char *bytes; /* NUL-terminated; NULL while nothing was ever appended */
    size_t length, capacity;
    bool failed; /* an allocation failed; cleared by text_clear */
};

/* The letters, also of a text that holds nothing yet. */
static inline const char *text_bytes(const struct text *text) {
    return text->bytes ? text->bytes : "";
}

void text_clear(struct text *text);
void text_append(struct text *text, const char *bytes, size_t length);
void text_append_string(struct text *text, const char *string);
void text_append_char(struct text *text, char letter);
void text_append_integer(struct text *text, int64_t value);
/* `value` with a fixed number of decimals, see numbers.h. */
void text_append_fixed(struct text *text, double value, int decimals);
/* Releases the memory; the text is empty and may be used again. */
void text_free(struct text *text);

#endif
