/* SPDX-License-Identifier: MIT
 *
 * The few things that our HDF5 files are made of: texts as attributes, arrays as datasets.
 * Identifiers are HDF5's own (hid_t, a 64-bit number). */
#ifndef ADAPTERS_HDF5_VALUES_H
#define ADAPTERS_HDF5_VALUES_H

#include "core/networks/weights.h"
#include <stdbool.h>
#include <stdint.h>

/* An array as stored, read as float32. */
struct array {
    size_t rank, count;
    size_t shape[TENSOR_RANK_MAX];
    float *values;
};

/* Keeps HDF5 from writing its own messages to stderr; every opening calls it. */
void hdf5_quiet(void);

/* Opens for reading; negative with a sentence where it is no HDF5 file. */
int64_t hdf5_open(const char *path, struct failure *why);
void hdf5_close(int64_t file);

/* Is there an object at that path, every group on the way included? */
bool hdf5_has(int64_t location, const char *path);

/* The text of an attribute of the object at `path`; false where there is none. */
bool hdf5_get_text(int64_t location, const char *path, const char *name, char *text, size_t size);
int hdf5_put_text(int64_t location, const char *name, const char *text, struct failure *why);

/* The integer of an attribute; false where there is none. */
bool hdf5_get_integer(int64_t location, const char *path, const char *name, int64_t *value);
int hdf5_put_integer(int64_t location, const char *name, int64_t value, struct failure *why);

/* IEEE binary16, little-endian, as a type of HDF5 (hid_t), which 1.10 has no name for.  The caller
 * closes it with H5Tclose(). */
int64_t hdf5_float16(void);

/* A dataset of floats of any size; values are the caller's to free(). */
int hdf5_read_array(int64_t location, const char *path, struct array *array, struct failure *why);

/* Names of the links of a group, in no order, one per call of `each`; stops where it returns
 * other than STATUS_OK, and returns that. */
int hdf5_each_name(int64_t location, const char *path,
                   int (*each)(void *user, const char *name, struct failure *why), void *user,
                   struct failure *why);

#endif
