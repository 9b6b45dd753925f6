/* SPDX-License-Identifier: MIT
 *
 * `runnel --version`: ours and the libraries' versions, for bug reports. */
#include "plugin/host/version.h"

#include "adapters/versions.h"
#include "plugin/runnel_plugin.h"

void print_versions(FILE *out) {
    char text[64];
    fprintf(out, "runnel %s\nplugin ABI %u\n", RUNNEL_VERSION, RUNNEL_ABI_VERSION);
    fprintf(out, "htslib %s\n", htslib_version(text, sizeof text));
    fprintf(out, "HDF5 %s\n", hdf5_version(text, sizeof text));
    fprintf(out, "ZeroMQ %s\n", zeromq_version(text, sizeof text));
}
