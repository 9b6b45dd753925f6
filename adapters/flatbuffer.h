/* SPDX-License-Identifier: MIT
 *
 * FlatBuffers, as much of the format as Arrow's messages need: tables, strings and vectors written
 * front to back, and a reader that looks at no byte before it has checked where it lies.  The
 * format is described at flatbuffers.dev ("Internals"): little-endian, every reference an unsigned
 * 32-bit distance forwards, a table preceded by a list of where its fields are. */
#ifndef ADAPTERS_FLATBUFFER_H
#define ADAPTERS_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ---- */

struct flat_writer {
    uint8_t *bytes; /* the caller frees them */
    size_t size, room;
    bool failed; /* memory ran out; what is written after that is ignored */
};

/* Begins a buffer with room for the reference to its root, which stands at place 0. */
void flat_begin(struct flat_writer *writer);

/* A table with `count` fields of sizes[i] bytes (1, 2, 4 or 8; 0 leaves the field out).  `from` is
 * the place of the reference to it, which is set; the places of the fields, whose bytes are zero,
 * go to fields[0..count). */
void flat_table(struct flat_writer *writer, size_t from, const uint8_t *sizes, size_t count,
                size_t *fields);
void flat_string(struct flat_writer *writer, size_t from, const char *bytes, size_t length);

/* A vector of zeros; returns the place of its first item.  Items are aligned to `alignment`. */
size_t flat_vector(struct flat_writer *writer, size_t from, size_t count, size_t item_size,
                   size_t alignment);
void flat_set(struct flat_writer *writer, size_t at, uint64_t value, size_t size);

/* Zeros up to a multiple of `alignment`. */
void flat_pad(struct flat_writer *writer, size_t alignment);

/* ---- reading ----
 * Places are distances from the begin; 0 stands for "absent".  Whatever lies outside the buffer
 * sets `broken` and reads as absent or 0. */

struct flat_reader {
    const uint8_t *bytes;
    size_t size;
    bool broken;
};

size_t flat_root(struct flat_reader *reader);

/* A field that is a number of `size` bytes; `fallback` where the table lacks it. */
uint64_t flat_number(struct flat_reader *reader, size_t table, size_t field, size_t size,
                     uint64_t fallback);
uint64_t flat_get(struct flat_reader *reader, size_t at, size_t size);

/* The table that a field, or an item of a vector at `at`, refers to. */
size_t flat_table_of(struct flat_reader *reader, size_t table, size_t field);
size_t flat_table_at(struct flat_reader *reader, size_t at);

/* The first item of a vector and how many there are, all of them inside the buffer. */
size_t flat_vector_of(struct flat_reader *reader, size_t table, size_t field, size_t item_size,
                      size_t *count);

/* A text, not NUL-terminated; NULL where the field is absent. */
const char *flat_string_of(struct flat_reader *reader, size_t table, size_t field, size_t *length);

#endif
