/* SPDX-License-Identifier: MIT
 *
 * Where things are, and may be put.  The folders of plugins and of models are found from the place
 * of the running executable, so that an installed tree works wherever it is put. */
#ifndef PLUGIN_HOST_PATHS_H
#define PLUGIN_HOST_PATHS_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { PATHS_MAX = 16, PATH_TEXT_MAX = 4096 };

bool path_exists(const char *path);

/* A regular file, or what can be read as one; no folder. */
bool path_is_file(const char *path);

/* A file that can be read again and again (links followed). */
bool path_is_regular(const char *path);

/* For a command with `count` outputs and some inputs (NULL: not asked for): fails where an output
 * or an index that may come beside it is an input or its index, or another output, or would become
 * it: links are followed. */
int paths_keep_apart(const char *const *outputs, size_t count, const char *const *inputs,
                     size_t input_count, struct failure *why);

/* Before a long work: whether a file of this name could be written at its end.  NULL and "-" always
 * can. */
int paths_can_write(const char *path, struct failure *why);

/* Folders to look for plugins in, in order: those of RUNNEL_PLUGIN_PATH (separated by ':'), then
 * ours.  Returns how many. */
size_t plugin_folders(char folders[PATHS_MAX][PATH_TEXT_MAX]);

/* The same for models: RUNNEL_MODEL_PATH, then ours. */
size_t model_folders(char folders[PATHS_MAX][PATH_TEXT_MAX]);

#endif
