/* SPDX-License-Identifier: MIT
 *
 * A feed and its reader: what is there passes without waiting, the end is passed on, and a reader
 * that leaves is noticed. */
#include "plugin/byte_feed.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct byte_feed feed;
static int reader, source[2];

static void begin_pipe(void) {
    cr_assert_eq(pipe(source), 0);
    cr_assert_eq(byte_feed_open(&feed, source[0], false, &reader, NULL), STATUS_OK);
}

/* What the reader can read without waiting; -1: nothing, 0: the end. */
static ssize_t receive(void *bytes, size_t room) {
    return recv(reader, bytes, room, MSG_DONTWAIT);
}

Test(byte_feed, compressed_bytes_pass_as_they_are) {
    char got[16];
    begin_pipe();
    cr_expect_not(byte_feed_pump(&feed, -1, false));
    cr_assert_eq(write(source[1], "\x1f\x8b...", 5), 5);
    cr_expect(byte_feed_pump(&feed, -1, false));
    cr_expect_eq(receive(got, sizeof got), 5);
    cr_expect_arr_eq(got, "\x1f\x8b...", 5);
    cr_expect_not(byte_feed_pump(&feed, -1, false));
    cr_expect_eq(receive(got, sizeof got), -1);
    close(source[1]);
    byte_feed_pump(&feed, -1, false);
    cr_expect_eq(receive(got, sizeof got), 0, "the end");
    cr_expect_eq(feed.to, -1);
}

/* Text comes out of htslib line by line, though it asks for 64 KiB of plain files. */
Test(byte_feed, text_is_read_at_once_and_ends_well) {
    static char text[4096] = "@SQ\tSN:c\tLN:9\n@CO\t";
    struct failure why = {0};
    struct alignment read;
    struct alignments *file;
    int32_t contig;
    begin_pipe();
    memset(text + strlen(text), 'x', 3000);
    strcat(text, "\nr\t4\t*\t0\t0\t*\t*\t0\t0\tAC\tII\n");
    cr_assert_eq(write(source[1], text, strlen(text)), (ssize_t)strlen(text));
    cr_expect(byte_feed_pump(&feed, -1, false));
    const struct alignments_options options = {.pipe = reader, .any_order = true};
    cr_assert_eq(alignments_open(&file, "text", &options, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(alignments_next(file, &read, &contig, &why), STATUS_OK, "%s", why.text);
    cr_expect_str_eq(read.name, "r");
    byte_feed_pump(&feed, -1, true); /* the last there is to be, though the pipe is open */
    cr_expect_eq(alignments_next(file, &read, &contig, &why), STATUS_END, "%s", why.text);
    alignments_close(file);
}

Test(byte_feed, a_file_is_read_as_far_as_it_is_meant) {
    char path[] = "/tmp/runnel-feed-XXXXXX", got[16];
    int file = mkstemp(path);
    cr_assert_eq(write(file,
                       "012\x1f"
                       "45678",
                       9),
                 9);
    cr_assert_eq(byte_feed_open(&feed, file, true, &reader, NULL), STATUS_OK);
    feed.at = 3;
    cr_expect(byte_feed_pump(&feed, -1, false));
    cr_expect_eq(receive(got, sizeof got), 6);
    cr_expect_arr_eq(got,
                     "\x1f"
                     "45678",
                     6);
    cr_expect_eq(receive(got, sizeof got), -1, "it may grow");
    cr_assert_eq(write(file, "9abc", 4), 4);
    byte_feed_pump(&feed, 11, false);
    cr_expect_eq(receive(got, sizeof got), 2, "up to its end");
    cr_expect_eq(receive(got, sizeof got), 0);
    byte_feed_close(&feed);
    remove(path);
}

Test(byte_feed, a_reader_that_is_slow_and_one_that_leaves) {
    static char much[1 << 20];
    memset(much, '\x1f', sizeof much);
    char path[] = "/tmp/runnel-feed-XXXXXX";
    int file = mkstemp(path);
    cr_assert_eq(write(file, much, sizeof much), (ssize_t)sizeof much);
    cr_assert_eq(byte_feed_open(&feed, file, true, &reader, NULL), STATUS_OK);
    byte_feed_pump(&feed, sizeof much, false);
    cr_expect(feed.blocked);
    size_t sum = 0;
    for (ssize_t got = -1; got != 0; sum += got > 0 ? (size_t)got : 0) {
        byte_feed_pump(&feed, sizeof much, false);
        got = receive(much, 5000);
        cr_assert_geq(got, 0, "there is more as long as the end was not there");
    }
    cr_expect_eq(sum, sizeof much);
    byte_feed_close(&feed);
    feed = (struct byte_feed){0};
    cr_assert_eq(byte_feed_open(&feed, open(path, O_RDONLY), true, &reader, NULL), STATUS_OK);
    close(reader);
    cr_expect(byte_feed_pump(&feed, -1, false));
    cr_expect_eq(feed.to, -1);
    remove(path);
}
