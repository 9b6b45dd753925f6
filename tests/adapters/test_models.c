/* SPDX-License-Identifier: MIT
 *
 * The one door: every kind of file and folder is told by its bytes, keeps its weights to the bit
 * through our own form, gives the probabilities that its framework gave, and fails with a
 * sentence that names the file. */
#include "adapters/models.h"

#include "adapters/hdf5_values.h"
#include "tests/adapters/damaged.h"
#include "tests/core/networks/golden.h"

#include <sys/stat.h>

/* ---- kinds ----------------------------------------------------------------------------------- */

static const struct {
    const char *name, *format;
    enum padding padding;
} kinds[] = {
    {"pileup_narrow.pt", "PyTorch", PADDING_SYMMETRIC},
    {"full_alignment.wrapped.pt", "PyTorch", PADDING_SYMMETRIC},
    {"full_alignment_dwell_narrow.pt", "PyTorch", PADDING_SYMMETRIC},
    {"pileup.keras2.h5", "Keras", PADDING_SYMMETRIC},
    {"full_alignment.keras2.h5", "Keras", PADDING_SAME},
    {"pileup.keras3.weights.h5", "Keras", PADDING_SYMMETRIC},
    {"full_alignment.keras3.weights.h5", "Keras", PADDING_SAME},
    {"full_alignment_dwell.keras3.weights.h5", "Keras", PADDING_SAME},
    {"pileup.plain.index", "TensorFlow", PADDING_SYMMETRIC},
    {"pileup.optimizer", "TensorFlow", PADDING_SYMMETRIC},
    {"full_alignment.sharded-1", "TensorFlow", PADDING_SAME},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct model *open_fixture(const char *name) {
    char path[512];
    snprintf(path, sizeof path, FIXTURES "%s", name);
    return golden_model(path);
}

Test(models, every_kind_is_told_and_kept_to_the_bit) {
    const char *path = scratch_path("kept.h5");
    for (size_t k = 0; k < KINDS; k++) {
        struct model *model = open_fixture(kinds[k].name);
        cr_expect_str_eq(model->format, kinds[k].format);
        cr_expect_eq(model->padding, kinds[k].padding, "%s", kinds[k].name);
        bool dwell = strstr(kinds[k].name, "dwell") != NULL;
        cr_expect_eq(model->channels, model->full == NULL ? 0 : dwell ? 9 : 8);
        struct failure why = {0};
        cr_expect_eq(model_check(model, &why), STATUS_OK, "%s: %s", kinds[k].name, why.text);
        cr_assert_eq(model_save(model, path, false, &why), STATUS_OK, "%s", why.text);
        struct model *kept = golden_model(path);
        cr_expect_str_eq(kept->digest, model->digest);
        cr_expect_str_eq(kept->format, "runnel");
        cr_expect_str_eq(kept->provenance, model->provenance);
        cr_expect_eq(kept->padding, model->padding);
        cr_expect_str_eq(kept->platform, model->platform);
        cr_expect_eq(kept->rows, model->rows);
        cr_expect(model->pileup == NULL || weights_equal(kept->pileup, model->pileup, NULL));
        cr_expect(model->full == NULL || weights_equal(kept->full, model->full, NULL));
        model_free(model);
        model_free(kept);
    }
    unlink(path);
}

/* All of Keras' and TensorFlow's forms hold the same numbers, so they have one digest. */
Test(models, the_same_weights_have_one_digest) {
    struct model *a = open_fixture("pileup.keras2.h5");
    const char *const others[] = {"pileup.keras3.weights.h5", "pileup.plain", "pileup.optimizer",
                                  "pileup.sharded-1.index"};
    for (size_t o = 0; o < 4; o++) {
        struct model *b = open_fixture(others[o]);
        cr_expect_str_eq(a->digest, b->digest, "%s", others[o]);
        model_free(b);
    }
    model_free(a);
}

static void copy(const char *from, const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, FIXTURES "%s", from);
    struct file_bytes bytes = file_read(path);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file_write(path, bytes);
    free(bytes.at);
}

Test(models, folders_of_either_generation) {
    char folder[512], path[1024];
    snprintf(folder, sizeof folder, "%s/hifi_%d", BUILD_DIR, (int)getpid());
    mkdir(folder, 0755);
    copy("pileup_narrow.pt", folder, "pileup.pt");
    copy("full_alignment_narrow.pt", folder, "full_alignment.pt");
    struct model *v2 = golden_model(folder);
    cr_expect(v2->pileup != NULL && v2->full != NULL);
    cr_expect_str_eq(v2->platform, "hifi");
    cr_expect_eq(v2->rows, 55);
    cr_expect_eq(v2->padding, PADDING_SYMMETRIC);
    const char *const names[] = {"pileup.pt", "full_alignment.pt"};
    for (size_t n = 0; n < 2; n++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[n]);
        unlink(path);
    }
    struct failure why = {0};
    struct model *none;
    cr_expect_neq(model_open(folder, &none, &why), STATUS_OK);
    cr_expect(strstr(why.text, "neither pileup nor full_alignment") != NULL, "%s", why.text);

    copy("pileup.plain.index", folder, "pileup.index");
    copy("pileup.plain.data-00000-of-00001", folder, "pileup.data-00000-of-00001");
    copy("full_alignment.plain.index", folder, "full_alignment.index");
    copy("full_alignment.plain.data-00000-of-00001", folder, "full_alignment.data-00000-of-00001");
    struct model *v1 = golden_model(folder);
    cr_expect(v1->pileup != NULL && v1->full != NULL);
    cr_expect_eq(v1->padding, PADDING_SAME);
    const char *const data[] = {"pileup.index", "pileup.data-00000-of-00001",
                                "full_alignment.index", "full_alignment.data-00000-of-00001"};
    for (size_t n = 0; n < 4; n++) {
        snprintf(path, sizeof path, "%s/%s", folder, data[n]);
        unlink(path);
    }
    rmdir(folder);
    model_free(v1);
    model_free(v2);
}

Test(models, half_precision_on_disk) {
    const char *path = scratch_path("half.h5");
    struct model *model = open_fixture("full_alignment_narrow.pt");
    struct failure why = {0};
    cr_assert_eq(model_save(model, path, true, &why), STATUS_OK, "%s", why.text);
    struct model *half = golden_model(path);
    cr_expect_str_neq(half->digest, model->digest);
    bool exact = true;
    for (size_t t = 0; t < model->full->count; t++) {
        const struct tensor *a = &model->full->tensors[t], *b = weights_find(half->full, a->name);
        for (size_t i = 0; i < a->count; i++) {
            double off = fabs((double)a->values[i] - (double)b->values[i]);
            cr_assert(off <= fabs((double)a->values[i]) * 0x1p-11 + 0x1p-25);
            exact = exact && off == 0;
        }
    }
    cr_expect(!exact);
    /* Rounding twice changes nothing more. */
    cr_assert_eq(model_save(half, path, true, &why), STATUS_OK);
    struct model *again = golden_model(path);
    cr_expect_str_eq(half->digest, again->digest);
    unlink(path);
    model_free(model);
    model_free(half);
    model_free(again);
}

/* ---- the frameworks' own probabilities ------------------------------------------------------- */

/* Keras computes in float32 as we do, and is itself up to 3e-6 from the float64 truth on these
 * windows.  So two things are asked: that we are as near to the truth as Keras, twice, or within
 * 1e-6, and that the two differ by no more than both distances together. */
static void check_keras(const char *file, const char *group, const char *answers, size_t rows,
                        size_t channels) {
    char path[128];
    const char *all = FIXTURES "keras_probabilities.h5";
    snprintf(path, sizeof path, "%s/input", group);
    struct golden input = golden_read(all, path, rows == 0 ? H5T_NATIVE_INT32 : H5T_NATIVE_INT8);
    snprintf(path, sizeof path, "%s/%s", group, answers);
    struct golden truth = golden_read(all, path, H5T_NATIVE_DOUBLE);
    struct model *model = open_fixture(file);
    struct failure why = {0};
    size_t count = input.shape[0];
    float *ours = malloc(truth.count * sizeof *ours);
    if (rows == 0) {
        struct pileup_network *n = pileup_network_new(model->pileup, kernels_best(), &why);
        struct pileup_scratch *s = pileup_scratch_new(n, &why);
        pileup_network_run(n, s, input.values, count, ours);
        pileup_scratch_free(s);
        pileup_network_free(n);
    } else {
        struct full_network *n =
            full_network_new(model->full, rows, model->padding, kernels_best(), &why);
        struct full_scratch *s = full_scratch_new(n, &why);
        struct full_input *windows = calloc(count, sizeof *windows);
        for (size_t w = 0; w < count; w++)
            windows[w] =
                (struct full_input){(int8_t *)input.values + w * rows * 33 * channels, 0, rows};
        full_network_run(n, s, windows, count, ours);
        free(windows);
        full_scratch_free(s);
        full_network_free(n);
    }
    double between = largest_difference(ours, truth.values, truth.count), us = 0, keras = 0;
    for (size_t w = 0; w < count; w++) {
        struct reference r;
        if (rows == 0)
            reference_pileup(&r, model->pileup, (int32_t *)input.values + w * 33 * 18);
        else
            reference_full(&r, model->full, (int8_t *)input.values + w * rows * 33 * channels, rows,
                           channels, true);
        us = fmax(us, largest_difference(ours + w * 90, r.probabilities, 90));
        for (size_t p = 0; p < 90; p++)
            keras = fmax(keras, fabs(((double *)truth.values)[w * 90 + p] - r.probabilities[p]));
        reference_free(&r);
    }
    fprintf(stderr, "%-40s %-24s from float64: ours %.1e, Keras %.1e; between %.1e\n", file, group,
            us, keras, between);
    cr_expect(keras < 4e-6, "%s, %s: Keras is off by %g", file, group, keras);
    cr_expect(us <= fmax(1e-6, 2 * keras), "%s, %s: off by %g", file, group, us);
    cr_expect(between <= us + keras);
    free(ours);
    free(input.values);
    free(truth.values);
    model_free(model);
}

Test(models, agree_with_keras) {
    check_keras("pileup.keras2.h5", "pileup_33", "keras2", 0, 0);
    check_keras("pileup.keras3.weights.h5", "pileup_33", "keras3", 0, 0);
    check_keras("pileup.sharded-1", "pileup_33", "keras2", 0, 0);
    check_keras("full_alignment.keras2.h5", "full_alignment_89", "keras2", 89, 8);
    check_keras("full_alignment.keras2.h5", "full_alignment_55", "keras2", 55, 8);
    check_keras("full_alignment.keras3.weights.h5", "full_alignment_89", "keras3", 89, 8);
    check_keras("full_alignment.keras3.weights.h5", "full_alignment_55", "keras3", 55, 8);
    check_keras("full_alignment.plain", "full_alignment_55", "keras2", 55, 8);
    check_keras("full_alignment_dwell.keras3.weights.h5", "full_alignment_dwell_89", "keras3", 89,
                9);
}

/* ---- bad files ------------------------------------------------------------------------------- */

static void refused(const char *path, const char *words) {
    struct failure why = {0};
    struct model *model = (struct model *)&why;
    cr_expect_neq(model_open(path, &model, &why), STATUS_OK);
    cr_expect_null(model);
    cr_expect(strstr(why.text, path) != NULL, "'%s' does not name %s", why.text, path);
    cr_expect(strstr(why.text, words) != NULL, "'%s' without '%s'", why.text, words);
}

Test(models, bad_files_are_named) {
    const char *path = scratch_path("bad.h5");
    refused("/no/such/file.h5", "No such file");
    refused(FIXTURES "pileup.legacy.pt", "before 1.6");
    refused(FIXTURES "keras_probabilities.h5", "neither a model of ours nor one of Keras");
    refused(FIXTURES "pileup.sliced-2.index", "cut into slices");
    file_write(path, (struct file_bytes){(uint8_t *)"hello", 5});
    refused(path, "this is no model");
    file_write(path, (struct file_bytes){(uint8_t *)"", 0});
    refused(path, "this is no model");
    struct file_bytes whole = file_read(FIXTURES "pileup.keras2.h5");
    for (size_t part = 1; part < 16; part++) {
        whole.size = whole.size * 15 / 16;
        file_write(path, whole);
        refused(path, "");
    }
    unlink(path);
    free(whole.at);
}

/* One changed weight, and the digest does not fit. */
Test(models, a_changed_weight_is_noticed) {
    const char *path = scratch_path("changed.h5");
    struct model *model = open_fixture("pileup_narrow.pt");
    cr_assert_eq(model_save(model, path, false, NULL), STATUS_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "pileup/L5_1.bias", H5P_DEFAULT);
    float values[8];
    H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    values[2] += 1;
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    H5Fclose(file);
    refused(path, "digest");
    unlink(path);
    model_free(model);
}

Test(models, an_hdf5_file_of_another_format) {
    const char *path = scratch_path("other.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hdf5_put_text(file, "format", "runnel.model/2", NULL);
    H5Fclose(file);
    refused(path, "runnel.model/2");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hdf5_put_text(file, "format", "runnel.model/1", NULL);
    H5Fclose(file);
    refused(path, "no network");
    unlink(path);
}

/* A file that cannot be written leaves nothing behind. */
Test(models, saving_where_one_cannot) {
    struct model *model = open_fixture("pileup_narrow.pt");
    struct failure why = {0};
    cr_expect_neq(model_save(model, "/no/such/folder/model.h5", false, &why), STATUS_OK);
    cr_expect(strstr(why.text, "/no/such/folder/model.h5") != NULL, "%s", why.text);
    model_free(model);
}

Test(models, the_trained_model_is_whole) {
    struct model *model = golden_model(TEST_DATA "/networks/trained.h5");
    cr_expect_eq(weights_parameters(model->pileup), 2074520);
    cr_expect_eq(weights_parameters(model->full), 2989210);
    model_free(model);
}
