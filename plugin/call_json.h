/* SPDX-License-Identifier: MIT
 *
 * A row of runnel.calls/1, or of another stream, as a JSON object with the names of STREAMS.md. */
#ifndef PLUGIN_CALL_JSON_H
#define PLUGIN_CALL_JSON_H

#include "core/calls/text.h"
#include "plugin/streams.h"

/* Appends one line.  The batch has passed stream_check for the stream. */
void row_json_append(struct text *out, const struct stream *stream,
                     const struct runnel_batch *batch, int64_t row);
void call_json_append(struct text *out, const struct runnel_batch *batch, int64_t row);

#endif
