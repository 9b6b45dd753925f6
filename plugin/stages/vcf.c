/* SPDX-License-Identifier: MIT
 *
 * vcf: calls to a VCF, VCF.gz or BCF file, or to standard output.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! vcf out.vcf.gz'
 *
 * Takes runnel.calls/1 in their sorted order.  The file appears under its name, with its index,
 * once the line has ended well; until then it is a temporary one beside it. */
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "core/calls/record.h"
#include "core/calls/site.h"
#include "plugin/call_rows.h"
#include "plugin/known_sites.h"
#include "plugin/stages/stage.h"
#include "plugin/vcf_header.h"

#include <stdio.h>

struct vcf {
    const struct runnel_host *host;
    struct vcf_writer *writer; /* NULL before OPEN */
    struct stream_contigs contigs;
    struct regions *regions; /* records outside are left out; NULL: all stay */
    struct text lines;
    struct call call;
    int64_t contig, position; /* of the last record */
    struct known_sites known; /* where one is wanted, a record or the site as given */
    size_t known_contig, known_next;
    char *path, *format, *sample, *command, *region_texts, *bed, *known_path;
    bool ref_calls, no_version;
};

static void vcf_free(struct vcf *vcf) {
    vcf_writer_free(vcf->writer);
    regions_free(vcf->regions);
    known_sites_free(&vcf->known);
    stream_contigs_free(&vcf->contigs);
    text_free(&vcf->lines);
    call_free(&vcf->call);
    char *const texts[] = {vcf->path,         vcf->format, vcf->sample,    vcf->command,
                           vcf->region_texts, vcf->bed,    vcf->known_path};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(vcf);
}

static int vcf_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct vcf *vcf = calloc(1, sizeof *vcf);
    if (vcf == NULL)
        return RUNNEL_ERROR;
    vcf->host = init->host;
    vcf->path = stage_copy_setting(init, "path");
    vcf->format = stage_copy_setting(init, "format");
    vcf->sample = stage_copy_setting(init, "sample");
    vcf->command = stage_copy_setting(init, "command");
    vcf->region_texts = stage_copy_setting(init, "region");
    vcf->bed = stage_copy_setting(init, "bed");
    vcf->known_path = stage_copy_setting(init, "known-sites");
    vcf->ref_calls = runnel_setting_flag(init, "ref-calls");
    vcf->no_version = runnel_setting_flag(init, "no-version");
    if (vcf->format == NULL || (strlen(vcf->format) == 1 && strchr("vzb", vcf->format[0]))) {
        *state = vcf;
        return RUNNEL_OK;
    }
    fail(&why, STATUS_BAD_INPUT, "format is v (VCF), z (VCF.gz) or b (BCF), not '%s'", vcf->format);
    vcf_free(vcf);
    return stage_failed(init->host, &why);
}

/* ---- header ---- */

static int write_header(struct vcf *vcf, const struct runnel_batch *open, struct failure *why) {
    struct text text = {0};
    const struct vcf_header header = {.version = vcf->no_version ? NULL : vcf->host->version,
                                      .command = vcf->command,
                                      .sample = vcf->sample};
    enum vcf_kind kind = vcf->format ? (enum vcf_kind)vcf->format[0] : vcf_kind_of_name(vcf->path);
    int status = vcf_header_append(&text, &header, open, &vcf->contigs, why);
    if (status == STATUS_OK && (vcf->writer = vcf_writer_open(vcf->path, kind, &text, why)) == NULL)
        status = why->code;
    text_free(&text);
    return status;
}

static int open_stream(struct vcf *vcf, const struct runnel_batch *open) {
    struct failure why = {0};
    int status = stream_contigs_read(&vcf->contigs, open, &why);
    if (status == STATUS_OK)
        status = regions_read(&vcf->regions, vcf->contigs.names, vcf->contigs.lengths,
                              vcf->contigs.count, vcf->region_texts, vcf->bed, &why);
    if (status == STATUS_OK && vcf->known_path != NULL)
        status = known_sites_read(&vcf->known, vcf->known_path, &vcf->contigs, NULL, &why);
    if (status == STATUS_OK)
        status = write_header(vcf, open, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(vcf->host, &why);
}

/* ---- records ---- */

static bool in_regions(const struct vcf *vcf, size_t contig, int64_t position) {
    return vcf->regions == NULL || regions_include(vcf->regions, contig, position - 1);
}

/* The known sites before (contig, position) got no record, so they stand as given; one at it gets
 * the record that is about to be written. */
static void pass_known_sites(struct vcf *vcf, size_t contig, int64_t position) {
    for (; vcf->known_contig < vcf->known.count && vcf->known_contig <= contig;
         vcf->known_contig++, vcf->known_next = 0) {
        const struct known_contig *sites = &vcf->known.contigs[vcf->known_contig];
        for (; vcf->known_next < sites->count; vcf->known_next++) {
            const struct known_line *line = &sites->lines[vcf->known_next];
            bool before = vcf->known_contig < contig || line->position < position;
            if (!before) {
                vcf->known_next += line->position == position;
                return;
            }
            if (in_regions(vcf, vcf->known_contig, line->position))
                site_append_uncalled(&vcf->lines, vcf->known.lines.bytes + line->begin,
                                     line->length);
        }
        if (vcf->known_contig == contig)
            return;
    }
}

/* Why a call gets no record; NULL where it gets one. */
static const char *left_out(const struct vcf *vcf) {
    if (call_is_reference(&vcf->call) && !vcf->ref_calls)
        return "left out: reference call";
    if (!in_regions(vcf, (size_t)vcf->contig, vcf->call.position))
        return "left out: outside the regions";
    return NULL;
}

static int add_record(struct vcf *vcf, const struct runnel_batch *batch, int64_t row,
                      struct failure *why) {
    int64_t contig = vcf->contig;
    int status = call_row_get(&vcf->call, &contig, &vcf->contigs, batch, row, why);
    if (status != STATUS_OK)
        return status;
    if (contig < vcf->contig || (contig == vcf->contig && vcf->call.position < vcf->position))
        return fail(why, STATUS_BAD_INPUT, "%s:%lld: a call that comes too late in the stream",
                    vcf->call.contig, (long long)vcf->call.position);
    vcf->contig = contig;
    vcf->position = vcf->call.position;
    const char *reason = left_out(vcf);
    vcf->host->count(vcf->host->context, reason ? reason : "used", 1);
    if (reason == NULL) {
        pass_known_sites(vcf, (size_t)contig, vcf->position);
        record_append(&vcf->lines, &vcf->call, RECORD_PLAIN);
    }
    return STATUS_OK;
}

static int write_lines(struct vcf *vcf, struct failure *why) {
    if (vcf->lines.failed)
        return fail(why, STATUS_NO_MEMORY, "out of memory for VCF records");
    return vcf_writer_write(vcf->writer, text_bytes(&vcf->lines), vcf->lines.length, why);
}

static int vcf_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct vcf *vcf = state;
    struct failure why = {0};
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(vcf, batch);
    int status = stream_check(batch, &CALLS_STREAM, &why);
    text_clear(&vcf->lines);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_record(vcf, batch, row, &why);
    vcf->host->count(vcf->host->context, "in", runnel_rows(batch));
    if (status == STATUS_OK)
        status = write_lines(vcf, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(vcf->host, &why);
}

static int vcf_finish(void *state, struct runnel_slot *slot) {
    struct vcf *vcf = state;
    struct failure why = {0};
    (void)slot;
    text_clear(&vcf->lines);
    pass_known_sites(vcf, SIZE_MAX, 0);
    if (vcf->writer == NULL)
        fail(&why, STATUS_BAD_INPUT, "%s is not written: no calls were announced", vcf->path);
    else if (write_lines(vcf, &why) == STATUS_OK &&
             vcf_writer_commit(vcf->writer, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(vcf->host, &why);
}

static void vcf_destroy(void *state) {
    vcf_free(state);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, "-", "file to write, or - for standard output"},
    {"format", RUNNEL_TEXT, "", "v, z or b; by default what the name says"},
    {"sample", RUNNEL_TEXT, "", "name of the sample; by default the read groups'"},
    {"ref-calls", RUNNEL_FLAG, "false", "keep sites called as reference"},
    {"region", RUNNEL_TEXT, "", "keep only records in these regions, separated by blanks"},
    {"bed", RUNNEL_TEXT, "", "keep only records in the regions of this BED file"},
    {"known-sites", RUNNEL_TEXT, "", "a record for each site of this VCF, called or not"},
    {"command", RUNNEL_TEXT, "", "command line to name in the header"},
    {"no-version", RUNNEL_FLAG, "false", "no version and no command line in the header"},
};

static const struct runnel_stage VCF = {
    .struct_size = sizeof VCF,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "vcf",
    .version = "1",
    .help = "calls to a VCF or BCF file",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.calls/1",
    .init = vcf_init,
    .process = vcf_process,
    .finish = vcf_finish,
    .destroy = vcf_destroy,
};

EXPORT_STAGE(VCF)
