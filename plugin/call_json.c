/* SPDX-License-Identifier: MIT
 *
 * Values of columns, by their Arrow formats. */
#include "plugin/call_json.h"

#include "core/calls/numbers.h"

#include <math.h>
#include <stdio.h>

static void append_text(struct text *out, const char *bytes, int64_t length) {
    char escaped[8];
    text_append_char(out, '"');
    for (int64_t i = 0; i < length; i++) {
        unsigned char letter = (unsigned char)bytes[i];
        bool plain = letter >= ' ' && letter != '"' && letter != '\\';
        snprintf(escaped, sizeof escaped, plain ? "%c" : "\\u%04x", letter);
        text_append_string(out, escaped);
    }
    text_append_char(out, '"');
}

/* As many digits as give a float back. */
static void append_float(struct text *out, double value) {
    char digits[32];
    snprintf(digits, sizeof digits, "%.9g", value);
    text_append_string(out, isfinite(value) ? digits : "null");
}

/* Qualities and shares, as they stand in a VCF. */
static void append_double(struct text *out, double value, int decimals) {
    if (isfinite(value))
        text_append_fixed(out, value, decimals);
    else
        text_append_string(out, "null");
}

static void append_list(struct text *out, char format, const void *items, int64_t length) {
    for (int64_t i = 0; i < length; i++) {
        text_append_char(out, i == 0 ? '[' : ',');
        if (format == 'f')
            append_float(out, (double)((const float *)items)[i]);
        else if (format == 'g')
            append_double(out, ((const double *)items)[i], AF_DECIMALS);
        else
            text_append_integer(out, runnel_integer_at(format, items, i));
    }
    text_append_string(out, length == 0 ? "[]" : "]");
}

static void append_value(struct text *out, const struct runnel_batch *batch, int64_t column,
                         int64_t row, bool is_call) {
    const struct ArrowSchema *field = batch->schema->children[column];
    int64_t length;
    if (runnel_is_null(batch, column, row))
        text_append_string(out, "null");
    else if (field->format[0] == 'u') {
        const char *bytes = runnel_text(batch, column, row, &length);
        append_text(out, bytes, length);
    } else if (field->format[0] == '+') {
        const void *items = runnel_list(batch, column, row, &length);
        append_list(out, field->children[0]->format[0], items, length);
    } else if (field->format[0] == 'g' && is_call)
        append_double(out, runnel_real(batch, column, row), QUAL_DECIMALS);
    else if (field->format[0] == 'g')
        append_float(out, runnel_real(batch, column, row));
    else
        text_append_integer(out, runnel_integer(batch, column, row));
}

void row_json_append(struct text *out, const struct stream *stream,
                     const struct runnel_batch *batch, int64_t row) {
    for (size_t column = 0; column < stream->count; column++) {
        text_append_string(out, column == 0 ? "{\"" : ",\"");
        text_append_string(out, stream->fields[column].name);
        text_append_string(out, "\":");
        append_value(out, batch, (int64_t)column, row, stream == &CALLS_STREAM);
    }
    text_append_string(out, "}\n");
}

void call_json_append(struct text *out, const struct runnel_batch *batch, int64_t row) {
    row_json_append(out, &CALLS_STREAM, batch, row);
}
