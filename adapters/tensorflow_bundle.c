/* SPDX-License-Identifier: MIT
 *
 * TensorFlow checkpoints: spec networks, 4.3 and 6.  The index is a table of blocks of sorted
 * entries, keys cut by what they share with the one before; each value is a protocol buffer that
 * says where a tensor lies.  Every block and every tensor has a CRC-32C, and all are checked. */
#include "adapters/tensorflow_bundle.h"

#include "core/networks/elements.h"
#include "core/networks/from_keras.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOOTER = 48,
    BLOCK_TRAILER = 5, /* compression and CRC */
    INDEX_MAX = 4 << 20,
    KEY_MAX = 1024,
    SHARDS_MAX = 1024,
    PARTS_MAX = 4 /* components of a key's tail that are looked at */
};

static const uint8_t magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};

/* Bytes that are read from the front. */
struct span {
    const uint8_t *at, *end;
};

static size_t left(const struct span *span) {
    return (size_t)(span->end - span->at);
}

static uint32_t little32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Seven bits a byte, low ones first; false at the end of the span or beyond 64 bits. */
static bool take_varint(struct span *span, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        uint8_t byte = *span->at++;
        *value |= (uint64_t)(byte & 127U) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

static bool take_span(struct span *span, uint64_t size, struct span *taken) {
    if (size > left(span))
        return false;
    *taken = (struct span){span->at, span->at + size};
    span->at += size;
    return true;
}

/* ---- CRC-32C ------------------------------------------------------------------------------- */

/* One table per reading: 1024 steps to fill it. */
static void crc_table(uint32_t table[256]) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;
        for (int bit = 0; bit < 8; bit++)
            c = (c >> 1) ^ (0x82f63b78U & (0U - (c & 1U)));
        table[n] = c;
    }
}

static uint32_t masked_crc(const uint32_t table[256], const uint8_t *bytes, size_t size) {
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        c = table[(c ^ bytes[i]) & 255U] ^ (c >> 8);
    c ^= UINT32_MAX;
    return ((c >> 15) | (c << 17)) + 0xa282ead8U;
}

/* ---- the table ----------------------------------------------------------------------------- */

struct bundle {
    struct span index;
    uint32_t crc[256];
    uint64_t shard_count;
    const struct shard *shards; /* NULL while only the header is wanted */
    struct weights *weights;
};

/* What is called for each entry of a block. */
typedef int (*each_entry)(struct bundle *bundle, const char *key, struct span value,
                          struct failure *why);

static int damaged(const char *what, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "the checkpoint's index is damaged (%s)", what);
}

static int find_block(struct bundle *b, struct span handle, struct span *block,
                      struct failure *why) {
    uint64_t offset, size, room = left(&b->index);
    if (!take_varint(&handle, &offset) || !take_varint(&handle, &size) || offset > room ||
        room - offset < BLOCK_TRAILER || size > room - offset - BLOCK_TRAILER)
        return damaged("a block lies outside", why);
    const uint8_t *at = b->index.at + offset;
    if (masked_crc(b->crc, at, (size_t)size + 1) != little32(at + size + 1))
        return damaged("CRC-32C of a block", why);
    if (at[size] != 0)
        return fail(why, STATUS_UNSUPPORTED,
                    "the checkpoint's index is compressed, which TensorFlow does not do");
    if (size < 4)
        return damaged("an empty block", why);
    uint64_t restarts = little32(at + size - 4);
    if (restarts > (size - 4) / 4)
        return damaged("restart points", why);
    *block = (struct span){at, at + size - 4 - 4 * restarts};
    return STATUS_OK;
}

static int walk_block(struct bundle *b, struct span block, each_entry each, struct failure *why) {
    char key[KEY_MAX + 1] = "";
    size_t key_length = 0;
    while (block.at < block.end) {
        uint64_t shared, own, size;
        struct span rest, value;
        if (!take_varint(&block, &shared) || !take_varint(&block, &own) ||
            !take_varint(&block, &size) || shared > key_length || own > KEY_MAX - shared ||
            !take_span(&block, own, &rest) || !take_span(&block, size, &value))
            return damaged("an entry", why);
        memcpy(key + shared, rest.at, (size_t)own);
        key_length = (size_t)(shared + own);
        key[key_length] = '\0';
        /* Keys of cut tensors begin with a zero byte and read as empty here, like the header's;
         * the tensor they belong to says that it is cut. */
        bool cut = key_length > 0 && key[0] == '\0';
        int status = cut ? STATUS_OK : each(b, key, value, why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- entries ------------------------------------------------------------------------------- */

struct field {
    uint64_t number, value;
    struct span bytes;
};

/* The next field of a protocol buffer; STATUS_END behind the last. */
static int next_field(struct span *message, struct field *field, struct failure *why) {
    uint64_t tag, size;
    if (message->at == message->end)
        return STATUS_END;
    *field = (struct field){0};
    if (!take_varint(message, &tag))
        return damaged("a field", why);
    field->number = tag >> 3;
    bool done = false;
    switch (tag & 7) {
    case 0:
        done = take_varint(message, &field->value);
        break;
    case 1:
        done = take_span(message, 8, &field->bytes);
        break;
    case 2:
        done = take_varint(message, &size) && take_span(message, size, &field->bytes);
        break;
    case 5:
        done = take_span(message, 4, &field->bytes);
        if (done)
            field->value = little32(field->bytes.at);
        break;
    default:
        break;
    }
    return done ? STATUS_OK : damaged("a field", why);
}

struct entry {
    uint64_t type, shard, offset, size;
    uint32_t crc;
    bool cut;
    size_t rank, shape[TENSOR_RANK_MAX];
};

static int read_shape(struct span message, struct entry *entry, const char *key,
                      struct failure *why) {
    struct field field, size;
    int status;
    while ((status = next_field(&message, &field, why)) == STATUS_OK) {
        if (field.number != 2)
            continue;
        if (entry->rank == TENSOR_RANK_MAX)
            return fail(why, STATUS_BAD_INPUT, "%s has more than four axes", key);
        uint64_t length = 0;
        while ((status = next_field(&field.bytes, &size, why)) == STATUS_OK)
            length = size.number == 1 ? size.value : length;
        if (status != STATUS_END)
            return status;
        entry->shape[entry->rank++] = length > SIZE_MAX / 2 ? 0 : (size_t)length;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static int read_entry(struct span message, struct entry *entry, const char *key,
                      struct failure *why) {
    struct field field;
    int status;
    *entry = (struct entry){0};
    while ((status = next_field(&message, &field, why)) == STATUS_OK) {
        switch (field.number) {
        case 1:
            entry->type = field.value;
            break;
        case 2:
            status = read_shape(field.bytes, entry, key, why);
            if (status != STATUS_OK)
                return status;
            break;
        case 3:
            entry->shard = field.value;
            break;
        case 4:
            entry->offset = field.value;
            break;
        case 5:
            entry->size = field.value;
            break;
        case 6:
            entry->crc = (uint32_t)field.value;
            break;
        case 7:
            entry->cut = true;
            break;
        default:
            break;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- tensors ------------------------------------------------------------------------------- */

/* The last components of a path, last first. */
struct tail {
    size_t count;
    char part[PARTS_MAX][KEY_MAX + 1];
};

static void split_tail(const char *path, size_t length, struct tail *tail) {
    tail->count = 0;
    while (length > 0 && tail->count < PARTS_MAX) {
        size_t begin = length;
        while (begin > 0 && path[begin - 1] != '/')
            begin--;
        memcpy(tail->part[tail->count], path + begin, length - begin);
        tail->part[tail->count++][length - begin] = '\0';
        length = begin > 0 ? begin - 1 : 0;
    }
}

static bool starts(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_dense(const char *part) {
    return strcmp(part, "L4") == 0 || starts(part, "L5_") ||
           (starts(part, "Y_") && strstr(part, "_logits") != NULL);
}

static bool is_stage(const char *part) {
    return strcmp(part, "conv1") == 0 || strcmp(part, "conv3") == 0 || strcmp(part, "conv5") == 0;
}

/* The layer's name in the manner of from_keras.h; false for keys that are no weights. */
static bool layer_of(const char *key, char *layer, size_t size, char *variable) {
    static const char end[] = "/.ATTRIBUTES/VARIABLE_VALUE";
    size_t length = strlen(key);
    if (length <= strlen(end) || strcmp(key + length - strlen(end), end) != 0 ||
        strstr(key, "/.OPTIMIZER_SLOT/") != NULL || starts(key, "optimizer/"))
        return false;
    struct tail tail;
    split_tail(key, length - strlen(end), &tail);
    if (tail.count < 2 || strlen(tail.part[0]) >= TENSOR_NAME_MAX)
        return false;
    memcpy(variable, tail.part[0], strlen(tail.part[0]) + 1);
    const char *first = NULL, *second = NULL;
    if (tail.count == 4 && starts(tail.part[3], "LSTM")) {
        first = tail.part[3];
        second = starts(tail.part[2], "forward") ? "forward" : "backward";
    } else if (tail.count == 4 && starts(tail.part[3], "res_block")) {
        first = tail.part[3];
        second = tail.part[1];
    } else if (tail.count >= 3 && is_stage(tail.part[2])) {
        first = tail.part[2];
        second = tail.part[1];
    } else if (is_dense(tail.part[1])) {
        first = tail.part[1];
    }
    if (first == NULL || strlen(first) + (second == NULL ? 0 : strlen(second)) + 2 > size)
        return false;
    size_t used = strlen(first);
    memcpy(layer, first, used + 1);
    if (second != NULL) {
        layer[used] = '/';
        memcpy(layer + used + 1, second, strlen(second) + 1);
    }
    return true;
}

static int element_of(uint64_t type, enum element *element) {
    switch (type) {
    case 1:
        *element = ELEMENT_FLOAT32;
        return STATUS_OK;
    case 2:
        *element = ELEMENT_FLOAT64;
        return STATUS_OK;
    case 14:
        *element = ELEMENT_BFLOAT16;
        return STATUS_OK;
    case 19:
        *element = ELEMENT_FLOAT16;
        return STATUS_OK;
    default:
        return STATUS_UNSUPPORTED;
    }
}

/* Checks that the entry's bytes are there and whole. */
static int locate(const struct bundle *b, const struct entry *entry, enum element element,
                  const char *key, const uint8_t **bytes, struct failure *why) {
    if (entry->cut)
        return fail(why, STATUS_UNSUPPORTED,
                    "%s is cut into slices; save the checkpoint without partitioning", key);
    if (entry->shard >= b->shard_count)
        return fail(why, STATUS_BAD_INPUT, "%s lies in a shard that there is not", key);
    const struct shard *shard = &b->shards[entry->shard];
    if (entry->offset > shard->size || entry->size > shard->size - entry->offset)
        return fail(why, STATUS_BAD_INPUT, "%s lies behind the end of its shard: cut off?", key);
    uint64_t bytes_needed = element_size(element);
    for (size_t axis = 0; axis < entry->rank; axis++) {
        if (entry->shape[axis] != 0 && bytes_needed > entry->size / entry->shape[axis])
            return fail(why, STATUS_BAD_INPUT, "%s has fewer bytes than its shape", key);
        bytes_needed *= entry->shape[axis];
    }
    if (bytes_needed != entry->size)
        return fail(why, STATUS_BAD_INPUT, "%s has not the bytes of its shape", key);
    *bytes = shard->bytes + entry->offset;
    if (masked_crc(b->crc, *bytes, (size_t)entry->size) != entry->crc)
        return fail(why, STATUS_BAD_INPUT, "%s is damaged (CRC-32C)", key);
    return STATUS_OK;
}

static int add_entry(struct bundle *b, const char *key, struct span value, struct failure *why) {
    char layer[TENSOR_NAME_MAX], variable[TENSOR_NAME_MAX];
    if (!layer_of(key, layer, sizeof layer, variable))
        return STATUS_OK;
    struct entry entry;
    int status = read_entry(value, &entry, key, why);
    if (status != STATUS_OK)
        return status;
    enum element element;
    if (element_of(entry.type, &element) != STATUS_OK)
        return fail(why, STATUS_UNSUPPORTED, "%s is of a type that is not read (%llu)", key,
                    (unsigned long long)entry.type);
    const uint8_t *bytes = NULL;
    status = locate(b, &entry, element, key, &bytes, why);
    if (status != STATUS_OK)
        return status;
    size_t count = (size_t)entry.size / element_size(element);
    float *values = malloc((count + 1) * sizeof *values);
    if (values == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory for %s", key);
    for (size_t i = 0; i < count; i++)
        values[i] = element_read(element, bytes + i * element_size(element));
    status = from_keras_add(b->weights, layer, variable, entry.rank, entry.shape, values, why);
    free(values);
    return status;
}

/* The header: number of shards, and whether numbers are little-endian. */
static int read_header(struct bundle *b, const char *key, struct span value, struct failure *why) {
    struct field field;
    int status;
    if (key[0] != '\0')
        return STATUS_OK;
    while ((status = next_field(&value, &field, why)) == STATUS_OK) {
        if (field.number == 1)
            b->shard_count = field.value;
        if (field.number == 2 && field.value != 0)
            return fail(why, STATUS_UNSUPPORTED, "the checkpoint is not little-endian");
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static int header_block(struct bundle *b, const char *key, struct span value, struct failure *why) {
    (void)key;
    struct span block;
    int status = find_block(b, value, &block, why);
    return status == STATUS_OK ? walk_block(b, block, read_header, why) : status;
}

static int data_block(struct bundle *b, const char *key, struct span value, struct failure *why) {
    (void)key;
    struct span block;
    int status = find_block(b, value, &block, why);
    return status == STATUS_OK ? walk_block(b, block, add_entry, why) : status;
}

/* Walks over all data blocks. */
static int walk(struct bundle *b, each_entry each_block, struct failure *why) {
    size_t size = left(&b->index);
    if (size < FOOTER || size > INDEX_MAX ||
        memcmp(b->index.end - sizeof magic, magic, sizeof magic) != 0)
        return fail(why, STATUS_BAD_INPUT, "this is no index of a TensorFlow checkpoint");
    struct span footer = {b->index.end - FOOTER, b->index.end - sizeof magic}, block;
    uint64_t skipped;
    if (!take_varint(&footer, &skipped) || !take_varint(&footer, &skipped))
        return damaged("footer", why);
    int status = find_block(b, footer, &block, why);
    return status == STATUS_OK ? walk_block(b, block, each_block, why) : status;
}

int tensorflow_bundle_shards(const uint8_t *index, size_t size, size_t *shards,
                             struct failure *why) {
    struct bundle b = {.index = {index, index + size}};
    crc_table(b.crc);
    int status = walk(&b, header_block, why);
    if (status == STATUS_OK && (b.shard_count == 0 || b.shard_count > SHARDS_MAX))
        return damaged("number of shards", why);
    *shards = (size_t)b.shard_count;
    return status;
}

struct weights *tensorflow_bundle_read(const uint8_t *index, size_t size,
                                       const struct shard *shards, size_t shard_count,
                                       struct failure *why) {
    struct bundle b = {.index = {index, index + size}, .shard_count = shard_count};
    b.shards = shards;
    crc_table(b.crc);
    b.weights = weights_new(why);
    if (b.weights == NULL || walk(&b, data_block, why) != STATUS_OK) {
        weights_free(b.weights);
        return NULL;
    }
    return b.weights;
}
