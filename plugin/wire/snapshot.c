/* SPDX-License-Identifier: MIT
 *
 * The file is records one after the other: length of the topic, size of the payload (32 bits each),
 * topic, header, payload.  Whoever asks gets them from the begin up to what there was when it
 * asked. */
#include "plugin/wire/snapshot.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { READERS_MAX = 16, TOPIC_MAX = 512, PATIENCE_MS = 10000, WAIT_MS = 50, WAIT_BUSY_MS = 2 };

/* Somebody who asked and has not got everything. */
struct reader {
    uint8_t name[SOCKET_NAME_MAX];
    size_t name_size; /* 0: the place is free */
    char prefix[TOPIC_MAX];
    uint64_t session, given;
    off_t at, end;
    bool ended;    /* nothing will follow */
    int64_t moved; /* when last something went */
};

struct snapshot {
    struct socket_end *socket;
    char address[SOCKET_ADDRESS_MAX];
    int file, leave; /* eventfd */
    pthread_t thread;
    bool running;
    struct reader readers[READERS_MAX]; /* of the thread alone */

    pthread_mutex_t mutex; /* guards what follows; nothing else is locked while it is held */
    off_t size;
    bool ended;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static off_t size_now(struct snapshot *snapshot, bool *ended) {
    pthread_mutex_lock(&snapshot->mutex);
    off_t size = snapshot->size;
    *ended = snapshot->ended;
    pthread_mutex_unlock(&snapshot->mutex);
    return size;
}

/* ---- giving ---- */

static bool send_frame(struct snapshot *snapshot, const struct reader *reader, const char *topic,
                       size_t topic_size, const void *header, const void *payload, size_t size) {
    const struct socket_part parts[] = {{reader->name, reader->name_size},
                                        {topic, topic_size},
                                        {header, FRAME_SIZE},
                                        {payload, size}};
    return socket_send(snapshot->socket, parts, 4);
}

/* The next record; false where it could not be sent now. */
static bool give_record(struct snapshot *snapshot, struct reader *reader) {
    uint32_t sizes[2];
    char *record = NULL;
    bool good = pread(snapshot->file, sizes, sizeof sizes, reader->at) == sizeof sizes;
    size_t size = good ? (size_t)sizes[0] + FRAME_SIZE + sizes[1] : 0;
    good = good && (record = malloc(size)) != NULL &&
           pread(snapshot->file, record, size, reader->at + (off_t)sizeof sizes) == (ssize_t)size;
    bool wanted = good && strlen(reader->prefix) <= sizes[0] &&
                  memcmp(record, reader->prefix, strlen(reader->prefix)) == 0;
    bool went = !wanted || send_frame(snapshot, reader, record, sizes[0], record + sizes[0],
                                      record + sizes[0] + FRAME_SIZE, sizes[1]);
    free(record);
    if (!good) { /* the disk fails: who asked will see that there is no END */
        reader->name_size = 0;
        return false;
    }
    if (went) {
        reader->at += (off_t)(sizeof sizes + size);
        reader->given += wanted;
        reader->moved = now_ms();
    }
    return went;
}

/* Everything that can go now; whether somebody still waits. */
static bool give_all(struct snapshot *snapshot) {
    bool waiting = false;
    for (size_t i = 0; i < READERS_MAX; i++) {
        struct reader *reader = &snapshot->readers[i];
        while (reader->name_size > 0 && reader->at < reader->end && give_record(snapshot, reader))
            ;
        if (reader->name_size > 0 && reader->at >= reader->end) {
            uint8_t header[FRAME_SIZE];
            frame_write(header, &(struct frame){.kind = FRAME_END,
                                                .session = reader->session,
                                                .sequence = reader->ended,
                                                .count = reader->given});
            if (send_frame(snapshot, reader, "", 0, header, "", 0))
                reader->name_size = 0;
        }
        if (reader->name_size > 0 && now_ms() - reader->moved > PATIENCE_MS)
            reader->name_size = 0;
        waiting |= reader->name_size > 0;
    }
    return waiting;
}

static void refuse(struct snapshot *snapshot, const struct socket_part *name, uint64_t session,
                   enum fault_code code, const char *sentence) {
    struct reader reader = {.name_size = name->size};
    uint8_t header[FRAME_SIZE];
    memcpy(reader.name, name->bytes, name->size);
    frame_write(header, &(struct frame){.kind = FRAME_FAULT,
                                        .session = session,
                                        .code = code,
                                        .payload_size = strlen(sentence)});
    send_frame(snapshot, &reader, "", 0, header, sentence, strlen(sentence));
}

static void listen_to(struct snapshot *snapshot) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    while (socket_receive(snapshot->socket, parts, &count)) {
        struct frame frame;
        struct failure why = {0};
        enum fault_code code;
        struct reader *free_place = NULL;
        if (count != 3 || parts[0].size > SOCKET_NAME_MAX)
            continue;
        if (frame_read(&frame, parts[1].bytes, parts[1].size, parts[2].bytes, parts[2].size, &code,
                       &why) != STATUS_OK) {
            refuse(snapshot, &parts[0], frame.session, code, why.text);
            continue;
        }
        for (size_t i = 0; i < READERS_MAX; i++)
            if (snapshot->readers[i].name_size == 0)
                free_place = &snapshot->readers[i];
        if (frame.kind != FRAME_HELLO) {
            refuse(snapshot, &parts[0], frame.session, FAULT_UNEXPECTED, "say HELLO");
        } else if (free_place == NULL) {
            refuse(snapshot, &parts[0], frame.session, FAULT_BUSY, "too many ask at a time");
        } else {
            *free_place = (struct reader){
                .name_size = parts[0].size, .session = frame.session, .moved = now_ms()};
            free_place->end = size_now(snapshot, &free_place->ended);
            memcpy(free_place->name, parts[0].bytes, parts[0].size);
            frame_fact(&frame, "topic", free_place->prefix, TOPIC_MAX);
        }
    }
}

static void *run(void *argument) {
    struct snapshot *snapshot = argument;
    struct socket_wait waits[] = {{.end = snapshot->socket}, {.descriptor = snapshot->leave}};
    while (!waits[1].ready) {
        listen_to(snapshot);
        bool waiting = give_all(snapshot);
        sockets_wait(waits, 2, waiting ? WAIT_BUSY_MS : WAIT_MS);
    }
    return NULL;
}

/* ---- from outside ---- */

static int open_file(struct snapshot *snapshot, struct failure *why) {
    char path[4096];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/runnel-XXXXXX", folder && *folder ? folder : "/tmp");
    if ((snapshot->file = mkstemp(path)) < 0)
        return fail(why, STATUS_IO, "no temporary file %s can be made: %s (TMPDIR says where)",
                    path, strerror(errno));
    unlink(path);
    return STATUS_OK;
}

struct snapshot *snapshot_new(struct endpoint *endpoint, const char *address, struct failure *why) {
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for snapshots");
        return NULL;
    }
    pthread_mutex_init(&snapshot->mutex, NULL);
    snapshot->file = -1;
    snapshot->leave = eventfd(0, EFD_CLOEXEC);
    if (snapshot->leave < 0)
        fail(why, STATUS_IO, "no more descriptors for snapshots");
    else if (open_file(snapshot, why) == STATUS_OK &&
             endpoint_open(endpoint, SOCKET_ROUTER, address, &snapshot->socket, why) == STATUS_OK) {
        socket_address(snapshot->socket, snapshot->address);
        snapshot->running = pthread_create(&snapshot->thread, NULL, run, snapshot) == 0;
        if (snapshot->running)
            return snapshot;
        fail(why, STATUS_IO, "no more threads for snapshots");
    }
    snapshot_free(snapshot);
    return NULL;
}

void snapshot_free(struct snapshot *snapshot) {
    uint64_t one = 1;
    if (snapshot == NULL)
        return;
    if (snapshot->running && write(snapshot->leave, &one, sizeof one) == sizeof one)
        pthread_join(snapshot->thread, NULL);
    socket_close(snapshot->socket);
    if (snapshot->file >= 0)
        close(snapshot->file);
    if (snapshot->leave >= 0)
        close(snapshot->leave);
    pthread_mutex_destroy(&snapshot->mutex);
    free(snapshot);
}

int snapshot_add(struct snapshot *snapshot, const char *topic, const struct frame *frame,
                 struct failure *why) {
    const uint32_t sizes[2] = {(uint32_t)strlen(topic), (uint32_t)frame->payload_size};
    const size_t size = sizeof sizes + sizes[0] + FRAME_SIZE + sizes[1];
    uint8_t *record = malloc(size), *at = record;
    if (record == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for snapshots");
    memcpy(at, sizes, sizeof sizes);
    at += sizeof sizes;
    memcpy(at, topic, sizes[0]);
    at += sizes[0];
    frame_write(at, frame);
    if (sizes[1] > 0)
        memcpy(at + FRAME_SIZE, frame->payload, sizes[1]);
    bool ended;
    off_t begin = size_now(snapshot, &ended);
    bool written = pwrite(snapshot->file, record, size, begin) == (ssize_t)size;
    int error = errno;
    free(record);
    if (!written)
        return fail(why, STATUS_IO, "the snapshots cannot be written: %s", strerror(error));
    pthread_mutex_lock(&snapshot->mutex);
    snapshot->size = begin + (off_t)size;
    pthread_mutex_unlock(&snapshot->mutex);
    return STATUS_OK;
}

void snapshot_end(struct snapshot *snapshot) {
    pthread_mutex_lock(&snapshot->mutex);
    snapshot->ended = true;
    pthread_mutex_unlock(&snapshot->mutex);
}

const char *snapshot_address(const struct snapshot *snapshot) {
    return snapshot->address;
}
