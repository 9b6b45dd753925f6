/* SPDX-License-Identifier: MIT */
#include "adapters/flatbuffer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A table with a byte, a long, a text and a vector of three shorts. */
static struct flat_writer written(void) {
    static const uint8_t SIZES[] = {1, 8, 4, 0, 4};
    struct flat_writer writer = {0};
    size_t at[5];
    flat_begin(&writer);
    flat_table(&writer, 0, SIZES, 5, at);
    flat_set(&writer, at[0], 200, 1);
    flat_set(&writer, at[1], UINT64_C(1) << 60, 8);
    flat_string(&writer, at[2], "text", 4);
    size_t items = flat_vector(&writer, at[4], 3, 2, 2);
    for (size_t i = 0; i < 3; i++)
        flat_set(&writer, items + 2 * i, 10 * i, 2);
    cr_assert_not(writer.failed);
    return writer;
}

Test(flatbuffer, fields_come_back) {
    struct flat_writer writer = written();
    struct flat_reader reader = {writer.bytes, writer.size, false};
    size_t root = flat_root(&reader), length, count;
    cr_expect_eq(flat_number(&reader, root, 0, 1, 0), 200);
    cr_expect_eq(flat_number(&reader, root, 1, 8, 0), UINT64_C(1) << 60);
    cr_expect_eq(flat_number(&reader, root, 3, 4, 77), 77, "a field left out has its fallback");
    cr_expect_eq(flat_number(&reader, root, 9, 4, 78), 78, "so has one of a later version");
    const char *text = flat_string_of(&reader, root, 2, &length);
    cr_expect(length == 4 && memcmp(text, "text", 5) == 0);
    size_t items = flat_vector_of(&reader, root, 4, 2, &count);
    cr_expect_eq(count, 3);
    cr_expect_eq(flat_get(&reader, items + 4, 2), 20);
    cr_expect_not(reader.broken);
    free(writer.bytes);
}

Test(flatbuffer, numbers_are_aligned) {
    struct flat_writer writer = written();
    struct flat_reader reader = {writer.bytes, writer.size, false};
    size_t root = flat_root(&reader), count;
    cr_expect_eq(root % 8, 0);
    cr_expect_eq(flat_vector_of(&reader, root, 4, 2, &count) % 2, 0);
    free(writer.bytes);
}

Test(flatbuffer, nothing_is_read_beyond_the_end) {
    struct flat_writer writer = written();
    size_t whole = 0;
    for (size_t size = 0; size <= writer.size; size++) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, writer.bytes, size);
        struct flat_reader reader = {exact, size, false};
        size_t root = flat_root(&reader), length, count;
        flat_number(&reader, root, 1, 8, 0);
        flat_string_of(&reader, root, 2, &length);
        flat_vector_of(&reader, root, 4, 2, &count);
        whole += !reader.broken;
        free(exact);
    }
    cr_expect_eq(whole, 1, "only the whole buffer is whole");
    free(writer.bytes);
}
