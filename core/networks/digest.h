/* SPDX-License-Identifier: MIT
 *
 * SHA-256 (FIPS 180-4): a name for the weights of a model. */
#ifndef CORE_NETWORKS_DIGEST_H
#define CORE_NETWORKS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_TEXT = 64 + 1 }; /* hexadecimal, with the closing NUL */

struct digest {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t size);
void digest_end(struct digest *digest, char text[DIGEST_TEXT]);

#endif
