/* SPDX-License-Identifier: MIT
 *
 * The header of a VCF or gVCF from the facts of a stream of calls. */
#ifndef PLUGIN_VCF_HEADER_H
#define PLUGIN_VCF_HEADER_H

#include "core/calls/text.h"
#include "plugin/streams.h"

struct vcf_header {
    const char *version; /* of the host; NULL: neither version nor command line */
    const char *command; /* NULL: not known */
    const char *sample;  /* NULL: what the stream says */
    bool non_ref;        /* of a gVCF */
    bool live;           /* INFO has STATE, REV and LOOKS */
    bool phased;         /* FORMAT has PS */
};

int vcf_header_append(struct text *out, const struct vcf_header *header,
                      const struct runnel_batch *open, const struct stream_contigs *contigs,
                      struct failure *why);

#endif
