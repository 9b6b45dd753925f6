/* SPDX-License-Identifier: MIT
 *
 * The reader of .pt files.  The first byte says how the rest is meant: as a whole archive, or as
 * the pickle of an archive that is right otherwise (whose checksum a fuzzer would not find). */
#include "adapters/torch_zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(uint8_t *to, size_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* Adds a stored member to the archive at `bytes` and its entry to the directory. */
static void add_member(uint8_t *bytes, size_t *size, uint8_t *directory, size_t *directory_size,
                       const char *name, const uint8_t *payload, size_t payload_size) {
    size_t length = strlen(name);
    uint8_t *local = bytes + *size, *entry = directory + *directory_size;
    memcpy(local, "PK\3\4", 4);
    put(local + 26, length, 2);
    memcpy(local + 30, name, length);
    memcpy(local + 30 + length, payload, payload_size);
    memcpy(entry, "PK\1\2", 4);
    put(entry + 16, crc32(0, payload, (uInt)payload_size), 4);
    put(entry + 20, payload_size, 4);
    put(entry + 24, payload_size, 4);
    put(entry + 28, length, 2);
    put(entry + 42, *size, 4);
    memcpy(entry + 46, name, length);
    *size += 30 + length + payload_size;
    *directory_size += 46 + length;
}

static void read_all(const uint8_t *bytes, size_t size) {
    struct failure why = {0};
    struct weights *weights = torch_zip_read(bytes, size, &why);
    if ((weights == NULL) != (why.code != STATUS_OK))
        abort();
    weights_free(weights);
}

static void read_pickle(const uint8_t *pickle, size_t pickle_size) {
    static const uint8_t storage[64] = {0, 0, 128, 63};
    uint8_t directory[256] = {0}, *bytes = calloc(1, pickle_size + 1024);
    size_t size = 0, directory_size = 0;
    add_member(bytes, &size, directory, &directory_size, "r/data.pkl", pickle, pickle_size);
    add_member(bytes, &size, directory, &directory_size, "r/data/0", storage, sizeof storage);
    uint8_t *end = bytes + size + directory_size;
    memcpy(bytes + size, directory, directory_size);
    memcpy(end, "PK\5\6", 4);
    put(end + 10, 2, 2);
    put(end + 16, size, 4);
    /* Exactly as long as it is, so that a sanitizer sees every step beyond. */
    uint8_t *exact = malloc(size + directory_size + 22);
    memcpy(exact, bytes, size + directory_size + 22);
    read_all(exact, size + directory_size + 22);
    free(exact);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    if (data[0] == 'P')
        read_pickle(data + 1, size - 1);
    else
        read_all(data + 1, size - 1);
    return 0;
}
