/* SPDX-License-Identifier: MIT
 *
 * Batches as Arrow's encapsulated IPC messages (the "Columnar Format" specification), as bytes that
 * can travel: a schema message, and record batches after it.  What pyarrow calls schema.serialize()
 * and batch.serialize().  Metadata version 5, little-endian, no compression, no dictionaries; the
 * column types of arrow_table.h and no others. */
#ifndef ADAPTERS_ARROW_WRITER_H
#define ADAPTERS_ARROW_WRITER_H

#include "adapters/arrow_abi.h"
#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* A schema of a struct of columns, with its metadata.  *bytes is the caller's to free. */
int arrow_write_schema(uint8_t **bytes, size_t *size, const struct ArrowSchema *schema,
                       struct failure *why);

/* The rows of a batch of that schema, a slice as well. */
int arrow_write_batch(uint8_t **bytes, size_t *size, const struct ArrowSchema *schema,
                      const struct ArrowArray *array, struct failure *why);

#endif
