/* SPDX-License-Identifier: MIT
 *
 * remote: windows to calls, by services on this or other machines.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! remote tcp://127.0.0.1:5555 ! vcf out.vcf'
 *
 * Stands where caller stands: takes runnel.pileup/1 or runnel.full/1 (one of them per line), gives
 * runnel.calls/1.  plugin/wire/dealer.h decides who gets which batch; here are the slots of the
 * line that wait for the answers. */
#include "plugin/stages/stage.h"
#include "plugin/wire/dealing.h"
#include "plugin/wire/fallback.h"
#include "plugin/wire/payload.h"

#include <pthread.h>
#include <stdio.h>

enum { HELLO_MAX = 512, SAME_COUNT = 3 };

/* Settings that are the caller's: services are told in HELLO. */
static const char *const SAME[SAME_COUNT] = {"likelihoods", "enable-long-indel",
                                             "keep-iupac-bases"};

/* A batch from process to its answer. */
struct item {
    struct item *next;
    struct runnel_slot *slot;
    const struct runnel_batch *batch; /* the host keeps it until the slot is complete */
    uint64_t sequence;                /* 0: OPEN */
};

struct remote {
    const struct runnel_host *host;
    char *model, hello[HELLO_MAX];
    bool decoding[SAME_COUNT]; /* which of SAME are set */
    struct dealing *dealing;
    const struct runnel_batch *open; /* of the windows */
    uint64_t next;                   /* number of the next batch */

    /* of the thread that deals, and of finish after it */
    const struct runnel_batch *calls; /* their OPEN */
    char *digest;                     /* of the services' model */
    struct fallback *fallback;        /* NULL until it is needed */
    struct failure failure;           /* a batch was set aside */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    struct item *under_way; /* in no order */
};

/* ---- items ---- */

/* Takes the item of a batch out of those under way. */
static struct item *take(struct remote *remote, uint64_t sequence) {
    struct item *item = NULL;
    pthread_mutex_lock(&remote->mutex);
    for (struct item **at = &remote->under_way; *at != NULL && item == NULL;)
        if ((*at)->sequence == sequence) {
            item = *at;
            *at = item->next;
        } else {
            at = &(*at)->next;
        }
    pthread_mutex_unlock(&remote->mutex);
    return item;
}

static void complete(struct remote *remote, struct item *item, int status,
                     const struct failure *why) {
    if (status != STATUS_OK)
        remote->host->fail(remote->host->context, why->text);
    remote->host->complete(remote->host->context, item->slot,
                           status == STATUS_OK ? RUNNEL_OK : RUNNEL_ERROR);
    free(item);
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

/* ---- answers ---- */

/* The calls are opened with our own facts; the service is believed what it says of its model. */
static int open_calls(struct remote *remote, struct item *item, const struct runnel_batch *theirs,
                      struct failure *why) {
    static const char *const KEYS[] = {"model_digest", "model", "networks", "kernels", "precision"};
    enum { COUNT = sizeof KEYS / sizeof *KEYS };
    struct stream_fact facts[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        facts[i] = (struct stream_fact){KEYS[i], stream_fact(theirs, KEYS[i])};
    struct runnel_batch *ours = stream_open(&CALLS_STREAM, remote->open, facts, COUNT, why);
    if (facts[2].value != NULL && strcmp(facts[2].value, "pileup") == 0)
        remote->host->count(remote->host->context, PILEUP_NETWORK_ONLY, 1);
    remote->digest = (char *)facts[0].value;
    for (size_t i = 1; i < COUNT; i++)
        free((char *)facts[i].value);
    if (ours == NULL)
        return STATUS_NO_MEMORY;
    ours->retain(ours);
    remote->calls = ours;
    remote->host->emit(remote->host->context, item->slot, ours);
    return STATUS_OK;
}

static void on_opened(void *with, const struct frame *result) {
    static const struct stream *const CALLS[] = {&CALLS_STREAM, NULL};
    struct remote *remote = with;
    struct failure why = {0};
    struct item *item = take(remote, 0);
    struct runnel_batch *theirs =
        payload_read_open(result->payload, result->payload_size, CALLS, &why);
    int status = theirs ? open_calls(remote, item, theirs, &why) : STATUS_BAD_INPUT;
    if (theirs != NULL)
        theirs->release(theirs);
    complete(remote, item, status, &why);
}

static void on_answered(void *with, uint64_t sequence, const struct frame *result) {
    struct remote *remote = with;
    struct failure why = {0};
    struct item *item = take(remote, sequence);
    struct runnel_batch *calls = NULL;
    if (remote->calls != NULL) /* else the line has failed already */
        calls = payload_read_data(result->payload, result->payload_size, remote->calls, &why);
    int status = calls ? give(remote, item, calls, &why) : STATUS_BAD_INPUT;
    complete(remote, item, status, &why);
}

/* What the caller in this process made of a batch.  [its threads] */
static void on_fallen_back(void *with, uint64_t tag, const struct runnel_batch *calls,
                           const char *failure) {
    struct remote *remote = with;
    struct item *item = (struct item *)(uintptr_t)tag;
    struct failure why = {0};
    int status = failure ? fail(&why, STATUS_BAD_INPUT, "%s", failure) : STATUS_OK;
    if (calls != NULL) {
        calls->retain(calls);
        status = give(remote, item, (struct runnel_batch *)calls, &why);
    }
    complete(remote, item, status, &why);
}

static int fall_back(struct remote *remote, struct item *item, struct failure *why) {
    struct runnel_setting settings[2 + SAME_COUNT] = {{"model", remote->model}, {"threads", "1"}};
    for (size_t i = 0; i < SAME_COUNT; i++)
        settings[2 + i] = (struct runnel_setting){SAME[i], remote->decoding[i] ? "true" : "false"};
    const struct fallback_setup setup = {.host = remote->host,
                                         .settings = settings,
                                         .setting_count = 2 + SAME_COUNT,
                                         .open = remote->open,
                                         .model_digest = remote->digest ? remote->digest : "",
                                         .with = remote,
                                         .done = on_fallen_back};
    if (remote->fallback == NULL && (remote->fallback = fallback_new(&setup, why)) == NULL)
        return why->code;
    item->batch->retain(item->batch);
    fallback_put(remote->fallback, (uint64_t)(uintptr_t)item, item->batch);
    return STATUS_OK;
}

/* Names a batch by its first window. */
static void name_batch(const struct item *item, struct failure *why) {
    const struct runnel_batch *batch = item->batch;
    int64_t rows = runnel_rows(batch), length = 0, position = 0;
    const char *contig = "?";
    if (rows > 0) {
        contig = runnel_text(batch, PILEUP_CONTIG, 0, &length);
        position = runnel_integer(batch, PILEUP_POSITION, 0);
    }
    fail(why, STATUS_IO,
         "batch %llu, %lld windows from %.*s:%lld on, was alone with %d services that died",
         (unsigned long long)item->sequence, (long long)rows, (int)length, contig,
         (long long)position, LONE_DEATHS_MAX);
}

/* Computed here where there is a model; else left out, named, and the end of the run a failure. */
static void on_set_aside(void *with, uint64_t sequence) {
    struct remote *remote = with;
    const struct runnel_host *host = remote->host;
    struct item *item = take(remote, sequence);
    struct failure named = {0}, why = {0};
    int64_t rows = runnel_rows(item->batch);
    name_batch(item, &named);
    host->log(host->context, RUNNEL_LOG_WARNING, named.text);
    if (remote->model != NULL) {
        host->count(host->context, "computed here", rows);
        if (fall_back(remote, item, &why) != STATUS_OK)
            complete(remote, item, why.code, &why);
        return;
    }
    remote->failure = remote->failure.code == STATUS_OK ? named : remote->failure;
    host->count(host->context, "in", rows);
    host->count(host->context, "left out: set aside", rows);
    complete(remote, item, STATUS_OK, NULL);
}

/* The line ends: every slot that waits is told so. */
static void on_failed(void *with, const char *sentence) {
    struct remote *remote = with;
    struct failure why = {0};
    fail(&why, STATUS_IO, "%s", sentence);
    pthread_mutex_lock(&remote->mutex);
    struct item *item = remote->under_way;
    remote->under_way = NULL;
    pthread_mutex_unlock(&remote->mutex);
    while (item != NULL) {
        struct item *next = item->next;
        complete(remote, item, why.code, &why);
        item = next;
    }
}

static void on_tell(void *with, const char *sentence) {
    struct remote *remote = with;
    remote->host->log(remote->host->context, RUNNEL_LOG_WARNING, sentence);
}

/* ---- hooks ---- */

static void remote_destroy(void *state) {
    struct remote *remote = state;
    dealing_free(remote->dealing);
    fallback_free(remote->fallback);
    while (remote->under_way != NULL)
        free(take(remote, remote->under_way->sequence));
    if (remote->open != NULL)
        remote->open->release(remote->open);
    if (remote->calls != NULL)
        remote->calls->release(remote->calls);
    pthread_mutex_destroy(&remote->mutex);
    free(remote->digest);
    free(remote->model);
    free(remote);
}

static int remote_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct remote *remote = calloc(1, sizeof *remote);
    if (remote == NULL)
        return RUNNEL_ERROR;
    const struct dealing_hooks hooks = {remote,       on_opened, on_answered,
                                        on_set_aside, on_failed, on_tell};
    const struct dealing_setup setup = {
        .via = runnel_setting_text(init, "via"),
        .security = {.key = runnel_setting_text(init, "key"),
                     .server_key = runnel_setting_text(init, "server-key"),
                     .insecure = runnel_setting_flag(init, "insecure")},
        .hello = remote->hello,
        .beat = runnel_setting_integer(init, "beat"),
        .wait = runnel_setting_integer(init, "wait"),
        .mixed = runnel_setting_flag(init, "mixed")};
    remote->host = init->host;
    remote->next = 1;
    pthread_mutex_init(&remote->mutex, NULL);
    remote->model = stage_copy_setting(init, "model");
    int used = snprintf(remote->hello, HELLO_MAX, "role service\nrunnel %s\nbeat %lld\n",
                        init->host->version, (long long)setup.beat);
    for (size_t i = 0; i < SAME_COUNT; i++)
        if ((remote->decoding[i] = runnel_setting_flag(init, SAME[i])))
            used += snprintf(remote->hello + used, HELLO_MAX - (size_t)used, "%s true\n", SAME[i]);
    remote->dealing = dealing_new(&setup, &hooks, &why);
    *state = remote;
    if (remote->dealing != NULL)
        return RUNNEL_OK;
    remote_destroy(remote);
    return stage_failed(init->host, &why);
}

/* The batch as bytes, for dealing_put. */
static int write_batch(const struct remote *remote, const struct runnel_batch *batch,
                       uint8_t **payload, size_t *size, struct failure *why) {
    if (batch->kind == RUNNEL_OPEN && remote->open != NULL)
        return fail(why, STATUS_UNSUPPORTED, "remote takes windows of one kind in a line");
    int status = payload_write(payload, size, batch, why);
    if (status == STATUS_OK && *size > FRAME_PAYLOAD_MAX)
        status =
            fail(why, STATUS_UNSUPPORTED, "a batch of %zu bytes is too large to travel", *size);
    return status;
}

static int remote_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct remote *remote = state;
    struct failure why = {0};
    uint8_t *payload = NULL;
    size_t size = 0;
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL)
        fail(&why, STATUS_NO_MEMORY, "out of memory for a batch");
    if (why.code == STATUS_OK && write_batch(remote, batch, &payload, &size, &why) == STATUS_OK) {
        uint64_t sequence = batch->kind == RUNNEL_OPEN ? 0 : remote->next++;
        if (sequence == 0) {
            batch->retain(batch);
            remote->open = batch;
        }
        *item = (struct item){.slot = slot, .batch = batch, .sequence = sequence};
        pthread_mutex_lock(&remote->mutex);
        item->next = remote->under_way;
        remote->under_way = item;
        pthread_mutex_unlock(&remote->mutex);
        if (dealing_put(remote->dealing, sequence, payload, size, &why) == STATUS_OK)
            return RUNNEL_PENDING;
        item = take(remote, sequence);
    }
    free(payload);
    free(item);
    return stage_failed(remote->host, &why);
}

static int remote_finish(void *state, struct runnel_slot *slot) {
    struct remote *remote = state;
    const struct runnel_host *host = remote->host;
    (void)slot;
    dealing_end(remote->dealing);
    const struct dealer_counts *counts = dealing_counts(remote->dealing);
    host->count(host->context, "batches", (int64_t)remote->next - 1);
    host->count(host->context, "batches dealt again", (int64_t)counts->dealt_again);
    host->count(host->context, "services that died", (int64_t)counts->deaths);
    host->count(host->context, "sessions that broke", (int64_t)counts->lost);
    host->count(host->context, "answers that came twice", (int64_t)counts->duplicates);
    return remote->failure.code == STATUS_OK ? RUNNEL_OK : stage_failed(host, &remote->failure);
}

static const struct runnel_option OPTIONS[] = {
    {"via", RUNNEL_TEXT, NULL, "addresses of services, separated by commas"},
    {"model", RUNNEL_TEXT, "", "the services' model, for batches that no service survives"},
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
