/* SPDX-License-Identifier: MIT
 *
 * The reader of TensorFlow checkpoints.  The first byte says how the rest is meant: as a whole
 * index, or as the entries of its one data block (whose checksums a fuzzer would not find). */
#include "adapters/tensorflow_bundle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t masked_crc(const uint8_t *bytes, size_t size) {
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        c ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            c = (c >> 1) ^ (0x82f63b78U & (0U - (c & 1U)));
    }
    c ^= UINT32_MAX;
    return ((c >> 15) | (c << 17)) + 0xa282ead8U;
}

static void read_all(const uint8_t *index, size_t size) {
    static const uint8_t bytes[256];
    struct shard shards[2] = {{bytes, sizeof bytes}, {bytes, 16}};
    struct failure why = {0}, count_why = {0};
    size_t count;
    tensorflow_bundle_shards(index, size, &count, &count_why);
    struct weights *weights = tensorflow_bundle_read(index, size, shards, 2, &why);
    if ((weights == NULL) != (why.code != STATUS_OK))
        abort();
    weights_free(weights);
}

/* Writes entries, no restart points, no compression and the checksum; returns the size. */
static size_t put_block(uint8_t *to, const uint8_t *entries, size_t size) {
    memcpy(to, entries, size);
    memset(to + size, 0, 5);
    uint32_t crc = masked_crc(to, size + 5);
    for (size_t i = 0; i < 4; i++)
        to[size + 5 + i] = (uint8_t)(crc >> 8 * i);
    return size + 9;
}

static size_t put_varint(uint8_t *to, size_t value) {
    size_t n = 0;
    for (; value >= 128; value >>= 7)
        to[n++] = (uint8_t)(value | 128U);
    to[n++] = (uint8_t)value;
    return n;
}

static void read_entries(const uint8_t *entries, size_t entries_size) {
    static const uint8_t magic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
    uint8_t *index = calloc(1, entries_size + 256), handle[32] = {0}, footer[48] = {0};
    size_t size = put_block(index, entries, entries_size);
    handle[1] = 1; /* a key of one letter, and a handle of three to six bytes */
    handle[3] = 'z';
    handle[2] = (uint8_t)(1 + put_varint(handle + 5, entries_size + 4));
    size_t at = size, n = put_varint(footer + 2, at);
    n += put_varint(footer + 2 + n, (size_t)handle[2] + 4 + 4);
    size += put_block(index + size, handle, (size_t)handle[2] + 4);
    memcpy(footer + 40, magic, sizeof magic);
    memcpy(index + size, footer, sizeof footer);
    size += sizeof footer;
    uint8_t *exact = malloc(size);
    memcpy(exact, index, size);
    read_all(exact, size);
    free(exact);
    free(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    if (data[0] == 'E')
        read_entries(data + 1, size - 1);
    else
        read_all(data + 1, size - 1);
    return 0;
}
