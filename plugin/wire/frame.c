/* SPDX-License-Identifier: MIT
 *
 * The header, field by field:
 *
 *     0  "RNLW"      4  version      6  kind        8  session      16 sequence
 *     24 mark contig 32 mark position               40 count        48 code
 *     52 zero        56 size of the payload                         64
 *
 * all little-endian, as is every machine that Runnel is built for. */
#include "plugin/wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[4] = {'R', 'N', 'L', 'W'};

enum {
    AT_VERSION = 4,
    AT_KIND = 6,
    AT_SESSION = 8,
    AT_SEQUENCE = 16,
    AT_CONTIG = 24,
    AT_POSITION = 32,
    AT_COUNT = 40,
    AT_CODE = 48,
    AT_PAYLOAD = 56
};

void frame_write(uint8_t header[FRAME_SIZE], const struct frame *frame) {
    const uint16_t version = FRAME_VERSION;
    const uint64_t size = frame->payload_size;
    memset(header, 0, FRAME_SIZE);
    memcpy(header, MAGIC, sizeof MAGIC);
    memcpy(header + AT_VERSION, &version, sizeof version);
    memcpy(header + AT_KIND, &frame->kind, sizeof frame->kind);
    memcpy(header + AT_SESSION, &frame->session, sizeof frame->session);
    memcpy(header + AT_SEQUENCE, &frame->sequence, sizeof frame->sequence);
    memcpy(header + AT_CONTIG, &frame->mark_contig, sizeof frame->mark_contig);
    memcpy(header + AT_POSITION, &frame->mark_position, sizeof frame->mark_position);
    memcpy(header + AT_COUNT, &frame->count, sizeof frame->count);
    memcpy(header + AT_CODE, &frame->code, sizeof frame->code);
    memcpy(header + AT_PAYLOAD, &size, sizeof size);
}

int frame_read(struct frame *frame, const void *header, size_t header_size, const void *payload,
               size_t payload_size, enum fault_code *code, struct failure *why) {
    const uint8_t *at = header;
    uint16_t version;
    uint64_t size;
    memset(frame, 0, sizeof *frame);
    *code = FAULT_MALFORMED;
    if (header_size < FRAME_SIZE || memcmp(at, MAGIC, sizeof MAGIC) != 0)
        return fail(why, STATUS_BAD_INPUT, "a message that does not begin with a header");
    memcpy(&frame->session, at + AT_SESSION, sizeof frame->session);
    memcpy(&version, at + AT_VERSION, sizeof version);
    if (version != FRAME_VERSION) {
        *code = FAULT_VERSION;
        return fail(why, STATUS_UNSUPPORTED, "version %u of the protocol; this is version %d",
                    version, FRAME_VERSION);
    }
    memcpy(&frame->kind, at + AT_KIND, sizeof frame->kind);
    memcpy(&frame->sequence, at + AT_SEQUENCE, sizeof frame->sequence);
    memcpy(&frame->mark_contig, at + AT_CONTIG, sizeof frame->mark_contig);
    memcpy(&frame->mark_position, at + AT_POSITION, sizeof frame->mark_position);
    memcpy(&frame->count, at + AT_COUNT, sizeof frame->count);
    memcpy(&frame->code, at + AT_CODE, sizeof frame->code);
    memcpy(&size, at + AT_PAYLOAD, sizeof size);
    if (header_size != FRAME_SIZE || size != payload_size || size > FRAME_PAYLOAD_MAX)
        return fail(why, STATUS_BAD_INPUT,
                    "a header of %zu bytes that claims a payload of %llu, not %zu", header_size,
                    (unsigned long long)size, payload_size);
    if (frame->kind < FRAME_HELLO || frame->kind > FRAME_FAULT)
        return fail(why, STATUS_BAD_INPUT, "a message of unknown kind %u", frame->kind);
    frame->payload = payload;
    frame->payload_size = payload_size;
    return STATUS_OK;
}

const char *frame_kind_text(unsigned kind) {
    static const char *const TEXTS[] = {"?",      "HELLO",  "WELCOME", "OPEN", "DATA",
                                        "RESULT", "CREDIT", "BEAT",    "END",  "FAULT"};
    return TEXTS[kind <= FRAME_FAULT ? kind : 0];
}

bool frame_fact(const struct frame *frame, const char *key, char *value, size_t size) {
    const char *at = frame->payload, *end = at + frame->payload_size;
    size_t key_length = strlen(key);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        if (length > key_length && memcmp(at, key, key_length) == 0 && at[key_length] == ' ') {
            length -= key_length + 1;
            if (length >= size)
                return false;
            memcpy(value, at + key_length + 1, length);
            value[length] = '\0';
            return true;
        }
        at += length + 1;
    }
    return false;
}

uint64_t frame_number(const struct frame *frame, const char *key, uint64_t fallback) {
    char text[24], *end;
    if (!frame_fact(frame, key, text, sizeof text) || text[0] < '0' || text[0] > '9')
        return fallback;
    unsigned long long number = strtoull(text, &end, 10);
    return *end == '\0' ? number : fallback;
}

void frame_sentence(const struct frame *frame, char *text, size_t size) {
    const char *from = frame->payload;
    size_t length = frame->payload_size < size ? frame->payload_size : size - 1;
    snprintf(text, size, "a fault without a word");
    for (size_t i = 0; i < length; i++) {
        unsigned char letter = (unsigned char)from[i];
        text[i] = letter < ' ' || letter == 127 ? '?' : from[i];
        text[i + 1] = '\0';
    }
}
