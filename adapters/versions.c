/* SPDX-License-Identifier: MIT
 *
 * Asks each library for its version; linked by the host only, which has them all anyway. */
#include "adapters/versions.h"

#include <hdf5.h>
#include <htslib/hts.h>
#include <stdio.h>
#include <zmq.h>

const char *htslib_version(char *text, size_t size) {
    snprintf(text, size, "%s", hts_version());
    return text;
}

const char *hdf5_version(char *text, size_t size) {
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "%u.%u.%u", major, minor, release);
    return text;
}

const char *zeromq_version(char *text, size_t size) {
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    snprintf(text, size, "%d.%d.%d", major, minor, patch);
    return text;
}
