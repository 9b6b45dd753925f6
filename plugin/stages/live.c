/* SPDX-License-Identifier: MIT
 *
 * live: alignments in any order to windows of the sites whose evidence grew enough.
 *
 *     runnel run 'reads run.bam any ! live ref=ref.fa bed=targets.bed ! caller ! revise x.vcf'
 *
 * Takes runnel.reads/1 in any order.  The columns of the targets are kept; each read is added to
 * them, and where a look is due (core/windows/looks.h: a rule of the reads alone), the columns are
 * looked at.  Gives
 *   runnel.pileup/1   a window for each candidate among them,
 *   runnel.looks/1    a row for each site that was a candidate at an earlier look and is none now,
 *   runnel.targets/1  depths of the targets that a batch of reads touched,
 *   runnel.reads/1    with pass-reads: the reads, each before the windows of the looks that it
 *                     made due, so that who keeps them has those that the windows show, and no
 *                     others. */
#include "adapters/reference.h"
#include "core/calls/presets.h"
#include "core/windows/looks.h"
#include "plugin/pileup_rows.h"
#include "plugin/read_rows.h"
#include "plugin/stages/stage.h"
#include "plugin/targets.h"

#include <math.h>
#include <stdio.h>

/* Of a column, in memory: 64 of counts, 4 of looks, and what indels and names take at 60x, rounded
 * up (measured: DESIGN.md). */
enum { COLUMN_BYTES = 128 };

/* Of the others: a candidate for a look is shown by more reads than one for a whole file. */
static const double LOOK_MIN_AF = 0.2;

struct live_contig { /* made with its first read */
    struct live *live;
    size_t number;
    struct pileup_windows *windows;
    struct looks *looks;
    char *letters; /* what was fetched last, since the file serves all contigs */
    size_t room;
};

struct live {
    const struct runnel_host *host;
    const struct runnel_take *take;
    char *reference_path, *bed, *platform;
    struct pileup_options options;
    struct look_rule rule;
    double memory; /* bytes */
    bool pass_reads;
    struct reference_file *reference;
    struct stream_contigs contigs;
    struct targets targets;
    struct live_contig *each; /* by contig; windows NULL before its first read */
    struct arrow_table *windows, *lost, *depths;
    bool **touched; /* by contig and target, since depths were told last */
    struct read_row row;
    int64_t contig;    /* of the last read */
    int64_t passed_to; /* rows of the batch at hand that were passed on */
    struct pileup_books books;
    struct runnel_slot *slot; /* of the hook under way */
};

static void live_destroy(void *state) {
    struct live *live = state;
    for (size_t i = 0; live->each != NULL && i < live->contigs.count; i++) {
        pileup_windows_free(live->each[i].windows);
        looks_free(live->each[i].looks);
        free(live->each[i].letters);
        free(live->touched ? live->touched[i] : NULL);
    }
    free(live->each);
    free(live->touched);
    reference_close(live->reference);
    targets_free(&live->targets);
    stream_contigs_free(&live->contigs);
    arrow_table_free(live->windows);
    arrow_table_free(live->lost);
    arrow_table_free(live->depths);
    read_row_free(&live->row);
    free(live->reference_path);
    free(live->bed);
    free(live->platform);
    free(live);
}

static int read_options(struct live *live, const struct runnel_init *init, struct failure *why) {
    int64_t first = runnel_setting_integer(init, "look-first");
    int64_t step = runnel_setting_integer(init, "look-step");
    live->rule = (struct look_rule){(uint32_t)first, (uint32_t)step,
                                    runnel_setting_real(init, "look-growth")};
    live->options = pileup_options_default;
    live->options.any_order = true;
    live->options.snp_min_af = (float)runnel_setting_real(init, "snp-min-af");
    live->options.indel_min_af = (float)runnel_setting_real(init, "indel-min-af");
    live->options.min_mq = (int)runnel_setting_integer(init, "min-mq");
    live->options.min_coverage = (int)runnel_setting_integer(init, "min-coverage");
    live->options.call_snp_only = runnel_setting_flag(init, "call-snp-only");
    live->options.enable_long_indel = runnel_setting_flag(init, "enable-long-indel");
    live->options.head_and_tail = runnel_setting_flag(init, "head-and-tail");
    live->memory = runnel_setting_real(init, "memory") * 1e9;
    live->pass_reads = runnel_setting_flag(init, "pass-reads");
    if (first < 1 || first > 10000 || step < 1 || step > 10000 || live->rule.growth < 0)
        return fail(why, STATUS_BAD_INPUT,
                    "look-first and look-step take 1 to 10000, look-growth 0 or more");
    return STATUS_OK;
}

static int live_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL)
        return RUNNEL_ERROR;
    live->host = init->host;
    live->take = init->host->extension(init->host->context, "runnel.take/1");
    live->reference_path = stage_copy_setting(init, "ref");
    live->bed = stage_copy_setting(init, "bed");
    live->platform = stage_copy_setting(init, "platform");
    *state = live;
    if (live->take == NULL)
        fail(&why, STATUS_UNSUPPORTED, "live needs a host that offers runnel.take/1");
    else if (read_options(live, init, &why) == STATUS_OK &&
             reference_open(&live->reference, live->reference_path, &why) == STATUS_OK &&
             arrow_table_new(&live->windows, PILEUP_STREAM.fields, PILEUP_STREAM.count, &why) ==
                 STATUS_OK &&
             arrow_table_new(&live->lost, LOOKS_STREAM.fields, LOOKS_STREAM.count, &why) ==
                 STATUS_OK &&
             arrow_table_new(&live->depths, TARGETS_STREAM.fields, TARGETS_STREAM.count, &why) ==
                 STATUS_OK) {
        reference_expect_jumps(live->reference);
        return RUNNEL_OK;
    }
    live_destroy(live);
    return stage_failed(init->host, &why);
}

/* ---- opening ---- */

static int settle_platform(struct live *live, const struct runnel_batch *open,
                           struct failure *why) {
    const struct preset *preset = stream_preset(&live->platform, open, why);
    if (preset == NULL)
        return why->code;
    if (!(live->options.snp_min_af > 0))
        live->options.snp_min_af = (float)fmax(LOOK_MIN_AF, preset->snp_min_af);
    if (!(live->options.indel_min_af > 0))
        live->options.indel_min_af = (float)fmax(LOOK_MIN_AF, preset->indel_min_af);
    return STATUS_OK;
}

/* Contigs that the reference lacks have no targets; the others' columns must have room. */
static int settle_targets(struct live *live, struct failure *why) {
    struct reference reference;
    int status = targets_read(&live->targets, live->bed, &live->contigs, why);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < live->contigs.count; i++)
        if (live->targets.contigs[i].count > 0 &&
            reference_contig(live->reference, live->contigs.names[i], live->contigs.lengths[i],
                             &reference, live->bed ? why : NULL) != STATUS_OK) {
            if (live->bed != NULL)
                return why->code;
            targets_drop(&live->targets, i);
        }
    double needed = (double)live->targets.columns * COLUMN_BYTES;
    if (needed > live->memory)
        return fail(why, STATUS_BAD_INPUT,
                    "the targets have %lld bases, whose columns take about %.4g GB of memory (%d "
                    "bytes each), and %.4g GB are allowed; allow more (--memory), or give fewer "
                    "targets",
                    (long long)live->targets.columns, needed / 1e9, COLUMN_BYTES,
                    live->memory / 1e9);
    return STATUS_OK;
}

static int make_room(struct live *live, struct failure *why) {
    live->each = calloc(live->contigs.count + 1, sizeof *live->each);
    live->touched = calloc(live->contigs.count + 1, sizeof(bool *));
    bool room = live->each != NULL && live->touched != NULL;
    for (size_t i = 0; room && i < live->contigs.count; i++) {
        live->each[i] = (struct live_contig){.live = live, .number = i};
        live->touched[i] = calloc(live->targets.contigs[i].count + 1, sizeof(bool));
        room = live->touched[i] != NULL;
    }
    return room ? STATUS_OK : fail(why, STATUS_NO_MEMORY, "out of memory for targets");
}

static int open_stream(struct live *live, const struct runnel_batch *open) {
    static const struct stream *const GIVEN[] = {&PILEUP_STREAM, &LOOKS_STREAM, &TARGETS_STREAM};
    struct failure why = {0};
    int status = settle_platform(live, open, &why);
    if (status == STATUS_OK)
        status = stream_contigs_read(&live->contigs, open, &why);
    if (status == STATUS_OK)
        status = settle_targets(live, &why);
    if (status == STATUS_OK)
        status = make_room(live, &why);
    if (status != STATUS_OK)
        return stage_failed(live->host, &why);
    const struct stream_fact facts[] = {{"platform", live->platform},
                                        {"reference", live->reference_path}};
    for (size_t i = 0; i < sizeof GIVEN / sizeof *GIVEN; i++)
        if (stage_emit(live->host, live->slot, stream_open(GIVEN[i], open, facts, 2, &why), &why) !=
            RUNNEL_OK)
            return RUNNEL_ERROR;
    if (!live->pass_reads)
        return RUNNEL_OK;
    open->retain(open);
    live->host->emit(live->host->context, live->slot, open);
    return RUNNEL_OK;
}

/* ---- contigs ---- */

/* Letters of a contig; other contigs' views hold on to theirs meanwhile. */
static const char *fetch(void *source, int64_t begin, int64_t end, struct failure *why) {
    struct live_contig *contig = source;
    struct live *live = contig->live;
    struct reference reference;
    size_t size = (size_t)(end - begin) + 1;
    if (size > contig->room) {
        char *larger = realloc(contig->letters, size);
        if (larger == NULL) {
            fail(why, STATUS_NO_MEMORY, "out of memory for the reference");
            return NULL;
        }
        contig->letters = larger;
        contig->room = size;
    }
    if (reference_contig(live->reference, live->contigs.names[contig->number],
                         live->contigs.lengths[contig->number], &reference, why) != STATUS_OK)
        return NULL;
    const char *letters = reference.fetch(reference.source, begin, end, why);
    return letters ? memcpy(contig->letters, letters, (size_t)(end - begin)) : NULL;
}

static int begin_contig(struct live *live, struct live_contig *contig, struct failure *why) {
    const struct contig_targets *targets = &live->targets.contigs[contig->number];
    const struct reference reference = {live->contigs.lengths[contig->number], contig, fetch};
    int status = pileup_windows_new(&contig->windows, &live->options, why);
    if (status == STATUS_OK)
        status = pileup_windows_begin(contig->windows, &reference, NULL, why);
    for (size_t i = 0; status == STATUS_OK && i < targets->count; i++)
        status =
            pileup_windows_want(contig->windows, targets->list[i].begin, targets->list[i].end, why);
    return status == STATUS_OK
               ? looks_new(&contig->looks, targets->list, targets->count, &live->rule, why)
               : status;
}

/* ---- what goes out ---- */

/* The reads of the batch up to row `end` that were not passed on yet. */
static int pass_reads(struct live *live, const struct runnel_batch *batch, int64_t end,
                      struct failure *why) {
    int64_t begin = live->passed_to;
    if (!live->pass_reads || begin == end)
        return STATUS_OK;
    live->passed_to = end;
    if (begin == 0 && end == runnel_rows(batch)) {
        batch->retain(batch);
        live->host->emit(live->host->context, live->slot, batch);
        return STATUS_OK;
    }
    int64_t *rows = malloc((size_t)(end - begin) * sizeof *rows);
    for (int64_t row = begin; rows != NULL && row < end; row++)
        rows[row - begin] = row;
    const struct runnel_batch *part =
        rows ? live->take->take(batch, rows, (size_t)(end - begin)) : NULL;
    free(rows);
    if (part == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for reads");
    live->host->emit(live->host->context, live->slot, part);
    return STATUS_OK;
}

static int tell_lost(struct live *live, struct live_contig *contig, int64_t begin, int64_t end,
                     struct failure *why) {
    int status = STATUS_OK;
    for (int64_t x = begin;
         status == STATUS_OK && (x = looks_noted(contig->looks, x, end)) != INT64_MAX; x++) {
        looks_note(contig->looks, x, false);
        arrow_put_text(live->lost, LOOKS_CONTIG, live->contigs.names[contig->number]);
        arrow_put_integer(live->lost, LOOKS_POSITION, x + 1);
        arrow_put_integer(live->lost, LOOKS_DEPTH, looks_depth(contig->looks, x));
        status = arrow_table_end_row(live->lost, why);
        live->host->count(live->host->context, "sites that show nothing any more", 1);
    }
    return status;
}

/* The depths of the targets that were touched since they were told last. */
static int tell_depths(struct live *live, struct failure *why) {
    int status = STATUS_OK;
    for (size_t c = 0; c < live->contigs.count; c++)
        for (size_t i = 0; status == STATUS_OK && i < live->targets.contigs[c].count; i++) {
            const struct interval *target = &live->targets.contigs[c].list[i];
            if (!live->touched[c][i])
                continue;
            live->touched[c][i] = false;
            arrow_put_text(live->depths, TARGETS_CONTIG, live->contigs.names[c]);
            arrow_put_integer(live->depths, TARGETS_BEGIN, target->begin + 1);
            arrow_put_integer(live->depths, TARGETS_END, target->end);
            arrow_put_real(live->depths, TARGETS_DEPTH, looks_target_depth(live->each[c].looks, i));
            arrow_put_integer(live->depths, TARGETS_SITES, 0);
            arrow_put_integer(live->depths, TARGETS_FIRM, 0);
            arrow_put_real(live->depths, TARGETS_FIRM_SHARE, 0);
            arrow_put_real(live->depths, TARGETS_EXPECTED_GAIN, 1);
            status = arrow_table_end_row(live->depths, why);
        }
    return status == STATUS_OK
               ? stage_emit_table(live->host, live->slot, &TARGETS_STREAM, live->depths, why)
               : status;
}

/* ---- reads in ---- */

/* Columns [begin, end) as they are now. */
static int look(struct live *live, struct live_contig *contig, const struct interval *run,
                struct failure *why) {
    struct pileup_window window;
    int64_t x = run->begin;
    int status;
    pileup_windows_redraw(contig->windows, run->begin, run->end);
    while ((status = pileup_windows_pull(contig->windows, &window, why)) == STATUS_OK) {
        status = tell_lost(live, contig, x, window.position, why);
        looks_note(contig->looks, window.position, true);
        x = window.position + 1;
        if (status == STATUS_OK)
            status =
                pileup_row_put(live->windows, &window, live->contigs.names[contig->number], why);
        if (status != STATUS_OK)
            return status;
        live->host->count(live->host->context, "windows", 1);
    }
    return status == STATUS_END ? tell_lost(live, contig, x, run->end, why) : status;
}

static int add_to_contig(struct live *live, struct live_contig *contig, struct failure *why) {
    const struct alignment *read = &live->row.alignment;
    struct interval run;
    size_t target, end;
    int64_t span;
    if (contig->windows == NULL && begin_contig(live, contig, why) != STATUS_OK)
        return why->code;
    int status = pileup_windows_add(contig->windows, read, why);
    if (status != STATUS_OK ||
        read_filter(read, PILEUP_REFUSED_FLAGS, live->options.min_mq,
                    live->contigs.lengths[contig->number], &span) != READ_USED)
        return status;
    looks_add(contig->looks, read->position, read->position + span);
    for (looks_touched(contig->looks, &target, &end); target < end; target++)
        live->touched[contig->number][target] = true;
    while (status == STATUS_OK && looks_next(contig->looks, &run))
        status = look(live, contig, &run, why);
    return status;
}

static int add_row(struct live *live, const struct runnel_batch *batch, int64_t row,
                   struct failure *why) {
    int64_t length;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&live->contigs, name, length, live->contig);
    live->host->count(live->host->context, "in", 1);
    if (contig < 0 || live->targets.contigs[contig].count == 0) {
        live->host->count(live->host->context, "left out: on no contig with targets", 1);
        return STATUS_OK;
    }
    live->contig = contig;
    live->host->count(live->host->context, "used", 1);
    int status = read_row_get(&live->row, batch, row, why);
    if (status == STATUS_OK)
        status = add_to_contig(live, &live->each[contig], why);
    if (status != STATUS_OK || arrow_table_rows(live->windows) + arrow_table_rows(live->lost) == 0)
        return status;
    status = pass_reads(live, batch, row + 1, why);
    if (status == STATUS_OK)
        status = stage_emit_table(live->host, live->slot, &PILEUP_STREAM, live->windows, why);
    return status == STATUS_OK
               ? stage_emit_table(live->host, live->slot, &LOOKS_STREAM, live->lost, why)
               : status;
}

static int live_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct live *live = state;
    struct failure why = {0};
    live->slot = slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(live, batch);
    live->passed_to = 0;
    int status = stream_check(batch, &READS_STREAM, &why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_row(live, batch, row, &why);
    if (status == STATUS_OK)
        status = pass_reads(live, batch, runnel_rows(batch), &why);
    if (status == STATUS_OK)
        status = tell_depths(live, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(live->host, &why);
}

static int live_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads are aligned to"},
    {"bed", RUNNEL_TEXT, "", "targets; by default all of the reference"},
    {"platform", RUNNEL_TEXT, "", "ont or hifi; by default what the read groups say"},
    {"look-first", RUNNEL_INTEGER, "8", "depth at which a column is looked at first"},
    {"look-step", RUNNEL_INTEGER, "2", "then whenever at least so many reads more cover it,"},
    {"look-growth", RUNNEL_REAL, "0.25", "and at least this share more"},
    {"snp-min-af", RUNNEL_REAL, "0", "least share of a SNP's reads; 0: 0.2, or the platform's"},
    {"indel-min-af", RUNNEL_REAL, "0", "least share of an indel's reads; 0: the same"},
    {"min-mq", RUNNEL_INTEGER, "5", "least mapping quality of a read"},
    {"min-coverage", RUNNEL_INTEGER, "2", "least depth of a candidate"},
    {"call-snp-only", RUNNEL_FLAG, "false", "only SNP candidates"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "list indels longer than 50 bases"},
    {"head-and-tail", RUNNEL_FLAG, "false", "also candidates at the ends of coverage"},
    {"memory", RUNNEL_REAL, "4", "gigabytes that the columns of the targets may take"},
    {"pass-reads", RUNNEL_FLAG, "false", "reads go on, before the windows that they made due"},
};

static const struct runnel_stage LIVE = {
    .struct_size = sizeof LIVE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "live",
    .version = "1",
    .help = "pileup windows of sites whose evidence grew, from reads in any order",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1",
    .gives = "runnel.pileup/1 runnel.looks/1 runnel.targets/1 runnel.reads/1",
    .init = live_init,
    .process = live_process,
    .finish = live_finish,
    .destroy = live_destroy,
};

EXPORT_STAGE(LIVE)
