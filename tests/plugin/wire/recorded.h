/* SPDX-License-Identifier: MIT
 *
 * The recorded sessions of tests/data/wire, message by message. */
#ifndef TESTS_PLUGIN_WIRE_RECORDED_H
#define TESTS_PLUGIN_WIRE_RECORDED_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVICE_SESSION TEST_DATA "/wire/session.txt"
#define SOURCE_SESSION  TEST_DATA "/wire/source.txt"

struct recorded {
    char direction; /* '>' to the service, '<' from it */
    uint8_t header[64], payload[8192];
    size_t payload_size;
};

static size_t read_hex(uint8_t *bytes, size_t room, const char *text) {
    size_t size = 0;
    unsigned byte;
    while (size < room && sscanf(text + 2 * size, "%2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    return size;
}

/* All messages; the caller frees them. */
static struct recorded *read_session(const char *path, size_t *count) {
    static char header[200], payload[20000];
    struct recorded *messages = calloc(32, sizeof *messages);
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL && messages != NULL);
    *count = 0;
    while (*count < 32 &&
           fscanf(file, " %c %199s %19999s", &messages[*count].direction, header, payload) == 3) {
        struct recorded *message = &messages[(*count)++];
        cr_assert_eq(read_hex(message->header, 64, header), 64);
        message->payload_size = read_hex(message->payload, sizeof message->payload, payload);
    }
    fclose(file);
    return messages;
}

#endif
