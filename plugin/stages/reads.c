/* SPDX-License-Identifier: MIT
 *
 * reads: the alignments of a BAM, CRAM or SAM file, of standard input, or of a stream that somebody
 * publishes, in their sorted order, or, with `any`, in the order in which they come.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! vcf out.vcf'
 *     runnel run 'reads tcp://127.0.0.1:5556 ! pileup ref=ref.fa ! caller ! vcf out.vcf'
 *
 * Standard input in any order, and the files of a folder (arrivals.h), are given as they come,
 * until their end or the first SIGINT.
 *
 *     runnel run 'reads run/fastq_pass any=true unaligned=true idle=600 ! align ref.fa ! ...'
 *
 * Gives runnel.reads/1.  With regions, the index is used and each read that overlaps one of them
 * (or its surroundings, as far as a window reaches) is given once. */
#include "adapters/alignments.h"
#include "adapters/regions.h"
#include "plugin/arrivals.h"
#include "plugin/read_rows.h"
#include "plugin/stages/stage.h"
#include "plugin/wire/subscription.h"

#include <stdio.h>
#include <sys/stat.h>

enum { BATCH_BYTES = 1 << 17, WAIT_MS = 200 };

/* A window reaches WINDOW_FLANK columns to each side, candidates are looked for BED_MARGIN bases
 * outside a region (windows.md 1.11), and whether a column is the first of a run must be seen
 * for WINDOW_FLANK + 1 columns more: rounded up, since a few reads more do no harm. */
enum { REGION_MARGIN = 128 };

/* Regions nearer to each other than this are fetched as one: a seek costs more than the reads. */
enum { REGION_JOIN = 20000 };

/* Where move tables are wanted and none of so many reads has one, the others will not either. */
enum { MOVES_LOOKED_FOR = 1000 };

struct reads {
    const struct runnel_host *host;
    struct alignments *file;
    struct subscription *stream; /* in the place of the file, */
    struct arrivals *arrivals;   /* or this */
    const struct runnel_stop *stop;
    char *path;
    char *copy; /* path, lent to the file */
    struct arrow_table *table;
    int64_t batch_rows;          /* of the table, when it is passed on */
    struct stream_contigs names; /* for regions; views of the header */
    struct regions *regions;     /* NULL: everything */
    size_t contig, interval;     /* the next region to begin */
    int64_t end;                 /* of the region under way */
    int64_t reach;               /* reads that begin before it were given already */
    bool opened, in_region, wants_moves, has_moves, any_order, wants_unaligned;
    bool one_sample; /* or several that are known */
    int64_t given;   /* reads */
    int64_t last_contig, last_position;
};

static void reads_free(struct reads *reads) {
    alignments_close(reads->file);
    subscription_free(reads->stream);
    arrivals_close(reads->arrivals);
    arrow_table_free(reads->table);
    regions_free(reads->regions);
    free(reads->names.names);
    free(reads->names.lengths);
    free(reads->path);
    free(reads->copy);
    free(reads);
}

static int open_regions(struct reads *reads, const struct runnel_init *init, struct failure *why) {
    const char *texts = runnel_setting_text(init, "region");
    const char *bed = runnel_setting_text(init, "bed");
    if (texts == NULL && bed == NULL)
        return STATUS_OK;
    const struct alignments_header *header = alignments_header(reads->file);
    struct stream_contigs *names = &reads->names;
    names->names = calloc(header->contig_count + 1, sizeof *names->names);
    names->lengths = calloc(header->contig_count + 1, sizeof *names->lengths);
    if (names->names == NULL || names->lengths == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for regions");
    for (names->count = 0; names->count < header->contig_count; names->count++) {
        names->names[names->count] = (char *)header->contigs[names->count].name;
        names->lengths[names->count] = header->contigs[names->count].length;
    }
    return regions_read(&reads->regions, names->names, names->lengths, names->count, texts, bed,
                        why);
}

static bool is_address(const char *path) {
    return strncmp(path, "tcp://", 6) == 0 || strncmp(path, "ipc://", 6) == 0;
}

static int open_stream(struct reads *reads, const struct runnel_init *init, struct failure *why) {
    const struct subscription_setup setup = {
        .address = runnel_setting_text(init, "path"),
        .security = {.key = runnel_setting_text(init, "key"),
                     .server_key = runnel_setting_text(init, "server-key"),
                     .insecure = runnel_setting_flag(init, "insecure")},
        .beat = runnel_setting_integer(init, "beat"),
        .wait = runnel_setting_integer(init, "wait")};
    if (runnel_setting_text(init, "region") != NULL || runnel_setting_text(init, "bed") != NULL ||
        reads->copy != NULL)
        return fail(why, STATUS_UNSUPPORTED, "%s: regions and copies need a file", setup.address);
    reads->stream = subscription_new(&setup, why);
    return why->code;
}

/* Standard input in any order, or a folder: what has no end of its own, and is given as it comes.
 */
static bool is_arriving(const char *path, bool any_order) {
    struct stat status;
    return (any_order && strcmp(path, "-") == 0) ||
           (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static int open_arrivals(struct reads *reads, const struct runnel_init *init,
                         const struct alignments_options *options, struct failure *why) {
    const struct arrivals_setup setup = {.path = reads->path,
                                         .reading = *options,
                                         .idle = runnel_setting_integer(init, "idle"),
                                         .batch_rows = reads->batch_rows,
                                         .host = init->host};
    if (!reads->any_order)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: is a folder; its reads can be taken in any order only (any=true)",
                    reads->path);
    if (runnel_setting_text(init, "region") != NULL || runnel_setting_text(init, "bed") != NULL ||
        reads->copy != NULL)
        return fail(why, STATUS_UNSUPPORTED, "%s: regions and copies need a file", reads->path);
    return arrivals_open(&reads->arrivals, &setup, why);
}

static int reads_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct reads *reads = calloc(1, sizeof *reads);
    char *copy =
        runnel_setting_text(init, "copy") ? strdup(runnel_setting_text(init, "copy")) : NULL;
    char *path = strdup(runnel_setting_text(init, "path"));
    const struct alignments_options options = {.reference = runnel_setting_text(init, "ref"),
                                               .threads =
                                                   (int)runnel_setting_integer(init, "threads"),
                                               .moves = runnel_setting_flag(init, "moves"),
                                               .any_order = runnel_setting_flag(init, "any"),
                                               .unaligned = runnel_setting_flag(init, "unaligned"),
                                               .copy = copy};
    if (reads == NULL || path == NULL) {
        free(reads);
        free(path);
        free(copy);
        return RUNNEL_ERROR;
    }
    reads->path = path;
    reads->copy = copy;
    reads->host = init->host;
    reads->wants_moves = options.moves;
    reads->one_sample = runnel_setting_flag(init, "one-sample");
    reads->any_order = options.any_order;
    if (reads->any_order) /* and so perhaps without an end */
        reads->stop = init->host->extension(init->host->context, "runnel.stop/1");
    reads->wants_unaligned = options.unaligned;
    reads->batch_rows = runnel_setting_integer(init, "batch");
    if (reads->batch_rows < 1) {
        fail(&why, STATUS_BAD_INPUT, "batch takes 1 or more reads");
        reads_free(reads);
        return stage_failed(init->host, &why);
    }
    if (is_address(runnel_setting_text(init, "path"))) {
        *state = reads;
        if (open_stream(reads, init, &why) == STATUS_OK)
            return RUNNEL_OK;
        reads_free(reads);
        return stage_failed(init->host, &why);
    }
    if (is_arriving(path, options.any_order)) {
        *state = reads;
        if (open_arrivals(reads, init, &options, &why) == STATUS_OK)
            return RUNNEL_OK;
        reads_free(reads);
        return stage_failed(init->host, &why);
    }
    if (alignments_open(&reads->file, runnel_setting_text(init, "path"), &options, &why) ==
            STATUS_OK &&
        open_regions(reads, init, &why) == STATUS_OK &&
        arrow_table_new(&reads->table, READS_STREAM.fields, READS_STREAM.count, &why) ==
            STATUS_OK) {
        *state = reads;
        return RUNNEL_OK;
    }
    reads_free(reads);
    return stage_failed(init->host, &why);
}

/* The header as facts: contigs, sample, platform, basecaller. */
static int emit_open(struct reads *reads, const struct alignments_header *header,
                     struct runnel_slot *slot) {
    struct failure why = {0};
    reads->opened = true;
    size_t size = 1;
    for (size_t i = 0; i < header->contig_count; i++)
        size += strlen(header->contigs[i].name) + 32;
    char *contigs = malloc(size), *at = contigs;
    if (contigs == NULL)
        return stage_failed(reads->host, &(struct failure){.text = "out of memory for contigs"});
    *at = '\0';
    for (size_t i = 0; i < header->contig_count; i++)
        at += snprintf(at, size - (size_t)(at - contigs), "%s\t%lld\n", header->contigs[i].name,
                       (long long)header->contigs[i].length);
    if (header->samples != NULL && !reads->one_sample) {
        char text[1024];
        snprintf(text, sizeof text,
                 "the read groups name several samples (%s); all reads are called as one, %s",
                 header->samples, header->sample);
        reads->host->log(reads->host->context, RUNNEL_LOG_WARNING, text);
    }
    const struct stream_fact facts[] = {{"contigs", contigs},
                                        {"sample", header->sample},
                                        {"read_platform", header->platform},
                                        {"basecall_model", header->basecall_model},
                                        {"moves", reads->wants_moves ? "true" : "false"},
                                        {"order", reads->any_order ? "arrival" : "position"}};
    struct runnel_batch *open =
        stream_open(&READS_STREAM, NULL, facts, sizeof facts / sizeof *facts, &why);
    free(contigs);
    return stage_emit(reads->host, slot, open, &why);
}

/* Puts the read that came last into the table. */
static int put_row(struct reads *reads, const struct alignment *row, int32_t contig,
                   struct failure *why) {
    const char *start_time = alignments_start_time(reads->file);
    const struct read_origin origin = {.start_time = start_time,
                                       .start_time_length = start_time ? strlen(start_time) : 0,
                                       .channel = alignments_channel(reads->file)};
    reads->given++;
    reads->has_moves = reads->has_moves || row->moves != NULL;
    if (contig >= 0) {
        reads->last_contig = contig;
        reads->last_position = row->position + 1;
    }
    return read_row_put(reads->table, row,
                        contig < 0 ? "" : alignments_header(reads->file)->contigs[contig].name,
                        &origin, why);
}

/* Turns to the next region that is wanted; STATUS_END when all are through. */
static int next_region(struct reads *reads, struct failure *why) {
    for (; reads->contig < reads->names.count; reads->contig++, reads->interval = 0) {
        size_t count;
        const struct interval *list = regions_of(reads->regions, reads->contig, &count);
        if (reads->interval == 0)
            reads->reach = 0;
        if (reads->interval >= count)
            continue;
        const struct interval *wanted = &list[reads->interval];
        reads->end = wanted->end;
        while (++reads->interval < count && list[reads->interval].begin < reads->end + REGION_JOIN)
            if (list[reads->interval].end > reads->end)
                reads->end = list[reads->interval].end;
        int64_t begin = wanted->begin > REGION_MARGIN ? wanted->begin - REGION_MARGIN : 0;
        reads->in_region = true;
        return alignments_region(reads->file, (int32_t)reads->contig, begin,
                                 reads->end + REGION_MARGIN, why);
    }
    return STATUS_END;
}

/* The next read that is wanted and was not given yet. */
static int next_read(struct reads *reads, struct alignment *row, int32_t *contig,
                     struct failure *why) {
    while (true) {
        int status = STATUS_OK;
        if (reads->regions != NULL && !reads->in_region)
            status = next_region(reads, why);
        if (status == STATUS_OK)
            status = alignments_next(reads->file, row, contig, why);
        if (status == STATUS_OK && reads->wants_unaligned && (row->flag & 4))
            *contig = -1;
        else if (status == STATUS_OK && *contig < 0) {
            reads->host->count(reads->host->context, "left out: no position", 1);
            continue;
        }
        bool in_region = reads->regions != NULL && reads->in_region;
        if (status == STATUS_END && in_region) {
            int64_t reach = reads->end + REGION_MARGIN;
            reads->reach = reach > reads->reach ? reach : reads->reach;
            reads->in_region = false;
            continue;
        }
        if (status == STATUS_OK && in_region && row->position < reads->reach)
            continue; /* it reached over from a region before this one */
        return status;
    }
}

/* A model that looks at dwell times would call on zeros where no read has any. */
static int check_moves(const struct reads *reads, bool end, struct failure *why) {
    bool seen_enough = reads->given >= MOVES_LOOKED_FOR || (end && reads->given > 0);
    if (!reads->wants_moves || reads->has_moves || !seen_enough)
        return STATUS_OK;
    return fail(why, STATUS_BAD_INPUT,
                "%s: none of the first %lld reads has a move table (mv tag), so there are no dwell "
                "times; the basecaller writes them when asked to (dorado: --emit-moves)",
                reads->path, (long long)reads->given);
}

/* The next batch of a stream, as it came; none within a while is no more than that. */
static int pass_on(struct reads *reads, struct runnel_slot *slot) {
    const struct runnel_host *host = reads->host;
    struct failure why = {0};
    struct runnel_batch *batch;
    int status = subscription_next(reads->stream, &READS_STREAM, WAIT_MS, &batch, &why);
    if (status < 0)
        return stage_failed(host, &why);
    if (batch != NULL) {
        host->count(host->context, "reads", runnel_rows(batch));
        host->emit(host->context, slot, batch);
    }
    return status == STATUS_END ? RUNNEL_DONE : RUNNEL_OK;
}

/* The next reads that have arrived; the stream opens when the first header is known. */
static int pass_arrivals(struct reads *reads, struct runnel_slot *slot) {
    const struct runnel_host *host = reads->host;
    struct failure why = {0};
    struct runnel_batch *batch;
    int status = arrivals_next(reads->arrivals, WAIT_MS, &batch, &why);
    if (status < 0)
        return stage_failed(host, &why);
    const struct alignments_header *header = arrivals_header(reads->arrivals);
    if (header == NULL && status == STATUS_END)
        fail(&why, STATUS_BAD_INPUT, "%s: no file of reads that can be used came", reads->path);
    if (why.code != STATUS_OK ||
        (header != NULL && !reads->opened && emit_open(reads, header, slot) != RUNNEL_OK))
        return stage_failed(host, &why);
    for (int64_t row = 0; batch != NULL && row < runnel_rows(batch); row++, reads->given++)
        reads->has_moves = reads->has_moves || !runnel_is_null(batch, READS_MOVES, row);
    if (batch != NULL) {
        host->count(host->context, "reads", runnel_rows(batch));
        host->emit(host->context, slot, batch);
    }
    if (check_moves(reads, status == STATUS_END, &why) != STATUS_OK)
        return stage_failed(host, &why);
    return status == STATUS_END ? RUNNEL_DONE : RUNNEL_OK;
}

static int reads_process(void *state, const struct runnel_batch *none, struct runnel_slot *slot) {
    struct reads *reads = state;
    struct failure why = {0};
    (void)none;
    if (reads->stop != NULL && reads->stop->asked(reads->host->context)) {
        if (reads->arrivals == NULL)
            return RUNNEL_DONE;
        arrivals_stop(reads->arrivals);
    }
    if (reads->stream != NULL)
        return pass_on(reads, slot);
    if (reads->arrivals != NULL)
        return pass_arrivals(reads, slot);
    if (!reads->opened)
        return emit_open(reads, alignments_header(reads->file), slot);
    struct alignment row;
    int32_t contig = -1;
    int status = STATUS_OK;
    while (arrow_table_bytes(reads->table) < BATCH_BYTES &&
           (int64_t)arrow_table_rows(reads->table) < reads->batch_rows &&
           (status = next_read(reads, &row, &contig, &why)) == STATUS_OK) {
        if ((status = put_row(reads, &row, contig, &why)) != STATUS_OK)
            break;
    }
    if (status < 0 || check_moves(reads, status == STATUS_END, &why) != STATUS_OK)
        return stage_failed(reads->host, &why);
    size_t rows = arrow_table_rows(reads->table);
    if (rows > 0) {
        struct runnel_batch *batch = stream_data(&READS_STREAM, reads->table, &why);
        if (batch == NULL)
            return stage_failed(reads->host, &why);
        if (!reads->any_order) {
            batch->mark_contig = reads->last_contig;
            batch->mark_position = reads->last_position;
        }
        reads->host->count(reads->host->context, "reads", (int64_t)rows);
        reads->host->emit(reads->host->context, slot, batch);
    }
    return status == STATUS_END ? RUNNEL_DONE : RUNNEL_OK;
}

static int reads_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static void reads_destroy(void *state) {
    reads_free(state);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, NULL,
     "BAM, CRAM or SAM file, - for standard input, a folder that fills, or an address (tcp://, "
     "ipc://)"},
    {"ref", RUNNEL_TEXT, "", "FASTA file, needed for CRAM"},
    {"region", RUNNEL_TEXT, "", "only reads near these regions, separated by blanks"},
    {"bed", RUNNEL_TEXT, "", "only reads near the regions of this BED file"},
    {"one-sample", RUNNEL_FLAG, "false",
     "say nothing where the read groups name several samples: it is known, or was said"},
    {"moves", RUNNEL_FLAG, "false", "carry move tables (mv tags), for dwell times"},
    {"any", RUNNEL_FLAG, "false", "take reads in any order"},
    {"unaligned", RUNNEL_FLAG, "false",
     "also give reads that are not aligned, from FASTQ too, for the stage align"},
    {"copy", RUNNEL_TEXT, "", "also write the reads to this BAM file"},
    {"idle", RUNNEL_INTEGER, "0",
     "of a folder: seconds without news that are its end; 0: it has none but by SIGINT"},
    {"threads", RUNNEL_INTEGER, "0", "threads that help to decompress"},
    {"batch", RUNNEL_INTEGER, "4096", "reads that travel together at most"},
    {"key", RUNNEL_TEXT, "", "of an address: our key file, made by runnel keygen"},
    {"server-key", RUNNEL_TEXT, "", "of an address: file with the public key of the source"},
    {"insecure", RUNNEL_FLAG, "false", "of an address: talk to other machines without keys"},
    {"wait", RUNNEL_INTEGER, "60", "of an address: seconds to go on without the source"},
    {"beat", RUNNEL_INTEGER, "1000", "of an address: milliseconds between signs of life"},
};

static const struct runnel_stage READS = {
    .struct_size = sizeof READS,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "reads",
    .version = "1",
    .help = "alignments from a file or a pipe",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .gives = "runnel.reads/1",
    .init = reads_init,
    .process = reads_process,
    .finish = reads_finish,
    .destroy = reads_destroy,
};

EXPORT_STAGE(READS)
