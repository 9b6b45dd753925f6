/* SPDX-License-Identifier: MIT
 *
 * Golden arrays and weights out of HDF5 files, and comparing with them. */
#ifndef TESTS_CORE_NETWORKS_GOLDEN_H
#define TESTS_CORE_NETWORKS_GOLDEN_H

#include "adapters/models.h"
#include "adapters/torch_zip.h"
#include "tests/core/networks/reference.h"

#include <hdf5.h>

#define GOLDEN   TEST_DATA "/networks/golden/"
#define FIXTURES TEST_DATA "/networks/fixtures/"

/* A dataset of any rank in memory, values of the type asked for. */
struct golden {
    size_t rank, count, shape[6];
    void *values;
};

/* Reads DATASET of FILE as `type` (H5T_NATIVE_...).  Ends the test where it is not there. */
static inline struct golden golden_read(const char *file, const char *dataset, hid_t type) {
    struct golden g = {.count = 1};
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(f >= 0, "%s cannot be opened", file);
    hid_t d = H5Dopen2(f, dataset, H5P_DEFAULT);
    cr_assert(d >= 0, "%s has no %s", file, dataset);
    hsize_t sizes[6];
    hid_t space = H5Dget_space(d);
    g.rank = (size_t)H5Sget_simple_extent_dims(space, sizes, NULL);
    for (size_t axis = 0; axis < g.rank; axis++) {
        g.shape[axis] = (size_t)sizes[axis];
        g.count *= g.shape[axis];
    }
    g.values = malloc(g.count * H5Tget_size(type) + 1);
    cr_assert(H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, g.values) >= 0);
    H5Sclose(space);
    H5Dclose(d);
    H5Fclose(f);
    return g;
}

/* Is there such a path in the file? */
static inline bool golden_has(const char *file, const char *path) {
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(f >= 0, "%s cannot be opened", file);
    htri_t found = H5Lexists(f, path, H5P_DEFAULT);
    H5Fclose(f);
    return found > 0;
}

/* PyTorch's own float32 error, noted on the file ("/") or on a layer. */
static inline double golden_error(const char *file, const char *object) {
    double error = 0.0;
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t a = H5Aopen_by_name(f, object, "pytorch_f32_minus_f64_max_abs", H5P_DEFAULT, H5P_DEFAULT);
    cr_assert(a >= 0, "%s: %s has no note of PyTorch's error", file, object);
    H5Aread(a, H5T_NATIVE_DOUBLE, &error);
    H5Aclose(a);
    H5Fclose(f);
    return error;
}

/* The windows that a golden file is about: rows `index` of one dataset of windows.h5. */
static inline struct golden golden_windows(const char *file, const char *dataset, hid_t type) {
    struct golden all = golden_read(GOLDEN "windows.h5", dataset, type);
    struct golden index = golden_read(file, "index", H5T_NATIVE_INT32);
    struct golden some = all;
    size_t bytes = all.count / all.shape[0] * H5Tget_size(type);
    some.shape[0] = index.count;
    some.count = all.count / all.shape[0] * index.count;
    some.values = malloc(index.count * bytes);
    for (size_t i = 0; i < index.count; i++)
        memcpy((char *)some.values + i * bytes,
               (char *)all.values + (size_t)((int32_t *)index.values)[i] * bytes, bytes);
    free(all.values);
    free(index.values);
    return some;
}

static inline struct model *golden_model(const char *path) {
    struct failure why = {0};
    struct model *model;
    cr_assert(model_open(path, &model, &why) == STATUS_OK, "%s", why.text);
    return model;
}

/* ---- seeded weights ------------------------------------------------------------------------ */

/* The networks of the golden files, by the name of the file. */
static inline struct weights *golden_weights(const char *name) {
    if (strstr(name, "trained") == NULL) {
        bool narrow = strstr(name, "narrow") != NULL, dwell = strstr(name, "dwell") != NULL;
        if (strncmp(name, "pileup", 6) == 0)
            return narrow ? seeded_pileup(4001, 8, 12, 16, 8)
                          : seeded_pileup(1001, 128, 160, 128, 128);
        if (narrow)
            return seeded_full(dwell ? 4003 : 4002, dwell ? 9 : 8, 4, 8, 16, 16, 8);
        return seeded_full(dwell ? 1003 : 1002, dwell ? 9 : 8, 64, 128, 256, 256, 128);
    }
    bool pileup = strncmp(name, "pileup", 6) == 0;
    struct model *model = golden_model(TEST_DATA "/networks/trained.h5");
    struct weights *weights = pileup ? model->pileup : model->full;
    if (pileup)
        model->pileup = NULL;
    else
        model->full = NULL;
    model_free(model);
    return weights;
}

/* Compares with PyTorch's dumps of the first window and prints each difference. Ours may be as
 * far from the true value as PyTorch's float32 is, twice, plus `floor` for layers that PyTorch
 * gets nearly exact. */
static inline void compare_layers(const char *file, const char *level, const struct seen *seen,
                                  double floor) {
    size_t compared = 0;
    for (size_t l = 0; l < seen->count; l++) {
        const struct seen_layer *layer = &seen->layers[l];
        char path[96];
        snprintf(path, sizeof path, "layers/%s", layer->name);
        if (!golden_has(file, path))
            continue;
        struct golden dump = golden_read(file, path, H5T_NATIVE_DOUBLE);
        cr_assert(layer->count <= dump.count);
        double difference = largest_difference(layer->values, dump.values, layer->count);
        double bound = 3.0 * golden_error(file, path) + floor;
        fprintf(stderr, "%s %-7s %-24s %.2e (bound %.2e)\n", strrchr(file, '/') + 1, level,
                layer->name, difference, bound);
        cr_expect(difference <= bound, "%s: layer %s of %s is off by %g", file, layer->name, level,
                  difference);
        free(dump.values);
        compared++;
    }
    cr_assert(compared >= 8, "%s: only %zu layers to compare", file, compared);
}

/* Every layer that the golden file has a dump of: PyTorch's float32 is as far from this as its
 * own note says (and no further: both are float64). */
static inline void reference_compare(const char *file, const struct reference *r) {
    for (size_t l = 0; l < r->count; l++) {
        char path[96];
        snprintf(path, sizeof path, "layers/%s", r->layers[l].name);
        if (!golden_has(file, path))
            continue;
        struct golden dump = golden_read(file, path, H5T_NATIVE_DOUBLE);
        double largest = 0;
        for (size_t i = 0; i < r->layers[l].count; i++)
            largest = fmax(largest, fabs(r->layers[l].values[i] - ((double *)dump.values)[i]));
        cr_expect(largest <= golden_error(file, path) + 1e-9, "%s: reference layer %s is off by %g",
                  file, r->layers[l].name, largest);
        free(dump.values);
    }
}

#endif
