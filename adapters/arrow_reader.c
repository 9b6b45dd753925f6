/* SPDX-License-Identifier: MIT
 *
 * Arrow messages to the C structs; nothing in them is believed. */
#include "adapters/arrow_reader.h"

#include "adapters/arrow_message.h"
#include "adapters/arrow_table.h"
#include "adapters/flatbuffer.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAIRS_MAX = 256, FORMAT_MAX = 24 };

static int out_of_memory(struct failure *why) {
    return fail(why, STATUS_NO_MEMORY, "out of memory for an Arrow message");
}

static int damaged(struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "the Arrow message is cut short or damaged");
}

/* ---- the message ---- */

struct message {
    struct flat_reader reader; /* of the metadata */
    size_t header;             /* its schema or batch */
    const uint8_t *body;
    size_t body_size;
};

static int open_message(struct message *message, const void *bytes, size_t size,
                        uint64_t header_type, struct failure *why) {
    const uint8_t *at = bytes;
    uint32_t continues = 0, metadata = 0;
    memset(message, 0, sizeof *message);
    if (size >= PREFIX) {
        memcpy(&continues, at, sizeof continues);
        memcpy(&metadata, at + sizeof continues, sizeof metadata);
    }
    if (continues != UINT32_MAX || metadata > size - PREFIX)
        return damaged(why);
    message->reader = (struct flat_reader){at + PREFIX, metadata, false};
    message->body = at + PREFIX + metadata;
    message->body_size = size - PREFIX - metadata;
    size_t root = flat_root(&message->reader);
    uint64_t version = flat_number(&message->reader, root, MESSAGE_VERSION, 2, 0);
    uint64_t type = flat_number(&message->reader, root, MESSAGE_HEADER_TYPE, 1, 0);
    uint64_t body = flat_number(&message->reader, root, MESSAGE_BODY_LENGTH, 8, 0);
    message->header = flat_table_of(&message->reader, root, MESSAGE_HEADER);
    if (message->reader.broken || body != message->body_size)
        return damaged(why);
    if (version != METADATA_VERSION_5)
        return fail(why, STATUS_UNSUPPORTED, "an Arrow message of another metadata version than 5");
    if (type != header_type || message->header == 0)
        return fail(why, STATUS_BAD_INPUT, "an Arrow message that is no %s",
                    header_type == HEADER_SCHEMA ? "schema" : "record batch");
    return STATUS_OK;
}

/* A copy that ends with a NUL; NULL where memory ran out. */
static char *copy_text(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (text != NULL) {
        if (length > 0)
            memcpy(text, bytes, length);
        text[length] = '\0';
    }
    return text;
}

/* The Arrow C format of a column's type; false where it is none of ours. */
static bool read_type(struct flat_reader *reader, size_t column, char format[FORMAT_MAX]) {
    uint64_t kind = flat_number(reader, column, COLUMN_TYPE_TYPE, 1, 0);
    size_t type = flat_table_of(reader, column, COLUMN_TYPE);
    uint64_t bits, length;
    format[0] = format[1] = '\0';
    switch (kind) {
    case TYPE_INT:
        bits = flat_number(reader, type, 0, 4, 0);
        for (size_t i = 0; i < 4; i++)
            if (bits == 8u << i)
                format[0] = "CSILcsil"[i + (flat_number(reader, type, 1, 1, 0) ? 4 : 0)];
        break;
    case TYPE_FLOAT:
        bits = flat_number(reader, type, 0, 2, 0);
        format[0] = bits == 1 ? 'f' : bits == 2 ? 'g' : '\0';
        break;
    case TYPE_BINARY:
    case TYPE_UTF8:
        format[0] = kind == TYPE_UTF8 ? 'u' : 'z';
        break;
    case TYPE_LIST:
        snprintf(format, FORMAT_MAX, "+l");
        break;
    case TYPE_FIXED_LIST:
        length = flat_number(reader, type, 0, 4, 0);
        if (length <= INT32_MAX)
            snprintf(format, FORMAT_MAX, "+w:%llu", (unsigned long long)length);
        break;
    default:
        break;
    }
    return format[0] != '\0' && flat_table_of(reader, column, COLUMN_DICTIONARY) == 0;
}

/* ---- schemas ---- */

/* What the fields of a schema point to while it is being made. */
struct columns {
    size_t count;
    struct arrow_field fields[ARROW_COLUMNS_MAX];
    char *names[ARROW_COLUMNS_MAX];
    char formats[ARROW_COLUMNS_MAX][FORMAT_MAX], items[ARROW_COLUMNS_MAX][FORMAT_MAX];
};

static int read_column(struct flat_reader *reader, size_t column, struct columns *columns,
                       struct failure *why) {
    size_t at = columns->count++, length = 0, children;
    const char *name = flat_string_of(reader, column, COLUMN_NAME, &length);
    char *format = columns->formats[at], *item = columns->items[at];
    if ((columns->names[at] = copy_text(name, length)) == NULL)
        return out_of_memory(why);
    bool ours = read_type(reader, column, format);
    size_t child = flat_vector_of(reader, column, COLUMN_CHILDREN, 4, &children);
    if (ours && arrow_is_list(format))
        ours = children == 1 && read_type(reader, flat_table_at(reader, child), item) &&
               arrow_width(item) > 0;
    if (reader->broken)
        return damaged(why);
    if (!ours)
        return fail(why, STATUS_UNSUPPORTED,
                    "column '%s' of the Arrow schema is of a type that no "
                    "stream has",
                    columns->names[at]);
    columns->fields[at] =
        (struct arrow_field){.name = columns->names[at],
                             .format = format,
                             .item = arrow_is_list(format) ? item : NULL,
                             .nullable = flat_number(reader, column, COLUMN_NULLABLE, 1, 0) != 0};
    return STATUS_OK;
}

/* The pairs of the schema's metadata in Arrow's coded form; *metadata stays NULL without any. */
static int read_metadata(struct flat_reader *reader, size_t schema, char **metadata,
                         struct failure *why) {
    size_t count, room = sizeof(int32_t);
    size_t items = flat_vector_of(reader, schema, SCHEMA_METADATA, 4, &count);
    if (count == 0)
        return STATUS_OK;
    if (count > PAIRS_MAX)
        return fail(why, STATUS_UNSUPPORTED, "an Arrow schema with more than %d pairs of metadata",
                    PAIRS_MAX);
    const char *texts[2 * PAIRS_MAX];
    size_t lengths[2 * PAIRS_MAX];
    for (size_t i = 0; i < 2 * count; i++) {
        size_t pair = flat_table_at(reader, items + 4 * (i / 2));
        texts[i] = flat_string_of(reader, pair, i % 2 ? PAIR_VALUE : PAIR_KEY, &lengths[i]);
        if (room + lengths[i] > 2 * reader->size + 4096) /* pairs that share one long text */
            reader->broken = true;
        if (reader->broken)
            return damaged(why);
        room += sizeof(int32_t) + lengths[i];
    }
    char *at = *metadata = malloc(room);
    if (at == NULL)
        return out_of_memory(why);
    int32_t number = (int32_t)count;
    memcpy(at, &number, sizeof number);
    at += sizeof number;
    for (size_t i = 0; i < 2 * count; i++) {
        number = (int32_t)lengths[i];
        memcpy(at, &number, sizeof number);
        if (lengths[i] > 0)
            memcpy(at + sizeof number, texts[i], lengths[i]);
        at += sizeof number + lengths[i];
    }
    return STATUS_OK;
}

int arrow_read_schema(struct ArrowSchema *out, const void *bytes, size_t size,
                      struct failure *why) {
    struct failure ignored = {0};
    struct message message;
    struct columns columns = {0};
    why = why ? why : &ignored;
    char *metadata = NULL;
    size_t count = 0;
    if (open_message(&message, bytes, size, HEADER_SCHEMA, why) != STATUS_OK)
        return why->code;
    struct flat_reader *reader = &message.reader;
    int status = STATUS_OK;
    size_t items = flat_vector_of(reader, message.header, SCHEMA_COLUMNS, 4, &count);
    if (count > ARROW_COLUMNS_MAX ||
        flat_number(reader, message.header, SCHEMA_ENDIANNESS, 2, 0) != 0)
        status = fail(why, STATUS_UNSUPPORTED,
                      "an Arrow schema that is big-endian or has more than %d columns",
                      ARROW_COLUMNS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = read_column(reader, flat_table_at(reader, items + 4 * i), &columns, why);
    if (status == STATUS_OK)
        status = read_metadata(reader, message.header, &metadata, why);
    if (status == STATUS_OK && reader->broken)
        status = damaged(why);
    if (status == STATUS_OK)
        status = arrow_schema_make(out, columns.fields, count, metadata, why);
    for (size_t i = 0; i < columns.count; i++)
        free(columns.names[i]);
    free(metadata);
    return status;
}

/* ---- rows ---- */

/* The nodes and buffers of a batch, taken one after the other. */
struct taking {
    struct message *message;
    size_t nodes, node_count, buffers, buffer_count;
};

/* A copy of the next buffer, of which `need` bytes must be there; NULL with `why` otherwise. */
static void *take_buffer(struct taking *taking, size_t need, struct failure *why) {
    struct flat_reader *reader = &taking->message->reader;
    size_t body = taking->message->body_size;
    if (taking->buffer_count == 0) {
        damaged(why);
        return NULL;
    }
    size_t place = (size_t)flat_get(reader, taking->buffers, 8);
    size_t size = (size_t)flat_get(reader, taking->buffers + 8, 8);
    taking->buffers += BUFFER_SIZE;
    taking->buffer_count--;
    if (place > body || size > body - place || need > size) {
        damaged(why);
        return NULL;
    }
    void *copy = malloc(need + 1);
    if (copy == NULL)
        out_of_memory(why);
    else if (need > 0)
        memcpy(copy, taking->message->body + place, need);
    return copy;
}

/* Offsets that rise from 0 or more; *items is the last.  An array without rows may lack them. */
static int32_t *take_offsets(struct taking *taking, int64_t rows, int64_t *items,
                             struct failure *why) {
    struct flat_reader *reader = &taking->message->reader;
    bool none = rows == 0 && taking->buffer_count > 0 &&
                flat_get(reader, taking->buffers + 8, 8) < sizeof(int32_t);
    size_t need = none ? 0 : ((size_t)rows + 1) * sizeof(int32_t);
    int32_t *offsets = take_buffer(taking, need, why);
    if (offsets == NULL)
        return NULL;
    if (none) {
        free(offsets);
        *items = 0;
        if ((offsets = calloc(1, sizeof *offsets)) == NULL)
            out_of_memory(why);
        return offsets;
    }
    bool rising = offsets[0] >= 0;
    for (int64_t row = 0; row < rows; row++)
        rising = rising && offsets[row] <= offsets[row + 1];
    *items = offsets[rows];
    if (rising)
        return offsets;
    free(offsets);
    damaged(why);
    return NULL;
}

/* The next node must be of `rows` rows (of at least so many, for the items of a list); the validity
 * that follows it, NULL where nothing is null. */
static int take_node(struct taking *taking, int64_t rows, bool at_least, int64_t *nulls,
                     void **valid, struct failure *why) {
    struct flat_reader *reader = &taking->message->reader;
    if (taking->node_count == 0)
        return damaged(why);
    int64_t length = (int64_t)flat_get(reader, taking->nodes, 8);
    *nulls = (int64_t)flat_get(reader, taking->nodes + 8, 8);
    taking->nodes += NODE_SIZE;
    taking->node_count--;
    if ((at_least ? length < rows : length != rows) || *nulls < 0 || *nulls > length)
        return damaged(why);
    *valid = take_buffer(taking, *nulls ? ((size_t)rows + 7) / 8 : 0, why);
    if (*valid != NULL && *nulls == 0) {
        free(*valid);
        *valid = NULL;
    }
    return why->code;
}

static int take_values(struct taking *taking, struct ArrowArray *column, size_t buffer,
                       int64_t items, size_t width, struct failure *why) {
    if ((uint64_t)items > taking->message->body_size / width)
        return damaged(why);
    column->buffers[buffer] = take_buffer(taking, (size_t)items * width, why);
    return why->code;
}

static int take_items(struct taking *taking, struct ArrowArray *column, int64_t items, size_t width,
                      struct failure *why) {
    void *valid = NULL;
    if (!arrow_array_make(column, items, 2, 0))
        return out_of_memory(why);
    if (take_node(taking, items, true, &column->null_count, &valid, why) != STATUS_OK)
        return why->code;
    column->buffers[0] = valid;
    if (column->null_count > 0)
        return fail(why, STATUS_UNSUPPORTED, "a list in an Arrow message has items that are null");
    return take_values(taking, column, 1, items, width, why);
}

static int take_column(struct taking *taking, struct ArrowArray *column,
                       const struct ArrowSchema *field, int64_t rows, struct failure *why) {
    bool list = arrow_is_list(field->format), offsets = arrow_has_offsets(field->format);
    void *valid = NULL;
    int64_t items = rows;
    if (!arrow_array_make(column, rows, (size_t)(1 + offsets + !list), list))
        return out_of_memory(why);
    if (take_node(taking, rows, false, &column->null_count, &valid, why) != STATUS_OK)
        return why->code;
    column->buffers[0] = valid;
    if (offsets) {
        if ((column->buffers[1] = take_offsets(taking, rows, &items, why)) == NULL)
            return why->code;
    } else if (list) {
        items = rows * strtoll(field->format + 3, NULL, 10); /* two factors below 2^31 */
    }
    if (list)
        return take_items(taking, column->children[0], items,
                          arrow_width(field->children[0]->format), why);
    return take_values(taking, column, 1 + (size_t)offsets, items,
                       offsets ? 1 : arrow_width(field->format), why);
}

int arrow_read_batch(struct ArrowArray *out, const void *bytes, size_t size,
                     const struct ArrowSchema *schema, struct failure *why) {
    struct failure ignored = {0};
    struct message message;
    why = why ? why : &ignored;
    if (open_message(&message, bytes, size, HEADER_BATCH, why) != STATUS_OK)
        return why->code;
    struct flat_reader *reader = &message.reader;
    struct taking taking = {.message = &message};
    int64_t rows = (int64_t)flat_number(reader, message.header, BATCH_LENGTH, 8, 0);
    taking.nodes =
        flat_vector_of(reader, message.header, BATCH_NODES, NODE_SIZE, &taking.node_count);
    taking.buffers =
        flat_vector_of(reader, message.header, BATCH_BUFFERS, BUFFER_SIZE, &taking.buffer_count);
    if (reader->broken || rows < 0 || rows >= INT32_MAX)
        return damaged(why);
    if (flat_table_of(reader, message.header, BATCH_COMPRESSION) != 0)
        return fail(why, STATUS_UNSUPPORTED, "an Arrow message with compressed buffers");
    if (!arrow_array_make(out, rows, 1, (size_t)schema->n_children)) {
        out->release(out);
        return out_of_memory(why);
    }
    int status = STATUS_OK;
    for (int64_t i = 0; status == STATUS_OK && i < schema->n_children; i++)
        status = take_column(&taking, out->children[i], schema->children[i], rows, why);
    if (status != STATUS_OK || reader->broken) {
        out->release(out);
        return damaged(why);
    }
    return STATUS_OK;
}
