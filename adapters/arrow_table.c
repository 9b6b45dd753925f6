/* SPDX-License-Identifier: MIT
 *
 * Arrow arrays out of growing columns.  A column is up to three buffers (validity bits, offsets,
 * values) and, for lists, the same once more for its items; taking a table hands these buffers
 * over to the array, whose release frees them. */
#include "adapters/arrow_table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- schemas ---- */

static void schema_release(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] && schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free((char *)schema->format);
    free((char *)schema->name);
    free((char *)schema->metadata);
    schema->release = NULL;
}

static bool schema_fill(struct ArrowSchema *out, const char *format, const char *name,
                        bool nullable, size_t children) {
    memset(out, 0, sizeof *out);
    out->release = schema_release;
    out->format = strdup(format);
    out->name = strdup(name);
    out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
    if (children > 0) {
        out->children = calloc(children, sizeof *out->children);
        for (size_t i = 0; out->children && i < children; i++, out->n_children++)
            if ((out->children[i] = calloc(1, sizeof **out->children)) == NULL)
                return false;
    }
    return out->format && out->name && (children == 0 || out->children);
}

static bool schema_field(struct ArrowSchema *out, const struct arrow_field *field) {
    return schema_fill(out, field->format, field->name, field->nullable, field->item != NULL) &&
           (field->item == NULL || schema_fill(out->children[0], field->item, "item", false, 0));
}

size_t arrow_metadata_size(const char *metadata) {
    if (metadata == NULL)
        return 0;
    int32_t pairs, length;
    memcpy(&pairs, metadata, sizeof pairs);
    size_t size = sizeof pairs;
    for (int64_t i = 0; i < 2 * (int64_t)pairs; i++) {
        memcpy(&length, metadata + size, sizeof length);
        size += sizeof length + (size_t)length;
    }
    return size;
}

int arrow_schema_make(struct ArrowSchema *out, const struct arrow_field *fields, size_t count,
                      const char *metadata, struct failure *why) {
    bool made = schema_fill(out, "+s", "", false, count);
    for (size_t i = 0; made && i < count; i++)
        made = schema_field(out->children[i], &fields[i]);
    size_t size = arrow_metadata_size(metadata);
    if (made && size > 0) {
        char *copy = malloc(size);
        if (copy != NULL)
            memcpy(copy, metadata, size);
        out->metadata = copy;
        made = copy != NULL;
    }
    if (made)
        return STATUS_OK;
    schema_release(out);
    return fail(why, STATUS_NO_MEMORY, "out of memory for a schema");
}

int arrow_schema_check(const struct ArrowSchema *schema, const struct arrow_field *fields,
                       size_t count, struct failure *why) {
    if (strcmp(schema->format, "+s") != 0)
        return fail(why, STATUS_BAD_INPUT, "the batch is no table of columns");
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)i >= schema->n_children)
            return fail(why, STATUS_BAD_INPUT, "column '%s' is missing", fields[i].name);
        const struct ArrowSchema *column = schema->children[i];
        bool same = column->name && strcmp(column->name, fields[i].name) == 0 &&
                    strcmp(column->format, fields[i].format) == 0;
        if (same && fields[i].item)
            same =
                column->n_children == 1 && strcmp(column->children[0]->format, fields[i].item) == 0;
        if (!same)
            return fail(why, STATUS_BAD_INPUT,
                        "column %zu should be '%s' of format %s, not '%s' of %s", i, fields[i].name,
                        fields[i].format, column->name ? column->name : "", column->format);
    }
    return STATUS_OK;
}

static char *metadata_put(char *at, const char *text) {
    int32_t length = (int32_t)strlen(text);
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, text, (size_t)length);
    return at + sizeof length + (size_t)length;
}

char *arrow_metadata(const char *const *keys, const char *const *values, size_t count) {
    size_t size = sizeof(int32_t);
    int32_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == NULL)
            continue;
        size += 2 * sizeof(int32_t) + strlen(keys[i]) + strlen(values[i]);
        pairs++;
    }
    char *metadata = malloc(size), *at = metadata;
    if (metadata == NULL)
        return NULL;
    memcpy(at, &pairs, sizeof pairs);
    at += sizeof pairs;
    for (size_t i = 0; i < count; i++)
        if (values[i] != NULL)
            at = metadata_put(metadata_put(at, keys[i]), values[i]);
    return metadata;
}

/* ---- columns ---- */

struct buffer {
    char *data;
    size_t size, room;
    size_t last; /* size when it was last handed over: the next will need about as much */
};

struct column {
    char format[16];
    size_t width;  /* bytes of a value, or of an item of a list; 1 for text and binary */
    int64_t fixed; /* items of "+w:N"; -1 otherwise */
    bool is_list, has_offsets;
    struct buffer valid, offsets, values;
    int64_t rows, nulls, items;
};

struct arrow_table {
    struct column *columns;
    size_t count;
    int64_t rows;
    bool failed; /* a put found no memory, or more than an int32 offset can say */
};

static size_t width_of(const char *format) {
    switch (format[0]) {
    case 'c':
    case 'C':
    case 'u':
    case 'z':
        return 1;
    case 's':
    case 'S':
        return 2;
    case 'i':
    case 'I':
    case 'f':
        return 4;
    default:
        return 8;
    }
}

static bool append(struct buffer *buffer, const void *bytes, size_t size) {
    if (buffer->size + size > buffer->room) {
        size_t room = buffer->room ? buffer->room : buffer->last + buffer->last / 8 + 64;
        while (room < buffer->size + size)
            room *= 2;
        char *data = realloc(buffer->data, room);
        if (data == NULL)
            return false;
        buffer->data = data;
        buffer->room = room;
    }
    if (size > 0) {
        if (bytes)
            memcpy(buffer->data + buffer->size, bytes, size);
        else
            memset(buffer->data + buffer->size, 0, size);
    }
    buffer->size += size;
    return true;
}

static bool begin_offsets(struct column *column) {
    return !column->has_offsets || append(&column->offsets, NULL, sizeof(int32_t));
}

int arrow_table_new(struct arrow_table **out, const struct arrow_field *fields, size_t count,
                    struct failure *why) {
    struct arrow_table *table = calloc(1, sizeof *table);
    if (table)
        table->columns = calloc(count, sizeof *table->columns);
    if (table == NULL || table->columns == NULL) {
        free(table);
        return fail(why, STATUS_NO_MEMORY, "out of memory for a table");
    }
    table->count = count;
    for (size_t i = 0; i < count; i++) {
        struct column *column = &table->columns[i];
        snprintf(column->format, sizeof column->format, "%s", fields[i].format);
        column->is_list = fields[i].item != NULL;
        column->fixed =
            strncmp(column->format, "+w:", 3) == 0 ? strtoll(column->format + 3, NULL, 10) : -1;
        column->width = width_of(column->is_list ? fields[i].item : column->format);
        column->has_offsets =
            strchr("uz", column->format[0]) || (column->is_list && column->fixed < 0);
        if (!begin_offsets(column)) {
            arrow_table_free(table);
            return fail(why, STATUS_NO_MEMORY, "out of memory for a table");
        }
    }
    *out = table;
    return STATUS_OK;
}

static void *hand_over(struct buffer *buffer) {
    void *data = buffer->data;
    if (data != NULL)
        *buffer = (struct buffer){.last = buffer->size};
    return data;
}

static void column_clear(struct column *column) {
    free(hand_over(&column->valid));
    free(hand_over(&column->offsets));
    free(hand_over(&column->values));
    column->rows = column->nulls = column->items = 0;
}

void arrow_table_free(struct arrow_table *table) {
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        column_clear(&table->columns[i]);
    free(table->columns);
    free(table);
}

/* Sets the validity bit of the row that is being put, and counts the row. */
static bool count_row(struct column *column, bool valid) {
    int64_t row = column->rows++;
    if (row % 8 == 0 && !append(&column->valid, NULL, 1))
        return false;
    if (valid)
        column->valid.data[row / 8] = (char)(column->valid.data[row / 8] | 1 << (row % 8));
    else
        column->nulls++;
    return true;
}

static bool end_offset(struct column *column) {
    if (!column->has_offsets)
        return true;
    if (column->items > INT32_MAX)
        return false;
    int32_t end = (int32_t)column->items;
    return append(&column->offsets, &end, sizeof end);
}

static void put(struct arrow_table *table, size_t at, const void *data, size_t items) {
    struct column *column = &table->columns[at];
    bool done = append(&column->values, data, items * column->width);
    column->items += (int64_t)items;
    if (!done || !end_offset(column) || !count_row(column, true))
        table->failed = true;
}

void arrow_put_integer(struct arrow_table *table, size_t at, int64_t value) {
    put(table, at, &value, 1); /* little-endian: the low bytes come first */
}

void arrow_put_real(struct arrow_table *table, size_t at, double value) {
    float narrow = (float)value;
    if (table->columns[at].format[0] == 'f')
        put(table, at, &narrow, 1);
    else
        put(table, at, &value, 1);
}

void arrow_put_bytes(struct arrow_table *table, size_t at, const void *bytes, size_t length) {
    put(table, at, bytes, length);
}

void arrow_put_text(struct arrow_table *table, size_t at, const char *text) {
    put(table, at, text, strlen(text));
}

void arrow_put_list(struct arrow_table *table, size_t at, const void *items, size_t count) {
    put(table, at, items, count);
}

void arrow_put_null(struct arrow_table *table, size_t at) {
    struct column *column = &table->columns[at];
    size_t items = column->has_offsets ? 0 : column->fixed >= 0 ? (size_t)column->fixed : 1;
    bool done = append(&column->values, NULL, items * column->width);
    column->items += (int64_t)items;
    if (!done || !end_offset(column) || !count_row(column, false))
        table->failed = true;
}

int arrow_table_end_row(struct arrow_table *table, struct failure *why) {
    if (table->failed)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a batch of %lld rows",
                    (long long)table->rows);
    table->rows++;
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].rows != table->rows)
            abort(); /* the caller forgot a column, or gave one twice */
    return STATUS_OK;
}

size_t arrow_table_rows(const struct arrow_table *table) {
    return (size_t)table->rows;
}

size_t arrow_table_bytes(const struct arrow_table *table) {
    size_t bytes = 0;
    for (size_t i = 0; i < table->count; i++)
        bytes += table->columns[i].values.size;
    return bytes;
}

/* ---- arrays ---- */

static void array_release(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i] && array->children[i]->release)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->children);
    for (int64_t i = 0; array->buffers && i < array->n_buffers; i++)
        free((void *)array->buffers[i]);
    free(array->buffers);
    array->release = NULL;
}

bool arrow_array_make(struct ArrowArray *out, int64_t length, size_t buffers, size_t children) {
    memset(out, 0, sizeof *out);
    out->release = array_release;
    out->length = length;
    out->buffers = calloc(buffers, sizeof *out->buffers);
    out->n_buffers = out->buffers ? (int64_t)buffers : 0;
    out->children = calloc(children ? children : 1, sizeof *out->children);
    for (size_t i = 0; out->children && i < children; i++, out->n_children++)
        if ((out->children[i] = calloc(1, sizeof **out->children)) == NULL)
            return false;
    return out->buffers && out->children;
}

/* Moves one column out.  An empty value buffer gets an address, as some readers want one. */
static bool column_take(struct column *column, struct ArrowArray *out) {
    size_t buffers = column->is_list ? (column->has_offsets ? 2 : 1) : column->has_offsets ? 3 : 2;
    if (!arrow_array_make(out, column->rows, buffers, column->is_list) ||
        !append(&column->values, NULL, 8))
        return false;
    out->null_count = column->nulls;
    int64_t items = column->items;
    struct ArrowArray *holder = out;
    size_t at = 1;
    if (column->nulls > 0)
        out->buffers[0] = hand_over(&column->valid);
    if (column->has_offsets)
        out->buffers[at++] = hand_over(&column->offsets);
    if (column->is_list) {
        holder = out->children[0];
        at = 1;
        if (!arrow_array_make(holder, items, 2, 0))
            return false;
    }
    holder->buffers[at] = hand_over(&column->values);
    column_clear(column);
    return begin_offsets(column);
}

int arrow_table_take(struct arrow_table *table, struct ArrowArray *out, struct failure *why) {
    bool taken = arrow_array_make(out, table->rows, 1, table->count);
    for (size_t i = 0; taken && i < table->count; i++)
        taken = column_take(&table->columns[i], out->children[i]);
    if (taken) {
        table->rows = 0;
        return STATUS_OK;
    }
    array_release(out);
    table->failed = true;
    return fail(why, STATUS_NO_MEMORY, "out of memory for a batch");
}

/* ---- rows by number ---- */

static bool fields_of(const struct ArrowSchema *schema, struct arrow_field *fields) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *column = schema->children[i];
        if (column->format[0] == '+' && column->n_children != 1)
            return false;
        fields[i] = (struct arrow_field){
            .name = column->name,
            .format = column->format,
            .item = column->n_children == 1 ? column->children[0]->format : NULL,
            .nullable = (column->flags & ARROW_FLAG_NULLABLE) != 0};
    }
    return true;
}

int arrow_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *schema,
                      struct failure *why) {
    size_t columns = (size_t)schema->n_children;
    struct arrow_field *fields = calloc(columns + 1, sizeof *fields);
    if (fields == NULL || !fields_of(schema, fields)) {
        free(fields);
        return fail(why, STATUS_NO_MEMORY, "cannot copy this schema");
    }
    int status = arrow_schema_make(out, fields, columns, NULL, why);
    free(fields);
    return status;
}

static void copy_value(struct arrow_table *table, size_t at, const struct ArrowArray *values,
                       int64_t row) {
    const struct column *column = &table->columns[at];
    const uint8_t *valid = values->buffers[0];
    int64_t from = row + values->offset, first = from, items = 1;
    if (valid && !((valid[from / 8] >> (from % 8)) & 1)) {
        arrow_put_null(table, at);
        return;
    }
    if (column->has_offsets) {
        const int32_t *offsets = values->buffers[1];
        first = offsets[from];
        items = offsets[from + 1] - first;
    } else if (column->fixed >= 0) {
        items = column->fixed;
        first = from * items;
    }
    const struct ArrowArray *holder = column->is_list ? values->children[0] : values;
    const char *data = holder->buffers[column->is_list || !column->has_offsets ? 1 : 2];
    if (column->is_list)
        first += holder->offset;
    put(table, at, data + (size_t)first * column->width, (size_t)items);
}

int arrow_take_rows(const struct ArrowSchema *schema, const struct ArrowArray *array,
                    const int64_t *rows, size_t count, struct ArrowSchema *schema_out,
                    struct ArrowArray *array_out, struct failure *why) {
    size_t columns = (size_t)schema->n_children;
    struct arrow_field *fields = calloc(columns ? columns : 1, sizeof *fields);
    struct arrow_table *table = NULL;
    schema_out->release = NULL;
    int status = STATUS_OK;
    if (fields == NULL || !fields_of(schema, fields))
        status = fail(why, STATUS_NO_MEMORY, "cannot copy rows of this batch");
    if (status == STATUS_OK)
        status = arrow_table_new(&table, fields, columns, why);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        for (size_t c = 0; c < columns; c++)
            copy_value(table, c, array->children[c], rows[i] + array->offset);
        status = arrow_table_end_row(table, why);
    }
    if (status == STATUS_OK)
        status = arrow_schema_make(schema_out, fields, columns, schema->metadata, why);
    if (status == STATUS_OK)
        status = arrow_table_take(table, array_out, why);
    if (status != STATUS_OK && schema_out->release)
        schema_out->release(schema_out);
    arrow_table_free(table);
    free(fields);
    return status;
}
