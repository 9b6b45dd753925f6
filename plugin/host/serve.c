/* SPDX-License-Identifier: MIT
 *
 * `runnel serve`: the caller as a service.  One thread moves messages; every stream that somebody
 * opens gets a caller of its own, with its own threads, and what these finish comes back to the one
 * thread through a list. */
#include "adapters/models.h"
#include "core/networks/kernels.h"
#include "plugin/host/commands.h"
#include "plugin/host/cpus.h"
#include "plugin/host/loader.h"
#include "plugin/host/model_search.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/say.h"
#include "plugin/host/version.h"
#include "plugin/wire/endpoint.h"
#include "plugin/wire/inner.h"
#include "plugin/wire/payload.h"
#include "plugin/wire/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const struct option OPTIONS[] = {
    {"model", "model-path", 'm', OPTION_TEXT, "MODEL", NULL, "file, folder or name of a model"},
    {"bind", NULL, 'b', OPTION_TEXT, "ADDRESS", "tcp://127.0.0.1:*",
     "tcp://HOST:PORT or ipc://PATH"},
    {"threads", NULL, 't', OPTION_INTEGER, "N", NULL, "per stream; else all CPUs that we may use"},
    {"streams", NULL, 0, OPTION_INTEGER, "N", "8",
     "that may be open at a time; each loads the model"},
    {"key", NULL, 0, OPTION_TEXT, "FILE.key", NULL, "our keys, made by runnel keygen"},
    {"allow", NULL, 0, OPTION_TEXT, "FILE", NULL, "public keys of those who are let in"},
    {"insecure", NULL, 0, OPTION_FLAG, NULL, NULL, "let anyone in from other machines"},
    {"verbose", NULL, 'v', OPTION_FLAG, NULL, NULL, "tell more while running"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, STREAMS_MAX = 64 };
enum { WAIT_MS = 200, AT_A_TIME = 256 };

static void help(FILE *out) {
    fprintf(out,
            "About:   Take windows from whoever connects, and give calls.  The address is printed\n"
            "         once it is open; WIRE.md tells how to talk to it.\n"
            "Usage:   runnel serve [options] -m MODEL\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

struct server;

/* A stream and the caller that works on it. */
struct instance {
    struct server *server;
    struct inner *inner; /* NULL: free */
    bool leaving;
    size_t peer;
    uint64_t session;
    struct runnel_batch *open;
};

/* What a caller finished, on its way to the socket. */
struct answer {
    struct answer *next;
    const struct instance *instance;
    uint64_t sequence;
    uint8_t *payload;
    size_t size;
    char *failure; /* NULL: none */
};

struct server {
    const struct options *options;
    struct endpoint endpoint;
    struct socket_end *socket;
    struct service *service;
    struct loaded_stage caller;
    char model[PATH_TEXT_MAX], threads[24], welcome[1024];
    size_t instance_count;
    struct instance instances[2 * STREAMS_MAX]; /* some may still be leaving */
    int news;                                   /* eventfd: there are answers */

    pthread_mutex_t mutex; /* guards the list; nothing else is locked while it is held */
    struct answer *first, *last;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what callers finish ---- */

static void push_answer(struct server *server, struct answer *answer) {
    uint64_t one = 1;
    pthread_mutex_lock(&server->mutex);
    if (server->first != NULL)
        server->last->next = answer;
    else
        server->first = answer;
    server->last = answer;
    pthread_mutex_unlock(&server->mutex);
    if (write(server->news, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

static void on_done(void *with, uint64_t sequence, const struct runnel_batch *result,
                    const char *failure) {
    struct instance *instance = with;
    struct failure why = {0};
    struct answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        abort(); /* not even 64 bytes are left */
    answer->instance = instance;
    answer->sequence = sequence;
    if (failure == NULL && result != NULL &&
        payload_write(&answer->payload, &answer->size, result, &why) != STATUS_OK)
        failure = why.text;
    answer->failure = failure ? strdup(failure) : NULL;
    push_answer(instance->server, answer);
}

static void on_log(void *with, int level, const char *text) {
    (void)with;
    if (level <= RUNNEL_LOG_WARNING)
        say("runnel: caller: %s", text);
}

static const void *on_extension(void *with, const char *name) {
    static const struct runnel_models MODELS = {sizeof MODELS, models_find};
    (void)with;
    return strcmp(name, "runnel.models/1") == 0 ? &MODELS : NULL;
}

static void send_answers(struct server *server) {
    pthread_mutex_lock(&server->mutex);
    struct answer *answer = server->first;
    server->first = NULL;
    pthread_mutex_unlock(&server->mutex);
    while (answer != NULL) {
        const struct instance *instance = answer->instance;
        struct answer *next = answer->next;
        if (!instance->leaving && answer->failure != NULL)
            service_refuse(server->service, instance->peer, instance->session, answer->sequence,
                           answer->failure);
        else if (!instance->leaving)
            service_answer(server->service, instance->peer, instance->session, answer->sequence,
                           answer->payload, answer->size);
        free(answer->payload);
        free(answer->failure);
        free(answer);
        answer = next;
    }
}

/* ---- what the service asks for ---- */

static bool on_send(void *with, const void *name, size_t name_size, const struct frame *frame) {
    struct server *server = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {
        {name, name_size}, {header, FRAME_SIZE}, {frame->payload, frame->payload_size}};
    return socket_send(server->socket, parts, 3);
}

static struct inner *new_caller(struct server *server, struct instance *instance,
                                const struct frame *hello) {
    static const char *const SAME[] = {"likelihoods", "enable-long-indel", "keep-iupac-bases"};
    enum { SAME_COUNT = sizeof SAME / sizeof *SAME };
    struct runnel_setting settings[2 + SAME_COUNT] = {{"model", server->model},
                                                      {"threads", server->threads}};
    const struct inner_hooks hooks = {instance, on_done, on_log, on_extension};
    char said[SAME_COUNT][8];
    for (size_t i = 0; i < SAME_COUNT; i++) {
        bool yes =
            frame_fact(hello, SAME[i], said[i], sizeof said[i]) && strcmp(said[i], "true") == 0;
        settings[2 + i] = (struct runnel_setting){SAME[i], yes ? "true" : "false"};
    }
    return inner_new(&server->caller.stage, settings, 2 + SAME_COUNT, &hooks);
}

static bool on_open(void *with, size_t peer, const struct frame *hello, const struct frame *open) {
    static const struct stream *const TAKEN[] = {&PILEUP_STREAM, &FULL_STREAM, NULL};
    struct server *server = with;
    struct instance *instance = NULL;
    struct failure why = {0};
    size_t active = 0;
    for (size_t i = 0; i < server->instance_count; i++) {
        struct instance *at = &server->instances[i];
        active += at->inner != NULL && !at->leaving;
        instance = instance == NULL && at->inner == NULL ? at : instance;
    }
    if (instance == NULL || active >= server->instance_count / 2)
        return false;
    *instance = (struct instance){.server = server, .peer = peer, .session = open->session};
    instance->open = payload_read_open(open->payload, open->payload_size, TAKEN, &why);
    if (why.code == STATUS_OK && (instance->inner = new_caller(server, instance, hello)) == NULL)
        fail(&why, STATUS_NO_MEMORY, "no more threads for another stream");
    if (why.code == STATUS_OK) {
        instance->open->retain(instance->open);
        inner_put(instance->inner, 0, instance->open);
        return true;
    }
    if (instance->open != NULL)
        instance->open->release(instance->open);
    service_refuse(server->service, peer, open->session, 0, why.text);
    return true;
}

static struct instance *find_instance(struct server *server, size_t peer) {
    for (size_t i = 0; i < server->instance_count; i++) {
        struct instance *instance = &server->instances[i];
        if (instance->inner != NULL && !instance->leaving && instance->peer == peer)
            return instance;
    }
    return NULL;
}

static void on_compute(void *with, size_t peer, const struct frame *data) {
    struct server *server = with;
    struct instance *instance = find_instance(server, peer);
    struct failure why = {0};
    if (instance == NULL)
        return; /* refused a moment ago */
    struct runnel_batch *batch =
        payload_read_data(data->payload, data->payload_size, instance->open, &why);
    if (batch != NULL)
        inner_put(instance->inner, data->sequence, batch);
    else
        service_refuse(server->service, peer, data->session, data->sequence, why.text);
}

static void on_close(void *with, size_t peer) {
    struct instance *instance = find_instance(with, peer);
    if (instance == NULL)
        return;
    instance->leaving = true;
    inner_leave(instance->inner);
}

/* Frees what has left. */
static void reap(struct server *server, bool wait) {
    for (size_t i = 0; i < server->instance_count; i++) {
        struct instance *instance = &server->instances[i];
        if (instance->inner == NULL || !instance->leaving)
            continue;
        if (!wait && !inner_has_left(instance->inner))
            continue;
        inner_free(instance->inner);
        send_answers(server); /* none may outlive its instance */
        instance->open->release(instance->open);
        instance->inner = NULL;
    }
}

/* ---- the loop ---- */

/* What has come, but no more than so much at a time: a flood must not hold up the answers. */
static void receive_some(struct server *server) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    for (int i = 0; i < AT_A_TIME && socket_receive(server->socket, parts, &count); i++) {
        const struct socket_part none = {"", 0};
        const struct socket_part *payload = count > 2 ? &parts[2] : &none;
        if (count == 2 || count == 3)
            service_receive(server->service, parts[0].bytes, parts[0].size, parts[1].bytes,
                            parts[1].size, payload->bytes, payload->size, now_ms());
    }
}

static void serve(struct server *server, int signals) {
    struct signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) != sizeof signal) {
        struct socket_wait waits[] = {
            {.end = server->socket}, {.descriptor = server->news}, {.descriptor = signals}};
        uint64_t news;
        sockets_wait(waits, 3, WAIT_MS);
        if (read(server->news, &news, sizeof news) < 0)
            news = 0; /* it was something else */
        receive_some(server);
        send_answers(server);
        service_tick(server->service, now_ms());
        reap(server, false);
    }
    service_leave(server->service);
    reap(server, true);
}

/* ---- beginning and end ---- */

/* The model is looked at here, so that a wrong one is noticed before anybody comes. */
static int describe_model(struct server *server, struct failure *why) {
    struct model *model = NULL;
    const char *forced = getenv("RUNNEL_KERNELS");
    const struct kernels *kernels = forced && *forced ? kernels_for(forced) : kernels_best();
    const char *name = options_text(server->options, "model");
    if (kernels == NULL)
        return fail(why, STATUS_UNSUPPORTED, "this machine has no '%s' kernels", forced);
    if (models_find(name, server->model, sizeof server->model) != RUNNEL_OK)
        return fail(why, STATUS_BAD_INPUT, "%s", server->model);
    if (model_open(server->model, &model, why) != STATUS_OK)
        return fail_at(why, "model %s", server->model);
    snprintf(server->welcome, sizeof server->welcome,
             "role service\nrunnel %s\ntakes%s%s\nmodel %s\nmodel_digest %s\nkernels %s\n",
             RUNNEL_VERSION, model->pileup ? " runnel.pileup/1" : "",
             model->full ? " runnel.full/1" : "", model->name, model->digest, kernels->name);
    model_free(model);
    return STATUS_OK;
}

static int begin(struct server *server, struct failure *why) {
    const struct options *options = server->options;
    const struct endpoint_security security = {.key = options_text(options, "key"),
                                               .allow = options_text(options, "allow"),
                                               .insecure = options_flag(options, "insecure")};
    const struct service_hooks hooks = {server, on_send, on_open, on_compute, on_close};
    int64_t threads;
    if (cpus_asked(options, &threads, why) != STATUS_OK)
        return why->code;
    const struct service_setup setup = {server->welcome, (uint64_t)threads + 2};
    snprintf(server->threads, sizeof server->threads, "%lld", (long long)threads);
    server->instance_count = 2 * (size_t)options_integer(options, "streams");
    if ((server->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for the service");
    if (describe_model(server, why) != STATUS_OK ||
        loader_find(&server->caller, "caller", why) != STATUS_OK ||
        endpoint_new(&server->endpoint, &security, true, why) != STATUS_OK)
        return why->code;
    if ((server->service = service_new(&setup, &hooks, why)) == NULL)
        return why->code;
    return endpoint_open(&server->endpoint, SOCKET_ROUTER, options_text(options, "bind"),
                         &server->socket, why);
}

static void end(struct server *server) {
    service_free(server->service);
    socket_close(server->socket);
    endpoint_free(&server->endpoint);
    loader_forget(&server->caller);
    if (server->news >= 0)
        close(server->news);
    pthread_mutex_destroy(&server->mutex);
}

static int check_options(const struct options *options, struct failure *why) {
    int64_t streams = options_integer(options, "streams");
    if (options->operand_count > 0)
        return fail(why, STATUS_BAD_INPUT, "does not know what to do with '%s'",
                    options->operands[0]);
    if (options_text(options, "model") == NULL)
        return fail(why, STATUS_BAD_INPUT, "wants a model (-m); --help shows how");
    if (streams < 1 || streams > STREAMS_MAX)
        return fail(why, STATUS_BAD_INPUT, "--streams takes 1 to %d", STREAMS_MAX);
    return STATUS_OK;
}

static void tell_counts(const struct server *server) {
    const struct service_counts *counts = service_counts(server->service);
    say("runnel: %llu sessions, %llu streams, %llu batches, %llu answers, %llu faults, %llu fell "
        "silent, %llu messages could not be sent",
        (unsigned long long)counts->sessions, (unsigned long long)counts->streams,
        (unsigned long long)counts->batches, (unsigned long long)counts->answers,
        (unsigned long long)counts->faults, (unsigned long long)counts->silent,
        (unsigned long long)counts->unsent);
}

int command_serve(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("serve", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    if (check_options(&options, &why) != STATUS_OK)
        return say_usage("serve", &why);
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    int signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL || signals < 0) {
        free(server);
        fail(&why, STATUS_NO_MEMORY, "out of memory for the service");
        return say_failure(&why);
    }
    server->options = &options;
    pthread_mutex_init(&server->mutex, NULL);
    if (begin(server, &why) == STATUS_OK) {
        char address[SOCKET_ADDRESS_MAX];
        socket_address(server->socket, address);
        printf("%s\n", address);
        fflush(stdout);
        serve(server, signals);
        if (options_flag(&options, "verbose"))
            tell_counts(server);
    }
    end(server);
    free(server);
    close(signals);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
