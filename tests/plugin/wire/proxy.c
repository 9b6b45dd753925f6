/* SPDX-License-Identifier: MIT
 *
 * A proxy that does harm: it starts a service (or a source of reads), stands between it and whoever
 * connects, and at seeded points kills or stops it, kills who connects, drops, delays or doubles
 * messages.
 *
 *     wire_proxy SEED HARM COUNT CHANCE SOCKET COMMAND...
 *
 * HARM is kill, stop, source (kills the process whose number is in SOCKET.source), lossy or poison;
 * at most COUNT times, each with a chance of 1 in CHANCE when a batch has been passed on (poison:
 * always when it is batch CHANCE; lossy: for every message).  A kill happens only while a batch is
 * out that was not answered, and never to one batch for the third time (but poison).  COMMAND is
 * started with "--bind ipc://SOCKET" at its end, and again after each death.  Prints its own
 * address, and at the end (SIGTERM) "harm N". */
#include "adapters/sockets.h"
#include "plugin/wire/frame.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PEERS_MAX = 64, BATCHES_MAX = 4096, HELD_MAX = 256, STOP_MS = 700 };

/* One who is connected, and the connection to the service that stands for it. */
struct peer {
    uint8_t name[SOCKET_NAME_MAX];
    size_t name_size;
    struct socket_end *back;
    int64_t spoke;
    uint64_t out[32]; /* batches that were passed on and not answered; 0: none */
};

/* A message that is late. */
struct held {
    int64_t due; /* 0: the place is free */
    size_t peer;
    bool forth; /* towards the service */
    uint8_t header[FRAME_SIZE];
    uint8_t *payload;
    size_t size;
};

static struct sockets *sockets;
static struct socket_end *front;
static struct peer peers[PEERS_MAX];
static struct held held[HELD_MAX];
static unsigned kills_of[BATCHES_MAX];
static uint64_t state;
static const char *harm, *socket_path;
static char **command;
static long limit, chance, harmed;
static pid_t service;
static int64_t stopped_until;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* splitmix64 */
static uint64_t draw(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static bool one_in(long many) {
    return harmed < limit && draw() % (uint64_t)many == 0;
}

static struct socket_end *open_socket(enum socket_role role, const char *address, bool bind) {
    const struct socket_setup setup = {.role = role,
                                       .address = address,
                                       .bind = bind,
                                       .message_max = FRAME_PAYLOAD_MAX,
                                       .queue_max = 1000};
    struct socket_end *end = NULL;
    struct failure why = {0};
    if (socket_open(&end, sockets, &setup, &why) == STATUS_OK)
        return end;
    fprintf(stderr, "wire_proxy: %s\n", why.text);
    exit(1);
}

/* ---- harm ---- */

static void start_service(void) {
    service = fork();
    if (service != 0)
        return;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(command[0], command);
    _exit(127);
}

static void kill_service(void) {
    kill(service, SIGKILL);
    waitpid(service, NULL, 0);
    for (size_t i = 0; i < PEERS_MAX; i++)
        memset(peers[i].out, 0, sizeof peers[i].out);
    start_service();
    harmed++;
}

static void kill_source(void) {
    char path[4200];
    int pid = 0;
    snprintf(path, sizeof path, "%s.source", socket_path);
    FILE *file = fopen(path, "r");
    if (file != NULL && fscanf(file, "%d", &pid) == 1 && pid > 1 && kill(pid, SIGKILL) == 0)
        harmed++;
    if (file != NULL)
        fclose(file);
    unlink(path);
}

/* Whether a batch is out, and none that has been out in a death: on a busy machine silence may add
 * to the deaths, and after three a batch is set aside. */
static bool may_kill(void) {
    bool some = false;
    for (size_t i = 0; i < PEERS_MAX; i++)
        for (size_t b = 0; b < 32; b++) {
            uint64_t batch = peers[i].out[b];
            some |= batch != 0;
            if (batch != 0 && kills_of[batch % BATCHES_MAX] >= 1)
                return false;
        }
    return some;
}

static void count_kill(void) {
    for (size_t i = 0; i < PEERS_MAX; i++)
        for (size_t b = 0; b < 32; b++)
            if (peers[i].out[b] != 0)
                kills_of[peers[i].out[b] % BATCHES_MAX]++;
}

/* A batch has been passed on. */
static void do_harm(const struct frame *frame) {
    if (strcmp(harm, "poison") == 0) {
        if ((long)frame->sequence == chance)
            kill_service();
        return;
    }
    if (strcmp(harm, "lossy") == 0 || !one_in(chance))
        return;
    if (draw() % 2) /* the service may be in the middle of it */
        usleep((useconds_t)(draw() % 1500));
    if (strcmp(harm, "source") == 0) {
        kill_source();
    } else if (may_kill()) {
        count_kill();
        if (strcmp(harm, "kill") == 0) {
            kill_service();
        } else {
            kill(service, SIGSTOP);
            stopped_until = now_ms() + STOP_MS;
            harmed++;
        }
    }
}

/* ---- passing on ---- */

static void note(struct peer *peer, const struct frame *frame) {
    for (size_t b = 0; frame->kind == FRAME_DATA && b < 32; b++)
        if (peer->out[b] == 0) {
            peer->out[b] = frame->sequence;
            break;
        }
    for (size_t b = 0; frame->kind == FRAME_RESULT && b < 32; b++)
        if (peer->out[b] == frame->sequence)
            peer->out[b] = 0;
    for (size_t b = 0; frame->kind == FRAME_CREDIT && b < 32; b++)
        if (peer->out[b] < frame->sequence)
            peer->out[b] = 0;
}

static void pass(size_t number, bool forth, const void *header, const void *payload, size_t size) {
    struct peer *peer = &peers[number];
    const struct socket_part parts[] = {
        {peer->name, peer->name_size}, {header, FRAME_SIZE}, {payload, size}};
    struct frame frame;
    enum fault_code code;
    frame_read(&frame, header, FRAME_SIZE, payload, size, &code, NULL);
    note(peer, &frame);
    bool went = forth ? socket_send(peer->back, parts + 1, 2) : socket_send(front, parts, 3);
    if (went && frame.kind == FRAME_DATA)
        do_harm(&frame);
}

static void hold(size_t number, bool forth, const void *header, const void *payload, size_t size) {
    for (size_t i = 0; i < HELD_MAX; i++)
        if (held[i].due == 0) {
            held[i] = (struct held){.due = now_ms() + 1 + (int64_t)(draw() % 60),
                                    .peer = number,
                                    .forth = forth,
                                    .payload = malloc(size + 1),
                                    .size = size};
            memcpy(held[i].header, header, FRAME_SIZE);
            memcpy(held[i].payload, payload, size);
            return;
        }
}

static void pass_or_lose(size_t number, bool forth, const struct socket_part *parts, size_t count) {
    const void *payload = count > 1 ? parts[1].bytes : "";
    size_t size = count > 1 ? parts[1].size : 0;
    if (count == 0 || parts[0].size != FRAME_SIZE)
        return;
    bool lossy = strcmp(harm, "lossy") == 0;
    bool hello = ((const uint8_t *)parts[0].bytes)[6] == FRAME_HELLO;
    if (lossy && one_in(chance)) {
        harmed++;
        if (hello || draw() % 2)
            hold(number, forth, parts[0].bytes, payload, size); /* a HELLO comes twice */
        if (!hello)
            return;
    }
    pass(number, forth, parts[0].bytes, payload, size);
}

static void release_held(void) {
    for (size_t i = 0; i < HELD_MAX; i++)
        if (held[i].due != 0 && held[i].due <= now_ms()) {
            struct held late = held[i];
            held[i].due = 0;
            pass(late.peer, late.forth, late.header, late.payload, late.size);
            free(late.payload);
        }
}

/* The peer of that name; a new one takes the place of whoever has been silent longest. */
static size_t find_peer(const void *name, size_t size) {
    size_t oldest = 0;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (peers[i].back != NULL && peers[i].name_size == size &&
            memcmp(peers[i].name, name, size) == 0)
            return i;
        if (peers[i].spoke < peers[oldest].spoke)
            oldest = i;
    }
    char address[SOCKET_ADDRESS_MAX];
    snprintf(address, sizeof address, "ipc://%s", socket_path);
    socket_close(peers[oldest].back);
    peers[oldest] = (struct peer){.name_size = size};
    memcpy(peers[oldest].name, name, size);
    peers[oldest].back = open_socket(SOCKET_DEALER, address, false);
    return oldest;
}

static void pass_all(void) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    while (socket_receive(front, parts, &count)) {
        size_t number = count > 0 ? find_peer(parts[0].bytes, parts[0].size) : 0;
        peers[number].spoke = now_ms();
        if (count > 1)
            pass_or_lose(number, true, parts + 1, count - 1);
    }
    for (size_t i = 0; i < PEERS_MAX; i++)
        while (peers[i].back != NULL && socket_receive(peers[i].back, parts, &count))
            pass_or_lose(i, false, parts, count);
}

static void wait_for_news(int signals) {
    struct socket_wait waits[PEERS_MAX + 2] = {{.end = front}, {.descriptor = signals}};
    size_t count = 2;
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (peers[i].back != NULL)
            waits[count++].end = peers[i].back;
    sockets_wait(waits, count, 5);
}

int main(int argc, char **argv) {
    char address[SOCKET_ADDRESS_MAX], bound[4200];
    struct signalfd_siginfo signal;
    sigset_t ours;
    if (argc < 7)
        return 2;
    state = strtoull(argv[1], NULL, 10);
    harm = argv[2];
    limit = strtol(argv[3], NULL, 10);
    chance = strtol(argv[4], NULL, 10);
    socket_path = argv[5];
    command = calloc((size_t)argc, sizeof *command);
    memcpy(command, argv + 6, (size_t)(argc - 6) * sizeof *command);
    snprintf(bound, sizeof bound, "ipc://%s", socket_path);
    command[argc - 6] = (char *)"--bind";
    command[argc - 5] = bound;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    int signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    sockets_new(&sockets, 1, NULL);
    front = open_socket(SOCKET_ROUTER, "tcp://127.0.0.1:*", true);
    socket_address(front, address);
    start_service();
    printf("%s\n", address);
    fflush(stdout);
    while (read(signals, &signal, sizeof signal) != sizeof signal) {
        wait_for_news(signals);
        if (stopped_until != 0 && now_ms() >= stopped_until) {
            kill(service, SIGCONT);
            stopped_until = 0;
        }
        release_held();
        pass_all();
    }
    kill(service, SIGCONT);
    kill(service, SIGTERM);
    waitpid(service, NULL, 0);
    printf("harm %ld\n", harmed);
    return 0;
}
