/* SPDX-License-Identifier: MIT
 *
 * ZeroMQ: pairs over inproc for references between threads, sockets over ipc and tcp for messages
 * between processes. */
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
    /* of the message received last */
    zmq_msg_t parts[SOCKET_PARTS_MAX];
    size_t part_count;
};

enum { WAITS_MAX = 80, RECONNECT_FIRST_MS = 20, RECONNECT_LAST_MS = 1000 };

int sockets_new(struct sockets **out, int io_threads, struct failure *why) {
    struct sockets *sockets = calloc(1, sizeof *sockets);
    if (sockets == NULL || (sockets->context = zmq_ctx_new()) == NULL) {
        free(sockets);
        return fail(why, STATUS_NO_MEMORY, "ZeroMQ cannot start: %s", zmq_strerror(zmq_errno()));
    }
    zmq_ctx_set(sockets->context, ZMQ_IO_THREADS, io_threads);
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

static void forget_parts(struct socket_end *end) {
    while (end->part_count > 0)
        zmq_msg_close(&end->parts[--end->part_count]);
}

void socket_close(struct socket_end *end) {
    if (end == NULL)
        return;
    forget_parts(end);
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

/* ---- between processes ---- */

static void set_number(struct socket_end *end, int option, int value) {
    zmq_setsockopt(end->socket, option, &value, sizeof value);
}

static void set_options(struct socket_end *end, const struct socket_setup *setup) {
    int64_t message_max = (int64_t)setup->message_max;
    zmq_setsockopt(end->socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max);
    set_number(end, ZMQ_SNDHWM, setup->queue_max);
    set_number(end, ZMQ_RCVHWM, setup->queue_max);
    /* Last words (a FAULT, an END) get a moment; what is for nobody must not hold up the end. */
    set_number(end, ZMQ_LINGER, 200);
    set_number(end, ZMQ_IPV6, strchr(setup->address, '[') != NULL);
    set_number(end, ZMQ_RECONNECT_IVL, RECONNECT_FIRST_MS);
    set_number(end, ZMQ_RECONNECT_IVL_MAX, RECONNECT_LAST_MS);
    if (setup->role == SOCKET_ROUTER)
        set_number(end, ZMQ_ROUTER_MANDATORY, 1);
    if (setup->role == SOCKET_DEALER)
        set_number(end, ZMQ_IMMEDIATE, 1); /* nothing is queued for a peer that is not there */
    if (setup->role == SOCKET_SUBSCRIBER)
        zmq_setsockopt(end->socket, ZMQ_SUBSCRIBE, "", 0);
    if (setup->keys == NULL)
        return;
    const struct socket_keys *keys = setup->keys;
    set_number(end, ZMQ_CURVE_SERVER, setup->bind);
    if (setup->bind)
        zmq_setsockopt(end->socket, ZMQ_ZAP_DOMAIN, "runnel", strlen("runnel"));
    else
        zmq_setsockopt(end->socket, ZMQ_CURVE_SERVERKEY, keys->server_key, SOCKET_KEY_SIZE);
    zmq_setsockopt(end->socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, SOCKET_KEY_SIZE);
    zmq_setsockopt(end->socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, SOCKET_KEY_SIZE);
}

int socket_open(struct socket_end **out, struct sockets *sockets, const struct socket_setup *setup,
                struct failure *why) {
    static const int KINDS[] = {ZMQ_ROUTER, ZMQ_DEALER, ZMQ_PUB, ZMQ_SUB};
    struct socket_end *end = calloc(1, sizeof *end);
    if (end == NULL || (end->socket = zmq_socket(sockets->context, KINDS[setup->role])) == NULL) {
        free(end);
        return fail(why, STATUS_NO_MEMORY, "no more ZeroMQ sockets");
    }
    set_options(end, setup);
    int result = setup->bind ? zmq_bind(end->socket, setup->address)
                             : zmq_connect(end->socket, setup->address);
    if (result == 0) {
        *out = end;
        return STATUS_OK;
    }
    int error = zmq_errno();
    socket_close(end);
    return fail(why, STATUS_IO, "%s cannot be %s: %s", setup->address,
                setup->bind ? "bound" : "connected to", zmq_strerror(error));
}

void socket_address(struct socket_end *end, char address[SOCKET_ADDRESS_MAX]) {
    size_t size = SOCKET_ADDRESS_MAX;
    if (zmq_getsockopt(end->socket, ZMQ_LAST_ENDPOINT, address, &size) != 0)
        address[0] = '\0';
}

bool socket_send(struct socket_end *end, const struct socket_part *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_send(end->socket, parts[i].bytes, parts[i].size, ZMQ_DONTWAIT | more) < 0)
            return false; /* only the first part can fail: where it goes, the others follow */
    }
    return true;
}

bool socket_receive(struct socket_end *end, struct socket_part parts[SOCKET_PARTS_MAX],
                    size_t *count) {
    bool more = true;
    forget_parts(end);
    *count = 0;
    for (size_t i = 0; more; i++) {
        zmq_msg_t extra, *part = i < SOCKET_PARTS_MAX ? &end->parts[i] : &extra;
        zmq_msg_init(part);
        if (zmq_msg_recv(part, end->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(part);
            return false;
        }
        more = zmq_msg_more(part);
        if (part == &extra)
            zmq_msg_close(part);
        else
            end->part_count++;
        *count = i < SOCKET_PARTS_MAX ? i + 1 : 0;
    }
    for (size_t i = 0; i < *count; i++)
        parts[i] = (struct socket_part){zmq_msg_data(&end->parts[i]), zmq_msg_size(&end->parts[i])};
    return true;
}

void *sockets_context(struct sockets *sockets) {
    return sockets->context;
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
