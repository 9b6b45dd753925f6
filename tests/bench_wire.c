/* SPDX-License-Identifier: MIT
 *
 * What the wire carries: windows per second and MB/s by transport and size of batch, what one
 * window waits for its answer, and beside these what the caller computes, alone and as one or two
 * services.
 *
 *     build/bench_wire MODEL [SECONDS]      SECONDS for each figure, 1
 *
 * The services of the first two tables answer every batch at once with ready-made calls, so that
 * what is measured is the way there and back: Arrow written and read, sockets, both state machines.
 */
#include "plugin/wire/dealing.h"
#include "plugin/wire/inner.h"
#include "plugin/wire/keys.h"
#include "plugin/wire/payload.h"
#include "plugin/wire/service.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNDER_WAY = 16, SAMPLES_MAX = 20000, WINDOW_VALUES = 594 };

static double seconds_each = 1.0;

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void stop(const struct failure *why) {
    fprintf(stderr, "bench_wire: %s\n", why->text);
    exit(1);
}

/* ---- windows and calls ---- */

static struct runnel_batch *windows_open(void) {
    const struct stream_fact facts[] = {{"contigs", "chr1\t100000000\n"}, {"platform", "ont"}};
    return stream_open(&PILEUP_STREAM, NULL, facts, 2, NULL);
}

static struct runnel_batch *windows_of(size_t rows) {
    struct arrow_table *table = NULL;
    int32_t window[WINDOW_VALUES];
    arrow_table_new(&table, PILEUP_STREAM.fields, PILEUP_STREAM.count, NULL);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < WINDOW_VALUES; i++)
            window[i] = (int32_t)((row * 31 + i * 7) % 40) - 10;
        arrow_put_text(table, PILEUP_CONTIG, "chr1");
        arrow_put_integer(table, PILEUP_POSITION, 1000 + (int64_t)row);
        arrow_put_text(table, PILEUP_REFERENCE, "ACGTACGTACGTACGTACGTACGTACGTACGTA");
        arrow_put_text(table, PILEUP_ALT_INFO, "30-XG 12 IAT 2");
        arrow_put_integer(table, PILEUP_DEPTH, 30);
        arrow_put_list(table, PILEUP_WINDOW, window, WINDOW_VALUES);
        arrow_table_end_row(table, NULL);
    }
    struct runnel_batch *batch = stream_data(&PILEUP_STREAM, table, NULL);
    arrow_table_free(table);
    return batch;
}

static struct runnel_batch *calls_of(size_t rows) {
    static const float PROBABILITIES[24] = {0.5f};
    static const int32_t AD[2] = {18, 12};
    static const double AF[1] = {0.4};
    struct arrow_table *table = NULL;
    arrow_table_new(&table, CALLS_STREAM.fields, CALLS_STREAM.count, NULL);
    for (size_t row = 0; row < rows; row++) {
        for (size_t c = 0; c < CALLS_COLUMNS; c++)
            if (CALLS_STREAM.fields[c].nullable)
                arrow_put_null(table, c);
            else if (CALLS_STREAM.fields[c].format[0] == 'u')
                arrow_put_text(table, c, c == CALLS_CONTIG ? "chr1" : "A");
            else if (c == CALLS_PROBABILITIES)
                arrow_put_list(table, c, PROBABILITIES, 24);
            else if (c == CALLS_AD)
                arrow_put_list(table, c, AD, 2);
            else if (c == CALLS_AF)
                arrow_put_list(table, c, AF, 1);
            else if (c == CALLS_QUAL)
                arrow_put_real(table, c, 20.5);
            else
                arrow_put_integer(table, c, 1);
        arrow_table_end_row(table, NULL);
    }
    struct runnel_batch *batch = stream_data(&CALLS_STREAM, table, NULL);
    arrow_table_free(table);
    return batch;
}

/* ---- a service that answers at once ---- */

struct echo {
    struct endpoint endpoint;
    struct socket_end *socket;
    struct service *service;
    uint8_t *schema, *calls;
    size_t schema_size, calls_size;
    atomic_bool leaving;
    pthread_t thread;
    char address[SOCKET_ADDRESS_MAX];
};

static bool echo_send(void *with, const void *name, size_t name_size, const struct frame *frame) {
    struct echo *echo = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {
        {name, name_size}, {header, FRAME_SIZE}, {frame->payload, frame->payload_size}};
    return socket_send(echo->socket, parts, 3);
}
static bool echo_open(void *with, size_t peer, const struct frame *hello,
                      const struct frame *open) {
    struct echo *echo = with;
    (void)hello;
    service_answer(echo->service, peer, open->session, 0, echo->schema, echo->schema_size);
    return true;
}
static void echo_compute(void *with, size_t peer, const struct frame *data) {
    struct echo *echo = with;
    service_answer(echo->service, peer, data->session, data->sequence, echo->calls,
                   echo->calls_size);
}
static void echo_close(void *with, size_t peer) {
    (void)with, (void)peer;
}

static void *echo_run(void *with) {
    struct echo *echo = with;
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    while (!atomic_load(&echo->leaving)) {
        struct socket_wait wait = {.end = echo->socket};
        sockets_wait(&wait, 1, 50);
        while (socket_receive(echo->socket, parts, &count))
            if (count == 3)
                service_receive(echo->service, parts[0].bytes, parts[0].size, parts[1].bytes,
                                parts[1].size, parts[2].bytes, parts[2].size,
                                (int64_t)(1e3 * now_seconds()));
    }
    return NULL;
}

static void echo_begin(struct echo *echo, const char *bind, bool curve, size_t rows) {
    static const struct service_setup SETUP = {"role service\nmodel_digest none\nkernels none\n",
                                               UNDER_WAY};
    const struct service_hooks hooks = {echo, echo_send, echo_open, echo_compute, echo_close};
    const struct endpoint_security security = {.key = curve ? "server.key" : NULL,
                                               .allow = curve ? "client.pub" : NULL};
    struct failure why = {0};
    struct runnel_batch *open = stream_open(&CALLS_STREAM, NULL, NULL, 0, &why);
    struct runnel_batch *calls = calls_of(rows);
    memset(echo, 0, sizeof *echo);
    if (payload_write(&echo->schema, &echo->schema_size, open, &why) != STATUS_OK ||
        payload_write(&echo->calls, &echo->calls_size, calls, &why) != STATUS_OK ||
        (echo->service = service_new(&SETUP, &hooks, &why)) == NULL ||
        endpoint_new(&echo->endpoint, &security, true, &why) != STATUS_OK ||
        endpoint_open(&echo->endpoint, SOCKET_ROUTER, bind, &echo->socket, &why) != STATUS_OK)
        stop(&why);
    open->release(open);
    calls->release(calls);
    socket_address(echo->socket, echo->address);
    pthread_create(&echo->thread, NULL, echo_run, echo);
}

static void echo_end(struct echo *echo) {
    atomic_store(&echo->leaving, true);
    pthread_join(echo->thread, NULL);
    socket_close(echo->socket);
    endpoint_free(&echo->endpoint);
    service_free(echo->service);
    free(echo->schema);
    free(echo->calls);
}

/* ---- a source ---- */

struct source {
    struct runnel_batch *open, *calls_open;
    pthread_mutex_t mutex;
    pthread_cond_t news;
    uint64_t answered;
};

static void on_opened(void *with, const struct frame *result) {
    static const struct stream *const CALLS[] = {&CALLS_STREAM, NULL};
    struct source *source = with;
    struct failure why = {0};
    source->calls_open = payload_read_open(result->payload, result->payload_size, CALLS, &why);
    if (source->calls_open == NULL)
        stop(&why);
}
static void on_answered(void *with, uint64_t sequence, const struct frame *result) {
    struct source *source = with;
    struct failure why = {0};
    (void)sequence;
    struct runnel_batch *calls =
        payload_read_data(result->payload, result->payload_size, source->calls_open, &why);
    if (calls == NULL)
        stop(&why);
    calls->release(calls);
    pthread_mutex_lock(&source->mutex);
    source->answered++;
    pthread_cond_signal(&source->news);
    pthread_mutex_unlock(&source->mutex);
}
static void on_set_aside(void *with, uint64_t sequence) {
    (void)with, (void)sequence;
}
static void on_failed(void *with, const char *sentence) {
    (void)with;
    fprintf(stderr, "bench_wire: %s\n", sentence);
    exit(1);
}

static void put(struct dealing *dealing, uint64_t sequence, const struct runnel_batch *batch) {
    struct failure why = {0};
    uint8_t *payload;
    size_t size;
    if (payload_write(&payload, &size, batch, &why) != STATUS_OK ||
        dealing_put(dealing, sequence, payload, size, &why) != STATUS_OK)
        stop(&why);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sends batches for a while, at most `under_way` at a time; how many per second.  With one at a
 * time the times they took go to `samples`. */
static double run_source(const char *via, bool curve, const struct runnel_batch *batch,
                         uint64_t under_way, double *samples, size_t *sample_count) {
    struct source source = {.open = windows_open()};
    const struct dealing_hooks hooks = {&source,      on_opened, on_answered,
                                        on_set_aside, on_failed, on_failed};
    const struct dealing_setup setup = {
        .via = via,
        .security = {.key = curve ? "client.key" : NULL, .server_key = curve ? "server.pub" : NULL},
        .hello = "role service\n",
        .beat = 1000,
        .wait = 60};
    struct failure why = {0};
    pthread_mutex_init(&source.mutex, NULL);
    pthread_cond_init(&source.news, NULL);
    struct dealing *dealing = dealing_new(&setup, &hooks, &why);
    if (dealing == NULL)
        stop(&why);
    put(dealing, 0, source.open);
    double begin = 0, end = 0, asked = 0;
    for (uint64_t sent = 0; end == 0 || now_seconds() < end; sent++) {
        pthread_mutex_lock(&source.mutex);
        while (sent - source.answered >= (sent == 1 ? 1 : under_way))
            pthread_cond_wait(&source.news, &source.mutex);
        pthread_mutex_unlock(&source.mutex);
        if (sent == 1) { /* the first one has opened the session */
            begin = now_seconds();
            end = begin + seconds_each;
        } else if (sent > 1 && samples != NULL && *sample_count < SAMPLES_MAX) {
            samples[(*sample_count)++] = now_seconds() - asked;
        }
        asked = now_seconds();
        put(dealing, sent + 1, batch);
    }
    pthread_mutex_lock(&source.mutex);
    double rate = (double)(source.answered - 1) / (now_seconds() - begin);
    pthread_mutex_unlock(&source.mutex);
    dealing_free(dealing);
    source.open->release(source.open);
    source.calls_open->release(source.calls_open);
    return rate;
}

static void print_latency(const char *what, double *samples, size_t count) {
    if (count == 0)
        return;
    qsort(samples, count, sizeof *samples, compare);
    printf("%-12s %10.0f %10.0f %10.0f %8zu\n", what, 1e6 * samples[count / 2],
           1e6 * samples[count * 99 / 100], 1e6 * samples[count * 999 / 1000], count);
}

/* ---- tables ---- */

static const size_t SIZES[] = {1, 16, 128, 1024};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

/* Between two lanes of a line: references, which are as large whatever they refer to. */
static void print_inproc(void) {
    struct sockets *sockets = NULL;
    struct socket_end *a, *b;
    struct failure why = {0};
    void *got;
    if (sockets_new(&sockets, 0, &why) != STATUS_OK ||
        sockets_pair(sockets, "x", &a, &b, &why) != STATUS_OK)
        stop(&why);
    struct runnel_batch *batch = windows_of(128);
    double begin = now_seconds();
    size_t batches = 0;
    for (; now_seconds() < begin + seconds_each; batches++) {
        socket_send_pointer(a, batch, NULL);
        while (!socket_receive_pointer(b, &got))
            ;
    }
    double rate = (double)batches / (now_seconds() - begin);
    printf("%-12s %8d %12.0f %10s\n", "inproc", 128, rate * 128, "-");
    batch->release(batch);
    socket_close(a);
    socket_close(b);
    sockets_free(sockets);
}

static void print_transports(void) {
    static const struct {
        const char *name, *bind;
        bool curve;
    } WAYS[] = {{"ipc", "ipc://door/socket", false},
                {"tcp", "tcp://127.0.0.1:*", false},
                {"tcp+CURVE", "tcp://127.0.0.1:*", true}};
    static double samples[SAMPLES_MAX];
    printf("%-12s %8s %12s %10s\n", "transport", "batch", "windows/s", "MB/s");
    print_inproc();
    for (size_t way = 0; way < 3; way++)
        for (size_t i = 0; i < SIZE_COUNT; i++) {
            struct echo echo;
            struct runnel_batch *batch = windows_of(SIZES[i]);
            uint8_t *payload;
            size_t size;
            payload_write(&payload, &size, batch, NULL);
            free(payload);
            echo_begin(&echo, WAYS[way].bind, WAYS[way].curve, SIZES[i]);
            double rate = run_source(echo.address, WAYS[way].curve, batch, UNDER_WAY, NULL, NULL);
            printf("%-12s %8zu %12.0f %10.1f\n", WAYS[way].name, SIZES[i], rate * (double)SIZES[i],
                   1e-6 * rate * (double)(size + echo.calls_size));
            echo_end(&echo);
            batch->release(batch);
        }
    printf("\none window, there and back (microseconds)\n%-12s %10s %10s %10s %8s\n", "transport",
           "p50", "p99", "p99.9", "samples");
    for (size_t way = 0; way < 3; way++) {
        struct echo echo;
        struct runnel_batch *batch = windows_of(1);
        size_t count = 0;
        echo_begin(&echo, WAYS[way].bind, WAYS[way].curve, 1);
        run_source(echo.address, WAYS[way].curve, batch, 1, samples, &count);
        print_latency(WAYS[way].name, samples, count);
        echo_end(&echo);
        batch->release(batch);
    }
}

/* ---- the caller, without a wire ---- */

static void on_done(void *with, uint64_t tag, const struct runnel_batch *result,
                    const char *failure) {
    struct source *source = with;
    (void)tag, (void)result;
    if (failure != NULL)
        on_failed(with, failure);
    pthread_mutex_lock(&source->mutex);
    source->answered++;
    pthread_cond_signal(&source->news);
    pthread_mutex_unlock(&source->mutex);
}
static void on_log(void *with, int level, const char *text) {
    (void)with, (void)level, (void)text;
}
static const void *on_extension(void *with, const char *name) {
    (void)with, (void)name;
    return NULL;
}

static void print_in_process(const char *plugin, const char *model,
                             const struct runnel_batch *batch) {
    const struct runnel_plugin *(*entry)(void);
    void *object = dlopen(plugin, RTLD_NOW);
    if (object == NULL)
        on_failed(NULL, dlerror());
    *(void **)&entry = dlsym(object, "runnel_plugin_entry");
    struct source source = {.open = windows_open()};
    const struct runnel_setting settings[] = {{"model", model}, {"threads", "1"}};
    const struct inner_hooks hooks = {&source, on_done, on_log, on_extension};
    pthread_mutex_init(&source.mutex, NULL);
    pthread_cond_init(&source.news, NULL);
    struct inner *inner = inner_new(entry()->stages[0], settings, 2, &hooks);
    inner_put(inner, 0, source.open);
    double begin = 0;
    uint64_t sent = 1;
    for (; begin == 0 || now_seconds() < begin + seconds_each; sent++) {
        pthread_mutex_lock(&source.mutex);
        while (sent - source.answered >= (sent < 3 ? 1 : 4))
            pthread_cond_wait(&source.news, &source.mutex);
        pthread_mutex_unlock(&source.mutex);
        if (sent == 2) /* the model is loaded, and one batch has been through */
            begin = now_seconds();
        batch->retain(batch);
        inner_put(inner, sent, batch);
    }
    pthread_mutex_lock(&source.mutex);
    printf("%-12s %8d %12.0f\n", "in process", 128,
           128 * (double)(source.answered - 2) / (now_seconds() - begin));
    while (source.answered < sent)
        pthread_cond_wait(&source.news, &source.mutex);
    pthread_mutex_unlock(&source.mutex);
    inner_free(inner);
}

/* ---- real services ---- */

static pid_t start_service(const char *runnel, const char *model,
                           char address[SOCKET_ADDRESS_MAX]) {
    int ends[2];
    if (pipe(ends) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(runnel, runnel, "serve", "-t", "1", "-m", model, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], address, SOCKET_ADDRESS_MAX - 1);
    close(ends[0]);
    address[got > 0 ? got - 1 : 0] = '\0';
    return pid;
}

static void print_services(const char *runnel, const char *plugin, const char *model) {
    static double samples[SAMPLES_MAX];
    char first[SOCKET_ADDRESS_MAX], second[SOCKET_ADDRESS_MAX], via[2 * SOCKET_ADDRESS_MAX + 2];
    pid_t pids[] = {start_service(runnel, model, first), start_service(runnel, model, second)};
    struct runnel_batch *batch = windows_of(128), *one = windows_of(1);
    size_t count = 0;
    snprintf(via, sizeof via, "%s,%s", first, second);
    printf("\n%-12s %8s %12s\n", "computing", "batch", "windows/s");
    print_in_process(plugin, model, batch);
    printf("%-12s %8d %12.0f\n", "1 service", 128,
           128 * run_source(first, false, batch, UNDER_WAY, NULL, NULL));
    printf("%-12s %8d %12.0f\n", "2 services", 128,
           128 * run_source(via, false, batch, UNDER_WAY, NULL, NULL));
    run_source(first, false, one, 1, samples, &count);
    printf("\none window, computed (microseconds)\n");
    print_latency("1 service", samples, count);
    for (size_t i = 0; i < 2; i++) {
        kill(pids[i], SIGTERM);
        waitpid(pids[i], NULL, 0);
    }
    batch->release(batch);
    one->release(one);
}

int main(int argc, char **argv) {
    struct failure why = {0};
    char folder[] = "/tmp/bench_wire-XXXXXX", runnel[4096], model[4096], plugin[4200];
    const char *slash = strrchr(argv[0], '/');
    if (argc < 2)
        return fprintf(stderr, "usage: bench_wire MODEL [SECONDS]\n"), 2;
    if (argc > 2)
        seconds_each = strtod(argv[2], NULL);
    char *root = realpath(slash ? argv[0] : ".", runnel);
    if (root == NULL || realpath(argv[1], model) == NULL || mkdtemp(folder) == NULL ||
        chdir(folder) != 0)
        return fprintf(stderr, "bench_wire: no such model, or no folder\n"), 1;
    *strrchr(runnel, '/') = '\0';
    snprintf(plugin, sizeof plugin, "%s/plugins/runnel_caller.so", runnel);
    memcpy(runnel + strlen(runnel), "/runnel", sizeof "/runnel");
    if (keys_make("server", &why) != STATUS_OK || keys_make("client", &why) != STATUS_OK)
        stop(&why);
    print_transports();
    print_services(runnel, plugin, model);
    return 0;
}
