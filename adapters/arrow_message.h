/* SPDX-License-Identifier: MIT
 *
 * Numbers of Arrow's Message.fbs and Schema.fbs that our writer and reader of messages share.  A
 * message is
 *
 *     FF FF FF FF | int32 size of the metadata | metadata (a FlatBuffer), padded to 8 | body
 *
 * and the body of a record batch is the buffers of all columns one after the other, each padded to
 * 8: validity (where there are nulls), offsets (text, binary, lists), values; a list's items count
 * as a column of their own behind it. */
#ifndef ADAPTERS_ARROW_MESSAGE_H
#define ADAPTERS_ARROW_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ARROW_COLUMNS_MAX = 64 };
enum { METADATA_VERSION_5 = 4, HEADER_SCHEMA = 1, HEADER_BATCH = 3, PREFIX = 8, ALIGNMENT = 8 };
enum { MESSAGE_VERSION, MESSAGE_HEADER_TYPE, MESSAGE_HEADER, MESSAGE_BODY_LENGTH, MESSAGE_FIELDS };
enum { SCHEMA_ENDIANNESS, SCHEMA_COLUMNS, SCHEMA_METADATA, SCHEMA_FIELDS };
enum { COLUMN_NAME, COLUMN_NULLABLE, COLUMN_TYPE_TYPE, COLUMN_TYPE, COLUMN_DICTIONARY };
enum { COLUMN_CHILDREN = 5, COLUMN_FIELDS };
enum { PAIR_KEY, PAIR_VALUE, PAIR_FIELDS };
enum { BATCH_LENGTH, BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION, BATCH_FIELDS = 3 };
enum { TYPE_INT = 2, TYPE_FLOAT = 3, TYPE_BINARY = 4, TYPE_UTF8 = 5, TYPE_LIST = 12 };
enum { TYPE_FIXED_LIST = 16, NODE_SIZE = 16, BUFFER_SIZE = 16 };

/* Bytes of a fixed-width value; 0 for text, binary, lists and whatever is none of ours. */
static inline size_t arrow_width(const char *format) {
    static const char FORMATS[] = "cCsSiIlLfg";
    static const uint8_t WIDTHS[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    const char *at = format[0] && !format[1] ? strchr(FORMATS, format[0]) : NULL;
    return at ? WIDTHS[at - FORMATS] : 0;
}

static inline bool arrow_has_offsets(const char *format) {
    return strcmp(format, "u") == 0 || strcmp(format, "z") == 0 || strcmp(format, "+l") == 0;
}

static inline bool arrow_is_list(const char *format) {
    return format[0] == '+';
}

#endif
