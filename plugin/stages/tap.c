/* SPDX-License-Identifier: MIT
 *
 * tap: publishes the calls that pass (and how far the targets of a live run are), for anyone who
 * listens.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! tap tcp://127.0.0.1:5557 ! vcf
 * out.vcf'
 *
 * Sees runnel.calls/1 and runnel.targets/1, which go on as they came.  A message has a topic
 * (FORMAT/SAMPLE/CONTIG, of targets FORMAT-targets/SAMPLE/CONTIG), a
 * header whose sequence counts the messages of the topic, so that a listener who is too slow sees
 * what it missed, and the calls as an Arrow stream or as JSON lines.  Who comes late asks at the
 * address `snapshot` for what went before. */
#include "core/calls/text.h"
#include "plugin/call_json.h"
#include "plugin/stages/stage.h"
#include "plugin/wire/endpoint.h"
#include "plugin/wire/payload.h"
#include "plugin/wire/snapshot.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

enum { TOPIC_MAX = 512 };
enum format { FORMAT_ARROW, FORMAT_JSON, FORMATS };
static const char *const FORMAT_NAMES[FORMATS] = {"arrow", "json"};

/* What is published: both streams begin with a column "contig". */
enum kind { KIND_CALLS, KIND_TARGETS, KINDS };
static const struct stream *const STREAMS[KINDS] = {&CALLS_STREAM, &TARGETS_STREAM};
static const char *const KIND_ENDINGS[KINDS] = {"", "-targets"};
_Static_assert(CALLS_CONTIG == 0 && TARGETS_CONTIG == 0, "rows are sorted by this column");

struct tap {
    const struct runnel_host *host;
    struct endpoint endpoint;
    struct socket_end *socket;
    struct snapshot *snapshot; /* NULL: nobody may ask */
    const struct runnel_take *take;
    uint64_t session, published;
    int64_t linger;
    char *sample;
    uint8_t *schemas[KINDS]; /* as every Arrow message begins */
    size_t schema_sizes[KINDS];
    struct stream_contigs contigs;
    uint64_t *sequences; /* KINDS times FORMATS for each contig */
};

static void tap_destroy(void *state) {
    struct tap *tap = state;
    snapshot_free(tap->snapshot);
    socket_close(tap->socket);
    endpoint_free(&tap->endpoint);
    stream_contigs_free(&tap->contigs);
    free(tap->sequences);
    for (size_t kind = 0; kind < KINDS; kind++)
        free(tap->schemas[kind]);
    free(tap->sample);
    free(tap);
}

static int set_up(struct tap *tap, const struct runnel_init *init, struct failure *why) {
    const struct endpoint_security security = {.key = runnel_setting_text(init, "key"),
                                               .allow = runnel_setting_text(init, "allow"),
                                               .insecure = runnel_setting_flag(init, "insecure")};
    const char *snapshot = runnel_setting_text(init, "snapshot");
    char address[SOCKET_ADDRESS_MAX];
    if (getrandom(&tap->session, sizeof tap->session, 0) < 0)
        return fail(why, STATUS_IO, "no random numbers can be had");
    if (endpoint_new(&tap->endpoint, &security, true, why) != STATUS_OK ||
        endpoint_open(&tap->endpoint, SOCKET_PUBLISHER, runnel_setting_text(init, "bind"),
                      &tap->socket, why) != STATUS_OK)
        return why->code;
    if (snapshot != NULL && (tap->snapshot = snapshot_new(&tap->endpoint, snapshot, why)) == NULL)
        return why->code;
    socket_address(tap->socket, address);
    if (runnel_setting_flag(init, "tell")) {
        printf("%s%s%s\n", address, tap->snapshot ? " " : "",
               tap->snapshot ? snapshot_address(tap->snapshot) : "");
        fflush(stdout);
    }
    return STATUS_OK;
}

static int tap_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct tap *tap = calloc(1, sizeof *tap);
    if (tap == NULL)
        return RUNNEL_ERROR;
    tap->host = init->host;
    tap->linger = runnel_setting_integer(init, "linger");
    tap->sample = stage_copy_setting(init, "sample");
    tap->take = init->host->extension(init->host->context, "runnel.take/1");
    *state = tap;
    if (tap->take == NULL)
        fail(&why, STATUS_UNSUPPORTED, "tap needs a host that offers runnel.take/1");
    else if (set_up(tap, init, &why) == STATUS_OK)
        return RUNNEL_OK;
    tap_destroy(tap);
    return stage_failed(init->host, &why);
}

static enum kind kind_of(const struct runnel_batch *batch) {
    return strcmp(batch->type, TARGETS_STREAM.type) == 0 ? KIND_TARGETS : KIND_CALLS;
}

static int open_stream(struct tap *tap, const struct runnel_batch *open) {
    struct failure why = {0};
    enum kind kind = kind_of(open);
    int status = STATUS_OK;
    if (tap->sample == NULL && (tap->sample = stream_fact(open, "sample")) == NULL)
        tap->sample = strdup("SAMPLE");
    if (tap->sequences == NULL) {
        status = stream_contigs_read(&tap->contigs, open, &why);
        size_t room = KINDS * FORMATS * tap->contigs.count + 1;
        tap->sequences = calloc(room, sizeof *tap->sequences);
    }
    if (status == STATUS_OK && (tap->sequences == NULL || tap->sample == NULL))
        status = fail(&why, STATUS_NO_MEMORY, "out of memory for tap");
    if (status == STATUS_OK)
        status = payload_write(&tap->schemas[kind], &tap->schema_sizes[kind], open, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(tap->host, &why);
}

/* ---- messages ---- */

static int publish(struct tap *tap, enum kind kind, enum format format, int64_t contig,
                   const void *payload, size_t size, struct failure *why) {
    size_t place = KINDS * FORMATS * (size_t)contig + FORMATS * kind + format;
    char topic[TOPIC_MAX];
    uint8_t header[FRAME_SIZE];
    const struct frame frame = {.kind = FRAME_DATA,
                                .session = tap->session,
                                .sequence = ++tap->sequences[place],
                                .mark_contig = -1,
                                .mark_position = -1,
                                .payload = payload,
                                .payload_size = size};
    snprintf(topic, sizeof topic, "%s%s/%s/%s", FORMAT_NAMES[format], KIND_ENDINGS[kind],
             tap->sample, tap->contigs.names[contig]);
    frame_write(header, &frame);
    const struct socket_part parts[] = {
        {topic, strlen(topic)}, {header, FRAME_SIZE}, {payload, size}};
    /* Into the snapshot first: who asks for one after it heard a message finds it there. */
    if (tap->snapshot != NULL && snapshot_add(tap->snapshot, topic, &frame, why) != STATUS_OK)
        return why->code;
    socket_send(tap->socket, parts, 3); /* to nobody, if nobody listens */
    tap->published++;
    return STATUS_OK;
}

static int publish_arrow(struct tap *tap, int64_t contig, const struct runnel_batch *rows,
                         struct failure *why) {
    uint8_t *batch = NULL;
    size_t size = 0;
    int status = payload_write(&batch, &size, rows, why);
    enum kind kind = kind_of(rows);
    size_t begin = tap->schema_sizes[kind];
    uint8_t *stream = status == STATUS_OK ? malloc(begin + size) : NULL;
    if (stream != NULL) {
        memcpy(stream, tap->schemas[kind], begin);
        memcpy(stream + begin, batch, size);
        status = publish(tap, kind, FORMAT_ARROW, contig, stream, begin + size, why);
    } else if (status == STATUS_OK) {
        status = fail(why, STATUS_NO_MEMORY, "out of memory for tap");
    }
    free(stream);
    free(batch);
    return status;
}

static int publish_json(struct tap *tap, int64_t contig, const struct runnel_batch *rows,
                        struct failure *why) {
    struct text lines = {0};
    enum kind kind = kind_of(rows);
    for (int64_t row = 0; row < runnel_rows(rows); row++)
        row_json_append(&lines, STREAMS[kind], rows, row);
    int status = lines.failed
                     ? fail(why, STATUS_NO_MEMORY, "out of memory for tap")
                     : publish(tap, kind, FORMAT_JSON, contig, lines.bytes, lines.length, why);
    text_free(&lines);
    return status;
}

/* Rows [first, end) of a batch, which are of one contig. */
static int publish_rows(struct tap *tap, const struct runnel_batch *batch, int64_t first,
                        int64_t end, int64_t contig, struct failure *why) {
    int64_t *numbers = calloc((size_t)(end - first), sizeof *numbers);
    for (int64_t row = first; numbers != NULL && row < end; row++)
        numbers[row - first] = row;
    const struct runnel_batch *rows =
        numbers ? tap->take->take(batch, numbers, (size_t)(end - first)) : NULL;
    free(numbers);
    if (rows == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for tap");
    int status = publish_arrow(tap, contig, rows, why);
    if (status == STATUS_OK)
        status = publish_json(tap, contig, rows, why);
    rows->release(rows);
    return status;
}

static int tap_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct tap *tap = state;
    struct failure why = {0};
    int64_t contig = 0, first = 0, rows = runnel_rows(batch), length;
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(tap, batch);
    int status = stream_check(batch, STREAMS[kind_of(batch)], &why);
    for (int64_t row = 0; status == STATUS_OK && row < rows; row++) {
        const char *name = runnel_text(batch, CALLS_CONTIG, row, &length);
        int64_t of = stream_contigs_find(&tap->contigs, name, length, contig);
        if (of < 0)
            status = fail(&why, STATUS_BAD_INPUT, "a row on an unknown contig '%.*s'", (int)length,
                          name);
        else if (of != contig && row > first)
            status = publish_rows(tap, batch, first, row, contig, &why);
        first = of != contig ? row : first;
        contig = of;
    }
    if (status == STATUS_OK && rows > first)
        status = publish_rows(tap, batch, first, rows, contig, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(tap->host, &why);
}

static int tap_finish(void *state, struct runnel_slot *slot) {
    struct tap *tap = state;
    uint8_t header[FRAME_SIZE];
    const struct frame end = {.kind = FRAME_END, .session = tap->session, .count = tap->published};
    (void)slot;
    frame_write(header, &end);
    const struct socket_part parts[] = {{"end", 3}, {header, FRAME_SIZE}, {"", 0}};
    socket_send(tap->socket, parts, 3);
    tap->host->count(tap->host->context, "messages published", (int64_t)tap->published);
    if (tap->snapshot != NULL) {
        snapshot_end(tap->snapshot);
        sleep((unsigned)tap->linger);
    }
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"bind", RUNNEL_TEXT, NULL, "tcp://HOST:PORT or ipc://PATH to publish at"},
    {"snapshot", RUNNEL_TEXT, "", "address where those who come late ask for what went before"},
    {"linger", RUNNEL_INTEGER, "0", "seconds to go on answering them at the end"},
    {"sample", RUNNEL_TEXT, "", "name in the topics; by default the read groups'"},
    {"key", RUNNEL_TEXT, "", "our key file, made by runnel keygen"},
    {"allow", RUNNEL_TEXT, "", "file with the public keys of those who may listen"},
    {"insecure", RUNNEL_FLAG, "false", "let anyone on other machines listen"},
    {"tell", RUNNEL_FLAG, "false", "print the addresses"},
};

static const struct runnel_stage TAP = {
    .struct_size = sizeof TAP,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "tap",
    .version = "1",
    .help = "publishes the calls that pass, and the targets of a live run",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .sees = "runnel.calls/1 runnel.targets/1",
    .init = tap_init,
    .process = tap_process,
    .finish = tap_finish,
    .destroy = tap_destroy,
};

EXPORT_STAGE(TAP)
