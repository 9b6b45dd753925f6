/* SPDX-License-Identifier: MIT
 *
 * Made with a name that nobody else has, removed file by file: what is not ours stays. */
#include "plugin/host/call_folder.h"

#include "plugin/host/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const FILES[] = {
    "calls.vcf.gz",       "calls.vcf.gz.tbi", "calls.vcf.gz.csi", "calls.vcf.gz.counts",
    "calls.vcf.gz.facts", "reads.bam",        "calls.blocks",     "phased.vcf.gz",
    "phased.vcf.gz.tbi",  "phased.vcf.gz.csi"};

int call_folder_make(char *folder, size_t size, const char *output, struct failure *why) {
    const char *slash = strrchr(output, '/'), *base = getenv("TMPDIR");
    if (base != NULL && *base != '\0')
        snprintf(folder, size, "%s/runnel-XXXXXX", base);
    else if (slash != NULL)
        snprintf(folder, size, "%.*s/runnel-XXXXXX", (int)(slash - output), output);
    else
        snprintf(folder, size, "./runnel-XXXXXX");
    if (mkdtemp(folder) != NULL)
        return STATUS_OK;
    fail(why, STATUS_IO, "no temporary folder %s can be made: %s (TMPDIR says where)", folder,
         strerror(errno));
    folder[0] = '\0';
    return STATUS_IO;
}

void call_folder_remove(void *folder) {
    char *path = folder, file[PATH_TEXT_MAX];
    if (path[0] == '\0')
        return;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        snprintf(file, sizeof file, "%s/%s", path, FILES[i]);
        unlink(file);
    }
    rmdir(path);
    path[0] = '\0';
}
