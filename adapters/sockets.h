/* SPDX-License-Identifier: MIT
 *
 * ZeroMQ, as far as we use it.  Only this file and curve.c know zmq_*.
 *
 * A pair joins two threads of one process and carries references: what is sent on one end as a
 * pointer is received on the other as the same pointer.  Between processes travel messages of a few
 * parts each, whole or not at all.  An end belongs to one thread at a time (handing it to a thread
 * that is then started is fine). */
#ifndef ADAPTERS_SOCKETS_H
#define ADAPTERS_SOCKETS_H

#include "core/status.h"
#include <stdbool.h>
#include <stddef.h>

struct sockets;    /* a ZeroMQ context */
struct socket_end; /* one end of a pair, or a socket */

/* `io_threads` is 0 where there are pairs alone. */
int sockets_new(struct sockets **out, int io_threads, struct failure *why);
void sockets_free(struct sockets *sockets); /* after all ends are closed; NULL is fine */

/* Two joined ends.  `name` must be unique among the open pairs of `sockets`. */
int sockets_pair(struct sockets *sockets, const char *name, struct socket_end **a,
                 struct socket_end **b, struct failure *why);
void socket_close(struct socket_end *end); /* NULL is fine; what was not received is lost */

/* Never waits: the queue is as long as the senders make it, and their credit bounds it. */
int socket_send_pointer(struct socket_end *end, const void *pointer, struct failure *why);

/* The next pointer, or false when none has arrived yet. */
bool socket_receive_pointer(struct socket_end *end, void **pointer);

/* ---- between processes ---- */

enum socket_role {
    SOCKET_ROUTER,    /* talks to many; the first part of its messages is the name of the peer */
    SOCKET_DEALER,    /* talks to one router */
    SOCKET_PUBLISHER, /* what is sent goes to all who listen; who is slow loses messages */
    SOCKET_SUBSCRIBER /* of everything */
};

enum {
    SOCKET_PARTS_MAX = 4,
    SOCKET_NAME_MAX = 255,
    SOCKET_KEY_SIZE = 41,
    SOCKET_ADDRESS_MAX = 256
};

/* CURVE keys as ZeroMQ prints them, NUL-terminated. */
struct socket_keys {
    char public_key[SOCKET_KEY_SIZE], secret_key[SOCKET_KEY_SIZE];
    char
        server_key[SOCKET_KEY_SIZE]; /* public key of the bound side; "" on the bound side itself */
};

struct socket_setup {
    enum socket_role role;
    const char *address; /* tcp://HOST:PORT or ipc://PATH; "*" as PORT: any that is free */
    bool bind;
    size_t message_max; /* bytes of a part; whoever sends a longer one is disconnected */
    int queue_max;      /* messages that wait for or come from one peer */
    const struct socket_keys *keys; /* NULL: plain */
};

/* Opens, and binds or begins to connect.  The address may be used, and is free again after
 * socket_close. */
int socket_open(struct socket_end **out, struct sockets *sockets, const struct socket_setup *setup,
                struct failure *why);

/* The address with the port that was found; a text of at most SOCKET_ADDRESS_MAX. */
void socket_address(struct socket_end *end, char address[SOCKET_ADDRESS_MAX]);

struct socket_part {
    const void *bytes;
    size_t size;
};

/* Sends a message, which is copied.  False when it cannot go now: the peer is not there or does not
 * take what is sent; then nothing was sent. */
bool socket_send(struct socket_end *end, const struct socket_part *parts, size_t count);

/* The next message, or false when none has arrived.  The parts are lent until the next call with
 * this end.  A message of more than SOCKET_PARTS_MAX parts is shortened to a count of 0. */
bool socket_receive(struct socket_end *end, struct socket_part parts[SOCKET_PARTS_MAX],
                    size_t *count);

/* The ZeroMQ context, for curve.c. */
void *sockets_context(struct sockets *sockets);

/* One thing to wait for: an end on which something has arrived, or a readable descriptor. */
struct socket_wait {
    struct socket_end *end; /* NULL: use the descriptor */
    int descriptor;
    bool ready; /* the answer */
};

/* Waits until one of them is ready or `milliseconds` (-1: for ever) have passed. */
void sockets_wait(struct socket_wait *waits, size_t count, int milliseconds);

#endif
