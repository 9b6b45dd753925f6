/* SPDX-License-Identifier: MIT
 *
 * Versions, and the folders that the build configured (relative to the executable's). */
#ifndef PLUGIN_HOST_VERSION_H
#define PLUGIN_HOST_VERSION_H

#include <stdio.h>

#ifndef RUNNEL_VERSION
#error "the build gives RUNNEL_VERSION, RUNNEL_PLUGIN_FOLDER and RUNNEL_MODEL_FOLDER"
#endif

void print_versions(FILE *out); /* ours and the libraries', a line each */

#endif
