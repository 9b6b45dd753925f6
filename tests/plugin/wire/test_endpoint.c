/* SPDX-License-Identifier: MIT
 *
 * Who gets in: over real sockets of this machine, on ports that the system chooses. */
#include "plugin/wire/endpoint.h"

#include "plugin/wire/keys.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/endpoint-XXXXXX";
static struct failure why;

static void begin(void) {
    static const char *const NAMES[] = {"server", "friend", "other"};
    cr_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(keys_make(NAMES[i], &why), STATUS_OK);
}

static void end(void) {
    cr_expect_eq(system("rm -r \"$PWD\""), 0);
}

TestSuite(endpoint, .init = begin, .fini = end, .timeout = 60);

/* Whether a message of a client with these keys arrives, within a time that is long enough for one
 * that does. */
static bool gets_in(struct socket_end *server, const char *address,
                    const struct endpoint_security *security) {
    struct endpoint client;
    struct socket_end *end = NULL;
    struct socket_part parts[SOCKET_PARTS_MAX] = {{"hello", 5}};
    size_t count;
    bool arrived = false;
    cr_assert_eq(endpoint_new(&client, security, false, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(endpoint_open(&client, SOCKET_DEALER, address, &end, &why), STATUS_OK, "%s",
                 why.text);
    for (int tries = 0; tries < 50 && !arrived; tries++) {
        struct socket_wait wait = {.end = server};
        const struct socket_part hello = {"hello", 5};
        socket_send(end, &hello, 1);
        sockets_wait(&wait, 1, 20);
        arrived = socket_receive(server, parts, &count) && count == 2 && parts[1].size == 5;
    }
    socket_close(end);
    endpoint_free(&client);
    return arrived;
}

Test(endpoint, only_keys_on_the_list_get_in) {
    const struct endpoint_security ours = {.key = "server.key", .allow = "friend.pub"};
    const struct endpoint_security good = {.key = "friend.key", .server_key = "server.pub"};
    const struct endpoint_security random = {.key = "other.key", .server_key = "server.pub"};
    const struct endpoint_security misled = {.key = "friend.key", .server_key = "other.pub"};
    const struct endpoint_security plain = {.insecure = true};
    struct endpoint server;
    struct socket_end *end = NULL;
    char address[SOCKET_ADDRESS_MAX];
    cr_assert_eq(endpoint_new(&server, &ours, true, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(endpoint_open(&server, SOCKET_ROUTER, "tcp://127.0.0.1:*", &end, &why), STATUS_OK);
    socket_address(end, address);
    cr_expect_not(gets_in(end, address, &random), "a key that is not on the list");
    cr_expect(curve_gate_refusals(server.gate) > 0);
    cr_expect_not(gets_in(end, address, &plain), "no key");
    cr_expect_not(gets_in(end, address, &misled), "a server that is not the one that was meant");
    cr_expect(gets_in(end, address, &good), "the right key, after all of these");
    socket_close(end);
    endpoint_free(&server);
}

Test(endpoint, a_guarded_client_does_not_talk_to_a_plain_server) {
    const struct endpoint_security plain = {0};
    const struct endpoint_security guarded = {.key = "friend.key", .server_key = "server.pub"};
    struct endpoint server;
    struct socket_end *end = NULL;
    char address[SOCKET_ADDRESS_MAX];
    cr_assert_eq(endpoint_new(&server, &plain, true, &why), STATUS_OK);
    cr_assert_eq(endpoint_open(&server, SOCKET_ROUTER, "tcp://127.0.0.1:*", &end, &why), STATUS_OK);
    socket_address(end, address);
    cr_expect_not(gets_in(end, address, &guarded));
    cr_expect(gets_in(end, address, &plain));
    socket_close(end);
    endpoint_free(&server);
}

Test(endpoint, half_of_the_keys_is_none) {
    const struct endpoint_security half = {.key = "server.key"};
    struct endpoint endpoint;
    cr_expect_eq(endpoint_new(&endpoint, &half, true, &why), STATUS_BAD_INPUT);
    why = (struct failure){0};
    const struct endpoint_security other = {.server_key = "server.pub"};
    cr_expect_eq(endpoint_new(&endpoint, &other, false, &why), STATUS_BAD_INPUT);
}

Test(endpoint, other_machines_need_keys) {
    const struct endpoint_security plain = {0}, insecure = {.insecure = true};
    struct endpoint endpoint;
    struct socket_end *end = NULL;
    endpoint_new(&endpoint, &plain, true, &why);
    cr_expect_eq(endpoint_open(&endpoint, SOCKET_ROUTER, "tcp://0.0.0.0:*", &end, &why),
                 STATUS_BAD_INPUT);
    endpoint_free(&endpoint);
    why = (struct failure){0};
    endpoint_new(&endpoint, &insecure, true, &why);
    cr_expect_eq(endpoint_open(&endpoint, SOCKET_ROUTER, "tcp://0.0.0.0:*", &end, &why), STATUS_OK);
    socket_close(end);
    endpoint_free(&endpoint);
}
