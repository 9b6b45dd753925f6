/* SPDX-License-Identifier: MIT
 *
 * The sentence of a failure: written once where it happens, given its place on the way up. */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct failure *why, int code, const char *format, ...) {
    if (why == NULL || why->code != STATUS_OK)
        return code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    why->code = code;
    return code;
}

int fail_at(struct failure *why, const char *format, ...) {
    if (why == NULL)
        return STATUS_BAD_INPUT;
    char sentence[FAILURE_TEXT_MAX];
    memcpy(sentence, why->text, sizeof sentence);
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    size_t used = written < 0 ? 0 : (size_t)written;
    if (used < sizeof why->text)
        snprintf(why->text + used, sizeof why->text - used, ": %s", sentence);
    return why->code;
}
