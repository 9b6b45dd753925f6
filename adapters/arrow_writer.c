/* SPDX-License-Identifier: MIT
 *
 * Arrow messages from the C structs. */
#include "adapters/arrow_writer.h"

#include "adapters/arrow_message.h"
#include "adapters/arrow_table.h"
#include "adapters/flatbuffer.h"

#include <stdlib.h>

static int out_of_memory(struct failure *why) {
    return fail(why, STATUS_NO_MEMORY, "out of memory for an Arrow message");
}

/* ---- schemas ---- */

/* The message's own table; returns the place of the reference to the header. */
static size_t begin_message(struct flat_writer *writer, uint8_t header_type, size_t body) {
    static const uint8_t SIZES[MESSAGE_FIELDS] = {2, 1, 4, 8};
    size_t at[MESSAGE_FIELDS];
    flat_begin(writer);
    flat_table(writer, 0, SIZES, MESSAGE_FIELDS, at);
    flat_set(writer, at[MESSAGE_VERSION], METADATA_VERSION_5, 2);
    flat_set(writer, at[MESSAGE_HEADER_TYPE], header_type, 1);
    flat_set(writer, at[MESSAGE_BODY_LENGTH], body, 8);
    return at[MESSAGE_HEADER];
}

static void write_type(struct flat_writer *writer, size_t kind_at, size_t from,
                       const char *format) {
    static const char INTEGERS[] = "cCsSiIlL";
    static const uint8_t NONE[1] = {0}, INT[2] = {4, 1}, ONE_SHORT[1] = {2}, ONE_INT[1] = {4};
    size_t at[2];
    uint8_t kind = format[0] == 'u' ? TYPE_UTF8 : format[0] == 'z' ? TYPE_BINARY : TYPE_LIST;
    if (strchr(INTEGERS, format[0])) {
        kind = TYPE_INT;
        flat_table(writer, from, INT, 2, at);
        flat_set(writer, at[0], 8 * arrow_width(format), 4);
        flat_set(writer, at[1], (strchr(INTEGERS, format[0]) - INTEGERS) % 2 == 0, 1);
    } else if (arrow_width(format) > 0) {
        kind = TYPE_FLOAT;
        flat_table(writer, from, ONE_SHORT, 1, at);
        flat_set(writer, at[0], format[0] == 'f' ? 1 : 2, 2);
    } else if (strncmp(format, "+w:", 3) == 0) {
        kind = TYPE_FIXED_LIST;
        flat_table(writer, from, ONE_INT, 1, at);
        flat_set(writer, at[0], strtoul(format + 3, NULL, 10), 4);
    } else {
        flat_table(writer, from, NONE, 0, at);
    }
    flat_set(writer, kind_at, kind, 1);
}

/* A column, and the items of a list as its child. */
static void write_column(struct flat_writer *writer, size_t from,
                         const struct ArrowSchema *column) {
    static const uint8_t SIZES[COLUMN_FIELDS] = {4, 1, 1, 4, 0, 4};
    for (; column != NULL; column = arrow_is_list(column->format) ? column->children[0] : NULL) {
        size_t at[COLUMN_FIELDS];
        const char *name = column->name ? column->name : "";
        flat_table(writer, from, SIZES, COLUMN_FIELDS, at);
        flat_string(writer, at[COLUMN_NAME], name, strlen(name));
        flat_set(writer, at[COLUMN_NULLABLE], (column->flags & ARROW_FLAG_NULLABLE) != 0, 1);
        write_type(writer, at[COLUMN_TYPE_TYPE], at[COLUMN_TYPE], column->format);
        from = flat_vector(writer, at[COLUMN_CHILDREN], arrow_is_list(column->format), 4, 4);
    }
}

static void write_metadata(struct flat_writer *writer, size_t from, const char *metadata) {
    static const uint8_t SIZES[PAIR_FIELDS] = {4, 4};
    int32_t pairs = 0, length;
    memcpy(&pairs, metadata, sizeof pairs);
    metadata += sizeof pairs;
    size_t items = flat_vector(writer, from, (size_t)pairs, 4, 4);
    for (int32_t i = 0; i < pairs; i++) {
        size_t at[PAIR_FIELDS];
        flat_table(writer, items + 4 * (size_t)i, SIZES, PAIR_FIELDS, at);
        for (size_t part = 0; part < PAIR_FIELDS; part++) {
            memcpy(&length, metadata, sizeof length);
            flat_string(writer, at[part], metadata + sizeof length, (size_t)length);
            metadata += sizeof length + (size_t)length;
        }
    }
}

static bool column_is_ours(const struct ArrowSchema *column) {
    const char *format = column->format;
    if (column->dictionary != NULL)
        return false;
    if (arrow_is_list(format))
        return (strcmp(format, "+l") == 0 || strncmp(format, "+w:", 3) == 0) &&
               column->n_children == 1 && arrow_width(column->children[0]->format) > 0;
    return arrow_width(format) > 0 || arrow_has_offsets(format);
}

static int check_columns(const struct ArrowSchema *schema, struct failure *why) {
    if (strcmp(schema->format, "+s") != 0 || schema->n_children > ARROW_COLUMNS_MAX)
        return fail(why, STATUS_UNSUPPORTED, "a batch that is no table of at most %d columns",
                    ARROW_COLUMNS_MAX);
    for (int64_t i = 0; i < schema->n_children; i++)
        if (!column_is_ours(schema->children[i]))
            return fail(why, STATUS_UNSUPPORTED,
                        "column '%s' is of a type (%s) that does not travel",
                        schema->children[i]->name, schema->children[i]->format);
    return STATUS_OK;
}

/* Puts the prefix before the metadata and `body` zeros behind it; where the body begins. */
static int finish_message(struct flat_writer *writer, size_t body, uint8_t **bytes, size_t *size,
                          struct failure *why) {
    static const uint32_t CONTINUES = UINT32_MAX;
    flat_pad(writer, ALIGNMENT);
    uint32_t metadata = (uint32_t)writer->size;
    *bytes = writer->failed ? NULL : malloc(PREFIX + metadata + body);
    *size = PREFIX + metadata + body;
    if (*bytes != NULL) {
        memcpy(*bytes, &CONTINUES, sizeof CONTINUES);
        memcpy(*bytes + sizeof CONTINUES, &metadata, sizeof metadata);
        memcpy(*bytes + PREFIX, writer->bytes, metadata);
    }
    free(writer->bytes);
    return *bytes ? STATUS_OK : out_of_memory(why);
}

int arrow_write_schema(uint8_t **bytes, size_t *size, const struct ArrowSchema *schema,
                       struct failure *why) {
    static const uint8_t SIZES[SCHEMA_FIELDS] = {2, 4, 4};
    size_t at[SCHEMA_FIELDS], count = (size_t)schema->n_children;
    struct flat_writer writer = {0};
    int status = check_columns(schema, why);
    if (status != STATUS_OK)
        return status;
    flat_table(&writer, begin_message(&writer, HEADER_SCHEMA, 0), SIZES, SCHEMA_FIELDS, at);
    size_t columns = flat_vector(&writer, at[SCHEMA_COLUMNS], count, 4, 4);
    for (size_t i = 0; i < count; i++)
        write_column(&writer, columns + 4 * i, schema->children[i]);
    if (schema->metadata != NULL)
        write_metadata(&writer, at[SCHEMA_METADATA], schema->metadata);
    else
        flat_vector(&writer, at[SCHEMA_METADATA], 0, 4, 4);
    return finish_message(&writer, 0, bytes, size, why);
}

/* ---- rows ---- */

/* The buffers of a batch in the order of the body, and the nodes (rows and nulls per column). */
struct layout {
    size_t node_count, buffer_count, body;
    int64_t nodes[2 * ARROW_COLUMNS_MAX][2];
    const void *buffers[3 * ARROW_COLUMNS_MAX];
    size_t sizes[3 * ARROW_COLUMNS_MAX];
};

static size_t padded(size_t size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void lay_buffer(struct layout *layout, const void *bytes, size_t size) {
    layout->buffers[layout->buffer_count] = bytes;
    layout->sizes[layout->buffer_count++] = size;
    layout->body += padded(size);
}

static int64_t count_nulls(const uint8_t *valid, int64_t rows) {
    int64_t nulls = 0;
    for (int64_t row = 0; valid != NULL && row < rows; row++)
        nulls += !((valid[row / 8] >> (row % 8)) & 1);
    return nulls;
}

static void lay_column(struct layout *layout, const char *format, const char *item,
                       const struct ArrowArray *column, int64_t rows) {
    int64_t nulls = count_nulls(column->buffers[0], rows), items = rows;
    size_t buffer = 1;
    layout->nodes[layout->node_count][0] = rows;
    layout->nodes[layout->node_count++][1] = nulls;
    lay_buffer(layout, column->buffers[0], nulls ? ((size_t)rows + 7) / 8 : 0);
    if (arrow_has_offsets(format)) {
        const int32_t *offsets = column->buffers[buffer++];
        lay_buffer(layout, offsets, ((size_t)rows + 1) * sizeof *offsets);
        items = offsets[rows];
    } else if (arrow_is_list(format)) {
        items = rows * strtoll(format + 3, NULL, 10);
    }
    if (arrow_is_list(format))
        lay_column(layout, item, NULL, column->children[0], items);
    else
        lay_buffer(layout, column->buffers[buffer],
                   (size_t)items * (arrow_has_offsets(format) ? 1 : arrow_width(format)));
}

static int write_batch(const struct layout *layout, int64_t rows, uint8_t **bytes, size_t *size,
                       struct failure *why) {
    static const uint8_t SIZES[BATCH_FIELDS] = {8, 4, 4};
    size_t at[BATCH_FIELDS], place = 0;
    struct flat_writer writer = {0};
    flat_table(&writer, begin_message(&writer, HEADER_BATCH, layout->body), SIZES, BATCH_FIELDS,
               at);
    flat_set(&writer, at[BATCH_LENGTH], (uint64_t)rows, 8);
    size_t nodes = flat_vector(&writer, at[BATCH_NODES], layout->node_count, NODE_SIZE, 8);
    for (size_t i = 0; i < layout->node_count; i++) {
        flat_set(&writer, nodes + NODE_SIZE * i, (uint64_t)layout->nodes[i][0], 8);
        flat_set(&writer, nodes + NODE_SIZE * i + 8, (uint64_t)layout->nodes[i][1], 8);
    }
    size_t buffers = flat_vector(&writer, at[BATCH_BUFFERS], layout->buffer_count, BUFFER_SIZE, 8);
    for (size_t i = 0; i < layout->buffer_count; i++) {
        flat_set(&writer, buffers + BUFFER_SIZE * i, place, 8);
        flat_set(&writer, buffers + BUFFER_SIZE * i + 8, layout->sizes[i], 8);
        place += padded(layout->sizes[i]);
    }
    int status = finish_message(&writer, layout->body, bytes, size, why);
    if (status != STATUS_OK)
        return status;
    uint8_t *body = *bytes + *size - layout->body;
    for (size_t i = 0; i < layout->buffer_count; i++) {
        if (layout->sizes[i] > 0)
            memcpy(body, layout->buffers[i], layout->sizes[i]);
        memset(body + layout->sizes[i], 0, padded(layout->sizes[i]) - layout->sizes[i]);
        body += padded(layout->sizes[i]);
    }
    return STATUS_OK;
}

/* Whether every buffer of the array begins with its first row. */
static bool begins_at_zero(const struct ArrowSchema *schema, const struct ArrowArray *array) {
    bool zero = array->offset == 0;
    for (int64_t i = 0; i < array->n_children; i++) {
        const struct ArrowArray *column = array->children[i];
        zero = zero && column->offset == 0;
        if (arrow_is_list(schema->children[i]->format))
            zero = zero && column->children[0]->offset == 0;
        if (arrow_has_offsets(schema->children[i]->format))
            zero = zero && ((const int32_t *)column->buffers[1])[0] == 0;
    }
    return zero;
}

/* A slice, copied so that it begins at zero, and then written. */
static int write_slice(uint8_t **bytes, size_t *size, const struct ArrowSchema *schema,
                       const struct ArrowArray *array, struct failure *why) {
    int64_t *rows = calloc((size_t)array->length + 1, sizeof *rows);
    struct ArrowSchema copied_schema = {0};
    struct ArrowArray copied = {0};
    for (int64_t row = 0; rows && row < array->length; row++)
        rows[row] = row;
    int status = rows ? arrow_take_rows(schema, array, rows, (size_t)array->length, &copied_schema,
                                        &copied, why)
                      : out_of_memory(why);
    free(rows);
    if (status != STATUS_OK)
        return status;
    status = arrow_write_batch(bytes, size, &copied_schema, &copied, why);
    copied_schema.release(&copied_schema);
    copied.release(&copied);
    return status;
}

int arrow_write_batch(uint8_t **bytes, size_t *size, const struct ArrowSchema *schema,
                      const struct ArrowArray *array, struct failure *why) {
    struct layout layout = {0};
    int status = check_columns(schema, why);
    if (status != STATUS_OK)
        return status;
    if (!begins_at_zero(schema, array))
        return write_slice(bytes, size, schema, array, why);
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *column = schema->children[i];
        lay_column(&layout, column->format, column->n_children ? column->children[0]->format : NULL,
                   array->children[i], array->length);
    }
    return write_batch(&layout, array->length, bytes, size, why);
}
