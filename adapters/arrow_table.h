/* SPDX-License-Identifier: MIT
 *
 * Builds Arrow struct arrays row by row, after a table of fields.  Only what our streams need:
 * integers, floats, text, binary, and lists (of any or of fixed length) of fixed-width items. */
#ifndef ADAPTERS_ARROW_TABLE_H
#define ADAPTERS_ARROW_TABLE_H

#include "adapters/arrow_abi.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct arrow_field {
    const char *name;
    const char *format; /* Arrow: c C s S i I l L f g u z, "+l", "+w:N" */
    const char *item;   /* format of a list's items (fixed width); NULL otherwise */
    bool nullable;
};

/* A schema of a struct with these fields.  `metadata` is Arrow's coded form (arrow_metadata) and
 * may be NULL; it is copied.  The fields are copied. */
int arrow_schema_make(struct ArrowSchema *out, const struct arrow_field *fields, size_t count,
                      const char *metadata, struct failure *why);

/* A copy of a schema without its metadata, which rows do not need. */
int arrow_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *schema,
                      struct failure *why);

/* Whether `schema` begins with exactly these fields (more may follow).  The sentence names the
 * first that differs. */
int arrow_schema_check(const struct ArrowSchema *schema, const struct arrow_field *fields,
                       size_t count, struct failure *why);

/* Key-value pairs in Arrow's coded form; the caller frees.  keys[i], values[i] for i < count,
 * values may be NULL (skipped).  NULL when memory ran out. */
char *arrow_metadata(const char *const *keys, const char *const *values, size_t count);

/* Bytes of a coded metadata; 0 for NULL. */
size_t arrow_metadata_size(const char *metadata);

/* An array of `length` values with NULL buffers and empty children, whose release frees both (and
 * what was put into buffers).  False when memory ran out; it is to be released then, too. */
bool arrow_array_make(struct ArrowArray *out, int64_t length, size_t buffers, size_t children);

struct arrow_table; /* rows being collected */

int arrow_table_new(struct arrow_table **out, const struct arrow_field *fields, size_t count,
                    struct failure *why);
void arrow_table_free(struct arrow_table *table); /* NULL is fine */

/* One value for the row under way; every column gets exactly one per row.  A put that cannot get
 * memory is remembered and reported by arrow_table_end_row. */
void arrow_put_integer(struct arrow_table *table, size_t column, int64_t value);
void arrow_put_real(struct arrow_table *table, size_t column, double value);
void arrow_put_bytes(struct arrow_table *table, size_t column, const void *bytes, size_t length);
void arrow_put_text(struct arrow_table *table, size_t column, const char *text); /* to the NUL */
void arrow_put_list(struct arrow_table *table, size_t column, const void *items, size_t count);
void arrow_put_null(struct arrow_table *table, size_t column);
int arrow_table_end_row(struct arrow_table *table, struct failure *why);

size_t arrow_table_rows(const struct arrow_table *table);
size_t arrow_table_bytes(const struct arrow_table *table); /* of all values so far */

/* Moves the rows into an array and leaves the table empty, ready for more. */
int arrow_table_take(struct arrow_table *table, struct ArrowArray *out, struct failure *why);

/* New schema and array with rows[0..count) of an array made by such tables. */
int arrow_take_rows(const struct ArrowSchema *schema, const struct ArrowArray *array,
                    const int64_t *rows, size_t count, struct ArrowSchema *schema_out,
                    struct ArrowArray *array_out, struct failure *why);

#endif
