/* SPDX-License-Identifier: MIT
 *
 * Arrivals.  The one idea: whoever parses a file may wait for bytes, and whoever feeds it never
 * does.
 *
 *     file or standard input --(the caller's thread)--> socket --(a thread of the input's own)-->
 * rows
 */
#define _GNU_SOURCE
#include "plugin/arrivals.h"

#include "adapters/folder_watch.h"
#include "plugin/byte_feed.h"
#include "plugin/read_rows.h"
#include "plugin/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH_BYTES = 1 << 17, /* as the stage reads has it */
    INPUTS_MAX = 128,      /* read at a time; files that grow need one each, */
    WHOLE_MAX = 4          /* those that are complete take turns */
};

struct input {
    struct arrivals *arrivals;
    char *path;
    size_t entry; /* of the folder */
    int reader;   /* the descriptor that the thread reads from */
    pthread_t thread;
    struct byte_feed feed;

    /* Of the thread, and under the mutex once `over` is set. */
    int64_t given; /* records */
    struct alignments *file;
    struct failure why;
    bool over;
};

struct arrivals {
    const struct runnel_host *host;
    struct alignments_options reading;
    struct folder_watch *folder; /* NULL: standard input */
    int64_t idle, batch_rows;
    double news_at; /* when something came last, in seconds */
    bool ended;     /* no more is read: the input came to its end, was idle for long, or ... */
    bool stopped;   /* ... somebody asked for it: of a folder, what is there is still read */
    bool frozen;    /* of a folder: what was there then is known */
    size_t input_count;
    struct input *inputs[INPUTS_MAX];
    bool *begun; /* by entry of the folder */
    size_t begun_count;
    int64_t lost_told;
    int news; /* eventfd: there are rows where there were none, or an input is over */
    struct alignments *first;      /* whose header is the stream's; closed with the arrivals */
    struct alignments *first_open; /* the same, as soon as it is known; under the mutex */

    /* Guards what follows, and `over` of the inputs; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    pthread_cond_t room; /* the table was emptied, or the inputs are to leave */
    bool leaving;
    struct arrow_table *table;
};

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void tell(const struct arrivals *a) {
    uint64_t one = 1;
    if (write(a->news, &one, sizeof one) < 0)
        return; /* the counter is full, so the reader will wake anyway */
}

static void count(const struct arrivals *a, const char *what, int64_t amount) {
    a->host->count(a->host->context, what, amount);
}

/* ---- an input's thread: bytes to rows ------------------------------------------------------ */

static bool is_full(const struct arrivals *a) {
    return arrow_table_bytes(a->table) >= BATCH_BYTES ||
           (int64_t)arrow_table_rows(a->table) >= a->batch_rows;
}

static int put(struct input *in, const struct alignment *read, int32_t contig,
               struct failure *why) {
    struct arrivals *a = in->arrivals;
    const char *start_time = alignments_start_time(in->file);
    const struct read_origin origin = {start_time, start_time ? strlen(start_time) : 0,
                                       alignments_channel(in->file)};
    const char *name = contig < 0 ? "" : alignments_header(in->file)->contigs[contig].name;
    pthread_mutex_lock(&a->mutex);
    while (is_full(a) && !a->leaving)
        pthread_cond_wait(&a->room, &a->mutex);
    int status = a->leaving ? STATUS_END : STATUS_OK;
    bool was_empty = arrow_table_rows(a->table) == 0;
    if (status == STATUS_OK)
        status = read_row_put(a->table, read, name, &origin, why);
    pthread_mutex_unlock(&a->mutex);
    if (was_empty)
        tell(a);
    return status;
}

/* Without a stage that aligns anew, all files must be of one reference. */
static int compare_contigs(const struct input *in, const struct alignments *first,
                           struct failure *why) {
    const struct alignments_header *ours = alignments_header(first),
                                   *theirs = alignments_header(in->file);
    bool same = ours->contig_count == theirs->contig_count;
    for (size_t i = 0; same && i < ours->contig_count; i++)
        same = ours->contigs[i].length == theirs->contigs[i].length &&
               strcmp(ours->contigs[i].name, theirs->contigs[i].name) == 0;
    return same || in->arrivals->reading.unaligned
               ? STATUS_OK
               : fail(why, STATUS_BAD_INPUT,
                      "%s: its header lists other contigs than that of the first file", in->path);
}

static int open_input(struct input *in, struct failure *why) {
    struct arrivals *a = in->arrivals;
    struct alignments_options options = a->reading;
    options.any_order = true;
    options.copy = NULL;
    options.pipe = in->reader;
    int status = alignments_open(&in->file, in->path, &options, why);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&a->mutex);
    if (a->first_open == NULL)
        a->first_open = in->file;
    const struct alignments *first = a->first_open;
    pthread_mutex_unlock(&a->mutex);
    return compare_contigs(in, first, why);
}

static void *read_input(void *argument) {
    struct input *in = argument;
    struct arrivals *a = in->arrivals;
    struct alignment read;
    int32_t contig;
    int status = open_input(in, &in->why);
    while (status == STATUS_OK &&
           (status = alignments_next(in->file, &read, &contig, &in->why)) == STATUS_OK) {
        in->given++;
        if (a->reading.unaligned && (read.flag & 4))
            contig = -1;
        if (contig >= 0 || a->reading.unaligned)
            status = put(in, &read, contig, &in->why);
        else
            count(a, "left out: no position", 1);
    }
    pthread_mutex_lock(&a->mutex);
    in->over = true;
    pthread_mutex_unlock(&a->mutex);
    tell(a);
    return NULL;
}

/* ---- inputs come and go -------------------------------------------------------------------- */

static void input_free(struct input *in) {
    byte_feed_close(&in->feed);
    free(in->path);
    free(in);
}

/* Begins to read from a descriptor, which the input owns if it is that of a file (`entry`). */
static int begin_input(struct arrivals *a, const char *path, int from, const size_t *entry,
                       struct failure *why) {
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL || (in->path = strdup(path)) == NULL) {
        free(in);
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    in->arrivals = a;
    int status = byte_feed_open(&in->feed, from, entry != NULL, &in->reader, why);
    if (entry != NULL) {
        in->entry = *entry;
        in->feed.at = folder_watch_file(a->folder, *entry)->begin;
    }
    if (status == STATUS_OK && pthread_create(&in->thread, NULL, read_input, in) != 0) {
        close(in->reader);
        status = fail(why, STATUS_IO, "no more threads");
    }
    if (status != STATUS_OK) {
        input_free(in);
        return fail_at(why, "%s", path);
    }
    a->inputs[a->input_count++] = in;
    a->news_at = now_seconds();
    return STATUS_OK;
}

static bool is_complete(const struct input *in) {
    return in->feed.is_file && folder_watch_file(in->arrivals->folder, in->entry)->complete;
}

/* Begins what has come into the folder; whether more is waiting for its turn. */
static int begin_files(struct arrivals *a, bool *waiting, struct failure *why) {
    size_t known = folder_watch_count(a->folder), whole = 0;
    if (known > a->begun_count) {
        bool *begun = realloc(a->begun, known * sizeof *begun);
        if (begun == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for the files of a folder");
        memset(begun + a->begun_count, 0, (known - a->begun_count) * sizeof *begun);
        a->begun = begun;
        a->begun_count = known;
    }
    for (size_t i = 0; i < a->input_count; i++)
        whole += is_complete(a->inputs[i]);
    for (size_t i = 0; i < known; i++) {
        const struct folder_file *file = folder_watch_file(a->folder, i);
        if (a->begun[i] || file->size <= file->begin)
            continue;
        if (a->input_count == INPUTS_MAX || (file->complete && whole == WHOLE_MAX)) {
            *waiting = true;
            continue;
        }
        int from = open(file->path, O_RDONLY | O_CLOEXEC);
        if (from < 0)
            continue; /* it has another name by now, or has gone: the next look tells */
        whole += file->complete;
        a->begun[i] = true;
        count(a, "files", 1);
        if (begin_input(a, file->path, from, &i, why) != STATUS_OK)
            return why->code;
    }
    return STATUS_OK;
}

static void warn(const struct arrivals *a, const char *text) {
    a->host->log(a->host->context, RUNNEL_LOG_WARNING, text);
}

/* Where an input that is over has failed: a folder's file is told of and left, as far as it was
 * whole it was used; standard input is all there is. */
static int judge(struct arrivals *a, struct input *in, struct failure *why) {
    char text[FAILURE_TEXT_MAX + 64];
    bool cut_by_us = a->stopped && !is_complete(in);
    if (in->why.code == STATUS_OK || cut_by_us)
        return STATUS_OK;
    if (!in->feed.is_file || in->why.code == STATUS_NO_MEMORY) {
        *why = in->why;
        return why->code;
    }
    snprintf(text, sizeof text, "%s%s", in->why.text,
             in->given > 0 ? "; the records before that are used" : "; it is left out");
    warn(a, text);
    count(a, "files with faults", 1);
    return STATUS_OK;
}

/* Joins the inputs that are over. */
static int reap(struct arrivals *a, struct failure *why) {
    int status = STATUS_OK;
    for (size_t i = 0; i < a->input_count && status == STATUS_OK;) {
        struct input *in = a->inputs[i];
        pthread_mutex_lock(&a->mutex);
        bool over = in->over, keep = over && in->file == a->first_open;
        pthread_mutex_unlock(&a->mutex);
        if (!over) {
            i++;
            continue;
        }
        pthread_join(in->thread, NULL);
        if (!keep)
            alignments_close(in->file);
        status = judge(a, in, why);
        a->ended = a->ended || !in->feed.is_file;
        a->inputs[i] = a->inputs[--a->input_count];
        input_free(in);
    }
    return status;
}

/* ---- the caller's side --------------------------------------------------------------------- */

/* Passes on what has come, and sees whether anything still does. */
static int look(struct arrivals *a, struct failure *why) {
    bool waiting = false;
    if (a->folder != NULL && !a->ended) {
        if (!a->frozen && folder_watch_look(a->folder, why) != STATUS_OK)
            return why->code;
        a->frozen = a->stopped;
        if (begin_files(a, &waiting, why) != STATUS_OK)
            return why->code;
        int64_t lost = folder_watch_lost(a->folder);
        char text[160];
        snprintf(text, sizeof text,
                 "%lld bytes were added to files that had been closed: they are not read",
                 (long long)(lost - a->lost_told));
        if (lost > a->lost_told)
            warn(a, text);
        a->lost_told = lost;
    }
    bool idle = a->idle > 0 && now_seconds() - a->news_at >= (double)a->idle;
    bool through = a->frozen && !waiting && a->input_count == 0;
    a->ended = a->ended || (a->folder != NULL && (idle || through));
    for (size_t i = 0; i < a->input_count; i++) {
        struct input *in = a->inputs[i];
        bool has_end = is_complete(in) || (in->feed.is_file && a->frozen);
        int64_t end = has_end ? folder_watch_file(a->folder, in->entry)->size : -1;
        if (byte_feed_pump(&in->feed, end, a->ended))
            a->news_at = now_seconds();
    }
    return STATUS_OK;
}

static int take_batch(struct arrivals *a, struct runnel_batch **batch, struct failure *why) {
    pthread_mutex_lock(&a->mutex);
    if (arrow_table_rows(a->table) > 0) {
        *batch = stream_data(&READS_STREAM, a->table, why);
        pthread_cond_broadcast(&a->room);
    }
    a->first = a->first_open;
    pthread_mutex_unlock(&a->mutex);
    if (*batch != NULL)
        a->news_at = now_seconds();
    return why->code;
}

static void wait_for_news(struct arrivals *a, int wait_ms) {
    struct pollfd waits[2 + INPUTS_MAX] = {{.fd = a->news, .events = POLLIN}};
    nfds_t wait_count = 1;
    if (a->folder != NULL)
        waits[wait_count++] =
            (struct pollfd){.fd = folder_watch_descriptor(a->folder), .events = POLLIN};
    for (size_t i = 0; i < a->input_count; i++) {
        const struct byte_feed *feed = &a->inputs[i]->feed;
        if (feed->to >= 0 && (feed->blocked || !feed->is_file))
            waits[wait_count++] = (struct pollfd){.fd = feed->blocked ? feed->to : feed->from,
                                                  .events = feed->blocked ? POLLOUT : POLLIN};
    }
    poll(waits, wait_count, wait_ms);
    uint64_t news;
    if (read(a->news, &news, sizeof news) < 0)
        return; /* it was not this that woke us */
}

int arrivals_next(struct arrivals *a, int wait_ms, struct runnel_batch **batch,
                  struct failure *why) {
    double until = now_seconds() + wait_ms / 1000.0;
    *batch = NULL;
    while (true) {
        bool through = a->ended && a->input_count == 0;
        if (take_batch(a, batch, why) != STATUS_OK || *batch != NULL)
            return why->code;
        if (through)
            return STATUS_END;
        if (reap(a, why) != STATUS_OK || look(a, why) != STATUS_OK)
            return why->code;
        double left = until - now_seconds();
        if (a->ended && a->input_count == 0)
            continue; /* the last rows */
        if (left <= 0)
            return STATUS_OK;
        wait_for_news(a, (int)(left * 1000) + 1);
    }
}

const struct alignments_header *arrivals_header(const struct arrivals *a) {
    return a->first ? alignments_header(a->first) : NULL;
}

void arrivals_stop(struct arrivals *a) {
    a->stopped = true;
    a->ended = a->ended || a->folder == NULL;
}

int arrivals_open(struct arrivals **out, const struct arrivals_setup *setup, struct failure *why) {
    struct arrivals *a = calloc(1, sizeof *a);
    *out = NULL;
    if (a == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", setup->path);
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->room, NULL);
    a->host = setup->host;
    a->reading = setup->reading;
    a->idle = setup->idle;
    a->batch_rows = setup->batch_rows;
    a->news_at = now_seconds();
    a->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int status = arrow_table_new(&a->table, READS_STREAM.fields, READS_STREAM.count, why);
    if (status == STATUS_OK && a->news < 0)
        status = fail(why, STATUS_IO, "%s: no more descriptors", setup->path);
    if (status == STATUS_OK)
        status = strcmp(setup->path, "-") == 0 ? begin_input(a, "-", STDIN_FILENO, NULL, why)
                                               : folder_watch_open(&a->folder, setup->path, why);
    if (status != STATUS_OK) {
        arrivals_close(a);
        return status;
    }
    *out = a;
    return STATUS_OK;
}

void arrivals_close(struct arrivals *a) {
    if (a == NULL)
        return;
    pthread_mutex_lock(&a->mutex);
    a->leaving = true;
    pthread_cond_broadcast(&a->room);
    pthread_mutex_unlock(&a->mutex);
    for (size_t i = 0; i < a->input_count; i++) {
        struct input *in = a->inputs[i];
        byte_feed_close(&in->feed);
        pthread_join(in->thread, NULL);
        if (in->file != a->first_open)
            alignments_close(in->file);
        input_free(in);
    }
    alignments_close(a->first_open);
    folder_watch_close(a->folder);
    arrow_table_free(a->table);
    if (a->news >= 0)
        close(a->news);
    pthread_cond_destroy(&a->room);
    pthread_mutex_destroy(&a->mutex);
    free(a->begun);
    free(a);
}
