/* SPDX-License-Identifier: MIT
 *
 * json: calls as JSON lines, one object per call, to a file or to standard output.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! json' | jq .qual
 *
 * Takes runnel.calls/1; fields have the names of STREAMS.md. */
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "plugin/call_json.h"
#include "plugin/stages/stage.h"

struct json {
    const struct runnel_host *host;
    char *path, *region_texts, *bed;
    struct stream_contigs contigs;
    struct regions *regions;   /* calls outside are left out; NULL: all stay */
    struct vcf_writer *writer; /* of plain text; NULL before OPEN */
    struct text lines;
};

static void json_destroy(void *state) {
    struct json *json = state;
    vcf_writer_free(json->writer);
    regions_free(json->regions);
    stream_contigs_free(&json->contigs);
    text_free(&json->lines);
    free(json->path);
    free(json->region_texts);
    free(json->bed);
    free(json);
}

static int json_init(const struct runnel_init *init, void **state) {
    struct json *json = calloc(1, sizeof *json);
    if (json == NULL)
        return RUNNEL_ERROR;
    json->host = init->host;
    json->path = stage_copy_setting(init, "path");
    json->region_texts = stage_copy_setting(init, "region");
    json->bed = stage_copy_setting(init, "bed");
    *state = json;
    return RUNNEL_OK;
}

static int open_stream(struct json *json, const struct runnel_batch *open) {
    struct failure why = {0};
    const struct text no_header = {0};
    int status = stream_contigs_read(&json->contigs, open, &why);
    if (status == STATUS_OK)
        status = regions_read(&json->regions, json->contigs.names, json->contigs.lengths,
                              json->contigs.count, json->region_texts, json->bed, &why);
    if (status == STATUS_OK &&
        (json->writer = vcf_writer_open(json->path, VCF_TEXT, &no_header, &why)) == NULL)
        status = why.code;
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(json->host, &why);
}

/* ---- hooks ---- */

static int add_row(struct json *json, const struct runnel_batch *batch, int64_t row,
                   int64_t *contig, struct failure *why) {
    int64_t length;
    const char *name = runnel_text(batch, CALLS_CONTIG, row, &length);
    *contig = stream_contigs_find(&json->contigs, name, length, *contig);
    if (*contig < 0)
        return fail(why, STATUS_BAD_INPUT, "a call on an unknown contig '%.*s'", (int)length, name);
    bool wanted =
        json->regions == NULL || regions_include(json->regions, (size_t)*contig,
                                                 runnel_integer(batch, CALLS_POSITION, row) - 1);
    json->host->count(json->host->context, wanted ? "used" : "left out: outside the regions", 1);
    if (wanted)
        call_json_append(&json->lines, batch, row);
    return json->lines.failed ? fail(why, STATUS_NO_MEMORY, "out of memory for JSON lines")
                              : STATUS_OK;
}

static int json_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct json *json = state;
    struct failure why = {0};
    int64_t contig = 0;
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(json, batch);
    int status = stream_check(batch, &CALLS_STREAM, &why);
    text_clear(&json->lines);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_row(json, batch, row, &contig, &why);
    json->host->count(json->host->context, "in", runnel_rows(batch));
    if (status == STATUS_OK)
        status = vcf_writer_write(json->writer, text_bytes(&json->lines), json->lines.length, &why);
    if (status == STATUS_OK)
        status = vcf_writer_flush(json->writer, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(json->host, &why);
}

static int json_finish(void *state, struct runnel_slot *slot) {
    struct json *json = state;
    struct failure why = {0};
    (void)slot;
    if (json->writer == NULL)
        fail(&why, STATUS_BAD_INPUT, "%s is not written: no calls were announced", json->path);
    else if (vcf_writer_commit(json->writer, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(json->host, &why);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, "-", "file to write, or - for standard output"},
    {"region", RUNNEL_TEXT, "", "keep only calls in these regions, separated by blanks"},
    {"bed", RUNNEL_TEXT, "", "keep only calls in the regions of this BED file"},
};

static const struct runnel_stage JSON = {
    .struct_size = sizeof JSON,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "json",
    .version = "1",
    .help = "calls as JSON lines",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.calls/1",
    .init = json_init,
    .process = json_process,
    .finish = json_finish,
    .destroy = json_destroy,
};

EXPORT_STAGE(JSON)
