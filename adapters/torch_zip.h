/* SPDX-License-Identifier: MIT
 *
 * Weights from PyTorch's .pt container (spec networks, 5): a ZIP archive with a pickled
 * dictionary of tensors.  The pickle is read by a machine that knows tuples, lists,
 * dictionaries, numbers and tensors, and that never calls anything; whatever else a file
 * asks for is skipped where it does not matter and refused where it does. */
#ifndef ADAPTERS_TORCH_ZIP_H
#define ADAPTERS_TORCH_ZIP_H

#include "core/networks/weights.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does it begin like a ZIP archive, or like the older form that is refused? */
bool torch_zip_sniff(const uint8_t *bytes, size_t size);

/* The file's tensors, with `module.` stripped and counters left out; NULL with a sentence that
 * names the tensor where one is damaged.  The result is the caller's. */
struct weights *torch_zip_read(const uint8_t *bytes, size_t size, struct failure *why);

#endif
