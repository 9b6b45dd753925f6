/* SPDX-License-Identifier: MIT
 *
 * ZeroMQ pairs over inproc, for references between threads. */
#include "adapters/sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* What is written before a pointer is sent is seen by whoever receives it; ZeroMQ sees to that, but
 * ThreadSanitizer cannot look into it and is told. */
#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define SENT(pointer)     __tsan_release((void *)(pointer))
#define RECEIVED(pointer) __tsan_acquire(pointer)
#else
#define SENT(pointer)     ((void)(pointer))
#define RECEIVED(pointer) ((void)(pointer))
#endif

struct sockets {
    void *context;
};

struct socket_end {
    void *socket;
};

enum { WAITS_MAX = 8 };

int sockets_new(struct sockets **out, struct failure *why) {
    struct sockets *sockets = calloc(1, sizeof *sockets);
    if (sockets == NULL || (sockets->context = zmq_ctx_new()) == NULL) {
        free(sockets);
        return fail(why, STATUS_NO_MEMORY, "ZeroMQ cannot start: %s", zmq_strerror(zmq_errno()));
    }
    zmq_ctx_set(sockets->context, ZMQ_IO_THREADS, 0); /* inproc needs none */
    *out = sockets;
    return STATUS_OK;
}

void sockets_free(struct sockets *sockets) {
    if (sockets == NULL)
        return;
    zmq_ctx_term(sockets->context);
    free(sockets);
}

static struct socket_end *end_new(struct sockets *sockets, const char *address, bool bind) {
    struct socket_end *end = calloc(1, sizeof *end);
    int unbounded = 0, linger = 0;
    if (end == NULL || (end->socket = zmq_socket(sockets->context, ZMQ_PAIR)) == NULL) {
        free(end);
        return NULL;
    }
    zmq_setsockopt(end->socket, ZMQ_SNDHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(end->socket, ZMQ_RCVHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(end->socket, ZMQ_LINGER, &linger, sizeof linger);
    if ((bind ? zmq_bind(end->socket, address) : zmq_connect(end->socket, address)) == 0)
        return end;
    socket_close(end);
    return NULL;
}

int sockets_pair(struct sockets *sockets, const char *name, struct socket_end **a,
                 struct socket_end **b, struct failure *why) {
    char address[128];
    snprintf(address, sizeof address, "inproc://%s", name);
    *a = end_new(sockets, address, true);
    *b = *a ? end_new(sockets, address, false) : NULL;
    if (*b != NULL)
        return STATUS_OK;
    int error = zmq_errno();
    socket_close(*a);
    *a = NULL;
    return fail(why, STATUS_IO, "ZeroMQ cannot join %s: %s", name, zmq_strerror(error));
}

void socket_close(struct socket_end *end) {
    if (end == NULL)
        return;
    zmq_close(end->socket);
    free(end);
}

int socket_send_pointer(struct socket_end *end, const void *pointer, struct failure *why) {
    if (pointer != NULL)
        SENT(pointer);
    if (zmq_send(end->socket, &pointer, sizeof pointer, ZMQ_DONTWAIT) == sizeof pointer)
        return STATUS_OK;
    return fail(why, STATUS_IO, "ZeroMQ cannot pass a batch on: %s", zmq_strerror(zmq_errno()));
}

bool socket_receive_pointer(struct socket_end *end, void **pointer) {
    if (zmq_recv(end->socket, pointer, sizeof *pointer, ZMQ_DONTWAIT) != sizeof *pointer)
        return false;
    if (*pointer != NULL)
        RECEIVED(*pointer);
    return true;
}

void sockets_wait(struct socket_wait *waits, size_t count, int milliseconds) {
    zmq_pollitem_t items[WAITS_MAX];
    if (count > WAITS_MAX)
        abort(); /* nobody waits for that much */
    for (size_t i = 0; i < count; i++)
        items[i] = (zmq_pollitem_t){.socket = waits[i].end ? waits[i].end->socket : NULL,
                                    .fd = waits[i].descriptor,
                                    .events = ZMQ_POLLIN};
    int ready = zmq_poll(items, (int)count, milliseconds);
    for (size_t i = 0; i < count; i++)
        waits[i].ready = ready > 0 && (items[i].revents & ZMQ_POLLIN) != 0;
}
