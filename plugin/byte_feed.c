/* SPDX-License-Identifier: MIT
 *
 * The feed of one input.  Plain text is wrapped in blocks, since htslib waits for 64 KiB of it, and
 * of a block only for the block. */
#include "plugin/byte_feed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void close_end(int *end) {
    if (*end >= 0)
        close(*end);
    *end = -1;
}

int byte_feed_open(struct byte_feed *feed, int from, bool is_file, int *reader,
                   struct failure *why) {
    int ends[2];
    feed->from = from;
    feed->is_file = is_file;
    feed->to = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(why, STATUS_IO, "no more descriptors: %s", strerror(errno));
    *reader = ends[0];
    feed->to = ends[1];
    return STATUS_OK;
}

void byte_feed_close(struct byte_feed *feed) {
    close_end(&feed->to);
    if (feed->is_file)
        close_end(&feed->from);
}

/* The next bytes of the input: how many, 0 at its end, -1 where there are none yet. */
static ssize_t fetch(struct byte_feed *feed, int64_t end) {
    if (!feed->is_file) {
        struct pollfd ready = {.fd = feed->from, .events = POLLIN};
        return poll(&ready, 1, 0) > 0 ? read(feed->from, feed->bytes, sizeof feed->bytes) : -1;
    }
    size_t wanted = sizeof feed->bytes;
    if (end >= 0 && end - feed->at < (int64_t)wanted)
        wanted = end > feed->at ? (size_t)(end - feed->at) : 0;
    ssize_t got = pread(feed->from, feed->bytes, wanted, feed->at);
    feed->at += got > 0 ? got : 0;
    return got == 0 && end < 0 ? -1 : got < 0 ? 0 : got;
}

/* Text begins with a letter or @, what is compressed with 31, and CRAM with its name. */
static void see_kind(struct byte_feed *feed, ssize_t got) {
    static const char cram[] = "CRAM";
    bool is_cram = got >= 4 && memcmp(feed->bytes, cram, 4) == 0;
    feed->kind = feed->bytes[0] == '\x1f' || is_cram ? FEED_AS_IT_IS : FEED_TEXT;
}

/* Fills the block with what is there; whether there is anything.  At the end closes the socket. */
static bool fill(struct byte_feed *feed, int64_t end, bool last) {
    ssize_t got = last ? 0 : fetch(feed, end);
    if (got < 0)
        return false;
    if (got > 0 && feed->kind == FEED_NOT_SEEN)
        see_kind(feed, got);
    feed->passed = 0;
    feed->held = (size_t)got;
    if (feed->kind == FEED_TEXT && !feed->marked)
        feed->held = alignments_wrap(feed->block, feed->bytes, (size_t)got);
    else
        memcpy(feed->block, feed->bytes, (size_t)got);
    feed->marked = got == 0;
    if (feed->held == 0)
        close_end(&feed->to);
    return feed->held > 0;
}

bool byte_feed_pump(struct byte_feed *feed, int64_t end, bool last) {
    bool moved = false;
    feed->blocked = false;
    while (feed->to >= 0 && (feed->passed < feed->held || fill(feed, end, last))) {
        moved = true;
        ssize_t sent = send(feed->to, feed->block + feed->passed, feed->held - feed->passed,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        feed->blocked = sent < 0 && errno == EAGAIN;
        if (sent < 0 && !feed->blocked)
            close_end(&feed->to); /* the reader found a fault, and left */
        if (sent < 0)
            break;
        feed->passed += (size_t)sent;
    }
    return moved;
}
