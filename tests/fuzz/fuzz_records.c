/* SPDX-License-Identifier: MIT
 *
 * The readers of texts from outside in core/calls; the first byte says which. */
#include "core/calls/position.h"
#include "core/calls/record.h"
#include "core/calls/select.h"
#include "core/calls/site.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_record(const char *bytes, size_t length) {
    char *line = malloc(length + 1);
    struct call call = {0};
    struct text out = {0};
    if (line == NULL)
        return;
    memcpy(line, bytes, length);
    line[length] = '\0';
    if (record_parse(&call, "c", line, NULL) == STATUS_OK) {
        record_append(&out, &call, RECORD_PLAIN);
        record_append(&out, &call, RECORD_NON_REF);
    }
    call_free(&call);
    text_free(&out);
    free(line);
}

static void try_site(const char *bytes, size_t length) {
    struct site site;
    struct text out = {0};
    if (site_read(&site, bytes, length, NULL) == STATUS_OK) {
        for (size_t i = 1; site_alt(&site, i).bytes; i++)
            continue;
        site_append_uncalled(&out, bytes, length);
    }
    text_free(&out);
}

static void try_counts(const char *bytes, size_t length) {
    struct select_counts *counts = calloc(1, sizeof *counts);
    struct text out = {0};
    if (counts && select_read_counts(counts, bytes, length, NULL) == STATUS_OK)
        select_append_counts(&out, counts);
    text_free(&out);
    free(counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const char *bytes = (const char *)data + 1;
    struct position position;
    switch (data[0] % 4) {
    case 0:
        try_record(bytes, size - 1);
        break;
    case 1:
        try_site(bytes, size - 1);
        break;
    case 2:
        try_counts(bytes, size - 1);
        break;
    default:
        position_read(&position, bytes, size - 1, NULL);
    }
    return 0;
}
