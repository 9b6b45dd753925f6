/* SPDX-License-Identifier: MIT
 *
 * Arrow's encapsulated IPC messages back to the C structs: what arrow_writer.h writes, and what
 * pyarrow's schema.serialize() and batch.serialize() give for the same types of columns.
 *
 * The bytes may be a stranger's: every place, size and offset is checked before it is used, no more
 * memory is taken than the message itself has, fields that a later version of the format may add
 * are skipped, and what is understood but not supported is refused with a sentence. */
#ifndef ADAPTERS_ARROW_READER_H
#define ADAPTERS_ARROW_READER_H

#include "adapters/arrow_abi.h"
#include "core/status.h"

#include <stddef.h>

/* The message must fill `bytes` exactly; they are copied, and may lie unaligned.  The caller owns
 * what is made, and releases it by its own release function. */
int arrow_read_schema(struct ArrowSchema *out, const void *bytes, size_t size, struct failure *why);

/* Rows of a schema that arrow_read_schema gave (or arrow_schema_make). */
int arrow_read_batch(struct ArrowArray *out, const void *bytes, size_t size,
                     const struct ArrowSchema *schema, struct failure *why);

#endif
