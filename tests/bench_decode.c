/* SPDX-License-Identifier: MIT
 *
 * How long a window takes to decode, record text included.
 *
 *     bench_decode tests/data/calls/decode
 *
 * prints nanoseconds per window: the best of several rounds over each file of windows. */
#include "core/calls/decode.h"

#include "core/calls/position.h"
#include "core/calls/record.h"
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 20, CONTIG_MAX = 64 };

struct windows {
    size_t count, position_width, alt_info_width;
    char *positions, *alt_infos;
    float *probabilities;
};

static void *read_column(hid_t file, const char *name, size_t *count, size_t *width) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    hsize_t dims[2] = {0};
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    *count = (size_t)dims[0];
    *width = H5Tget_size(type) * (rank == 2 ? (size_t)dims[1] : 1);
    void *values = malloc(*count * *width + 1);
    if (values == NULL || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        exit(1);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    return values;
}

static struct windows read_windows(const char *path) {
    struct windows windows = {0};
    size_t row;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        exit(1);
    windows.positions = read_column(file, "position", &windows.count, &windows.position_width);
    windows.alt_infos = read_column(file, "alt_info", &windows.count, &windows.alt_info_width);
    windows.probabilities = read_column(file, "probabilities", &windows.count, &row);
    H5Fclose(file);
    return windows;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void fill(struct decode_window *window, char contig[CONTIG_MAX],
                 const struct windows *windows, size_t i, size_t columns) {
    const char *text = windows->positions + i * windows->position_width;
    const char *alt_info = windows->alt_infos + i * windows->alt_info_width;
    struct position position = {0};
    position_read(&position, text, strnlen(text, windows->position_width), NULL);
    snprintf(contig, CONTIG_MAX, "%.*s", (int)position.contig_length, text);
    *window = (struct decode_window){contig,
                                     position.position,
                                     position.reference,
                                     alt_info,
                                     strnlen(alt_info, windows->alt_info_width),
                                     windows->probabilities + i * columns};
}

static void measure(const char *folder, const char *name, enum call_source network) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.h5", folder, name);
    struct windows windows = read_windows(path);
    struct decode_options options = {.lowest_qual = DECODE_LOWEST_QUAL, .likelihoods = true};
    struct decoder *decoder = decoder_new(network, &options, NULL);
    struct decode_window *rows = calloc(windows.count, sizeof *rows);
    char(*contigs)[CONTIG_MAX] = calloc(windows.count, sizeof *contigs);
    struct call call = {0};
    struct text line = {0};
    double best = 1e18;
    if (decoder == NULL || rows == NULL || contigs == NULL)
        exit(1);
    size_t columns = network == CALL_FULL ? DECODE_FULL_PROBABILITIES : DECODE_PILEUP_PROBABILITIES;
    for (size_t i = 0; i < windows.count; i++)
        fill(&rows[i], contigs[i], &windows, i, columns);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now();
        for (size_t i = 0; i < windows.count; i++) {
            text_clear(&line);
            if (decode(decoder, &rows[i], &call, NULL) == DECODE_CALL)
                record_append(&line, &call, RECORD_PLAIN);
        }
        double each = (now() - begin) / (double)windows.count;
        best = each < best ? each : best;
    }
    printf("%-24s %6zu windows %9.0f ns each\n", name, windows.count, best);
    free(rows);
    free(contigs);
    free(windows.positions);
    free(windows.alt_infos);
    free(windows.probabilities);
    call_free(&call);
    text_free(&line);
    decoder_free(decoder);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: bench_decode FOLDER-OF-DECODE-CASES\n");
        return 2;
    }
    measure(argv[1], "run_ont_pileup", CALL_PILEUP);
    measure(argv[1], "run_hifi_pileup", CALL_PILEUP);
    measure(argv[1], "pileup", CALL_PILEUP);
    measure(argv[1], "run_ont_full_alignment", CALL_FULL);
    measure(argv[1], "run_hifi_full_alignment", CALL_FULL);
    measure(argv[1], "full_alignment", CALL_FULL);
    return 0;
}
