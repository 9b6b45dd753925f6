/* SPDX-License-Identifier: MIT
 *
 * remote: windows to calls, by services on this or other machines.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! remote tcp://127.0.0.1:5555 ! vcf out.vcf'
 *
 * Stands where caller stands: takes runnel.pileup/1 or runnel.full/1 (one of them per line), gives
 * runnel.calls/1.  plugin/wire/dealer.h decides who gets which batch; here are its sockets and its
 * clock, on a thread of their own, and the slots of the line that wait for answers. */
#include "plugin/stages/stage.h"
#include "plugin/wire/address.h"
#include "plugin/wire/dealer.h"
#include "plugin/wire/endpoint.h"
#include "plugin/wire/payload.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESSES_MAX = DEALER_SERVICES_MAX, HELLO_MAX = 512 };

/* A batch from process to its answer. */
struct item {
    struct item *next;
    struct runnel_slot *slot;
    const struct runnel_batch *batch; /* the host keeps it until the slot is complete */
    uint64_t sequence;                /* 0: OPEN */
    uint8_t *payload;
    size_t size;
};

struct remote {
    const struct runnel_host *host;
    char *via, *addresses[ADDRESSES_MAX], hello[HELLO_MAX];
    struct dealer_setup setup;
    struct endpoint endpoint;
    struct dealer *dealer;
    const struct runnel_batch *open, *calls; /* the windows' OPEN; the calls', once known */
    pthread_t thread;
    bool running;
    uint64_t next; /* number of the next batch */

    /* of the thread alone */
    struct socket_end *sockets[ADDRESSES_MAX];
    struct item *under_way; /* in no order */
    uint8_t *schema;        /* lent to the dealer */
    struct failure failure;

    int news; /* eventfd: something is in the list, or the end has come */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    struct item *first, *last;
    bool ending, leaving;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- items ---- */

static void item_free(struct item *item) {
    free(item->payload);
    free(item);
}

/* Takes the item of a batch out of those under way; NULL where there is none. */
static struct item *take(struct remote *remote, uint64_t sequence) {
    for (struct item **at = &remote->under_way; *at != NULL; at = &(*at)->next)
        if ((*at)->sequence == sequence) {
            struct item *item = *at;
            *at = item->next;
            return item;
        }
    return NULL;
}

static void complete(struct remote *remote, struct item *item, int result) {
    remote->host->complete(remote->host->context, item->slot, result);
    item_free(item);
}

/* The line ends: every slot that waits is told so. */
static void fail_line(struct remote *remote, const char *sentence) {
    remote->host->fail(remote->host->context, sentence);
    while (remote->under_way != NULL)
        complete(remote, take(remote, remote->under_way->sequence), RUNNEL_ERROR);
}

/* ---- what the dealer asks for ---- */

static int on_connect(void *with, size_t service, struct failure *why) {
    struct remote *remote = with;
    socket_close(remote->sockets[service]);
    remote->sockets[service] = NULL;
    return endpoint_open(&remote->endpoint, SOCKET_DEALER, remote->addresses[service],
                         &remote->sockets[service], why);
}

static bool on_send(void *with, size_t service, const struct frame *frame) {
    struct remote *remote = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {{header, FRAME_SIZE},
                                        {frame->payload, frame->payload_size}};
    return remote->sockets[service] != NULL && socket_send(remote->sockets[service], parts, 2);
}

/* The calls are opened with our own facts; the service is believed what it says of its model. */
static void on_opened(void *with, const struct frame *result) {
    static const struct stream *const CALLS[] = {&CALLS_STREAM, NULL};
    static const char *const KEYS[] = {"model", "model_digest", "networks", "kernels"};
    struct remote *remote = with;
    struct failure why = {0};
    struct stream_fact facts[4] = {0};
    struct item *item = take(remote, 0);
    struct runnel_batch *theirs =
                            payload_read_open(result->payload, result->payload_size, CALLS, &why),
                        *ours = NULL;
    for (size_t i = 0; theirs != NULL && i < 4; i++)
        facts[i] = (struct stream_fact){KEYS[i], stream_fact(theirs, KEYS[i])};
    if (theirs != NULL)
        ours = stream_open(&CALLS_STREAM, remote->open, facts, 4, &why);
    if (ours != NULL) {
        ours->retain(ours);
        remote->calls = ours;
        if (facts[2].value != NULL && strcmp(facts[2].value, "pileup") == 0)
            remote->host->count(remote->host->context, PILEUP_NETWORK_ONLY, 1);
        remote->host->emit(remote->host->context, item->slot, ours);
    } else {
        remote->host->fail(remote->host->context, why.text);
    }
    for (size_t i = 0; i < 4; i++)
        free((char *)facts[i].value);
    if (theirs != NULL)
        theirs->release(theirs);
    complete(remote, item, ours ? RUNNEL_OK : RUNNEL_ERROR);
}

/* Passes calls on into the slot of their windows. */
static int give(struct remote *remote, struct item *item, struct runnel_batch *calls,
                struct failure *why) {
    const struct runnel_host *host = remote->host;
    int64_t windows = runnel_rows(item->batch), found = runnel_rows(calls);
    int status = stream_check(calls, &CALLS_STREAM, why);
    if (status == STATUS_OK && found > windows)
        status = fail(why, STATUS_BAD_INPUT, "a service gave %lld calls for %lld windows",
                      (long long)found, (long long)windows);
    if (status != STATUS_OK) {
        calls->release(calls);
        return status;
    }
    calls->mark_contig = item->batch->mark_contig;
    calls->mark_position = item->batch->mark_position;
    host->count(host->context, "in", windows);
    host->count(host->context, "used", found);
    host->count(host->context, "left out: no call", windows - found);
    host->emit(host->context, item->slot, calls);
    return STATUS_OK;
}

static void on_answered(void *with, uint64_t sequence, const struct frame *result) {
    struct remote *remote = with;
    struct failure why = {0};
    struct item *item = take(remote, sequence);
    struct runnel_batch *calls = NULL;
    int status = STATUS_BAD_INPUT;
    if (remote->calls != NULL)
        calls = payload_read_data(result->payload, result->payload_size, remote->calls, &why);
    if (calls != NULL)
        status = give(remote, item, calls, &why);
    if (status != STATUS_OK)
        remote->host->fail(remote->host->context,
                           why.text[0] ? why.text : "a service answered before it opened");
    complete(remote, item, status == STATUS_OK ? RUNNEL_OK : RUNNEL_ERROR);
}

/* Names a batch by its first window. */
static void on_set_aside(void *with, uint64_t sequence) {
    struct remote *remote = with;
    struct item *item = take(remote, sequence);
    char text[FAILURE_TEXT_MAX];
    int64_t rows = runnel_rows(item->batch), length = 0;
    const char *contig = rows > 0 ? runnel_text(item->batch, PILEUP_CONTIG, 0, &length) : "";
    fail(&remote->failure, STATUS_IO,
         "batch %llu, %lld windows from %.*s:%lld on, was alone with %d services that died",
         (unsigned long long)sequence, (long long)rows, (int)length, contig,
         rows > 0 ? (long long)runnel_integer(item->batch, PILEUP_POSITION, 0) : 0,
         LONE_DEATHS_MAX);
    snprintf(text, sizeof text, "set aside: batch %llu, %lld windows from %.*s:%lld on",
             (unsigned long long)sequence, (long long)rows, (int)length, contig,
             rows > 0 ? (long long)runnel_integer(item->batch, PILEUP_POSITION, 0) : 0);
    remote->host->log(remote->host->context, RUNNEL_LOG_ERROR, text);
    remote->host->count(remote->host->context, "in", rows);
    remote->host->count(remote->host->context, "left out: set aside", rows);
    complete(remote, item, RUNNEL_OK);
}

static void on_failed(void *with, const char *sentence) {
    fail_line(with, sentence);
}

static void on_tell(void *with, const char *sentence) {
    struct remote *remote = with;
    remote->host->log(remote->host->context, RUNNEL_LOG_WARNING, sentence);
}

/* ---- the thread ---- */

/* Takes over what process has put into the list; false when the line has ended. */
static bool take_over(struct remote *remote, bool *ending) {
    uint64_t news;
    if (read(remote->news, &news, sizeof news) < 0)
        news = 0; /* it was something else */
    pthread_mutex_lock(&remote->mutex);
    struct item *item = remote->first;
    remote->first = NULL;
    bool leaving = remote->leaving;
    *ending = remote->ending;
    pthread_mutex_unlock(&remote->mutex);
    while (item != NULL) {
        struct item *next = item->next;
        item->next = remote->under_way;
        remote->under_way = item;
        if (item->sequence == 0) {
            dealer_open(remote->dealer, item->payload, item->size);
            remote->schema = item->payload;
            item->payload = NULL;
        } else {
            dealer_put(remote->dealer, item->sequence, item->payload, item->size);
        }
        item = next;
    }
    return !leaving;
}

static void receive_all(struct remote *remote) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    const struct socket_part none = {"", 0};
    size_t count;
    for (size_t i = 0; i < remote->setup.service_count; i++)
        while (remote->sockets[i] != NULL && socket_receive(remote->sockets[i], parts, &count))
            if (count == 1 || count == 2) {
                const struct socket_part *payload = count > 1 ? &parts[1] : &none;
                dealer_receive(remote->dealer, i, parts[0].bytes, parts[0].size, payload->bytes,
                               payload->size, now_ms());
            }
}

static void wait_for_news(struct remote *remote) {
    struct socket_wait waits[1 + ADDRESSES_MAX] = {{.descriptor = remote->news}};
    size_t count = 1;
    for (size_t i = 0; i < remote->setup.service_count; i++)
        if (remote->sockets[i] != NULL)
            waits[count++].end = remote->sockets[i];
    sockets_wait(waits, count, (int)(remote->setup.beat / 4) + 1);
}

static void *move(void *argument) {
    struct remote *remote = argument;
    bool ending = false, ended = false;
    while (!ended && take_over(remote, &ending)) {
        receive_all(remote);
        dealer_tick(remote->dealer, now_ms());
        if (ending)
            dealer_end(remote->dealer, now_ms());
        ended = ending && dealer_ended(remote->dealer, now_ms());
        if (!ended)
            wait_for_news(remote);
    }
    if (!ended) /* so that services need not wait for our silence */
        dealer_end(remote->dealer, now_ms());
    return NULL;
}

static void wake(struct remote *remote) {
    uint64_t one = 1;
    if (write(remote->news, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

/* Lets the thread come to its end: in peace, or at once. */
static void stop_thread(struct remote *remote, bool in_peace) {
    if (!remote->running)
        return;
    pthread_mutex_lock(&remote->mutex);
    remote->ending = in_peace;
    remote->leaving = !in_peace;
    pthread_mutex_unlock(&remote->mutex);
    wake(remote);
    pthread_join(remote->thread, NULL);
    remote->running = false;
}

/* ---- hooks ---- */

static void remote_destroy(void *state) {
    struct remote *remote = state;
    stop_thread(remote, false);
    for (size_t i = 0; i < remote->setup.service_count; i++) {
        socket_close(remote->sockets[i]);
        free(remote->addresses[i]);
    }
    endpoint_free(&remote->endpoint);
    while (remote->under_way != NULL)
        item_free(take(remote, remote->under_way->sequence));
    while (remote->first != NULL) {
        struct item *item = remote->first;
        remote->first = item->next;
        item_free(item);
    }
    dealer_free(remote->dealer);
    free(remote->schema);
    if (remote->open != NULL)
        remote->open->release(remote->open);
    if (remote->calls != NULL)
        remote->calls->release(remote->calls);
    if (remote->news >= 0)
        close(remote->news);
    pthread_mutex_destroy(&remote->mutex);
    free(remote->via);
    free(remote);
}

/* Splits "A,B,C". */
static int read_addresses(struct remote *remote, struct failure *why) {
    for (const char *at = remote->via; *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (length == 0 || remote->setup.service_count == ADDRESSES_MAX)
            return fail(why, STATUS_BAD_INPUT, "remote takes 1 to %d addresses, not '%s'",
                        ADDRESSES_MAX, remote->via);
        char *address = strndup(at, length);
        if (address == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for addresses");
        remote->addresses[remote->setup.service_count++] = address;
        int status =
            address_check(address, false, remote->endpoint.guarded, remote->endpoint.insecure, why);
        if (status != STATUS_OK)
            return status;
        at += length + (at[length] == ',');
    }
    return remote->setup.service_count > 0
               ? STATUS_OK
               : fail(why, STATUS_BAD_INPUT, "remote wants the address of a service");
}

static int set_up(struct remote *remote, const struct runnel_init *init, struct failure *why) {
    const struct endpoint_security security = {.key = runnel_setting_text(init, "key"),
                                               .server_key =
                                                   runnel_setting_text(init, "server-key"),
                                               .insecure = runnel_setting_flag(init, "insecure")};
    static const char *const SAME[] = {"likelihoods", "enable-long-indel", "keep-iupac-bases"};
    struct dealer_setup *setup = &remote->setup;
    if (endpoint_new(&remote->endpoint, &security, false, why) != STATUS_OK ||
        read_addresses(remote, why) != STATUS_OK)
        return why->code;
    setup->addresses = (const char *const *)remote->addresses;
    setup->beat = runnel_setting_integer(init, "beat");
    setup->patience = 1000 * runnel_setting_integer(init, "wait");
    setup->mixed = runnel_setting_flag(init, "mixed");
    setup->hello = remote->hello;
    setup->model_digest = setup->kernels = "";
    if (setup->beat < 20 || setup->beat > 60000)
        return fail(why, STATUS_BAD_INPUT, "beat takes 20 to 60000 milliseconds");
    if (getrandom(&setup->first_session, sizeof setup->first_session, 0) < 0)
        return fail(why, STATUS_IO, "no random numbers can be had");
    int used = snprintf(remote->hello, HELLO_MAX, "role service\nrunnel %s\nbeat %lld\n",
                        init->host->version, (long long)setup->beat);
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        if (runnel_setting_flag(init, SAME[i]))
            used += snprintf(remote->hello + used, HELLO_MAX - (size_t)used, "%s true\n", SAME[i]);
    return STATUS_OK;
}

static int remote_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct remote *remote = calloc(1, sizeof *remote);
    if (remote == NULL)
        return RUNNEL_ERROR;
    const struct dealer_hooks hooks = {remote,      on_connect,   on_send,   on_opened,
                                       on_answered, on_set_aside, on_failed, on_tell};
    remote->host = init->host;
    remote->next = 1;
    pthread_mutex_init(&remote->mutex, NULL);
    remote->via = stage_copy_setting(init, "via");
    remote->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (remote->via == NULL || remote->news < 0)
        fail(&why, STATUS_NO_MEMORY, "out of memory or descriptors for remote");
    if (why.code == STATUS_OK && set_up(remote, init, &why) == STATUS_OK)
        remote->dealer = dealer_new(&remote->setup, &hooks, now_ms(), &why);
    if (remote->dealer != NULL) {
        remote->running = pthread_create(&remote->thread, NULL, move, remote) == 0;
        if (!remote->running)
            fail(&why, STATUS_IO, "no more threads for remote");
    }
    *state = remote;
    if (why.code == STATUS_OK)
        return RUNNEL_OK;
    remote_destroy(remote);
    return stage_failed(init->host, &why);
}

static int remote_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct remote *remote = state;
    struct failure why = {0};
    bool opens = batch->kind == RUNNEL_OPEN;
    if (opens && remote->open != NULL)
        fail(&why, STATUS_UNSUPPORTED, "remote takes windows of one kind in a line");
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL)
        fail(&why, STATUS_NO_MEMORY, "out of memory for a batch");
    if (why.code == STATUS_OK)
        payload_write(&item->payload, &item->size, batch, &why);
    if (why.code == STATUS_OK && item->size > FRAME_PAYLOAD_MAX)
        fail(&why, STATUS_UNSUPPORTED, "a batch of %zu bytes is too large to travel", item->size);
    if (why.code != STATUS_OK) {
        if (item != NULL)
            item_free(item);
        return stage_failed(remote->host, &why);
    }
    if (opens) {
        batch->retain(batch);
        remote->open = batch;
    }
    item->slot = slot;
    item->batch = batch;
    item->sequence = opens ? 0 : remote->next++;
    pthread_mutex_lock(&remote->mutex);
    if (remote->first != NULL)
        remote->last->next = item;
    else
        remote->first = item;
    remote->last = item;
    pthread_mutex_unlock(&remote->mutex);
    wake(remote);
    return RUNNEL_PENDING;
}

static int remote_finish(void *state, struct runnel_slot *slot) {
    struct remote *remote = state;
    const struct runnel_host *host = remote->host;
    (void)slot;
    stop_thread(remote, true);
    const struct dealer_counts *counts = dealer_counts(remote->dealer);
    host->count(host->context, "batches", (int64_t)remote->next - 1);
    host->count(host->context, "batches dealt again", (int64_t)counts->dealt_again);
    host->count(host->context, "services that died", (int64_t)counts->deaths);
    host->count(host->context, "sessions that broke", (int64_t)counts->lost);
    host->count(host->context, "answers that came twice", (int64_t)counts->duplicates);
    return remote->failure.code == STATUS_OK ? RUNNEL_OK : stage_failed(host, &remote->failure);
}

static const struct runnel_option OPTIONS[] = {
    {"via", RUNNEL_TEXT, NULL, "addresses of services, separated by commas"},
    {"key", RUNNEL_TEXT, "", "our key file, made by runnel keygen"},
    {"server-key", RUNNEL_TEXT, "", "file with the public key of the services"},
    {"insecure", RUNNEL_FLAG, "false", "talk to other machines without keys"},
    {"mixed", RUNNEL_FLAG, "false", "services may have different instruction sets"},
    {"likelihoods", RUNNEL_FLAG, "false", "also compute PL"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "call indels longer than 50 bases"},
    {"keep-iupac-bases", RUNNEL_FLAG, "false", "keep letters other than ACGTN in alleles"},
    {"wait", RUNNEL_INTEGER, "60", "seconds to go on without any service"},
    {"beat", RUNNEL_INTEGER, "1000", "milliseconds between signs of life; five make a death"},
};

static const struct runnel_stage REMOTE = {
    .struct_size = sizeof REMOTE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "remote",
    .version = "1",
    .help = "calls from windows, by services elsewhere",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.pileup/1 runnel.full/1",
    .gives = "runnel.calls/1",
    .init = remote_init,
    .process = remote_process,
    .finish = remote_finish,
    .destroy = remote_destroy,
};

EXPORT_STAGE(REMOTE)
