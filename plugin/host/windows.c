/* SPDX-License-Identifier: MIT
 *
 * `runnel windows`: windows of both kinds to an HDF5 file. */
#include "adapters/windows_file.h"
#include "plugin/host/commands.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/say.h"
#include "plugin/host/window_pass.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"output", NULL, 'o', OPTION_TEXT, "FILE.h5", NULL, "where to write"},
    {"candidates", NULL, 'c', OPTION_TEXT, "FILE", NULL,
     "full-alignment windows at these sites (VCF, or contig TAB position)"},
    {"platform", NULL, 'p', OPTION_CHOICE, "ont|hifi", NULL, "else what the read groups say"},
    {"phased-vcf", "phased-vcf-fn", 0, OPTION_TEXT, "VCF", NULL,
     "phased SNPs that tell the reads' haplotypes"},
    {"use-hp-tags", NULL, 0, OPTION_FLAG, NULL, NULL, "take haplotypes from the reads' HP tags"},
    {"enable-dwell-time", NULL, 0, OPTION_FLAG, NULL, NULL, "a ninth channel, from move tables"},
    {"min-mq", NULL, 0, OPTION_INTEGER, "N", "5", "least mapping quality"},
    {"min-coverage", NULL, 0, OPTION_INTEGER, "N", "2", "least depth of a candidate"},
    {"snp-min-af", NULL, 0, OPTION_REAL, "X", "0",
     "least share of reads for a SNP candidate; 0: the platform's"},
    {"indel-min-af", NULL, 0, OPTION_REAL, "X", "0",
     "least share of reads for an indel candidate; 0: the platform's"},
    {"clair3-compat", NULL, 0, OPTION_FLAG, NULL, NULL,
     "draw reads of deep windows as Clair3 does (needs --candidates)"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, BATCH = 64, TEXT_MAX = 1024 };

static void help(FILE *out) {
    fprintf(out,
            "About:   Write pileup windows (at candidates) and full-alignment windows (there, or\n"
            "         at given sites) to an HDF5 file, for training or for runnel plot.\n"
            "Usage:   runnel windows [options] -o WINDOWS.h5 REF.fa IN.bam\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

/* Windows of one kind that wait to be written together. */
struct batch {
    enum windows_kind kind;
    size_t count, rows, channels, window_size;
    char *tensor;
    char *positions[BATCH], *alt_infos[BATCH];
};

struct output {
    struct windows_file *file;
    struct batch pileup, full;
};

static int flush(struct output *output, struct batch *batch, struct failure *why) {
    struct windows_rows rows = {
        .count = batch->count,
        .rows = batch->rows,
        .channels = batch->channels,
        .tensor = batch->tensor,
        .positions = (const char *const *)batch->positions,
        .alt_infos = (const char *const *)batch->alt_infos,
    };
    int status =
        batch->count > 0 ? windows_file_append(output->file, batch->kind, &rows, why) : STATUS_OK;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->positions[i]);
        free(batch->alt_infos[i]);
    }
    batch->count = 0;
    return status;
}

/* Adds one window; its position text is contig, 1-based position and the reference's letters. */
static int put(struct output *output, struct batch *batch, const char *contig, int64_t position,
               const char *reference, const char *alt_info, const void *tensor,
               struct failure *why) {
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%s:%lld:%s", contig, (long long)position + 1, reference);
    if (batch->tensor == NULL)
        batch->tensor = malloc(BATCH * batch->window_size);
    char *place = strdup(text), *info = strdup(alt_info);
    if (batch->tensor == NULL || place == NULL || info == NULL) {
        free(place);
        free(info);
        return fail(why, STATUS_NO_MEMORY, "out of memory for windows");
    }
    memcpy(batch->tensor + batch->count * batch->window_size, tensor, batch->window_size);
    batch->positions[batch->count] = place;
    batch->alt_infos[batch->count] = info;
    return ++batch->count == BATCH ? flush(output, batch, why) : STATUS_OK;
}

static int put_pileup(void *with, const char *contig, const struct pileup_window *w,
                      struct failure *why) {
    struct output *output = with;
    output->pileup.window_size = PILEUP_WINDOW_SIZE * sizeof *w->tensor;
    return put(output, &output->pileup, contig, w->position, w->reference, w->alt_info, w->tensor,
               why);
}

static int put_full(void *with, const char *contig, const struct full_window *w,
                    struct failure *why) {
    struct output *output = with;
    output->full.rows = (size_t)w->rows;
    output->full.channels = (size_t)w->channels;
    output->full.window_size = (size_t)(w->rows * WINDOW_WIDTH * w->channels);
    return put(output, &output->full, contig, w->position, w->reference, w->alt_info, w->tensor,
               why);
}

static void free_output(struct output *output) {
    struct batch *batches[] = {&output->pileup, &output->full};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < batches[k]->count; i++) {
            free(batches[k]->positions[i]);
            free(batches[k]->alt_infos[i]);
        }
        free(batches[k]->tensor);
    }
    windows_file_close(output->file);
}

/* Options of both kinds; false with a sentence where they do not fit together. */
static bool read_options(struct window_pass *pass, const struct options *options,
                         struct failure *why) {
    bool tags = options_flag(options, "use-hp-tags");
    if (options->operand_count != 2 || options_text(options, "output") == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "wants REF.fa, IN.bam and -o WINDOWS.h5; --help shows how") == STATUS_OK;
    pass->reference_path = options->operands[0];
    pass->alignments_path = options->operands[1];
    pass->sites_path = options_text(options, "candidates");
    pass->phased_path = options_text(options, "phased-vcf");
    pass->pileup_options = pileup_options_default;
    pass->platform = options_text(options, "platform");
    if (pass->platform != NULL && preset_of(pass->platform) == NULL)
        return fail(why, STATUS_BAD_INPUT, "--platform is one of %s", PRESET_NAMES) == STATUS_OK;
    pass->pileup_options.snp_min_af = (float)options_real(options, "snp-min-af");
    pass->pileup_options.indel_min_af = (float)options_real(options, "indel-min-af");
    pass->pileup_options.min_mq = (int)options_integer(options, "min-mq");
    pass->pileup_options.min_coverage = (int)options_integer(options, "min-coverage");
    pass->full_options = full_options_default;
    pass->full_options.min_mq = pass->pileup_options.min_mq;
    pass->full_options.dwell = options_flag(options, "enable-dwell-time");
    pass->full_options.compatible = options_flag(options, "clair3-compat");
    pass->full_options.phasing = tags                ? FULL_BY_TAGS
                                 : pass->phased_path ? FULL_BY_SNPS
                                                     : FULL_UNPHASED;
    if (tags && pass->phased_path != NULL)
        fail(why, STATUS_BAD_INPUT, "haplotypes come from a phased VCF or from HP tags, not both");
    if (pass->full_options.compatible && pass->sites_path == NULL)
        fail(why, STATUS_BAD_INPUT, "--clair3-compat needs all sites ahead: give --candidates");
    return why->code == STATUS_OK;
}

static int write_windows(struct window_pass *pass, struct output *output, const char *path,
                         struct failure *why) {
    int status = window_pass_open(pass, why);
    if (status != STATUS_OK)
        return status;
    output->file = windows_file_create(path, why);
    if (output->file == NULL)
        return why->code;
    status = window_pass_all(pass, why);
    if (status == STATUS_OK)
        status = flush(output, &output->pileup, why);
    if (status == STATUS_OK)
        status = flush(output, &output->full, why);
    return status == STATUS_OK ? windows_file_finish(output->file, why) : status;
}

int command_windows(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("windows", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    struct output output = {.pileup = {.kind = WINDOWS_PILEUP}, .full = {.kind = WINDOWS_FULL}};
    struct window_pass pass = {.on_pileup = put_pileup, .on_full = put_full, .with = &output};
    if (!read_options(&pass, &options, &why) ||
        paths_keep_apart((const char *[]){options_text(&options, "output")}, 1, options.operands,
                         options.operand_count, &why) != STATUS_OK)
        return say_usage("windows", &why);
    if (write_windows(&pass, &output, options_text(&options, "output"), &why) == STATUS_OK)
        say("runnel windows: %llu pileup windows, %llu full-alignment windows",
            (unsigned long long)pileup_windows_books(pass.pileup)->windows,
            (unsigned long long)full_windows_books(pass.full)->windows);
    window_pass_close(&pass);
    free_output(&output);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
