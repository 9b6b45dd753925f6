/* SPDX-License-Identifier: MIT
 *
 * Records as core writes them, with a little more in INFO. */
#include "plugin/present_vcf.h"

#include "adapters/vcf.h"
#include "core/calls/record.h"

#include <stdlib.h>
#include <string.h>

enum { TABS_BEFORE_FORMAT = 8 };

/* The record, with STATE, REV and LOOKS behind what INFO has. */
static void append_record(struct text *lines, const struct revised_site *site) {
    struct text record = {0};
    record_append(&record, &site->call, RECORD_PLAIN);
    const char *format = text_bytes(&record);
    for (int tab = 0; tab < TABS_BEFORE_FORMAT && !record.failed; tab++)
        format = strchr(format + 1, '\t');
    if (record.failed) {
        lines->failed = true;
    } else {
        text_append(lines, text_bytes(&record), (size_t)(format - text_bytes(&record)));
        text_append_string(lines, ";STATE=");
        text_append_string(lines, site_state_text(site->state));
        text_append_string(lines, ";REV=");
        text_append_integer(lines, site->revision);
        text_append_string(lines, ";LOOKS=");
        text_append_integer(lines, site->looks);
        text_append_string(lines, format);
    }
    text_free(&record);
}

int present_vcf_write(const char *path, const struct text *header, struct site_table *sites,
                      const struct stream_contigs *contigs, struct failure *why) {
    struct text lines = {0};
    site_table_sort(sites);
    for (size_t i = 0; i < sites->count; i++) {
        struct table_site *site = sites->sites[i];
        if (!site->shown)
            continue;
        site->revised.call.contig = contigs->names[site->contig];
        append_record(&lines, &site->revised);
    }
    struct vcf_writer *writer = NULL;
    int status =
        lines.failed ? fail(why, STATUS_NO_MEMORY, "out of memory for VCF records") : STATUS_OK;
    if (status == STATUS_OK &&
        (writer = vcf_writer_open(path, vcf_kind_of_name(path), header, why)) == NULL)
        status = why->code;
    if (status == STATUS_OK)
        status = vcf_writer_write(writer, text_bytes(&lines), lines.length, why);
    if (status == STATUS_OK)
        status = vcf_writer_commit(writer, why);
    vcf_writer_free(writer);
    text_free(&lines);
    return status;
}
