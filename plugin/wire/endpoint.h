/* SPDX-License-Identifier: MIT
 *
 * Sockets with the rules of address.h and the keys of keys.h applied: the one way in which commands
 * and stages bind or connect. */
#ifndef PLUGIN_WIRE_ENDPOINT_H
#define PLUGIN_WIRE_ENDPOINT_H

#include "adapters/curve.h"
#include "adapters/sockets.h"

/* What the user said; NULL where nothing. */
struct endpoint_security {
    const char *key;        /* our key file */
    const char *allow;      /* bound side: file of the public keys that are let in */
    const char *server_key; /* connecting side: file with the public key of the bound side */
    bool insecure;          /* go without keys where they would be needed */
};

struct endpoint {
    struct sockets *sockets;
    struct curve_gate *gate; /* of the bound side, where there are keys */
    struct socket_keys keys;
    bool bind, guarded, insecure;
};

/* Reads the keys and, on the bound side, has the gate running before anything is bound. */
int endpoint_new(struct endpoint *endpoint, const struct endpoint_security *security, bool bind,
                 struct failure *why);

/* Opens a socket at an address that may be used; addresses are checked here. */
int endpoint_open(struct endpoint *endpoint, enum socket_role role, const char *address,
                  struct socket_end **end, struct failure *why);

void endpoint_free(struct endpoint *endpoint); /* after its sockets are closed */

#endif
