/* SPDX-License-Identifier: MIT
 *
 * The present state of a live run as a VCF, whole and valid whenever somebody looks. */
#ifndef PLUGIN_PRESENT_VCF_H
#define PLUGIN_PRESENT_VCF_H

#include "core/calls/text.h"
#include "plugin/site_table.h"
#include "plugin/streams.h"

/* Puts the sites that are shown, sorted, in the place of the file; INFO has STATE, REV and LOOKS,
 * which `header` (vcf_header.h, live) describes. */
int present_vcf_write(const char *path, const struct text *header, struct site_table *sites,
                      const struct stream_contigs *contigs, struct failure *why);

#endif
