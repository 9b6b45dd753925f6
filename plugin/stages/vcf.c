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
#include "core/calls/header.h"
#include "core/calls/record.h"
#include "core/calls/site.h"
#include "plugin/call_rows.h"
#include "plugin/known_sites.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

enum { HEADER_LINES_MAX = 16 };

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

static char *copy_setting(const struct runnel_init *init, const char *name) {
    const char *value = runnel_setting_text(init, name);
    return value ? strdup(value) : NULL;
}

static int vcf_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct vcf *vcf = calloc(1, sizeof *vcf);
    if (vcf == NULL)
        return RUNNEL_ERROR;
    vcf->host = init->host;
    vcf->path = copy_setting(init, "path");
    vcf->format = copy_setting(init, "format");
    vcf->sample = copy_setting(init, "sample");
    vcf->command = copy_setting(init, "command");
    vcf->region_texts = copy_setting(init, "region");
    vcf->bed = copy_setting(init, "bed");
    vcf->known_path = copy_setting(init, "known-sites");
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

/* Facts of the stream that stand in the header, as ##key=value. */
static const char *const FACTS[][2] = {
    {"reference", "reference"},    {"platform", "runnel_platform"},
    {"model", "runnel_model"},     {"model_digest", "runnel_model_digest"},
    {"cutoffs", "runnel_cutoffs"}, {"deep_windows", "runnel_deep_windows"},
};

static void add_line(struct text *lines, size_t *count, size_t starts[], const char *key,
                     const char *value) {
    starts[(*count)++] = lines->length;
    text_append_string(lines, "##");
    text_append_string(lines, key);
    text_append_char(lines, '=');
    text_append_string(lines, value);
    text_append_char(lines, '\0');
}

static int write_header(struct vcf *vcf, const struct runnel_batch *open, struct failure *why) {
    struct text lines = {0}, header = {0};
    size_t count = 0, starts[HEADER_LINES_MAX];
    if (!vcf->no_version)
        add_line(&lines, &count, starts, "runnel_version", vcf->host->version);
    if (!vcf->no_version && vcf->command != NULL)
        add_line(&lines, &count, starts, "cmdline", vcf->command);
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        char *value = stream_fact(open, FACTS[i][0]);
        if (value != NULL)
            add_line(&lines, &count, starts, FACTS[i][1], value);
        free(value);
    }
    const char *pointers[HEADER_LINES_MAX];
    for (size_t i = 0; i < count; i++)
        pointers[i] = lines.bytes + starts[i];
    struct header_contig *contigs = calloc(vcf->contigs.count + 1, sizeof *contigs);
    for (size_t i = 0; contigs && i < vcf->contigs.count; i++)
        contigs[i] = (struct header_contig){vcf->contigs.names[i], vcf->contigs.lengths[i]};
    char *sample = vcf->sample ? NULL : stream_fact(open, "sample");
    const struct header facts = {.source = "Runnel",
                                 .line_count = count,
                                 .lines = pointers,
                                 .contig_count = vcf->contigs.count,
                                 .contigs = contigs,
                                 .sample = vcf->sample ? vcf->sample
                                           : sample    ? sample
                                                       : "SAMPLE"};
    if (contigs != NULL)
        header_append(&header, &facts);
    int status = contigs == NULL || lines.failed || header.failed
                     ? fail(why, STATUS_NO_MEMORY, "out of memory for the VCF header")
                     : STATUS_OK;
    enum vcf_kind kind = vcf->format ? (enum vcf_kind)vcf->format[0] : vcf_kind_of_name(vcf->path);
    if (status == STATUS_OK &&
        (vcf->writer = vcf_writer_open(vcf->path, kind, &header, why)) == NULL)
        status = why->code;
    free(contigs);
    free(sample);
    text_free(&lines);
    text_free(&header);
    return status;
}

static int open_stream(struct vcf *vcf, const struct runnel_batch *open) {
    struct failure why = {0};
    int status = stream_contigs_read(&vcf->contigs, open, &why);
    if (status == STATUS_OK && (vcf->region_texts != NULL || vcf->bed != NULL))
        status = regions_new(&vcf->regions, vcf->contigs.names, vcf->contigs.lengths,
                             vcf->contigs.count, &why);
    if (status == STATUS_OK && vcf->region_texts != NULL)
        status = regions_add_texts(vcf->regions, vcf->region_texts, &why);
    if (status == STATUS_OK && vcf->bed != NULL)
        status = regions_add_bed(vcf->regions, vcf->bed, &why);
    if (status == STATUS_OK && vcf->known_path != NULL)
        status = known_sites_read(&vcf->known, vcf->known_path, &vcf->contigs, &why);
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
