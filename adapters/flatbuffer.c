/* SPDX-License-Identifier: MIT
 *
 * The writer puts what is referred to behind the reference, so that a buffer grows in one direction
 * and references are filled in as their targets are written. */
#include "adapters/flatbuffer.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

/* `size` zeros at the end; their place. */
static size_t grow(struct flat_writer *writer, size_t size) {
    if (!writer->failed && writer->size + size > writer->room) {
        size_t room = writer->room ? writer->room : 1024;
        while (room < writer->size + size)
            room *= 2;
        uint8_t *bytes = realloc(writer->bytes, room);
        writer->failed = bytes == NULL;
        if (bytes != NULL) {
            writer->bytes = bytes;
            writer->room = room;
        }
    }
    if (writer->failed)
        return 0;
    size_t at = writer->size;
    memset(writer->bytes + at, 0, size);
    writer->size += size;
    return at;
}

/* Pads so that what stands `ahead` bytes behind the end is aligned. */
static void align(struct flat_writer *writer, size_t alignment, size_t ahead) {
    size_t beyond = (writer->size + ahead) % alignment;
    if (beyond != 0)
        grow(writer, alignment - beyond);
}

void flat_pad(struct flat_writer *writer, size_t alignment) {
    align(writer, alignment, 0);
}

void flat_set(struct flat_writer *writer, size_t at, uint64_t value, size_t size) {
    if (!writer->failed)
        memcpy(writer->bytes + at, &value, size); /* little-endian: the low bytes come first */
}

void flat_begin(struct flat_writer *writer) {
    grow(writer, sizeof(uint32_t));
}

void flat_table(struct flat_writer *writer, size_t from, const uint8_t *sizes, size_t count,
                size_t *fields) {
    size_t list_size = (2 + count) * sizeof(uint16_t), size = sizeof(int32_t);
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] > 0)
            size += (sizes[i] - size % sizes[i]) % sizes[i];
        fields[i] = size;
        size += sizes[i];
    }
    align(writer, sizeof(uint64_t), list_size);
    size_t list = grow(writer, list_size), table = grow(writer, size);
    flat_set(writer, list, list_size, sizeof(uint16_t));
    flat_set(writer, list + 2, size, sizeof(uint16_t));
    for (size_t i = 0; i < count; i++) {
        flat_set(writer, list + 4 + 2 * i, sizes[i] ? fields[i] : 0, sizeof(uint16_t));
        fields[i] += table;
    }
    flat_set(writer, table, list_size, sizeof(int32_t));
    flat_set(writer, from, table - from, sizeof(uint32_t));
}

void flat_string(struct flat_writer *writer, size_t from, const char *bytes, size_t length) {
    size_t at = flat_vector(writer, from, length, 1, 1);
    if (!writer->failed && length > 0)
        memcpy(writer->bytes + at, bytes, length);
    grow(writer, 1);
}

size_t flat_vector(struct flat_writer *writer, size_t from, size_t count, size_t item_size,
                   size_t alignment) {
    align(writer, alignment < 4 ? 4 : alignment, sizeof(uint32_t));
    size_t at = grow(writer, sizeof(uint32_t));
    flat_set(writer, at, count, sizeof(uint32_t));
    flat_set(writer, from, at - from, sizeof(uint32_t));
    return grow(writer, count * item_size);
}

/* ---- reading ---- */

static bool inside(struct flat_reader *reader, size_t at, size_t size) {
    bool good = at <= reader->size && size <= reader->size - at;
    reader->broken |= !good;
    return good;
}

uint64_t flat_get(struct flat_reader *reader, size_t at, size_t size) {
    uint64_t value = 0;
    if (inside(reader, at, size))
        memcpy(&value, reader->bytes + at, size);
    return value;
}

/* What the reference at `at` refers to; something of at least four bytes. */
static size_t follow(struct flat_reader *reader, size_t at) {
    size_t to = at + (size_t)flat_get(reader, at, sizeof(uint32_t));
    return inside(reader, to, sizeof(uint32_t)) && to > at ? to : 0;
}

size_t flat_root(struct flat_reader *reader) {
    return follow(reader, 0);
}

/* The place of a field of `size` bytes; 0 where the table does not have it. */
static size_t field_of(struct flat_reader *reader, size_t table, size_t field, size_t size) {
    if (table == 0)
        return 0;
    int64_t back = (int32_t)flat_get(reader, table, sizeof(int32_t));
    int64_t list = (int64_t)table - back;
    if (list < 0 || !inside(reader, (size_t)list, 2 * sizeof(uint16_t))) {
        reader->broken = true;
        return 0;
    }
    size_t entry = (2 + field) * sizeof(uint16_t);
    if (entry + sizeof(uint16_t) > flat_get(reader, (size_t)list, sizeof(uint16_t)))
        return 0; /* written by someone who knew fewer fields */
    size_t at = (size_t)flat_get(reader, (size_t)list + entry, sizeof(uint16_t));
    return at != 0 && inside(reader, table + at, size) ? table + at : 0;
}

uint64_t flat_number(struct flat_reader *reader, size_t table, size_t field, size_t size,
                     uint64_t fallback) {
    size_t at = field_of(reader, table, field, size);
    return at ? flat_get(reader, at, size) : fallback;
}

size_t flat_table_at(struct flat_reader *reader, size_t at) {
    return at ? follow(reader, at) : 0;
}

size_t flat_table_of(struct flat_reader *reader, size_t table, size_t field) {
    return flat_table_at(reader, field_of(reader, table, field, sizeof(uint32_t)));
}

size_t flat_vector_of(struct flat_reader *reader, size_t table, size_t field, size_t item_size,
                      size_t *count) {
    size_t at = flat_table_of(reader, table, field);
    *count = at ? (size_t)flat_get(reader, at, sizeof(uint32_t)) : 0;
    if (at == 0)
        return 0;
    at += sizeof(uint32_t);
    if (*count <= reader->size / item_size && inside(reader, at, *count * item_size))
        return at;
    reader->broken = true;
    *count = 0;
    return 0;
}

const char *flat_string_of(struct flat_reader *reader, size_t table, size_t field, size_t *length) {
    size_t at = flat_vector_of(reader, table, field, 1, length);
    return at ? (const char *)reader->bytes + at : NULL;
}
