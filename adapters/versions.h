/* SPDX-License-Identifier: MIT
 *
 * Versions of the libraries at run time.  Each writes into `text` and returns it. */
#ifndef ADAPTERS_VERSIONS_H
#define ADAPTERS_VERSIONS_H

#include <stddef.h>

const char *htslib_version(char *text, size_t size);
const char *hdf5_version(char *text, size_t size);
const char *zeromq_version(char *text, size_t size);

#endif
