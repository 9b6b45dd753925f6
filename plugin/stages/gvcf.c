/* SPDX-License-Identifier: MIT
 *
 * gvcf: calls and the blocks between them to a gVCF file, beside the VCF.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa blocks=tmp.blocks ! caller likelihoods
 *                 ! spool calls.vcf.gz'
 *     runnel run 'reads in.bam ! full calls.vcf.gz ref=ref.fa cutoffs=calls.vcf.gz.counts
 *                 ! caller likelihoods ! merge calls.vcf.gz
 *                 ! gvcf out.gvcf.gz ref=ref.fa blocks=tmp.blocks ! vcf out.vcf.gz'
 *
 * Sees runnel.calls/1 in their sorted order.  Every base of every contig that is called stands in
 * it once (core/calls/gvcf.h); with `compatible` it is Clair3's text (gvcf_original.h). */
#include "adapters/reference.h"
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "core/calls/gvcf_original.h"
#include "plugin/block_spool.h"
#include "plugin/call_rows.h"
#include "plugin/haploid_places.h"
#include "plugin/stages/stage.h"
#include "plugin/vcf_header.h"

enum { WRITE_BYTES = 1 << 16 };

struct writing {
    const struct runnel_host *host;
    char *path, *blocks_path, *reference_path, *sample, *command, *region_texts, *bed, *haploid_bed;
    bool haploid, compatible, no_version;
    struct stream_contigs contigs;
    struct regions *regions; /* NULL: everywhere */
    struct haploid_places haploid_places;
    struct block_reader *blocks;
    struct reference_file *reference_file;
    struct reference reference; /* of the contig under way */
    struct vcf_writer *writer;  /* NULL before OPEN */
    struct gvcf *gvcf;          /* of the contig under way, or */
    struct gvcf_original *original;
    int64_t contig; /* under way; -1 before the first */
    struct text lines;
    struct call call;
};

static void gvcf_destroy(void *state) {
    struct writing *writing = state;
    gvcf_free(writing->gvcf);
    gvcf_original_free(writing->original);
    vcf_writer_free(writing->writer);
    block_reader_free(writing->blocks);
    reference_close(writing->reference_file);
    regions_free(writing->regions);
    haploid_places_free(&writing->haploid_places);
    stream_contigs_free(&writing->contigs);
    text_free(&writing->lines);
    call_free(&writing->call);
    char *const texts[] = {writing->path,         writing->blocks_path, writing->reference_path,
                           writing->sample,       writing->command,     writing->bed,
                           writing->region_texts, writing->haploid_bed};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(writing);
}

static int gvcf_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct writing *writing = calloc(1, sizeof *writing);
    if (writing == NULL)
        return RUNNEL_ERROR;
    writing->host = init->host;
    writing->contig = -1;
    writing->path = stage_copy_setting(init, "path");
    writing->blocks_path = stage_copy_setting(init, "blocks");
    writing->reference_path = stage_copy_setting(init, "ref");
    writing->sample = stage_copy_setting(init, "sample");
    writing->command = stage_copy_setting(init, "command");
    writing->region_texts = stage_copy_setting(init, "region");
    writing->bed = stage_copy_setting(init, "bed");
    writing->haploid_bed = stage_copy_setting(init, "haploid-regions");
    writing->haploid = runnel_setting_flag(init, "haploid");
    writing->compatible = runnel_setting_flag(init, "compatible");
    writing->no_version = runnel_setting_flag(init, "no-version");
    if (reference_open(&writing->reference_file, writing->reference_path, &why) == STATUS_OK) {
        *state = writing;
        return RUNNEL_OK;
    }
    gvcf_destroy(writing);
    return stage_failed(init->host, &why);
}

/* ---- lines out ---- */

static int write_lines(struct writing *writing, struct failure *why) {
    int status = writing->lines.failed
                     ? fail(why, STATUS_NO_MEMORY, "out of memory for gVCF records")
                     : vcf_writer_write(writing->writer, text_bytes(&writing->lines),
                                        writing->lines.length, why);
    text_clear(&writing->lines);
    return status;
}

static int take_line(void *to, const char *line, size_t length, struct failure *why) {
    struct writing *writing = to;
    text_append(&writing->lines, line, length);
    return writing->lines.length < WRITE_BYTES ? STATUS_OK : write_lines(writing, why);
}

/* ---- contigs ---- */

/* Clair3 writes the contigs that it made blocks for, we those that were asked for. */
static bool is_wanted(const struct writing *writing, int64_t contig) {
    size_t count = 1;
    if (writing->compatible)
        return block_reader_contig(writing->blocks) == contig;
    if (writing->regions != NULL)
        regions_of(writing->regions, (size_t)contig, &count);
    return count > 0;
}

static int begin_contig(struct writing *writing, int64_t contig, struct failure *why) {
    const char *name = writing->contigs.names[contig];
    const struct block_source blocks = {writing->blocks, block_reader_next};
    const struct line_sink lines = {writing, take_line};
    int status = reference_contig(writing->reference_file, name, writing->contigs.lengths[contig],
                                  &writing->reference, why);
    if (status != STATUS_OK)
        return status;
    block_reader_ask(writing->blocks, contig);
    if (writing->compatible) {
        const struct gvcf_original_options options = {.contig = name,
                                                      .blocks = blocks,
                                                      .reference = &writing->reference,
                                                      .lines = lines,
                                                      .haploid = writing->haploid};
        writing->original = gvcf_original_new(&options, why);
    } else {
        const struct gvcf_options options = {
            .contig = name,
            .blocks = blocks,
            .reference = &writing->reference,
            .lines = lines,
            .haploid = haploid_places_on(&writing->haploid_places, contig)};
        writing->gvcf = gvcf_new(&options, why);
    }
    return writing->gvcf || writing->original ? STATUS_OK : why->code;
}

static int end_contig(struct writing *writing, struct failure *why) {
    int status = STATUS_OK;
    if (writing->gvcf != NULL)
        status = gvcf_finish(writing->gvcf, why);
    if (writing->original != NULL)
        status = gvcf_original_finish(writing->original, why);
    gvcf_free(writing->gvcf);
    gvcf_original_free(writing->original);
    writing->gvcf = NULL;
    writing->original = NULL;
    return status;
}

/* Ends the contig under way, writes those between, begins `contig`, which may lie behind the last.
 */
static int move_to_contig(struct writing *writing, int64_t contig, struct failure *why) {
    int status = STATUS_OK;
    while (status == STATUS_OK && writing->contig < contig) {
        status = end_contig(writing, why);
        writing->contig++;
        if (status == STATUS_OK && writing->contig < (int64_t)writing->contigs.count &&
            is_wanted(writing, writing->contig))
            status = begin_contig(writing, writing->contig, why);
    }
    return status;
}

/* ---- hooks ---- */

static int open_file(struct writing *writing, const struct runnel_batch *open,
                     struct failure *why) {
    const struct vcf_header header = {.version =
                                          writing->no_version ? NULL : writing->host->version,
                                      .command = writing->command,
                                      .sample = writing->sample,
                                      .non_ref = true};
    struct text text = {0};
    int status = vcf_header_append(&text, &header, open, &writing->contigs, why);
    if (status == STATUS_OK &&
        (writing->writer =
             vcf_writer_open(writing->path, vcf_kind_of_name(writing->path), &text, why)) == NULL)
        status = why->code;
    text_free(&text);
    return status;
}

static int open_stream(struct writing *writing, const struct runnel_batch *open) {
    struct failure why = {0};
    const struct stream_contigs *contigs = &writing->contigs;
    const struct haploid haploid = {0}; /* only where, not how */
    int status = stream_contigs_read(&writing->contigs, open, &why);
    if (status == STATUS_OK)
        status = regions_read(&writing->regions, contigs->names, contigs->lengths, contigs->count,
                              writing->region_texts, writing->bed, &why);
    if (status == STATUS_OK && writing->haploid)
        status = haploid_places_read(&writing->haploid_places, &haploid, writing->haploid_bed,
                                     contigs, &why);
    if (status == STATUS_OK)
        status = block_reader_open(&writing->blocks, writing->blocks_path, &why);
    if (status == STATUS_OK)
        status = open_file(writing, open, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(writing->host, &why);
}

static int add_call(struct writing *writing, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int64_t contig = writing->contig < 0 ? 0 : writing->contig;
    int status = call_row_get(&writing->call, &contig, &writing->contigs, batch, row, why);
    if (status == STATUS_OK)
        status = move_to_contig(writing, contig, why);
    if (status != STATUS_OK)
        return status;
    bool wanted = (writing->gvcf || writing->original) &&
                  (writing->regions == NULL ||
                   regions_include(writing->regions, (size_t)contig, writing->call.position - 1));
    writing->host->count(writing->host->context, wanted ? "used" : "left out: outside the regions",
                         1);
    if (!wanted)
        return STATUS_OK;
    return writing->original ? gvcf_original_add(writing->original, &writing->call, why)
                             : gvcf_add(writing->gvcf, &writing->call, why);
}

static int gvcf_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct writing *writing = state;
    struct failure why = {0};
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(writing, batch);
    int status = stream_check(batch, &CALLS_STREAM, &why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_call(writing, batch, row, &why);
    if (status != STATUS_OK)
        return stage_failed(writing->host, &why);
    writing->host->count(writing->host->context, "in", runnel_rows(batch));
    return RUNNEL_OK;
}

static int gvcf_finish_hook(void *state, struct runnel_slot *slot) {
    struct writing *writing = state;
    struct failure why = {0};
    (void)slot;
    if (writing->writer == NULL)
        fail(&why, STATUS_BAD_INPUT, "%s is not written: no calls were announced", writing->path);
    else if (move_to_contig(writing, (int64_t)writing->contigs.count, &why) == STATUS_OK &&
             write_lines(writing, &why) == STATUS_OK &&
             vcf_writer_commit(writing->writer, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(writing->host, &why);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, NULL, "file to write; .vcf, .gz or .bcf"},
    {"blocks", RUNNEL_TEXT, NULL, "blocks, as the pileup stage wrote them"},
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads were aligned to"},
    {"sample", RUNNEL_TEXT, "", "name of the sample; by default the read groups'"},
    {"region", RUNNEL_TEXT, "", "only contigs and calls of these regions, separated by blanks"},
    {"bed", RUNNEL_TEXT, "", "only contigs and calls of the regions of this BED file"},
    {"haploid", RUNNEL_FLAG, "false", "blocks have haploid genotypes"},
    {"haploid-regions", RUNNEL_TEXT, "", "haploid only in the regions of this BED file"},
    {"compatible", RUNNEL_FLAG, "false", "Clair3's text, its lost variants and overlaps too"},
    {"command", RUNNEL_TEXT, "", "command line to name in the header"},
    {"no-version", RUNNEL_FLAG, "false", "no version and no command line in the header"},
};

static const struct runnel_stage GVCF = {
    .struct_size = sizeof GVCF,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "gvcf",
    .version = "1",
    .help = "calls and the blocks between them to a gVCF file",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .sees = "runnel.calls/1",
    .init = gvcf_init,
    .process = gvcf_process,
    .finish = gvcf_finish_hook,
    .destroy = gvcf_destroy,
};

EXPORT_STAGE(GVCF)
