/* SPDX-License-Identifier: MIT
 *
 * Finds models by name on the search path. */
#ifndef PLUGIN_HOST_MODEL_SEARCH_H
#define PLUGIN_HOST_MODEL_SEARCH_H

#include <stddef.h>

/* As struct runnel_models.find of the contract.  A name without '/' is a file of that name here,
 * else a model on the search path, else a folder here, or the TensorFlow checkpoint NAME.index. */
int models_find(const char *name, char *path, size_t size);

#endif
