/* SPDX-License-Identifier: MIT
 *
 * The temporary folder of a call of several passes. */
#ifndef PLUGIN_HOST_CALL_FOLDER_H
#define PLUGIN_HOST_CALL_FOLDER_H

#include "core/status.h"

#include <stddef.h>

/* Makes a folder in $TMPDIR, or beside `output`, where there must be room anyway, and writes its
 * path to `folder`, which is "" after a failure. */
int call_folder_make(char *folder, size_t size, const char *output, struct failure *why);

/* Removes what a call leaves there, and the folder; `folder` is the path, "" where there is none,
 * and "" behind.  Fit for a signal's last act: no memory is asked for. */
void call_folder_remove(void *folder);

#endif
