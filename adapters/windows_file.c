/* SPDX-License-Identifier: MIT
 *
 * Windows in HDF5: extendible datasets, written and read in pieces. */
#include "adapters/windows_file.h"

#include "adapters/hdf5_values.h"
#include "core/windows/shape.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOWS_PATH_MAX = 4096, KINDS = 2, CHUNK_TEXTS = 256, CHUNK_BYTES = 1 << 20 };

static const char *const groups[KINDS] = {"pileup", "full_alignment"};

struct windows_file {
    hid_t file;
    hid_t text; /* variable-length text */
    char path[WINDOWS_PATH_MAX], temporary[WINDOWS_PATH_MAX + 8];
    bool writing, finished;
};

static struct windows_file *new_file(const char *path, struct failure *why) {
    struct windows_file *file = calloc(1, sizeof *file);
    if (file == NULL || strlen(path) >= WINDOWS_PATH_MAX) {
        free(file);
        fail(why, file == NULL ? STATUS_NO_MEMORY : STATUS_BAD_INPUT,
             "windows file %.100s: no memory, or too long a path", path);
        return NULL;
    }
    hdf5_quiet();
    snprintf(file->path, sizeof file->path, "%s", path);
    file->file = -1;
    file->text = H5Tcopy(H5T_C_S1);
    H5Tset_size(file->text, H5T_VARIABLE);
    return file;
}

struct windows_file *windows_file_create(const char *path, struct failure *why) {
    struct windows_file *file = new_file(path, why);
    if (file == NULL)
        return NULL;
    file->writing = true;
    snprintf(file->temporary, sizeof file->temporary, "%s.part", path);
    file->file = H5Fcreate(file->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file->file < 0) {
        fail(why, STATUS_IO, "%s cannot be created", path);
        windows_file_close(file);
        return NULL;
    }
    return file;
}

struct windows_file *windows_file_open(const char *path, struct failure *why) {
    struct windows_file *file = new_file(path, why);
    if (file == NULL)
        return NULL;
    file->file = hdf5_open(path, why);
    if (file->file < 0) {
        fail_at(why, "%s", path);
        windows_file_close(file);
        return NULL;
    }
    return file;
}

int windows_file_finish(struct windows_file *file, struct failure *why) {
    herr_t closed = H5Fclose(file->file);
    file->file = -1;
    if (closed < 0)
        return fail(why, STATUS_IO, "%s cannot be written to the end", file->path);
    if (rename(file->temporary, file->path) != 0)
        return fail(why, STATUS_IO, "%s cannot get its name: %s", file->path, strerror(errno));
    file->finished = true;
    return STATUS_OK;
}

void windows_file_close(struct windows_file *file) {
    if (file == NULL)
        return;
    if (file->file >= 0)
        H5Fclose(file->file);
    H5Tclose(file->text);
    if (file->writing && !file->finished)
        unlink(file->temporary);
    free(file);
}

/* ---- pieces of datasets -------------------------------------------------------------------- */

/* A dataset of ours: how it is called and what a row of it is. */
struct column {
    char path[64];
    hid_t stored, memory;
    int rank;
    hsize_t sizes[4]; /* sizes[0] is the number of rows */
};

static size_t row_bytes(const struct column *column) {
    size_t bytes = H5Tget_size(column->stored);
    for (int axis = 1; axis < column->rank; axis++)
        bytes *= (size_t)column->sizes[axis];
    return bytes;
}

static hid_t create(hid_t file, const struct column *column) {
    hsize_t now[4], most[4], chunk[4];
    for (int axis = 0; axis < column->rank; axis++)
        now[axis] = most[axis] = chunk[axis] = column->sizes[axis];
    size_t rows = CHUNK_BYTES / row_bytes(column);
    now[0] = 0;
    most[0] = H5S_UNLIMITED;
    chunk[0] = rows == 0 ? 1 : rows > CHUNK_TEXTS ? CHUNK_TEXTS : rows;
    hid_t space = H5Screate_simple(column->rank, now, most);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE), links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_chunk(layout, column->rank, chunk);
    H5Pset_deflate(layout, 4);
    H5Pset_obj_track_times(layout, false); /* the same windows, the same bytes */
    H5Pset_create_intermediate_group(links, 1);
    hid_t dataset =
        H5Dcreate2(file, column->path, column->stored, space, links, layout, H5P_DEFAULT);
    H5Pclose(links);
    H5Pclose(layout);
    H5Sclose(space);
    return dataset;
}

static int append(struct windows_file *file, struct column *column, size_t count,
                  const void *values, struct failure *why) {
    hid_t dataset = hdf5_has(file->file, column->path)
                        ? H5Dopen2(file->file, column->path, H5P_DEFAULT)
                        : create(file->file, column);
    hsize_t sizes[4] = {0}, start[4] = {0}, block[4];
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
    bool fits = space >= 0 && H5Sget_simple_extent_ndims(space) == column->rank &&
                H5Sget_simple_extent_dims(space, sizes, NULL) >= 0;
    for (int axis = 1; axis < column->rank && fits; axis++)
        fits = sizes[axis] == column->sizes[axis];
    if (space >= 0)
        H5Sclose(space);
    bool done = false;
    if (fits) {
        memcpy(block, column->sizes, sizeof block);
        block[0] = count;
        start[0] = sizes[0];
        sizes[0] += count;
        H5Dset_extent(dataset, sizes);
        space = H5Dget_space(dataset);
        hid_t piece = H5Screate_simple(column->rank, block, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, block, NULL);
        done = H5Dwrite(dataset, column->memory, piece, space, H5P_DEFAULT, values) >= 0;
        H5Sclose(piece);
        H5Sclose(space);
    }
    if (dataset >= 0)
        H5Dclose(dataset);
    if (done)
        return STATUS_OK;
    return fail(why, fits ? STATUS_IO : STATUS_BAD_INPUT, "%s: /%s cannot take these windows%s",
                file->path, column->path, fits ? "" : ", they have another shape");
}

/* The columns of a kind, by name.  Sizes behind the first are filled in where they are known. */
static struct column tensor_column(enum windows_kind kind, size_t rows, size_t channels) {
    struct column column = {.rank = kind == WINDOWS_PILEUP ? 3 : 4};
    snprintf(column.path, sizeof column.path, "%s/tensor", groups[kind]);
    if (kind == WINDOWS_PILEUP) {
        column.stored = H5T_STD_I32LE;
        column.memory = H5T_NATIVE_INT32;
        column.sizes[1] = WINDOW_WIDTH;
        column.sizes[2] = PILEUP_CHANNELS;
    } else {
        column.stored = column.memory = H5T_NATIVE_INT8;
        column.sizes[1] = rows;
        column.sizes[2] = WINDOW_WIDTH;
        column.sizes[3] = channels;
    }
    return column;
}

static struct column text_column(const struct windows_file *file, enum windows_kind kind,
                                 const char *name) {
    struct column column = {.stored = file->text, .memory = file->text, .rank = 1};
    snprintf(column.path, sizeof column.path, "%s/%s", groups[kind], name);
    return column;
}

static struct column probability_column(enum windows_kind kind, size_t outputs) {
    struct column column = {
        .stored = H5T_IEEE_F32LE, .memory = H5T_NATIVE_FLOAT, .rank = 2, .sizes = {0, outputs}};
    snprintf(column.path, sizeof column.path, "%s/probabilities", groups[kind]);
    return column;
}

int windows_file_append(struct windows_file *file, enum windows_kind kind,
                        const struct windows_rows *rows, struct failure *why) {
    if (rows->count == 0)
        return STATUS_OK;
    struct column tensor = tensor_column(kind, rows->rows, rows->channels);
    struct column position = text_column(file, kind, "position");
    struct column alt_info = text_column(file, kind, "alt_info");
    struct column probabilities = probability_column(kind, rows->outputs);
    int status = append(file, &tensor, rows->count, rows->tensor, why);
    if (status == STATUS_OK)
        status = append(file, &position, rows->count, rows->positions, why);
    if (status == STATUS_OK)
        status = append(file, &alt_info, rows->count, rows->alt_infos, why);
    if (status == STATUS_OK && rows->probabilities != NULL)
        status = append(file, &probabilities, rows->count, rows->probabilities, why);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Sizes of a dataset; false where it is absent or of another rank. */
static bool sizes_of(struct windows_file *file, const struct column *column, hsize_t sizes[4]) {
    hid_t dataset =
        hdf5_has(file->file, column->path) ? H5Dopen2(file->file, column->path, H5P_DEFAULT) : -1;
    if (dataset < 0)
        return false;
    hid_t space = H5Dget_space(dataset);
    bool fits = H5Sget_simple_extent_ndims(space) == column->rank &&
                H5Sget_simple_extent_dims(space, sizes, NULL) >= 0;
    H5Sclose(space);
    H5Dclose(dataset);
    return fits;
}

int windows_file_shape(struct windows_file *file, enum windows_kind kind,
                       struct windows_shape *shape, struct failure *why) {
    *shape = (struct windows_shape){0};
    hsize_t sizes[4] = {0};
    struct column tensor = tensor_column(kind, 0, 0), answers = probability_column(kind, 0);
    if (!hdf5_has(file->file, tensor.path))
        return STATUS_OK;
    if (!sizes_of(file, &tensor, sizes))
        return fail(why, STATUS_BAD_INPUT, "%s: /%s is no array of %d axes", file->path,
                    tensor.path, tensor.rank);
    bool pileup = kind == WINDOWS_PILEUP;
    if (sizes[pileup ? 1 : 2] != WINDOW_WIDTH || (pileup && sizes[2] != PILEUP_CHANNELS))
        return fail(why, STATUS_BAD_INPUT, "%s: windows of /%s have another shape", file->path,
                    tensor.path);
    shape->count = (size_t)sizes[0];
    shape->rows = (size_t)sizes[1];
    shape->channels = (size_t)sizes[pileup ? 2 : 3];
    if (sizes_of(file, &answers, sizes) && sizes[0] == shape->count)
        shape->outputs = (size_t)sizes[1];
    return STATUS_OK;
}

static int read_piece(struct windows_file *file, struct column *column, size_t first, size_t count,
                      void *values, struct failure *why) {
    hsize_t sizes[4] = {0}, start[4] = {first};
    if (!sizes_of(file, column, sizes) || first > sizes[0] || count > sizes[0] - first)
        return fail(why, STATUS_BAD_INPUT, "%s: /%s has no windows %zu to %zu", file->path,
                    column->path, first, first + count);
    sizes[0] = count;
    hid_t dataset = H5Dopen2(file->file, column->path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset), piece = H5Screate_simple(column->rank, sizes, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, sizes, NULL);
    herr_t done = H5Dread(dataset, column->memory, piece, space, H5P_DEFAULT, values);
    H5Sclose(piece);
    H5Sclose(space);
    H5Dclose(dataset);
    return done < 0 ? fail(why, STATUS_BAD_INPUT, "%s: /%s cannot be read: damaged?", file->path,
                           column->path)
                    : STATUS_OK;
}

/* HDF5 hands out memory of its own; callers of ours use free(). */
static int read_texts(struct windows_file *file, enum windows_kind kind, const char *name,
                      size_t first, size_t count, char **texts, struct failure *why) {
    struct column column = text_column(file, kind, name);
    memset(texts, 0, count * sizeof *texts);
    int status = read_piece(file, &column, first, count, texts, why);
    for (size_t t = 0; t < count; t++) {
        char *copy = texts[t] == NULL ? NULL : strdup(texts[t]);
        if (texts[t] != NULL && copy == NULL)
            status = fail(why, STATUS_NO_MEMORY, "no memory for texts of %s", file->path);
        H5free_memory(texts[t]);
        texts[t] = copy;
    }
    return status;
}

int windows_file_read(struct windows_file *file, enum windows_kind kind, size_t first, size_t count,
                      void *tensor, char **positions, char **alt_infos, float *probabilities,
                      struct failure *why) {
    struct column tensors = tensor_column(kind, 0, 0), answers = probability_column(kind, 0);
    int status = read_piece(file, &tensors, first, count, tensor, why);
    if (status == STATUS_OK && positions != NULL)
        status = read_texts(file, kind, "position", first, count, positions, why);
    if (status == STATUS_OK && alt_infos != NULL)
        status = read_texts(file, kind, "alt_info", first, count, alt_infos, why);
    if (status == STATUS_OK && probabilities != NULL)
        status = read_piece(file, &answers, first, count, probabilities, why);
    return status;
}
