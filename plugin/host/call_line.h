/* SPDX-License-Identifier: MIT
 *
 * What `runnel call` was asked for, and the line that does it. */
#ifndef PLUGIN_HOST_CALL_LINE_H
#define PLUGIN_HOST_CALL_LINE_H

#include "plugin/host/options.h"

#include <stdbool.h>

struct call_request {
    const char *reference, *reads;
    char output[4096];
    char regions[8192];      /* separated by blanks; "": everywhere */
    const char *output_type; /* NULL: by the name */
    const char *bed, *model, *platform, *sample, *report, *gvcf; /* NULL: not given */
    int64_t threads, qual;
    bool ref_calls, no_version, verbose, quiet, compatible;
    const struct options *options; /* for what stages are told by the same names */
    int argc;                      /* for the header */
    char **argv;
};

int call_run(const struct call_request *request, struct failure *why);

#endif
