/* SPDX-License-Identifier: MIT
 *
 * Feeds a reader of alignments that may wait for bytes, on a thread of its own, from an input that
 * is not waited for: what is there goes into a socket, whose other end is the reader's `pipe`.  A
 * file that is still being written is so read as far as its records are whole, in whatever format,
 * and its end is the closing of the socket. */
#ifndef PLUGIN_BYTE_FEED_H
#define PLUGIN_BYTE_FEED_H

#include "adapters/alignments.h"

struct byte_feed {
    int from; /* a file, which the feed owns, or standard input, */
    bool is_file;
    int64_t at;   /* of a file: the next byte, set before the first pump */
    int to;       /* the socket; -1: the end has been passed on, or the reader has gone */
    bool blocked; /* the reader has not taken what there is: wait for POLLOUT of `to` */
    enum { FEED_NOT_SEEN, FEED_TEXT, FEED_AS_IT_IS } kind; /* plain text travels wrapped */
    bool marked;         /* the end of plain text has been passed on */
    size_t held, passed; /* bytes of the block, and how many of them have gone into the socket */
    char bytes[ALIGNMENTS_TEXT_MAX];
    uint8_t block[ALIGNMENTS_BLOCK_MAX];
};

/* `feed` is zeroed.  `*reader` is the descriptor for the reader, who closes it. */
int byte_feed_open(struct byte_feed *feed, int from, bool is_file, int *reader,
                   struct failure *why);
void byte_feed_close(struct byte_feed *feed);

/* Passes on what is there, without waiting; whether there was anything.  `end` of a file: where it
 * is known to end, -1 while it may grow.  `last`: what has been fetched is all there is to be. */
bool byte_feed_pump(struct byte_feed *feed, int64_t end, bool last);

#endif
