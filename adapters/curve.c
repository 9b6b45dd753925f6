/* SPDX-License-Identifier: MIT
 *
 * The gate is a thread that answers ZeroMQ's questions (a reply socket at an address that ZAP
 * prescribes): version, request, domain, address, identity, mechanism and the key in; a status out.
 */
#include "adapters/curve.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

enum { KEY_BYTES = 32, QUESTION_PARTS = 7, PART_MAX = 256 };
enum { PART_VERSION, PART_REQUEST, PART_MECHANISM = 5, PART_KEY };

struct curve_gate {
    void *socket;
    int leave; /* eventfd: the thread is to end */
    pthread_t thread;
    atomic_size_t refusals;
    size_t count;
    char keys[][SOCKET_KEY_SIZE];
};

int curve_keypair(char public_key[SOCKET_KEY_SIZE], char secret_key[SOCKET_KEY_SIZE],
                  struct failure *why) {
    if (zmq_curve_keypair(public_key, secret_key) == 0)
        return STATUS_OK;
    return fail(why, STATUS_UNSUPPORTED, "no keys can be made: ZeroMQ was built without CURVE");
}

bool curve_is_key(const char *text, size_t length) {
    char copy[SOCKET_KEY_SIZE];
    uint8_t bytes[KEY_BYTES];
    if (length != SOCKET_KEY_SIZE - 1)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return zmq_z85_decode(bytes, copy) != NULL;
}

static bool is_on_list(const struct curve_gate *gate, const uint8_t key[KEY_BYTES]) {
    char text[SOCKET_KEY_SIZE];
    zmq_z85_encode(text, key, KEY_BYTES);
    bool found = false;
    for (size_t i = 0; i < gate->count; i++)
        found |= strcmp(gate->keys[i], text) == 0;
    return found;
}

/* Reads the parts of a question; their sizes, and how many there were. */
static size_t receive_question(void *socket, uint8_t parts[QUESTION_PARTS][PART_MAX],
                               size_t sizes[QUESTION_PARTS]) {
    size_t count = 0;
    int more = 1;
    while (more) {
        uint8_t extra[PART_MAX];
        bool fits = count < QUESTION_PARTS;
        int size = zmq_recv(socket, fits ? parts[count] : extra, PART_MAX, 0);
        if (size < 0)
            return 0;
        if (fits)
            sizes[count] = size > PART_MAX ? PART_MAX : (size_t)size;
        count++;
        size_t width = sizeof more;
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &width);
    }
    return count;
}

static void answer(struct curve_gate *gate) {
    uint8_t parts[QUESTION_PARTS][PART_MAX];
    size_t sizes[QUESTION_PARTS] = {0};
    size_t count = receive_question(gate->socket, parts, sizes);
    if (count == 0)
        return;
    bool good = count == QUESTION_PARTS && sizes[PART_MECHANISM] == 5 &&
                memcmp(parts[PART_MECHANISM], "CURVE", 5) == 0 && sizes[PART_KEY] == KEY_BYTES &&
                is_on_list(gate, parts[PART_KEY]);
    atomic_fetch_add(&gate->refusals, !good);
    zmq_send(gate->socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(gate->socket, parts[PART_REQUEST], sizes[PART_REQUEST], ZMQ_SNDMORE);
    zmq_send(gate->socket, good ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(gate->socket, good ? "OK" : "no", 2, ZMQ_SNDMORE);
    zmq_send(gate->socket, "", 0, ZMQ_SNDMORE);
    zmq_send(gate->socket, "", 0, 0);
}

static void *watch(void *argument) {
    struct curve_gate *gate = argument;
    zmq_pollitem_t items[] = {{.socket = gate->socket, .events = ZMQ_POLLIN},
                              {.fd = gate->leave, .events = ZMQ_POLLIN}};
    while ((items[1].revents & ZMQ_POLLIN) == 0) {
        if (zmq_poll(items, 2, -1) > 0 && (items[0].revents & ZMQ_POLLIN) != 0)
            answer(gate);
    }
    return NULL;
}

int curve_gate_new(struct curve_gate **out, struct sockets *sockets,
                   const char (*public_keys)[SOCKET_KEY_SIZE], size_t count, struct failure *why) {
    struct curve_gate *gate = calloc(1, sizeof *gate + count * sizeof *gate->keys);
    if (gate == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the list of keys");
    gate->count = count;
    memcpy(gate->keys, public_keys, count * sizeof *gate->keys);
    gate->leave = eventfd(0, EFD_CLOEXEC);
    gate->socket = zmq_socket(sockets_context(sockets), ZMQ_REP);
    if (gate->leave >= 0 && gate->socket != NULL &&
        zmq_bind(gate->socket, "inproc://zeromq.zap.01") == 0 &&
        pthread_create(&gate->thread, NULL, watch, gate) == 0) {
        *out = gate;
        return STATUS_OK;
    }
    if (gate->socket != NULL)
        zmq_close(gate->socket);
    if (gate->leave >= 0)
        close(gate->leave);
    free(gate);
    return fail(why, STATUS_IO, "the gate that checks keys cannot start");
}

void curve_gate_free(struct curve_gate *gate) {
    uint64_t one = 1;
    if (gate == NULL)
        return;
    if (write(gate->leave, &one, sizeof one) == sizeof one)
        pthread_join(gate->thread, NULL);
    zmq_close(gate->socket);
    close(gate->leave);
    free(gate);
}

size_t curve_gate_refusals(struct curve_gate *gate) {
    return atomic_load(&gate->refusals);
}
