/* SPDX-License-Identifier: MIT
 *
 * HDF5's many calls for a few plain things. */
#include "adapters/hdf5_values.h"

#include "core/networks/elements.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_LENGTH = 1024, ARRAY_COUNT_MAX = 1 << 27 };

void hdf5_quiet(void) {
    H5dont_atexit(); /* what a failed write left open would trip the library's exit handler */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

int64_t hdf5_open(const char *path, struct failure *why) {
    hdf5_quiet();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        fail(why, STATUS_BAD_INPUT, "this is no HDF5 file, or it is damaged");
    return file;
}

void hdf5_close(int64_t file) {
    if (file >= 0)
        H5Fclose(file);
}

bool hdf5_has(int64_t location, const char *path) {
    char part[PATH_MAX_LENGTH];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return false;
    /* HDF5 wants every group on the way to exist before it is asked about the next. */
    for (size_t end = 1; end <= length; end++)
        if (path[end] == '/' || path[end] == '\0') {
            memcpy(part, path, end);
            part[end] = '\0';
            if (H5Lexists(location, part, H5P_DEFAULT) <= 0)
                return false;
        }
    return true;
}

static hid_t open_attribute(int64_t location, const char *path, const char *name) {
    if (strcmp(path, ".") != 0 && !hdf5_has(location, path))
        return -1;
    if (H5Aexists_by_name(location, path, name, H5P_DEFAULT) <= 0)
        return -1;
    return H5Aopen_by_name(location, path, name, H5P_DEFAULT, H5P_DEFAULT);
}

/* Text may be stored with a length of its own or in a fixed number of bytes. */
static bool read_text(hid_t attribute, hid_t type, char *text, size_t size) {
    bool done = false;
    if (H5Tis_variable_str(type) > 0) {
        char *stored = NULL;
        if (H5Aread(attribute, type, &stored) >= 0 && stored != NULL) {
            size_t length = strnlen(stored, size - 1);
            memcpy(text, stored, length);
            text[length] = '\0';
            done = true;
            H5free_memory(stored);
        }
        return done;
    }
    size_t stored_size = H5Tget_size(type);
    char *stored = stored_size > 0 && stored_size < (1 << 20) ? calloc(1, stored_size + 1) : NULL;
    if (stored != NULL && H5Aread(attribute, type, stored) >= 0) {
        size_t length = strnlen(stored, size - 1);
        memcpy(text, stored, length);
        text[length] = '\0';
        done = true;
    }
    free(stored);
    return done;
}

bool hdf5_get_text(int64_t location, const char *path, const char *name, char *text, size_t size) {
    hid_t attribute = open_attribute(location, path, name);
    if (attribute < 0)
        return false;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool done = H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1 &&
                read_text(attribute, type, text, size);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return done;
}

/* Creates and writes a scalar attribute. */
static int put(int64_t location, const char *name, hid_t type, const void *value,
               struct failure *why) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(location, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t written = attribute < 0 ? -1 : H5Awrite(attribute, type, value);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return written < 0 ? fail(why, STATUS_IO, "attribute %s cannot be written", name) : STATUS_OK;
}

int hdf5_put_text(int64_t location, const char *name, const char *text, struct failure *why) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    int status = put(location, name, type, text, why);
    H5Tclose(type);
    return status;
}

bool hdf5_get_integer(int64_t location, const char *path, const char *name, int64_t *value) {
    hid_t attribute = open_attribute(location, path, name);
    if (attribute < 0)
        return false;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool done = H5Tget_class(type) == H5T_INTEGER && H5Sget_simple_extent_npoints(space) == 1 &&
                H5Aread(attribute, H5T_NATIVE_INT64, value) >= 0;
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return done;
}

int hdf5_put_integer(int64_t location, const char *name, int64_t value, struct failure *why) {
    return put(location, name, H5T_NATIVE_INT64, &value, why);
}

int64_t hdf5_float16(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

/* HDF5 converts float16 bit by bit, which would take half of a short run.  So it is read as it is
 * stored, into the second half of the room, and widened from the front: what is written never
 * reaches what is still to be read. */
static herr_t read_floats(hid_t dataset, hid_t stored, float *values, size_t count) {
    hid_t float16 = hdf5_float16();
    herr_t done;
    if (H5Tequal(stored, float16) > 0) {
        uint8_t *halves = (uint8_t *)(values + count) - 2 * count;
        done = H5Dread(dataset, float16, H5S_ALL, H5S_ALL, H5P_DEFAULT, halves);
        for (size_t i = 0; i < count && done >= 0; i++)
            values[i] = element_read(ELEMENT_FLOAT16, halves + 2 * i);
    } else {
        done = H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    }
    H5Tclose(float16);
    return done;
}

static int read_array(hid_t dataset, hid_t type, const hsize_t *sizes, size_t rank,
                      const char *path, struct array *array, struct failure *why) {
    *array = (struct array){.rank = rank, .count = 1};
    for (size_t axis = 0; axis < array->rank; axis++) {
        if (sizes[axis] == 0 || sizes[axis] > ARRAY_COUNT_MAX / array->count)
            return fail(why, STATUS_BAD_INPUT, "%s has an impossible size", path);
        array->shape[axis] = (size_t)sizes[axis];
        array->count *= array->shape[axis];
    }
    array->values = malloc(array->count * sizeof *array->values);
    if (array->values == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory for %s", path);
    if (read_floats(dataset, type, array->values, array->count) < 0) {
        free(array->values);
        array->values = NULL;
        return fail(why, STATUS_BAD_INPUT, "%s cannot be read: damaged?", path);
    }
    return STATUS_OK;
}

static int read_values(hid_t dataset, const char *path, struct array *array, struct failure *why) {
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    hsize_t sizes[TENSOR_RANK_MAX] = {0};
    int rank = H5Sget_simple_extent_ndims(space), status = STATUS_OK;
    if (H5Tget_class(type) != H5T_FLOAT || rank < 0 || rank > TENSOR_RANK_MAX)
        status =
            fail(why, STATUS_BAD_INPUT, "%s is not an array of floats of up to four axes", path);
    else
        H5Sget_simple_extent_dims(space, sizes, NULL);
    H5Sclose(space);
    if (status == STATUS_OK)
        status = read_array(dataset, type, sizes, (size_t)rank, path, array, why);
    H5Tclose(type);
    return status;
}

int hdf5_read_array(int64_t location, const char *path, struct array *array, struct failure *why) {
    hid_t dataset = hdf5_has(location, path) ? H5Dopen2(location, path, H5P_DEFAULT) : -1;
    if (dataset < 0)
        return fail(why, STATUS_BAD_INPUT, "there is no array %s", path);
    int status = read_values(dataset, path, array, why);
    H5Dclose(dataset);
    return status;
}

int hdf5_each_name(int64_t location, const char *path,
                   int (*each)(void *user, const char *name, struct failure *why), void *user,
                   struct failure *why) {
    hid_t group = H5Gopen2(location, path, H5P_DEFAULT);
    H5G_info_t info;
    if (group < 0 || H5Gget_info(group, &info) < 0) {
        if (group >= 0)
            H5Gclose(group);
        return fail(why, STATUS_BAD_INPUT, "there is no group %s", path);
    }
    int status = STATUS_OK;
    for (hsize_t i = 0; i < info.nlinks && status == STATUS_OK; i++) {
        char name[PATH_MAX_LENGTH];
        ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                            sizeof name, H5P_DEFAULT);
        if (length <= 0 || (size_t)length >= sizeof name)
            status = fail(why, STATUS_BAD_INPUT, "group %s has an entry without a name", path);
        else
            status = each(user, name, why);
    }
    H5Gclose(group);
    return status;
}
