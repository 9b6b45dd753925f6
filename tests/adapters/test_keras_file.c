/* SPDX-License-Identifier: MIT
 *
 * Keras files against the seeded weights they were made from, and files of Keras that are not
 * our networks. */
#include "adapters/keras_file.h"

#include "adapters/hdf5_values.h"
#include "tests/adapters/damaged.h"
#include "tests/core/networks/golden.h"

/* Both LSTM biases of the seeds together: Keras has one. */
static double bias_of(const struct weights *w, const char *name, size_t i) {
    char other[TENSOR_NAME_MAX];
    const char *at = strstr(name, "bias_ih");
    snprintf(other, sizeof other, "%.*sbias_hh%s", (int)(at - name), name, at + 7);
    return (double)(weights_find(w, name)->values[i] + weights_find(w, other)->values[i]);
}

static void check(const char *name, const char *seeds) {
    char path[512];
    snprintf(path, sizeof path, FIXTURES "%s", name);
    struct failure why = {0};
    int64_t file = hdf5_open(path, &why);
    struct weights *read = keras_file_read(file, &why), *made = golden_weights(seeds);
    cr_assert(read != NULL, "%s: %s", name, why.text);
    cr_assert_eq(read->count, made->count);
    for (size_t t = 0; t < made->count; t++) {
        const struct tensor *a = &made->tensors[t], *b = weights_find(read, a->name);
        cr_assert(b != NULL && memcmp(a->shape, b->shape, sizeof a->shape) == 0, "%s: %s", name,
                  a->name);
        for (size_t i = 0; i < a->count; i++) {
            double truth = strstr(a->name, "bias_hh") != NULL   ? 0
                           : strstr(a->name, "bias_ih") != NULL ? bias_of(made, a->name, i)
                                                                : (double)a->values[i];
            cr_assert_eq((double)b->values[i], truth, "%s: %s[%zu]", name, a->name, i);
        }
    }
    weights_free(read);
    weights_free(made);
    hdf5_close(file);
}

Test(keras_file, both_layouts_give_the_exact_weights) {
    check("pileup.keras2.h5", "pileup_narrow");
    check("full_alignment.keras2.h5", "full_alignment_narrow");
    check("pileup.keras3.weights.h5", "pileup_narrow");
    check("full_alignment.keras3.weights.h5", "full_alignment_narrow");
    check("full_alignment_dwell.keras3.weights.h5", "full_alignment_dwell_narrow");
}

/* ---- files made here ------------------------------------------------------------------------- */

/* A list of fixed-length byte strings, as older writers have them. */
static void put_texts(hid_t at, const char *name, const char *const *texts, hsize_t count) {
    enum { SIZE = 32 };
    char bytes[8][SIZE] = {{0}};
    for (hsize_t t = 0; t < count; t++)
        memcpy(bytes[t], texts[t], strlen(texts[t]));
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, NULL);
    H5Tset_size(type, SIZE);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    hid_t attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, bytes);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_array(hid_t at, const char *name, hsize_t rows, hsize_t columns) {
    hsize_t sizes[] = {rows, columns};
    float values[64];
    for (size_t i = 0; i < rows * columns; i++)
        values[i] = (float)i;
    hid_t space = H5Screate_simple(rows > 1 ? 2 : 1, rows > 1 ? sizes : sizes + 1, NULL);
    hid_t d = H5Dcreate2(at, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(d);
    H5Sclose(space);
}

/* A whole-model file with one dense layer after a dropout, written as old Keras wrote. */
Test(keras_file, whole_models_of_old_writers) {
    const char *path = scratch_path("old.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t root = H5Gcreate2(file, "model_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(root, "layer_names", (const char *const[]){"dropout_7", "dense_9"}, 2);
    hid_t dropout = H5Gcreate2(root, "dropout_7", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t none = 0;
    hid_t empty = H5Screate_simple(1, &none, NULL);
    H5Aclose(H5Acreate2(dropout, "weight_names", H5T_IEEE_F64LE, empty, H5P_DEFAULT, H5P_DEFAULT));
    hid_t dense = H5Gcreate2(root, "dense_9", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(dense, "weight_names", (const char *const[]){"kernel:0", "bias:0"}, 2);
    put_array(dense, "kernel:0", 3, 2);
    put_array(dense, "bias:0", 1, 2);
    H5Sclose(empty);
    H5Gclose(dense);
    H5Gclose(dropout);
    H5Gclose(root);
    struct failure why = {0};
    struct weights *read = keras_file_read(file, &why);
    cr_assert(read != NULL, "%s", why.text);
    const struct tensor *w = weights_find(read, "L4.weight");
    const float turned[] = {0, 2, 4, 1, 3, 5};
    cr_assert(w != NULL && w->shape[0] == 2 && w->shape[1] == 3);
    cr_expect(memcmp(w->values, turned, sizeof turned) == 0);
    weights_free(read);
    H5Fclose(file);
    unlink(path);
}

static void refused(hid_t file, const char *words) {
    struct failure why = {0};
    struct weights *read = keras_file_read(file, &why);
    cr_expect(read == NULL);
    cr_expect(strstr(why.text, words) != NULL, "'%s' without '%s'", why.text, words);
    weights_free(read);
    H5Fclose(file);
}

Test(keras_file, other_models_are_named) {
    const char *path = scratch_path("foreign.h5");
    hdf5_quiet();
    refused(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "neither");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(file, "layer_names", (const char *const[]){"embedding"}, 1);
    hid_t group = H5Gcreate2(file, "embedding", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(group, "weight_names", (const char *const[]){"table"}, 1);
    H5Gclose(group);
    refused(file, "layer embedding does not fit");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(file, "layer_names", (const char *const[]){"gone"}, 1);
    refused(file, "layer gone is listed");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(file, "layer_names", (const char *const[]){"dense"}, 1);
    group = H5Gcreate2(file, "dense", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_texts(group, "weight_names", (const char *const[]){"kernel", "bias"}, 2);
    H5Gclose(group);
    refused(file, "dense/kernel");
    unlink(path);
}
