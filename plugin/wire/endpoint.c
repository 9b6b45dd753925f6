/* SPDX-License-Identifier: MIT
 *
 * Keys, gate, socket: in this order. */
#include "plugin/wire/endpoint.h"

#include "plugin/wire/address.h"
#include "plugin/wire/frame.h"
#include "plugin/wire/keys.h"

#include <stdlib.h>
#include <string.h>

/* Messages that may wait for a peer, or from it; credit keeps honest ones far below. */
enum { QUEUE_MAX = 128 };

static int let_in(struct endpoint *endpoint, const char *allow, struct failure *why) {
    char(*list)[SOCKET_KEY_SIZE] = NULL;
    size_t count = 0;
    if (keys_read_list(&list, &count, allow, why) == STATUS_OK)
        curve_gate_new(&endpoint->gate, endpoint->sockets, (const char(*)[SOCKET_KEY_SIZE])list,
                       count, why);
    free(list);
    return why->code;
}

static int read_server_key(struct endpoint *endpoint, const char *path, struct failure *why) {
    char(*list)[SOCKET_KEY_SIZE] = NULL;
    size_t count = 0;
    if (keys_read_list(&list, &count, path, why) == STATUS_OK && count > 1)
        fail(why, STATUS_BAD_INPUT, "%s has several keys; the service's alone is wanted", path);
    if (why->code == STATUS_OK)
        memcpy(endpoint->keys.server_key, list[0], SOCKET_KEY_SIZE);
    free(list);
    return why->code;
}

int endpoint_new(struct endpoint *endpoint, const struct endpoint_security *security, bool bind,
                 struct failure *why) {
    const char *other = bind ? security->allow : security->server_key;
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->bind = bind;
    endpoint->insecure = security->insecure;
    endpoint->guarded = security->key != NULL;
    if ((security->key == NULL) != (other == NULL))
        return fail(why, STATUS_BAD_INPUT, "%s",
                    bind ? "key and allow go together: our key, and the keys that are let in"
                         : "key and server-key go together: our key, and that of the other side");
    if (sockets_new(&endpoint->sockets, 1, why) != STATUS_OK)
        return why->code;
    if (endpoint->guarded && keys_read(&endpoint->keys, security->key, why) == STATUS_OK) {
        if (bind)
            let_in(endpoint, security->allow, why);
        else
            read_server_key(endpoint, security->server_key, why);
    }
    if (why->code != STATUS_OK)
        endpoint_free(endpoint);
    return why->code;
}

int endpoint_open(struct endpoint *endpoint, enum socket_role role, const char *address,
                  struct socket_end **end, struct failure *why) {
    if (address_check(address, endpoint->bind, endpoint->guarded, endpoint->insecure, why) !=
        STATUS_OK)
        return why->code;
    const struct socket_setup setup = {.role = role,
                                       .address = address,
                                       .bind = endpoint->bind,
                                       .message_max = FRAME_PAYLOAD_MAX,
                                       .queue_max = QUEUE_MAX,
                                       .keys = endpoint->guarded ? &endpoint->keys : NULL};
    return socket_open(end, endpoint->sockets, &setup, why);
}

void endpoint_free(struct endpoint *endpoint) {
    curve_gate_free(endpoint->gate);
    sockets_free(endpoint->sockets);
    memset(endpoint, 0, sizeof *endpoint);
}
