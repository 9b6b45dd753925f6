/* SPDX-License-Identifier: MIT
 *
 * A test stage: writes the reads that arrive as SAM, tags st, ch, HP and mv behind them (mv with
 * the stride 5, which does not travel), each line as soon as it is there. */
#include "plugin/runnel_plugin.h"

#include <stdbool.h>
#include <stdio.h>

enum { CONTIG, POSITION, FLAG, MAPQ, NAME, CIGAR, LENGTH, SEQUENCE, QUALITIES, HP, MOVES, ST, CH };

struct sam {
    const struct runnel_host *host;
    FILE *out;
};

static int sam_init(const struct runnel_init *init, void **state) {
    struct sam *sam = calloc(1, sizeof *sam);
    sam->host = init->host;
    sam->out = fopen(runnel_setting_text(init, "path"), "w");
    *state = sam;
    return sam->out ? RUNNEL_OK : RUNNEL_ERROR;
}

static void write_header(FILE *out, const struct runnel_batch *open) {
    int64_t length = 0;
    const char *contigs = runnel_metadata(open, "contigs", &length);
    for (const char *at = contigs, *end = contigs + length; at < end;) {
        const char *tab = memchr(at, '\t', (size_t)(end - at)),
                   *line = memchr(at, '\n', (size_t)(end - at));
        fprintf(out, "@SQ\tSN:%.*s\tLN:%.*s\n", (int)(tab - at), at, (int)(line - tab - 1),
                tab + 1);
        at = line + 1;
    }
    const char *order = runnel_metadata(open, "order", &length);
    fprintf(out, "@CO\torder %.*s\n", (int)length, order);
}

static void write_read(FILE *out, const struct runnel_batch *batch, int64_t row) {
    int64_t length, bases = runnel_integer(batch, LENGTH, row);
    const char *text = runnel_text(batch, NAME, row, &length);
    fprintf(out, "%.*s\t%d\t", (int)length, text, (int)runnel_integer(batch, FLAG, row));
    text = runnel_text(batch, CONTIG, row, &length);
    fprintf(out, "%.*s\t%lld\t%d\t", length ? (int)length : 1, length ? text : "*",
            (long long)runnel_integer(batch, POSITION, row), (int)runnel_integer(batch, MAPQ, row));
    const uint32_t *cigar = runnel_list(batch, CIGAR, row, &length);
    for (int64_t i = 0; i < length; i++)
        fprintf(out, "%u%c", cigar[i] >> 4, "MIDNSHP=X"[cigar[i] & 15]);
    fprintf(out, "%s\t*\t0\t0\t", length ? "" : "*");
    text = runnel_text(batch, SEQUENCE, row, &length);
    for (int64_t i = 0; i < bases; i++)
        fputc("=ACMGRSVTWYHKDBN"[(uint8_t)text[i / 2] >> (i % 2 ? 0 : 4) & 15], out);
    fputs(bases ? "\t" : "*\t", out);
    text = runnel_text(batch, QUALITIES, row, &length);
    bool missing = bases == 0 || (uint8_t)text[0] == 255;
    for (int64_t i = 0; !missing && i < bases; i++)
        fputc(text[i] + 33, out);
    fputs(missing ? "*" : "", out);
    if (!runnel_is_null(batch, ST, row)) {
        text = runnel_text(batch, ST, row, &length);
        fprintf(out, "\tst:Z:%.*s", (int)length, text);
    }
    if (!runnel_is_null(batch, CH, row))
        fprintf(out, "\tch:i:%d", (int)runnel_integer(batch, CH, row));
    if (!runnel_is_null(batch, HP, row))
        fprintf(out, "\tHP:i:%d", (int)runnel_integer(batch, HP, row));
    if (!runnel_is_null(batch, MOVES, row)) {
        text = runnel_text(batch, MOVES, row, &length);
        fputs("\tmv:B:c,5", out);
        for (int64_t i = 0; i < length; i++)
            fprintf(out, ",%d", text[i]);
    }
    fputc('\n', out);
}

static int sam_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct sam *sam = state;
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        write_header(sam->out, batch);
    for (int64_t row = 0; row < runnel_rows(batch); row++)
        write_read(sam->out, batch, row);
    fflush(sam->out);
    return RUNNEL_OK;
}

static int sam_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static void sam_destroy(void *state) {
    struct sam *sam = state;
    fclose(sam->out);
    free(sam);
}

static const struct runnel_option OPTIONS[] = {{"path", RUNNEL_TEXT, NULL, "file to write"}};

static const struct runnel_stage SAM = {.struct_size = sizeof SAM,
                                        .abi_version = RUNNEL_ABI_VERSION,
                                        .id = "sam",
                                        .version = "1",
                                        .help = "a test",
                                        .option_size = sizeof OPTIONS[0],
                                        .option_count = 1,
                                        .options = OPTIONS,
                                        .takes = "runnel.reads/1",
                                        .init = sam_init,
                                        .process = sam_process,
                                        .finish = sam_finish,
                                        .destroy = sam_destroy};

RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {
    static const struct runnel_stage *const stages[] = {&SAM};
    static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 1, stages};
    return &plugin;
}
