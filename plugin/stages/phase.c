/* SPDX-License-Identifier: MIT
 *
 * phase: which heterozygous SNPs lie on one chromosome, and which reads are of it.
 *
 *     runnel run 'reads in.bam ! phase calls ref=ref.fa ! full calls ref=ref.fa hp-tags ! ...'
 *     runnel run 'reads in.bam ! phase calls ref=ref.fa to=phased.vcf.gz'
 *
 * Takes runnel.reads/1 in their sorted order, and gives them on with the haplotypes found, once the
 * reads behind them are known that these depend on.  The SNPs are the better ones of a spool of
 * pileup calls (calling.md 1.6), but for those of haploid regions; core/phase does the work. */
#include "adapters/reference.h"
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "core/calls/numbers.h"
#include "core/calls/presets.h"
#include "core/phase/phaser.h"
#include "core/windows/haplotag.h"
#include "core/windows/read_filter.h"
#include "plugin/phased.h"
#include "plugin/read_rows.h"
#include "plugin/spool.h"
#include "plugin/stages/stage.h"
#include "plugin/vcf_header.h"
#include "plugin/waiting_reads.h"

#include <stdio.h>
#include <unistd.h>

enum {
    GIVEN_AT_ONCE = 4,       /* batches */
    MEMORY_MAX = 1024 * 1024 /* megabytes */
};

struct phase {
    const struct runnel_host *host;
    char *calls_path, *cutoffs_path, *reference_path, *platform, *model, *sample, *to, *haploid_bed,
        *folder;
    struct reference_file *reference;
    struct stream_contigs contigs;
    struct regions *haploid; /* NULL: nowhere */
    struct cutoffs cutoffs;
    struct spool *spool; /* of pileup calls; `call` is its next one that phases */
    struct call call;
    int64_t call_contig;
    bool has_call;
    struct phased_contig snps; /* of the contig under way, and what a VCF says of them besides */
    struct record {
        double qual;
        char ref;
    } * records;
    size_t record_room;
    struct vcf_writer *writer; /* NULL: none was asked for */
    struct phaser *phaser;
    struct waiting_reads waiting;
    struct snp_alleles alleles;
    struct reference contig_reference;
    struct reference_view view;
    struct read_row row;
    int64_t contig;      /* under way; -1 before the first */
    int64_t position;    /* of its last read */
    bool opened, giving; /* giving: the batch that is offered is in, and only others go out */
    long long snp_count, phased, sets;
    struct runnel_slot *slot; /* of the hook under way */
};

static void phase_destroy(void *state) {
    struct phase *phase = state;
    reference_close(phase->reference);
    stream_contigs_free(&phase->contigs);
    regions_free(phase->haploid);
    spool_close(phase->spool);
    call_free(&phase->call);
    free(phase->snps.snps);
    free(phase->records);
    vcf_writer_free(phase->writer);
    phaser_free(phase->phaser);
    waiting_reads_free(&phase->waiting);
    snp_alleles_release(&phase->alleles);
    read_row_free(&phase->row);
    free(phase->calls_path);
    free(phase->cutoffs_path);
    free(phase->reference_path);
    free(phase->platform);
    free(phase->model);
    free(phase->sample);
    free(phase->to);
    free(phase->folder);
    free(phase->haploid_bed);
    free(phase);
}

static int phase_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct phase *phase = calloc(1, sizeof *phase);
    if (phase == NULL)
        return RUNNEL_ERROR;
    phase->host = init->host;
    phase->contig = -1;
    phase->calls_path = stage_copy_setting(init, "calls");
    phase->cutoffs_path = stage_copy_setting(init, "cutoffs");
    phase->reference_path = stage_copy_setting(init, "ref");
    phase->platform = stage_copy_setting(init, "platform");
    phase->model = stage_copy_setting(init, "model");
    phase->sample = stage_copy_setting(init, "sample");
    phase->haploid_bed = stage_copy_setting(init, "haploid-regions");
    phase->to = stage_copy_setting(init, "to");
    phase->folder = stage_copy_setting(init, "folder");
    int64_t memory = runnel_setting_integer(init, "memory");
    bool fits = memory >= 0 && memory <= MEMORY_MAX;
    if (!fits)
        fail(&why, STATUS_BAD_INPUT, "memory takes 0 to %d megabytes", MEMORY_MAX);
    waiting_reads_begin(&phase->waiting, fits ? memory << 20 : 0, phase->folder);
    if (fits && phaser_new(&phase->phaser, &why) == STATUS_OK &&
        reference_open(&phase->reference, phase->reference_path, &why) == STATUS_OK) {
        *state = phase;
        return RUNNEL_OK;
    }
    phase_destroy(phase);
    return stage_failed(init->host, &why);
}

/* ---- the SNPs ---- */

static int find_cutoffs(struct phase *phase, const struct runnel_batch *open, struct failure *why) {
    char own[4200];
    const struct preset *preset = stream_preset(&phase->platform, open, why);
    if (preset == NULL)
        return why->code;
    struct select_fractions fractions = preset->fractions;
    if (phase->model != NULL)
        fractions.phasing = preset_phasing_fraction(preset, phase->model);
    snprintf(own, sizeof own, "%s.counts", phase->calls_path);
    if (phase->cutoffs_path == NULL && access(own, F_OK) != 0)
        return fail(
            why, STATUS_BAD_INPUT,
            "%s: is no spool of pileup calls, as the stage spool writes them: there is no %s",
            phase->calls_path, own);
    return spool_read_cutoffs(phase->cutoffs_path ? phase->cutoffs_path : own, &fractions,
                              &phase->cutoffs, why);
}

static bool phases(const struct phase *phase, const struct call *call, int64_t contig) {
    return select_for_phasing(&phase->cutoffs, call) &&
           !(phase->haploid && regions_include(phase->haploid, (size_t)contig, call->position - 1));
}

/* Turns to the next call of the spool that phases. */
static int next_snp(struct phase *phase, struct failure *why) {
    const int64_t contig = phase->call_contig, position = phase->call.position;
    int status;
    do
        status = spool_next(phase->spool, &phase->call, &phase->call_contig, why);
    while (status == STATUS_OK && !phases(phase, &phase->call, phase->call_contig));
    phase->has_call = status == STATUS_OK;
    if (status == STATUS_OK && (phase->call_contig < contig ||
                                (phase->call_contig == contig && phase->call.position <= position)))
        return fail(why, STATUS_BAD_INPUT, "%s: %s:%lld comes behind a later place",
                    phase->calls_path, phase->call.contig, (long long)phase->call.position);
    return status == STATUS_END ? STATUS_OK : status;
}

static int open_snps(struct phase *phase, struct failure *why) {
    phase->call_contig = -1;
    int status = spool_open(&phase->spool, phase->calls_path, &phase->contigs, why);
    return status == STATUS_OK ? next_snp(phase, why) : status;
}

static int add_snp(struct phase *phase, struct failure *why) {
    const struct call *call = &phase->call;
    const struct phased_snp snp = {.position = call->position - 1, .alt = call->alt.bytes[0]};
    int status = phased_add(&phase->snps, &snp, why);
    if (status != STATUS_OK)
        return status;
    if (phase->snps.room > phase->record_room) {
        struct record *larger = realloc(phase->records, phase->snps.room * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for SNPs");
        phase->records = larger;
        phase->record_room = phase->snps.room;
    }
    phase->records[phase->snps.count - 1] = (struct record){call->qual, call->ref.bytes[0]};
    return STATUS_OK;
}

/* Those of a contig; of contigs before it there were no reads. */
static int read_snps(struct phase *phase, int64_t contig, struct failure *why) {
    int status = STATUS_OK;
    phase->snps.count = 0;
    while (status == STATUS_OK && phase->has_call && phase->call_contig <= contig) {
        if (phase->call_contig == contig)
            status = add_snp(phase, why);
        if (status == STATUS_OK)
            status = next_snp(phase, why);
    }
    return status;
}

/* Opened before the reads are read, so that what cannot be written is said then. */
static int open_output(struct phase *phase, const struct runnel_batch *open, struct failure *why) {
    const struct vcf_header wanted = {.sample = phase->sample, .phased = true};
    struct text header = {0};
    if (phase->to == NULL)
        return STATUS_OK;
    if (vcf_header_append(&header, &wanted, open, &phase->contigs, why) == STATUS_OK)
        phase->writer = vcf_writer_open(phase->to, vcf_kind_of_name(phase->to), &header, why);
    text_free(&header);
    return why->code;
}

static int open_reads(struct phase *phase, const struct runnel_batch *open) {
    struct failure why = {0};
    int status = stream_contigs_read(&phase->contigs, open, &why);
    if (status == STATUS_OK)
        status = find_cutoffs(phase, open, &why);
    if (status == STATUS_OK)
        status = regions_read(&phase->haploid, phase->contigs.names, phase->contigs.lengths,
                              phase->contigs.count, NULL, phase->haploid_bed, &why);
    if (status == STATUS_OK)
        status = open_snps(phase, &why);
    if (status == STATUS_OK)
        status = open_output(phase, open, &why);
    phase->opened = status == STATUS_OK;
    if (status != STATUS_OK)
        return stage_failed(phase->host, &why);
    const struct stream_fact fact = {"haplotypes", "of phased SNPs"};
    return stage_emit(phase->host, phase->slot, stream_open(&READS_STREAM, open, &fact, 1, &why),
                      &why);
}

/* ---- the phased VCF ---- */

static void append_record(struct text *lines, const char *contig, const struct phased_snp *snp,
                          const struct record *record) {
    text_append_string(lines, contig);
    text_append_char(lines, '\t');
    text_append_integer(lines, snp->position + 1);
    text_append_string(lines, "\t.\t");
    text_append_char(lines, record->ref);
    text_append_char(lines, '\t');
    text_append_char(lines, snp->alt);
    text_append_char(lines, '\t');
    text_append_fixed(lines, record->qual, QUAL_DECIMALS);
    text_append_string(lines, "\tPASS\t.\tGT:PS\t");
    text_append_string(lines, snp->type == 1 ? "0|1:" : "1|0:");
    text_append_integer(lines, snp->phase_set);
    text_append_char(lines, '\n');
}

/* Those of the contig under way that are phased. */
static int write_snps(struct phase *phase, struct failure *why) {
    struct text lines = {0};
    int status = STATUS_OK;
    for (size_t s = 0; s < phase->snps.count && status == STATUS_OK; s++) {
        const struct phased_snp *snp = &phase->snps.snps[s];
        if (snp->type == 0)
            continue;
        text_clear(&lines);
        append_record(&lines, phase->contigs.names[phase->contig], snp, &phase->records[s]);
        status = lines.failed ? fail(why, STATUS_NO_MEMORY, "out of memory for phased SNPs")
                              : vcf_writer_write(phase->writer, lines.bytes, lines.length, why);
    }
    text_free(&lines);
    return status;
}

/* ---- the reads ---- */

/* The reads whose SNPs are all settled get their haplotype. */
static int tag_settled(struct phase *phase, struct failure *why) {
    return waiting_reads_tag(&phase->waiting, phase->snps.snps, phaser_settled(phase->phaser), why);
}

/* The batches whose reads all have one go on, a few at a time: who comes after may be slow. */
static int give_tagged(struct phase *phase, struct failure *why) {
    const struct runnel_batch *batch;
    for (int given = 0; given < GIVEN_AT_ONCE; given++) {
        if ((batch = waiting_reads_take(&phase->waiting, why)) == NULL)
            return why->code == STATUS_OK ? RUNNEL_OK : stage_failed(phase->host, why);
        phase->host->emit(phase->host->context, phase->slot, batch);
    }
    return RUNNEL_MORE;
}

static int end_contig(struct phase *phase, struct failure *why) {
    if (phase->contig < 0)
        return STATUS_OK;
    phaser_end(phase->phaser);
    int status = tag_settled(phase, why);
    phase->snp_count += (long long)phase->snps.count;
    for (size_t s = 0; s < phase->snps.count; s++) {
        const struct phased_snp *snp = &phase->snps.snps[s];
        phase->phased += snp->type != 0;
        phase->sets += snp->type != 0 && snp->phase_set == snp->position + 1;
    }
    if (status == STATUS_OK && phase->writer != NULL)
        status = write_snps(phase, why);
    phase->contig = -1;
    return status;
}

static int begin_contig(struct phase *phase, int64_t contig, struct failure *why) {
    int status = end_contig(phase, why);
    phase->contig = contig;
    phase->position = -1;
    if (status == STATUS_OK)
        status = read_snps(phase, contig, why);
    if (status == STATUS_OK)
        status = reference_contig(phase->reference, phase->contigs.names[contig],
                                  phase->contigs.lengths[contig], &phase->contig_reference, why);
    if (status == STATUS_OK)
        status = phaser_begin(phase->phaser, phase->snps.snps, phase->snps.count, why);
    if (status == STATUS_OK)
        reference_view_begin(&phase->view, &phase->contig_reference);
    return status;
}

/* What the read shows, for its haplotype and for phasing. */
static int look_at_read(struct phase *phase, const struct alignment *a, struct failure *why) {
    const struct phased_contig *snps = &phase->snps;
    struct snp_alleles *alleles = &phase->alleles;
    int64_t span;
    bool used = false;
    int status = STATUS_OK;
    enum read_fate fate =
        read_filter(a, FULL_REFUSED_FLAGS, HAPLOTAG_MIN_MQ, phase->contig_reference.length, &span);
    alleles->count = 0;
    if (fate == READ_USED)
        status = snp_alleles_find(alleles, a, snps->snps, snps->count, &phase->view, why);
    if (status == STATUS_OK)
        status = waiting_reads_row(&phase->waiting, alleles->list, alleles->count, why);
    if (status == STATUS_OK)
        status = phaser_add(phase->phaser, a->position, alleles->list, alleles->count, &used, why);
    phase->host->count(phase->host->context,
                       used                ? "used"
                       : fate == READ_USED ? "left out: link no two SNPs, or not needed"
                                           : "left out: flags, mapping quality or CIGAR",
                       1);
    return status;
}

static int add_read(struct phase *phase, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int64_t length;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&phase->contigs, name, length, phase->contig);
    if (contig < 0 || contig < phase->contig)
        return fail(why, STATUS_BAD_INPUT, "a read on contig %.*s comes too late or is unknown",
                    (int)length, name);
    int status = contig == phase->contig ? STATUS_OK : begin_contig(phase, contig, why);
    if (status == STATUS_OK)
        status = read_row_get(&phase->row, batch, row, why);
    const struct alignment *a = &phase->row.alignment;
    if (status == STATUS_OK && a->position < phase->position)
        status = fail(why, STATUS_BAD_INPUT,
                      "read %s begins before the one added last; sort the alignments by position",
                      a->name);
    if (status != STATUS_OK)
        return status;
    phase->position = a->position;
    return look_at_read(phase, a, why);
}

static int add_batch(struct phase *phase, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &READS_STREAM, why);
    if (status == STATUS_OK)
        status = waiting_reads_add(&phase->waiting, batch, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_read(phase, batch, row, why);
    if (status == STATUS_OK && phase->contig >= 0)
        status = tag_settled(phase, why);
    phase->host->count(phase->host->context, "in", runnel_rows(batch));
    return status;
}

static int phase_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct phase *phase = state;
    struct failure why = {0};
    phase->slot = slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_reads(phase, batch);
    if (!phase->giving && add_batch(phase, batch, &why) != STATUS_OK)
        return stage_failed(phase->host, &why);
    int result = give_tagged(phase, &why);
    phase->giving = result == RUNNEL_MORE;
    return result;
}

/* ---- the end ---- */

static void tell(const struct phase *phase) {
    const struct runnel_host *host = phase->host;
    char text[100];
    host->count(host->context, "SNPs", phase->snp_count);
    host->count(host->context, "phased SNPs", phase->phased);
    host->count(host->context, "phase sets", phase->sets);
    snprintf(text, sizeof text, "%lld SNPs are phased, in %lld set%s", phase->phased, phase->sets,
             phase->sets == 1 ? "" : "s");
    host->log(host->context, RUNNEL_LOG_INFO, text);
}

static int phase_finish(void *state, struct runnel_slot *slot) {
    struct phase *phase = state;
    struct failure why = {0};
    phase->slot = slot;
    int status = phase->opened ? end_contig(phase, &why)
                               : fail(&why, STATUS_BAD_INPUT, "no reads were announced");
    if (status != STATUS_OK)
        return stage_failed(phase->host, &why);
    int result = give_tagged(phase, &why);
    if (result != RUNNEL_OK)
        return result;
    if (phase->writer != NULL && vcf_writer_commit(phase->writer, &why) != STATUS_OK)
        return stage_failed(phase->host, &why);
    tell(phase);
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"calls", RUNNEL_TEXT, NULL, "spool of pileup calls, whose heterozygous SNPs are phased"},
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads were aligned to"},
    {"to", RUNNEL_TEXT, "", "phased VCF of the SNPs to write, or - for standard output"},
    {"cutoffs", RUNNEL_TEXT, "", "QUAL counts that tell which SNPs are good; else the spool's"},
    {"platform", RUNNEL_TEXT, "", "ont or hifi; by default what the read groups say"},
    {"haploid-regions", RUNNEL_TEXT, "", "BED file of regions of which nothing is phased"},
    {"memory", RUNNEL_INTEGER, "128",
     "megabytes of reads that wait for their haplotypes; more of them lie in a file"},
    {"folder", RUNNEL_TEXT, "", "where that file is made; by default TMPDIR"},
    {"sample", RUNNEL_TEXT, "", "name of the sample; by default the read groups'"},
    {"model", RUNNEL_TEXT, "", "path of the model: of three old ones more SNPs are taken"},
};

static const struct runnel_stage PHASE = {
    .struct_size = sizeof PHASE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "phase",
    .version = "1",
    .help = "haplotypes of reads, and phased SNPs, from reads and pileup calls",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1",
    .gives = "runnel.reads/1",
    .init = phase_init,
    .process = phase_process,
    .finish = phase_finish,
    .destroy = phase_destroy,
};

EXPORT_STAGE(PHASE)
