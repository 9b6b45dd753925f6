/* SPDX-License-Identifier: MIT
 *
 * store: windows to an HDF5 file, for training or for looking at them.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! store windows.h5'
 *
 * Takes runnel.pileup/1 and runnel.full/1 and passes them on, so it can also stand in front of a
 * caller.  The layout is that of adapters/windows_file.h; the file appears when it is whole. */
#include "adapters/windows_file.h"
#include "core/windows/shape.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

struct store {
    const struct runnel_host *host;
    struct windows_file *file;
    size_t rows, channels; /* of full-alignment windows */
};

static int store_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return RUNNEL_ERROR;
    store->host = init->host;
    store->file = windows_file_create(runnel_setting_text(init, "path"), &why);
    if (store->file == NULL) {
        free(store);
        return stage_failed(init->host, &why);
    }
    *state = store;
    return RUNNEL_OK;
}

/* The shape of full-alignment windows, which only OPEN tells. */
static int read_shape(struct store *store, const struct runnel_batch *open) {
    if (strcmp(open->type, FULL_STREAM.type) != 0)
        return RUNNEL_OK;
    char *rows = stream_fact(open, "rows"), *channels = stream_fact(open, "channels");
    store->rows = rows ? strtoul(rows, NULL, 10) : 0;
    store->channels = channels ? strtoul(channels, NULL, 10) : 0;
    free(rows);
    free(channels);
    struct failure why = {0};
    if (store->rows > 0 && store->channels > 0)
        return RUNNEL_OK;
    fail(&why, STATUS_BAD_INPUT, "%s does not tell rows and channels", open->type);
    return stage_failed(store->host, &why);
}

static char *copy_text(const char *bytes, int64_t length) {
    char *text = malloc((size_t)length + 1);
    if (text != NULL) {
        memcpy(text, bytes, (size_t)length);
        text[length] = '\0';
    }
    return text;
}

/* "CONTIG:POSITION:LETTERS", the window's reference letters. */
static char *position_text(const struct runnel_batch *batch, int64_t row) {
    int64_t contig_length, letters;
    const char *contig = runnel_text(batch, PILEUP_CONTIG, row, &contig_length);
    const char *reference = runnel_text(batch, PILEUP_REFERENCE, row, &letters);
    size_t size = (size_t)(contig_length + letters) + 32;
    char *text = malloc(size);
    if (text != NULL)
        snprintf(text, size, "%.*s:%lld:%.*s", (int)contig_length, contig,
                 (long long)runnel_integer(batch, PILEUP_POSITION, row), (int)letters, reference);
    return text;
}

/* The values of a window, with the rows that did not travel as zeros. */
static void copy_window(const struct store *store, const struct runnel_batch *batch, int64_t row,
                        bool is_full, char *to, size_t size) {
    int64_t length;
    if (!is_full) {
        memcpy(to, runnel_list(batch, PILEUP_WINDOW, row, &length), size);
        return;
    }
    const char *values = runnel_list(batch, FULL_WINDOW, row, &length);
    size_t first = (size_t)runnel_integer(batch, FULL_FIRST_ROW, row);
    size_t before = first * WINDOW_WIDTH * store->channels;
    memset(to, 0, size);
    if (before + (size_t)length <= size)
        memcpy(to + before, values, (size_t)length);
}

static int append(struct store *store, const struct runnel_batch *batch, bool is_full,
                  struct failure *why) {
    size_t count = (size_t)runnel_rows(batch);
    size_t size = is_full ? store->rows * WINDOW_WIDTH * store->channels
                          : PILEUP_WINDOW_SIZE * sizeof(int32_t);
    char *tensor = malloc(count * size);
    char **positions = calloc(count, sizeof *positions), **infos = calloc(count, sizeof *infos);
    bool copied = tensor && positions && infos;
    for (size_t row = 0; copied && row < count; row++) {
        int64_t length;
        const char *info = runnel_text(batch, PILEUP_ALT_INFO, (int64_t)row, &length);
        positions[row] = position_text(batch, (int64_t)row);
        infos[row] = copy_text(info, length);
        copied = positions[row] && infos[row];
        copy_window(store, batch, (int64_t)row, is_full, tensor + row * size, size);
    }
    const struct windows_rows rows = {.count = count,
                                      .rows = store->rows,
                                      .channels = store->channels,
                                      .tensor = tensor,
                                      .positions = (const char *const *)positions,
                                      .alt_infos = (const char *const *)infos};
    int status = copied ? windows_file_append(store->file, is_full ? WINDOWS_FULL : WINDOWS_PILEUP,
                                              &rows, why)
                        : fail(why, STATUS_NO_MEMORY, "out of memory for %zu windows", count);
    for (size_t row = 0; row < count; row++) {
        if (positions)
            free(positions[row]);
        if (infos)
            free(infos[row]);
    }
    free(positions);
    free(infos);
    free(tensor);
    return status;
}

static int store_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct store *store = state;
    struct failure why = {0};
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return read_shape(store, batch);
    bool is_full = strcmp(batch->type, FULL_STREAM.type) == 0;
    int status = stream_check(batch, is_full ? &FULL_STREAM : &PILEUP_STREAM, &why);
    if (status == STATUS_OK && runnel_rows(batch) > 0)
        status = append(store, batch, is_full, &why);
    if (status != STATUS_OK)
        return stage_failed(store->host, &why);
    store->host->count(store->host->context, "in", runnel_rows(batch));
    store->host->count(store->host->context, "used", runnel_rows(batch));
    return RUNNEL_OK;
}

static int store_finish(void *state, struct runnel_slot *slot) {
    struct store *store = state;
    struct failure why = {0};
    (void)slot;
    if (windows_file_finish(store->file, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(store->host, &why);
}

static void store_destroy(void *state) {
    struct store *store = state;
    windows_file_close(store->file);
    free(store);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, NULL, "HDF5 file to write"},
};

static const struct runnel_stage STORE = {
    .struct_size = sizeof STORE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "store",
    .version = "1",
    .help = "windows to an HDF5 file",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .sees = "runnel.pileup/1 runnel.full/1",
    .init = store_init,
    .process = store_process,
    .finish = store_finish,
    .destroy = store_destroy,
};

EXPORT_STAGE(STORE)
