/* SPDX-License-Identifier: MIT
 *
 * Weights from Keras HDF5 files, of Keras 2 (save_weights, or a whole model) and Keras 3
 * (*.weights.h5): spec networks, 4.2 and 4.4.  One file holds one network. */
#ifndef ADAPTERS_KERAS_FILE_H
#define ADAPTERS_KERAS_FILE_H

#include "core/networks/weights.h"
#include <stdint.h>

/* `file` is an open HDF5 file (hdf5_values.h).  The result has PyTorch's names and order of
 * axes and is the caller's; NULL with a sentence that names layer or tensor. */
struct weights *keras_file_read(int64_t file, struct failure *why);

#endif
