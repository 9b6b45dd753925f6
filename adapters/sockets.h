/* SPDX-License-Identifier: MIT
 *
 * ZeroMQ, as far as we use it.  The only place that knows zmq_*.
 *
 * A pair joins two threads of one process and carries references: what is sent on one end as a
 * pointer is received on the other as the same pointer.  An end belongs to one thread at a time
 * (handing it to a thread that is then started is fine). */
#ifndef ADAPTERS_SOCKETS_H
#define ADAPTERS_SOCKETS_H

#include "core/status.h"
#include <stdbool.h>
#include <stddef.h>

struct sockets;    /* a ZeroMQ context */
struct socket_end; /* one end of a pair */

int sockets_new(struct sockets **out, struct failure *why);
void sockets_free(struct sockets *sockets); /* after all ends are closed; NULL is fine */

/* Two joined ends.  `name` must be unique among the open pairs of `sockets`. */
int sockets_pair(struct sockets *sockets, const char *name, struct socket_end **a,
                 struct socket_end **b, struct failure *why);
void socket_close(struct socket_end *end); /* NULL is fine; what was not received is lost */

/* Never waits: the queue is as long as the senders make it, and their credit bounds it. */
int socket_send_pointer(struct socket_end *end, const void *pointer, struct failure *why);

/* The next pointer, or false when none has arrived yet. */
bool socket_receive_pointer(struct socket_end *end, void **pointer);

/* One thing to wait for: an end on which something has arrived, or a readable descriptor. */
struct socket_wait {
    struct socket_end *end; /* NULL: use the descriptor */
    int descriptor;
    bool ready; /* the answer */
};

/* Waits until one of them is ready or `milliseconds` (-1: for ever) have passed. */
void sockets_wait(struct socket_wait *waits, size_t count, int milliseconds);

#endif
