/* SPDX-License-Identifier: MIT
 *
 * The one door for model files.  The readers behind it (Keras, TensorFlow, PyTorch) are of
 * one family with it and are known only here. */
#include "adapters/models.h"

#include "adapters/hdf5_values.h"
#include "adapters/keras_file.h"
#include "adapters/tensorflow_bundle.h"
#include "adapters/torch_zip.h"
#include "core/networks/elements.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own_format[] = "runnel.model/1";

enum { MODEL_PATH_MAX = 4096, FILE_SIZE_MAX = 1 << 30 };

/* ---- files as bytes ------------------------------------------------------------------------ */

struct bytes {
    uint8_t *at;
    size_t size;
};

static int read_bytes(const char *path, struct bytes *bytes, struct failure *why) {
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        int code = fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return code;
    }
    int code = STATUS_OK;
    *bytes = (struct bytes){.size = (size_t)status.st_size};
    if (status.st_size > FILE_SIZE_MAX)
        code = fail(why, STATUS_BAD_INPUT, "%s is larger than any model", path);
    else if ((bytes->at = malloc(bytes->size + 1)) == NULL)
        code = fail(why, STATUS_NO_MEMORY, "no memory to read %s", path);
    else if (fread(bytes->at, 1, bytes->size, file) != bytes->size)
        code = fail(why, STATUS_IO, "%s cannot be read", path);
    fclose(file);
    return code;
}

static bool exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* ---- our own form -------------------------------------------------------------------------- */

struct group_reader {
    int64_t file;
    const char *group;
    struct weights *weights;
};

static int read_tensor(void *user, const char *name, struct failure *why) {
    struct group_reader *r = user;
    char path[2 * TENSOR_NAME_MAX];
    struct array array = {0};
    struct tensor *tensor;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", r->group, name) >= sizeof path)
        return fail(why, STATUS_BAD_INPUT, "tensor name too long: %.40s...", name);
    int status = hdf5_read_array(r->file, path, &array, why);
    if (status == STATUS_OK)
        status = weights_add(r->weights, name, array.rank, array.shape, &tensor, why);
    if (status == STATUS_OK)
        memcpy(tensor->values, array.values, array.count * sizeof *array.values);
    free(array.values);
    return status;
}

static int read_group(int64_t file, const char *group, struct model *model, struct failure *why) {
    struct group_reader reader = {file, group, weights_new(why)};
    if (reader.weights == NULL)
        return STATUS_NO_MEMORY;
    int status = hdf5_each_name(file, group, read_tensor, &reader, why);
    if (status != STATUS_OK) {
        weights_free(reader.weights);
        return status;
    }
    return model_take(model, reader.weights, why);
}

static int read_properties(int64_t file, struct model *model, struct failure *why) {
    char text[MODEL_PLATFORM_MAX], padding[32];
    int64_t rows;
    hdf5_get_text(file, ".", "provenance", model->provenance, sizeof model->provenance);
    if (hdf5_get_text(file, ".", "platform", text, sizeof text)) {
        int status = model_set_platform(model, text, why);
        if (status != STATUS_OK)
            return status;
    }
    if (hdf5_get_integer(file, "full_alignment", "rows", &rows)) {
        if (rows < 0 || rows > 1024)
            return fail(why, STATUS_BAD_INPUT, "a window cannot have %lld rows", (long long)rows);
        model->rows = (size_t)rows;
    }
    if (hdf5_get_text(file, "full_alignment", "padding", padding, sizeof padding))
        return padding_from_name(padding, &model->padding, why);
    return STATUS_OK;
}

static int read_own(int64_t file, struct model *model, struct failure *why) {
    static const char *const groups[] = {"pileup", "full_alignment"};
    char digest[DIGEST_TEXT + 1];
    int status = read_properties(file, model, why);
    for (size_t g = 0; g < 2 && status == STATUS_OK; g++)
        if (hdf5_has(file, groups[g]))
            status = read_group(file, groups[g], model, why);
    if (status != STATUS_OK)
        return status;
    if (model->pileup == NULL && model->full == NULL)
        return fail(why, STATUS_BAD_INPUT, "the model has no network in it");
    model_seal(model);
    if (hdf5_get_text(file, ".", "digest", digest, sizeof digest) &&
        strcmp(digest, model->digest) != 0)
        return fail(why, STATUS_BAD_INPUT, "the weights are not those of the digest: damaged");
    snprintf(model->format, sizeof model->format, "runnel");
    return STATUS_OK;
}

/* ---- what a file is ------------------------------------------------------------------------ */

/* Keras and TensorFlow pad 'same'; only the full-alignment network has anything to pad. */
static void take_keras_padding(struct model *model) {
    if (model->full != NULL)
        model->padding = PADDING_SAME;
}

static int open_hdf5(const char *path, struct model *model, struct failure *why) {
    char format[64];
    int64_t file = hdf5_open(path, why);
    if (file < 0)
        return STATUS_BAD_INPUT;
    int status;
    if (hdf5_get_text(file, ".", "format", format, sizeof format)) {
        status = strcmp(format, own_format) == 0
                     ? read_own(file, model, why)
                     : fail(why, STATUS_UNSUPPORTED, "the file's format is '%s', not '%s'", format,
                            own_format);
    } else {
        struct weights *weights = keras_file_read(file, why);
        status = weights == NULL ? STATUS_BAD_INPUT : model_take(model, weights, why);
        take_keras_padding(model);
        snprintf(model->format, sizeof model->format, "Keras");
    }
    hdf5_close(file);
    return status;
}

static int open_torch(const char *path, struct model *model, struct failure *why) {
    struct bytes bytes = {0};
    int status = read_bytes(path, &bytes, why);
    struct weights *weights =
        status == STATUS_OK ? torch_zip_read(bytes.at, bytes.size, why) : NULL;
    free(bytes.at);
    snprintf(model->format, sizeof model->format, "PyTorch");
    return weights == NULL ? STATUS_BAD_INPUT : model_take(model, weights, why);
}

static int read_shards(const char *prefix, struct bytes *shards, size_t count,
                       struct failure *why) {
    int status = STATUS_OK;
    for (size_t s = 0; s < count && status == STATUS_OK; s++) {
        char path[MODEL_PATH_MAX + 64];
        snprintf(path, sizeof path, "%s.data-%05zu-of-%05zu", prefix, s, count);
        status = read_bytes(path, &shards[s], why);
    }
    return status;
}

/* `prefix` without ".index". */
static int open_tensorflow(const char *prefix, struct model *model, struct failure *why) {
    char path[MODEL_PATH_MAX + 64];
    struct bytes index = {0}, *shards = NULL;
    struct shard *lent = NULL;
    struct weights *weights = NULL;
    size_t count = 0;
    snprintf(path, sizeof path, "%s.index", prefix);
    int status = read_bytes(path, &index, why);
    if (status == STATUS_OK)
        status = tensorflow_bundle_shards(index.at, index.size, &count, why);
    if (status != STATUS_OK)
        goto done;
    shards = calloc(count, sizeof *shards);
    lent = calloc(count, sizeof *lent);
    if (shards == NULL || lent == NULL)
        status = fail(why, STATUS_NO_MEMORY, "no memory for %zu shards", count);
    else
        status = read_shards(prefix, shards, count, why);
    if (status != STATUS_OK)
        goto done;
    for (size_t s = 0; s < count; s++)
        lent[s] = (struct shard){shards[s].at, shards[s].size};
    weights = tensorflow_bundle_read(index.at, index.size, lent, count, why);
    status = weights == NULL ? STATUS_BAD_INPUT : model_take(model, weights, why);
    take_keras_padding(model);
    snprintf(model->format, sizeof model->format, "TensorFlow");
done:
    for (size_t s = 0; shards != NULL && s < count; s++)
        free(shards[s].at);
    free(shards);
    free(lent);
    free(index.at);
    return status;
}

/* One network's file, or a file of ours with both. */
static int open_file(const char *path, struct model *model, struct failure *why) {
    char prefix[MODEL_PATH_MAX];
    snprintf(prefix, sizeof prefix, "%s", path);
    if (ends_in(prefix, ".index"))
        prefix[strlen(prefix) - strlen(".index")] = '\0';
    char index[MODEL_PATH_MAX + 16];
    snprintf(index, sizeof index, "%s.index", prefix);
    if (exists(index) && (!exists(path) || strcmp(index, path) == 0))
        return open_tensorflow(prefix, model, why);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(why, STATUS_IO, "cannot be opened: %s", strerror(errno));
    uint8_t start[32];
    size_t size = fread(start, 1, sizeof start, file);
    fclose(file);
    if (torch_zip_sniff(start, size))
        return open_torch(path, model, why);
    static const uint8_t hdf5_magic[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    if (size >= sizeof hdf5_magic && memcmp(start, hdf5_magic, sizeof hdf5_magic) == 0)
        return open_hdf5(path, model, why);
    return fail(why, STATUS_BAD_INPUT,
                "this is no model: neither HDF5 nor PyTorch's .pt nor a TensorFlow checkpoint");
}

/* ---- folders and names --------------------------------------------------------------------- */

/* A Clair3 model folder: pileup.* and full_alignment.*, whichever generation. */
static int open_folder(const char *folder, struct model *model, struct failure *why) {
    static const char *const networks[] = {"pileup", "full_alignment"};
    static const char *const endings[] = {".pt", ".h5", ".weights.h5", ".index"};
    size_t found = 0;
    for (size_t n = 0; n < 2; n++)
        for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
            char path[MODEL_PATH_MAX];
            snprintf(path, sizeof path, "%.3900s/%s%s", folder, networks[n], endings[e]);
            if (!exists(path))
                continue;
            int status = open_file(path, model, why);
            if (status != STATUS_OK)
                return fail_at(why, "%s%s", networks[n], endings[e]);
            found++;
            break;
        }
    if (found == 0)
        return fail(why, STATUS_BAD_INPUT,
                    "the folder holds neither pileup nor full_alignment, as .pt, .h5 or .index");
    return STATUS_OK;
}

/* Clair3's folders name the platform or, for nanopore, the pore (r941..., r1041...). */
static void guess_platform(struct model *model) {
    static const char *const names[][2] = {{"hifi", "hifi"}, {"ilmn", "ilmn"}, {"ont", "ont"},
                                           {"r9", "ont"},    {"r10", "ont"}};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (strncmp(model->name, names[n][0], strlen(names[n][0])) == 0) {
            model_set_platform(model, names[n][1], NULL);
            return;
        }
}

/* The last component of the path without a known ending. */
static void take_name(struct model *model, const char *path) {
    static const char *const endings[] = {".h5", ".weights", ".pt", ".index"};
    char copy[MODEL_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    while (strlen(copy) > 1 && ends_in(copy, "/"))
        copy[strlen(copy) - 1] = '\0';
    for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++)
        if (ends_in(copy, endings[e]))
            copy[strlen(copy) - strlen(endings[e])] = '\0';
    const char *slash = strrchr(copy, '/');
    snprintf(model->name, sizeof model->name, "%.120s", slash == NULL ? copy : slash + 1);
}

static int open_any(const char *path, struct model *model, struct failure *why) {
    take_name(model, path);
    guess_platform(model);
    int status = is_folder(path) ? open_folder(path, model, why) : open_file(path, model, why);
    if (status != STATUS_OK)
        return status;
    if (strcmp(model->format, "runnel") == 0)
        return STATUS_OK; /* sealed to compare its digest */
    if (model->provenance[0] == '\0')
        snprintf(model->provenance, sizeof model->provenance, "%s weights of %s", model->format,
                 model->name);
    model_seal(model);
    return STATUS_OK;
}

int model_open(const char *path, struct model **model, struct failure *why) {
    *model = NULL;
    if (strlen(path) >= MODEL_PATH_MAX - 64)
        return fail(why, STATUS_BAD_INPUT, "the model's path is too long");
    struct model *opened = model_new(why);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    int status = open_any(path, opened, why);
    if (status != STATUS_OK) {
        model_free(opened);
        fail_at(why, "%s", path);
        return status;
    }
    *model = opened;
    return STATUS_OK;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_tensor(hid_t group, const struct tensor *tensor, hid_t type, struct failure *why) {
    hsize_t sizes[TENSOR_RANK_MAX];
    for (size_t axis = 0; axis < tensor->rank; axis++)
        sizes[axis] = tensor->shape[axis];
    hid_t space = H5Screate_simple((int)tensor->rank, sizes, NULL);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(layout, false); /* the same weights, the same bytes */
    if (tensor->rank > 0) {
        H5Pset_chunk(layout, (int)tensor->rank, sizes);
        H5Pset_shuffle(layout);
        H5Pset_deflate(layout, 9);
    }
    hid_t dataset = H5Dcreate2(group, tensor->name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    herr_t written = dataset < 0 ? -1
                                 : H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                                            H5P_DEFAULT, tensor->values);
    if (dataset >= 0)
        H5Dclose(dataset);
    H5Pclose(layout);
    H5Sclose(space);
    return written < 0 ? fail(why, STATUS_IO, "tensor %s cannot be written", tensor->name)
                       : STATUS_OK;
}

static int write_weights(hid_t file, const char *name, const struct weights *weights, hid_t type,
                         const struct model *model, struct failure *why) {
    hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        return fail(why, STATUS_IO, "group %s cannot be written", name);
    int status = STATUS_OK;
    for (size_t t = 0; t < weights->count && status == STATUS_OK; t++)
        status = write_tensor(group, &weights->tensors[t], type, why);
    if (status == STATUS_OK && weights == model->full) {
        if (model->rows > 0)
            status = hdf5_put_integer(group, "rows", (int64_t)model->rows, why);
        if (status == STATUS_OK)
            status = hdf5_put_text(group, "padding", padding_name(model->padding), why);
    }
    H5Gclose(group);
    return status;
}

static int write_model(hid_t file, const struct model *model, hid_t type, struct failure *why) {
    const char *const properties[][2] = {
        {"format", own_format}, {"platform", model->platform}, {"provenance", model->provenance}};
    int status = STATUS_OK;
    for (size_t p = 0; p < 3 && status == STATUS_OK; p++)
        status = hdf5_put_text(file, properties[p][0], properties[p][1], why);
    if (status == STATUS_OK && model->pileup != NULL)
        status = write_weights(file, "pileup", model->pileup, type, model, why);
    if (status == STATUS_OK && model->full != NULL)
        status = write_weights(file, "full_alignment", model->full, type, model, why);
    return status;
}

/* The digest is that of the values as they will be read. */
static int write_digest(const char *path, struct failure *why) {
    struct model *model = model_new(why);
    if (model == NULL)
        return STATUS_NO_MEMORY;
    int status = open_file(path, model, why);
    hid_t file = status == STATUS_OK ? H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT) : -1;
    if (status == STATUS_OK)
        status = file < 0 ? fail(why, STATUS_IO, "cannot be written again")
                          : hdf5_put_text(file, "digest", model->digest, why);
    if (file >= 0 && H5Fclose(file) < 0)
        status = fail(why, STATUS_IO, "cannot be written to the end");
    model_free(model);
    return status;
}

int model_save(const struct model *model, const char *path, bool half, struct failure *why) {
    char temporary[MODEL_PATH_MAX];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.part", path) >= sizeof temporary)
        return fail(why, STATUS_BAD_INPUT, "the model's path is too long");
    hdf5_quiet();
    hid_t file = H5Fcreate(temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        return fail(why, STATUS_IO, "%s cannot be created", path);
    hid_t type = half ? hdf5_float16() : H5Tcopy(H5T_IEEE_F32LE);
    int status = write_model(file, model, type, why);
    H5Tclose(type);
    if (H5Fclose(file) < 0 && status == STATUS_OK)
        status = fail(why, STATUS_IO, "cannot be written to the end");
    if (status == STATUS_OK)
        status = write_digest(temporary, why);
    if (status == STATUS_OK && rename(temporary, path) != 0)
        status = fail(why, STATUS_IO, "cannot get its name: %s", strerror(errno));
    if (status != STATUS_OK) {
        unlink(temporary);
        fail_at(why, "%s", path);
    }
    return status;
}
