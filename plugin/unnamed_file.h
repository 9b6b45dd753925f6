/* SPDX-License-Identifier: MIT
 *
 * A file without a name, for what does not fit the memory: it is gone with who opened it, however
 * that ends. */
#ifndef PLUGIN_UNNAMED_FILE_H
#define PLUGIN_UNNAMED_FILE_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* A descriptor that the caller closes; -1 on failure.  `folder`: where it is made; NULL: where
 * temporary files are (TMPDIR, or /tmp). */
int unnamed_file(const char *folder, struct failure *why);

/* All of `size` bytes, from `offset` on. */
int unnamed_file_write(int file, const void *bytes, size_t size, int64_t offset,
                       struct failure *why);
int unnamed_file_read(int file, void *bytes, size_t size, int64_t offset, struct failure *why);

#endif
