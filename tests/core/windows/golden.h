/* SPDX-License-Identifier: MIT
 *
 * The golden cases under tests/data/windows (see the README there), loaded for tests.  All that
 * these functions give is freed by golden_release at the end of a test. */
#ifndef TESTS_CORE_WINDOWS_GOLDEN_H
#define TESTS_CORE_WINDOWS_GOLDEN_H

#include "adapters/alignments.h"
#include "adapters/reference.h"
#include "core/calls/presets.h"
#include "core/windows/pileup_window.h"

#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS_DATA TEST_DATA "/windows"

/* ---- memory -------------------------------------------------------------------------------- */

static struct {
    void **blocks;
    size_t count;
    struct reference_file *references[64];
    size_t reference_count;
} golden_held;

static inline void *golden_alloc(size_t size) {
    golden_held.blocks =
        realloc(golden_held.blocks, (golden_held.count + 1) * sizeof *golden_held.blocks);
    return golden_held.blocks[golden_held.count++] = calloc(size + 1, 1);
}

/* A copy with room for `larger` bytes; the old one is freed with the rest. */
static inline void *golden_grow(const void *old, size_t size, size_t larger) {
    void *block = golden_alloc(larger);
    if (size > 0)
        memcpy(block, old, size);
    return block;
}

static inline void golden_release(void) {
    for (size_t i = 0; i < golden_held.count; i++)
        free(golden_held.blocks[i]);
    free(golden_held.blocks);
    for (size_t i = 0; i < golden_held.reference_count; i++)
        reference_close(golden_held.references[i]);
    memset(&golden_held, 0, sizeof golden_held);
    H5close();
}

static inline char *golden_file(const char *path) {
    static const size_t most = 1 << 20;
    char *text = golden_alloc(most);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_lt(fread(text, 1, most - 1, file), most - 1);
    fclose(file);
    return text;
}

/* ---- options.json -------------------------------------------------------------------------- */

struct golden {
    char name[64];
    char *json;
    const char *fa; /* the "full_alignment" object in json, or NULL */
    hid_t expected;
    char contigs[3][16];
    size_t contig_count;
};

/* What stands behind "key": in `json`. */
static inline const char *golden_value(const char *json, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *found = strstr(json, quoted);
    cr_assert_not_null(found, "options.json has no %s", key);
    return found + strlen(quoted);
}

static inline bool golden_flag(const char *json, const char *key) {
    return golden_value(json, key)[0] == 't';
}

static inline double golden_number(const char *json, const char *key) {
    return atof(golden_value(json, key));
}

/* A text (a path has the data folder put before it); NULL for null. */
static inline char *golden_text(const char *json, const char *key, bool path) {
    const char *value = golden_value(json, key);
    if (*value++ != '"')
        return NULL;
    char *text = golden_alloc(1024);
    snprintf(text, 1024, "%s%.*s", path ? WINDOWS_DATA "/" : "", (int)strcspn(value, "\""), value);
    return text;
}

static inline struct golden golden_open(const char *name) {
    struct golden g = {0};
    char path[1024];
    snprintf(g.name, sizeof g.name, "%s", name);
    snprintf(path, sizeof path, WINDOWS_DATA "/cases/%s/options.json", name);
    g.json = golden_file(path);
    const char *fa = golden_value(g.json, "full_alignment");
    g.fa = *fa == '{' ? fa : NULL;
    const char *contig = strstr(g.json, "\"contigs\": [");
    const char *end = strchr(contig, ']');
    contig += strlen("\"contigs\": [");
    while ((contig = strchr(contig, '"')) != NULL && contig < end) {
        size_t length = strcspn(++contig, "\"");
        snprintf(g.contigs[g.contig_count++], 16, "%.*s", (int)length, contig);
        contig += length + 1;
    }
    snprintf(path, sizeof path, WINDOWS_DATA "/cases/%s/expected.h5", name);
    g.expected = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert_geq(g.expected, 0, "%s", path);
    return g;
}

/* ---- expected.h5 --------------------------------------------------------------------------- */

struct golden_array {
    void *data;
    hsize_t rows; /* 0: there is no such data set */
    size_t text;  /* bytes per text; 0: numbers */
};

static inline struct golden_array golden_array(const struct golden *g, const char *path,
                                               hid_t type) {
    struct golden_array array = {0};
    H5E_auto2_t report;
    void *client;
    H5Eget_auto2(H5E_DEFAULT, &report, &client);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t set = H5Dopen2(g->expected, path, H5P_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, report, client);
    if (set < 0)
        return array;
    hsize_t shape[4] = {1, 1, 1, 1};
    hid_t space = H5Dget_space(set), stored = H5Dget_type(set);
    H5Sget_simple_extent_dims(space, shape, NULL);
    array.rows = shape[0];
    if (type < 0) {
        type = stored;
        array.text = H5Tget_size(stored);
    }
    size_t size = (size_t)(shape[0] * shape[1] * shape[2] * shape[3]) * H5Tget_size(type);
    array.data = golden_alloc(size);
    cr_assert_geq(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data), 0, "%s", path);
    H5Dclose(set);
    return array;
}

/* Text number i, NUL-terminated. */
static inline const char *golden_string(const struct golden_array *array, hsize_t i) {
    char *text = golden_alloc(array->text);
    memcpy(text, (const char *)array->data + i * array->text, array->text);
    return text;
}

/* ---- inputs -------------------------------------------------------------------------------- */

/* All alignments of a contig, copied, in file order. */
struct golden_reads {
    struct alignment *reads;
    size_t count;
};

static inline void *golden_copy(const void *data, size_t size) {
    return golden_grow(data, size, size);
}

static inline struct golden_reads golden_reads(const char *bam, const char *contig) {
    struct golden_reads out = {0};
    size_t capacity = 0;
    struct failure why = {0};
    struct alignments *file;
    struct alignment a;
    struct alignments_options options = {.moves = true};
    int32_t at, wanted;
    int status = alignments_open(&file, bam, &options, &why);
    cr_assert_eq(status, STATUS_OK, "%s", why.text);
    wanted = alignments_find_contig(file, contig);
    while ((status = alignments_next(file, &a, &at, &why)) == STATUS_OK) {
        if (at != wanted)
            continue;
        a.name = golden_copy(a.name, strlen(a.name) + 1);
        a.cigar = golden_copy(a.cigar, a.cigar_count * sizeof *a.cigar);
        a.sequence = golden_copy(a.sequence, (size_t)(a.length + 1) / 2);
        a.qualities = golden_copy(a.qualities, (size_t)a.length);
        a.moves = golden_copy(a.moves, a.move_count);
        if (out.count == capacity) {
            capacity = 2 * capacity + 16;
            out.reads = golden_grow(out.reads, out.count * sizeof a, capacity * sizeof a);
        }
        out.reads[out.count++] = a;
    }
    cr_assert_eq(status, STATUS_END, "%s", why.text);
    alignments_close(file);
    return out;
}

static inline struct reference golden_reference(const struct golden *g, const char *contig) {
    struct failure why = {0};
    struct reference_file *file;
    struct reference reference;
    char *path = golden_text(g->json, "ref", true);
    cr_assert_eq(reference_open(&file, path, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(reference_contig(file, contig, -1, &reference, &why), STATUS_OK, "%s", why.text);
    golden_held.references[golden_held.reference_count++] = file;
    return reference;
}

/* Fast mode of a platform, as a call sets it. */
static inline void set_fast(struct pileup_options *options, const char *platform) {
    double share = (double)options->snp_min_af;
    int64_t coverage = options->min_coverage;
    preset_apply_fast_mode(preset_of(platform), &share, &coverage);
    options->snp_min_af = (float)share;
    options->min_coverage = (int)coverage;
}

#endif
