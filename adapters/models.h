/* SPDX-License-Identifier: MIT
 *
 * Opens a model from whatever a user has: our own HDF5 file, Keras HDF5 (2 and 3), a TensorFlow
 * checkpoint (its prefix, or PREFIX.index), PyTorch's .pt, or a folder that holds pileup.* and
 * full_alignment.* of any of these.  What a file is is told from its bytes.
 *
 * Our own file, the canonical form (spec networks, 4.1 for names and shapes):
 *
 *     /                 attributes format "runnel.model/1", digest, platform, provenance
 *     /pileup/NAME      one dataset per tensor, float32 or float16
 *     /full_alignment/NAME    the same; attributes padding ("symmetric" or
 *                             "same") and, where the platform is known, rows
 *
 * Either group may be absent.  The digest (core/networks/model.h) is compared on opening. */
#ifndef ADAPTERS_MODELS_H
#define ADAPTERS_MODELS_H

#include "core/networks/model.h"
#include <stdbool.h>

/* Opens `path` into *model, which is the caller's (model_free).  On failure *model is NULL and
 * the sentence names the file and, where there is one, the tensor. */
int model_open(const char *path, struct model **model, struct failure *why);

/* Writes our own form to `path`, which appears only when it is whole.  With `half`, values are
 * rounded to float16 and the digest is that of the rounded ones. */
int model_save(const struct model *model, const char *path, bool half, struct failure *why);

#endif
