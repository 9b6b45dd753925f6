/* SPDX-License-Identifier: MIT */
#include "plugin/wire/frame.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct frame SAMPLE = {.kind = FRAME_DATA,
                                    .session = 0x0123456789abcdef,
                                    .sequence = 7,
                                    .mark_contig = -1,
                                    .mark_position = 1 << 20,
                                    .count = 3,
                                    .payload = "rows",
                                    .payload_size = 4};

static int read(const void *header, size_t size, struct frame *frame, enum fault_code *code) {
    return frame_read(frame, header, size, "rows", 4, code, NULL);
}

Test(frame, a_header_comes_back) {
    uint8_t header[FRAME_SIZE];
    struct frame frame;
    enum fault_code code;
    frame_write(header, &SAMPLE);
    cr_assert_eq(read(header, FRAME_SIZE, &frame, &code), STATUS_OK);
    cr_expect_eq(frame.kind, FRAME_DATA);
    cr_expect_eq(frame.session, SAMPLE.session);
    cr_expect_eq(frame.sequence, 7);
    cr_expect_eq(frame.mark_contig, -1);
    cr_expect_eq(frame.mark_position, 1 << 20);
    cr_expect_eq(frame.count, 3);
    cr_expect_eq(frame.payload_size, 4);
}

/* The bytes that WIRE.md promises. */
Test(frame, the_header_is_what_is_written_down) {
    uint8_t header[FRAME_SIZE];
    frame_write(header, &SAMPLE);
    cr_expect_arr_eq(header, "RNLW\1\0\4\0\xef\xcd\xab\x89\x67\x45\x23\x01\7\0\0\0\0\0\0\0", 24);
    cr_expect_arr_eq(header + 24, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\x10\0\0\0\0\0", 16);
    cr_expect_arr_eq(header + 40, "\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0", 24);
}

Test(frame, what_is_none_is_refused) {
    uint8_t header[FRAME_SIZE + 8] = {0};
    struct frame frame;
    enum fault_code code;
    frame_write(header, &SAMPLE);
    for (size_t size = 0; size < FRAME_SIZE; size++) {
        cr_expect_eq(read(header, size, &frame, &code), STATUS_BAD_INPUT);
        cr_expect_eq(code, FAULT_MALFORMED);
    }
    cr_expect_eq(read(header, FRAME_SIZE + 8, &frame, &code), STATUS_BAD_INPUT);
    header[0] = 'X';
    cr_expect_eq(read(header, FRAME_SIZE, &frame, &code), STATUS_BAD_INPUT);
}

Test(frame, a_later_version_is_told_apart) {
    uint8_t header[FRAME_SIZE + 64] = {0};
    struct frame frame;
    enum fault_code code;
    frame_write(header, &SAMPLE);
    header[4] = 2;
    cr_expect_eq(read(header, sizeof header, &frame, &code), STATUS_UNSUPPORTED);
    cr_expect_eq(code, FAULT_VERSION);
    cr_expect_eq(frame.session, SAMPLE.session, "the answer must reach the session");
}

Test(frame, a_lying_size_and_an_unknown_kind_are_refused) {
    uint8_t header[FRAME_SIZE];
    struct frame frame, lie = SAMPLE;
    enum fault_code code;
    for (unsigned shift = 0; shift < 64; shift++) {
        lie.payload_size = (size_t)5 << shift;
        frame_write(header, &lie);
        cr_expect_eq(read(header, FRAME_SIZE, &frame, &code), STATUS_BAD_INPUT);
    }
    lie = SAMPLE;
    lie.kind = FRAME_FAULT + 1;
    frame_write(header, &lie);
    cr_expect_eq(read(header, FRAME_SIZE, &frame, &code), STATUS_BAD_INPUT);
    cr_expect_str_eq(frame_kind_text(lie.kind), "?");
    cr_expect_str_eq(frame_kind_text(FRAME_FAULT), "FAULT");
}

Test(frame, facts_are_found_by_key) {
    static const char TEXT[] =
        "role service\nbeat 250\nnote two words\nempty \nbeats 9\nlast 18446744073709551616";
    const struct frame frame = {.payload = TEXT, .payload_size = strlen(TEXT)};
    char value[16];
    cr_expect(frame_fact(&frame, "role", value, sizeof value) && strcmp(value, "service") == 0);
    cr_expect(frame_fact(&frame, "note", value, sizeof value) && strcmp(value, "two words") == 0);
    cr_expect(frame_fact(&frame, "empty", value, sizeof value) && value[0] == '\0');
    cr_expect_not(frame_fact(&frame, "rol", value, sizeof value));
    cr_expect_not(frame_fact(&frame, "role", value, 7), "it does not fit");
    cr_expect_eq(frame_number(&frame, "beat", 1), 250);
    cr_expect_eq(frame_number(&frame, "role", 5), 5);
    cr_expect_eq(frame_number(&frame, "none", 6), 6);
    const struct frame nothing = {0};
    cr_expect_not(frame_fact(&nothing, "role", value, sizeof value));
}

Test(frame, a_sentence_is_cut_and_harmless) {
    char text[12];
    const struct frame long_one = {.payload = "a b\033[2Jc and more", .payload_size = 17};
    frame_sentence(&long_one, text, sizeof text);
    cr_expect_str_eq(text, "a b?[2Jc an");
    const struct frame none = {0};
    char room[64];
    frame_sentence(&none, room, sizeof room);
    cr_expect_str_eq(room, "a fault without a word");
}
