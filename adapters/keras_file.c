/* SPDX-License-Identifier: MIT
 *
 * Keras HDF5: spec networks, 4.4.  Keras 2 names layers by counting, so that only their order
 * and the shapes of their variables tell which is which; Keras 3 names them by attribute,
 * except for the blocks inside a sequence. */
#include "adapters/keras_file.h"

#include "adapters/hdf5_values.h"
#include "core/networks/from_keras.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 256, TEXT_LENGTH = 256, PATH_LENGTH = 512 };

/* A list of names, as an attribute holds them. */
struct texts {
    size_t count;
    char text[TEXTS_MAX][TEXT_LENGTH];
};

/* Dense layers in the order in which both networks create them. */
static const char *const dense_layers[] = {"L4",
                                           "L5_1",
                                           "L5_2",
                                           "Y_gt21_logits",
                                           "Y_genotype_logits",
                                           "L5_3",
                                           "L5_4",
                                           "Y_indel_length_logits_1",
                                           "Y_indel_length_logits_2"};
enum { DENSE_LAYERS = sizeof dense_layers / sizeof dense_layers[0] };

static const char *const norm_variables[] = {"gamma", "beta", "moving_mean", "moving_variance"};
static const char *const lstm_variables[] = {"kernel", "recurrent_kernel", "bias"};
static const char *const plain_variables[] = {"kernel", "bias"};

static int add(struct weights *weights, int64_t file, const char *path, const char *layer,
               const char *variable, struct failure *why) {
    struct array array = {0};
    int status = hdf5_read_array(file, path, &array, why);
    if (status == STATUS_OK)
        status =
            from_keras_add(weights, layer, variable, array.rank, array.shape, array.values, why);
    free(array.values);
    return status;
}

/* ---- Keras 2 ------------------------------------------------------------------------------- */

static void copy_text(char to[TEXT_LENGTH], const char *from, size_t length) {
    length = strnlen(from, length < TEXT_LENGTH ? length : TEXT_LENGTH - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

static bool read_variable_texts(hid_t attribute, hid_t type, hid_t space, struct texts *texts) {
    char *stored[TEXTS_MAX] = {0};
    if (H5Aread(attribute, type, stored) < 0)
        return false;
    for (size_t t = 0; t < texts->count; t++)
        copy_text(texts->text[t], stored[t] == NULL ? "" : stored[t], TEXT_LENGTH);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, stored);
    return true;
}

static bool read_fixed_texts(hid_t attribute, hid_t type, struct texts *texts) {
    size_t size = H5Tget_size(type);
    char *stored = size > 0 && size < (1 << 16) ? calloc(texts->count, size) : NULL;
    bool done = stored != NULL && H5Aread(attribute, type, stored) >= 0;
    for (size_t t = 0; done && t < texts->count; t++)
        copy_text(texts->text[t], stored + t * size, size);
    free(stored);
    return done;
}

/* An empty list may be stored as floats of length 0. */
static int read_texts(int64_t file, const char *path, const char *name, struct texts *texts,
                      struct failure *why) {
    texts->count = 0;
    hid_t attribute = H5Aexists_by_name(file, path, name, H5P_DEFAULT) > 0
                          ? H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT)
                          : -1;
    if (attribute < 0)
        return fail(why, STATUS_BAD_INPUT, "group %s has no list %s", path, name);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    bool done = true;
    if (count > 0) {
        texts->count = (size_t)count;
        if (count > TEXTS_MAX || H5Tget_class(type) != H5T_STRING)
            done = false;
        else if (H5Tis_variable_str(type) > 0)
            done = read_variable_texts(attribute, type, space, texts);
        else
            done = read_fixed_texts(attribute, type, texts);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return done ? STATUS_OK
                : fail(why, STATUS_BAD_INPUT, "list %s of group %s cannot be read", name, path);
}

struct keras2 {
    int64_t file;
    const char *root; /* "" or "model_weights/" */
    struct weights *weights;
    size_t lstm, stage, dense; /* layers of each sort so far */
    bool in_stage;             /* a convolution unit whose block has not come yet */
    struct texts layers, variables;
};

static int unexpected(const char *layer, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "layer %s does not fit the order of either network", layer);
}

/* Adds variable v of the current layer. */
static int add_keras2(struct keras2 *k, const char *group, size_t v, const char *layer,
                      const char *variable, struct failure *why) {
    char path[PATH_LENGTH + TEXT_LENGTH];
    snprintf(path, sizeof path, "%s/%s", group, k->variables.text[v]);
    return add(k->weights, k->file, path, layer, variable, why);
}

/* Forward kernel, recurrent kernel, bias, then backward. */
static int add_bidirectional(struct keras2 *k, const char *group, struct failure *why) {
    char layer[32];
    int status = STATUS_OK;
    k->lstm++;
    for (size_t v = 0; v < 6 && status == STATUS_OK; v++) {
        snprintf(layer, sizeof layer, "LSTM%zu/%s", k->lstm, v < 3 ? "forward" : "backward");
        status = add_keras2(k, group, v, layer, lstm_variables[v % 3], why);
    }
    return status;
}

/* Kernel, bias, gamma, beta, moving_mean, moving_variance. */
static int add_unit(struct keras2 *k, const char *group, struct failure *why) {
    char layer[32];
    int status = STATUS_OK;
    k->stage++;
    k->in_stage = true;
    for (size_t v = 0; v < 6 && status == STATUS_OK; v++) {
        snprintf(layer, sizeof layer, "conv%zu/%s", 2 * k->stage - 1, v < 2 ? "conv" : "bn");
        status =
            add_keras2(k, group, v, layer, v < 2 ? plain_variables[v] : norm_variables[v - 2], why);
    }
    return status;
}

/* All trainable variables first: (kernel, bias, gamma, beta) twice, then (mean, variance)
 * twice. */
static int add_block(struct keras2 *k, const char *group, struct failure *why) {
    char layer[32];
    int status = STATUS_OK;
    k->in_stage = false;
    for (size_t v = 0; v < 12 && status == STATUS_OK; v++) {
        size_t n = v < 8 ? v / 4 : (v - 8) / 2;
        bool norm = v >= 8 || v % 4 >= 2;
        const char *variable = v >= 8       ? norm_variables[2 + v % 2]
                               : v % 4 >= 2 ? norm_variables[v % 4 - 2]
                                            : plain_variables[v % 4];
        snprintf(layer, sizeof layer, "res_block%zu/%s%zu", k->stage, norm ? "bn" : "conv", n + 1);
        status = add_keras2(k, group, v, layer, variable, why);
    }
    return status;
}

static int add_dense(struct keras2 *k, const char *group, struct failure *why) {
    const char *layer = dense_layers[k->dense++];
    int status = add_keras2(k, group, 0, layer, "kernel", why);
    return status == STATUS_OK ? add_keras2(k, group, 1, layer, "bias", why) : status;
}

/* A layer is told by how many variables it has, and six of a convolution unit from six of an
 * LSTM by where it stands. */
static int add_layer(struct keras2 *k, const char *name, struct failure *why) {
    char group[PATH_LENGTH];
    snprintf(group, sizeof group, "%s%s", k->root, name);
    if (strcmp(name, "top_level_model_weights") == 0)
        return STATUS_OK;
    if (!hdf5_has(k->file, group))
        return fail(why, STATUS_BAD_INPUT, "layer %s is listed but not there", name);
    int status = read_texts(k->file, group, "weight_names", &k->variables, why);
    if (status != STATUS_OK)
        return status;
    bool lstm = k->variables.count == 6 && strstr(k->variables.text[1], "recurrent") != NULL;
    switch (k->variables.count) {
    case 0:
        return STATUS_OK;
    case 2:
        return k->dense < DENSE_LAYERS ? add_dense(k, group, why) : unexpected(name, why);
    case 6:
        if (lstm)
            return k->lstm < 2 ? add_bidirectional(k, group, why) : unexpected(name, why);
        return k->stage < 3 && !k->in_stage ? add_unit(k, group, why) : unexpected(name, why);
    case 12:
        return k->in_stage ? add_block(k, group, why) : unexpected(name, why);
    default:
        return unexpected(name, why);
    }
}

static int read_keras2(int64_t file, const char *root, struct weights *weights,
                       struct failure *why) {
    struct keras2 *k = calloc(1, sizeof *k);
    if (k == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory to read a Keras file");
    *k = (struct keras2){.file = file, .root = root, .weights = weights};
    char group[PATH_LENGTH];
    snprintf(group, sizeof group, "%s", root[0] == '\0' ? "." : root);
    int status = read_texts(file, group, "layer_names", &k->layers, why);
    for (size_t l = 0; l < k->layers.count && status == STATUS_OK; l++)
        status = add_layer(k, k->layers.text[l], why);
    free(k);
    return status;
}

/* ---- Keras 3 ------------------------------------------------------------------------------- */

/* Variables 0.. of GROUP/vars, where the group is there. */
static int add_vars(struct weights *weights, int64_t file, const char *group, const char *layer,
                    const char *const *variables, size_t count, struct failure *why) {
    char path[PATH_LENGTH + 32];
    int status = STATUS_OK;
    for (size_t v = 0; v < count && status == STATUS_OK; v++) {
        snprintf(path, sizeof path, "%s/vars/%zu", group, v);
        status = add(weights, file, path, layer, variables[v], why);
    }
    return status;
}

static int first_name(void *user, const char *name, struct failure *why) {
    (void)why;
    char *found = user;
    if (strcmp(name, "vars") == 0 || found[0] != '\0')
        return STATUS_OK;
    copy_text(found, name, TEXT_LENGTH);
    return STATUS_OK;
}

/* A residual block stands under layers/sequential[_n]/layers/CLASS, whatever its class. */
static int add_block3(struct weights *weights, int64_t file, size_t stage, struct failure *why) {
    char sequence[64], name[TEXT_LENGTH] = "", group[PATH_LENGTH], layer[32];
    if (stage == 1)
        snprintf(sequence, sizeof sequence, "layers/sequential/layers");
    else
        snprintf(sequence, sizeof sequence, "layers/sequential_%zu/layers", stage - 1);
    if (!hdf5_has(file, sequence))
        return fail(why, STATUS_BAD_INPUT, "residual block %zu is not under %s", stage, sequence);
    int status = hdf5_each_name(file, sequence, first_name, name, why);
    for (size_t n = 1; n <= 2 && status == STATUS_OK; n++) {
        snprintf(group, sizeof group, "%s/%s/conv%zu", sequence, name, n);
        snprintf(layer, sizeof layer, "res_block%zu/conv%zu", stage, n);
        status = add_vars(weights, file, group, layer, plain_variables, 2, why);
        snprintf(group, sizeof group, "%s/%s/bn%zu", sequence, name, n);
        snprintf(layer, sizeof layer, "res_block%zu/bn%zu", stage, n);
        if (status == STATUS_OK)
            status = add_vars(weights, file, group, layer, norm_variables, 4, why);
    }
    return status;
}

static int add_stages3(struct weights *weights, int64_t file, struct failure *why) {
    char layer[32];
    int status = STATUS_OK;
    for (size_t stage = 1; stage <= 3 && status == STATUS_OK; stage++) {
        snprintf(layer, sizeof layer, "conv%zu/conv", 2 * stage - 1);
        status = add_vars(weights, file, layer, layer, plain_variables, 2, why);
        snprintf(layer, sizeof layer, "conv%zu/bn", 2 * stage - 1);
        if (status == STATUS_OK)
            status = add_vars(weights, file, layer, layer, norm_variables, 4, why);
        if (status == STATUS_OK)
            status = add_block3(weights, file, stage, why);
    }
    return status;
}

static int add_lstms3(struct weights *weights, int64_t file, struct failure *why) {
    static const char *const directions[] = {"forward", "backward"};
    char group[64], layer[32];
    int status = STATUS_OK;
    for (size_t n = 1; n <= 2; n++)
        for (size_t d = 0; d < 2 && status == STATUS_OK; d++) {
            snprintf(group, sizeof group, "LSTM%zu/%s_layer/cell", n, directions[d]);
            snprintf(layer, sizeof layer, "LSTM%zu/%s", n, directions[d]);
            status = add_vars(weights, file, group, layer, lstm_variables, 3, why);
        }
    return status;
}

static int read_keras3(int64_t file, struct weights *weights, struct failure *why) {
    int status =
        hdf5_has(file, "LSTM1") ? add_lstms3(weights, file, why) : add_stages3(weights, file, why);
    for (size_t d = 0; d < DENSE_LAYERS && status == STATUS_OK; d++)
        if (hdf5_has(file, dense_layers[d]))
            status =
                add_vars(weights, file, dense_layers[d], dense_layers[d], plain_variables, 2, why);
    return status;
}

struct weights *keras_file_read(int64_t file, struct failure *why) {
    struct weights *weights = weights_new(why);
    if (weights == NULL)
        return NULL;
    int status;
    if (H5Aexists(file, "layer_names") > 0)
        status = read_keras2(file, "", weights, why);
    else if (hdf5_has(file, "model_weights"))
        status = read_keras2(file, "model_weights/", weights, why);
    else if (hdf5_has(file, "LSTM1") || hdf5_has(file, "conv1"))
        status = read_keras3(file, weights, why);
    else
        status = fail(why, STATUS_BAD_INPUT,
                      "this HDF5 file holds neither a model of ours nor one of Keras");
    if (status != STATUS_OK) {
        weights_free(weights);
        return NULL;
    }
    return weights;
}
