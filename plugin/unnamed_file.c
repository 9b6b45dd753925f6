/* SPDX-License-Identifier: MIT
 *
 * A file is made under a name that is taken from it at once. */
#include "plugin/unnamed_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MAX_LENGTH = 4096 };

int unnamed_file(const char *folder, struct failure *why) {
    char path[PATH_MAX_LENGTH];
    const char *temporary = getenv("TMPDIR");
    if (folder == NULL)
        folder = temporary && *temporary ? temporary : "/tmp";
    snprintf(path, sizeof path, "%s/runnel-reads-XXXXXX", folder);
    int file = mkstemp(path);
    if (file < 0)
        fail(why, STATUS_IO, "%s: cannot be made: %s", path, strerror(errno));
    else
        unlink(path);
    return file;
}

int unnamed_file_write(int file, const void *bytes, size_t size, int64_t offset,
                       struct failure *why) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote =
            pwrite(file, (const char *)bytes + done, size - done, offset + (int64_t)done);
        if (wrote < 0 && errno != EINTR)
            return fail(why, STATUS_IO, "the temporary file of reads: %s", strerror(errno));
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return STATUS_OK;
}

int unnamed_file_read(int file, void *bytes, size_t size, int64_t offset, struct failure *why) {
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file, (char *)bytes + done, size - done, offset + (int64_t)done);
        if (got == 0)
            return fail(why, STATUS_IO, "the temporary file of reads is shorter than it was");
        if (got < 0 && errno != EINTR)
            return fail(why, STATUS_IO, "the temporary file of reads: %s", strerror(errno));
        done += got > 0 ? (size_t)got : 0;
    }
    return STATUS_OK;
}
