/* SPDX-License-Identifier: MIT
 *
 * Keys; who gets in by them is seen in tests/plugin/wire/test_endpoint.c. */
#include "adapters/curve.h"

#include <criterion/criterion.h>
#include <string.h>

Test(curve, pairs_are_keys_and_differ) {
    char public_key[2][SOCKET_KEY_SIZE], secret_key[2][SOCKET_KEY_SIZE];
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(curve_keypair(public_key[i], secret_key[i], NULL), STATUS_OK);
        cr_expect(curve_is_key(public_key[i], strlen(public_key[i])));
        cr_expect(curve_is_key(secret_key[i], strlen(secret_key[i])));
    }
    cr_expect_neq(strcmp(secret_key[0], secret_key[1]), 0);
    cr_expect_not(curve_is_key(public_key[0], 39));
    cr_expect_not(curve_is_key("", 0));
}

Test(curve, a_context_has_one_gate) {
    struct sockets *sockets = NULL;
    struct curve_gate *gate = NULL, *second = NULL;
    const char keys[1][SOCKET_KEY_SIZE] = {""};
    cr_assert_eq(sockets_new(&sockets, 1, NULL), STATUS_OK);
    cr_assert_eq(curve_gate_new(&gate, sockets, keys, 0, NULL), STATUS_OK);
    cr_expect_neq(curve_gate_new(&second, sockets, keys, 0, NULL), STATUS_OK);
    cr_expect_eq(curve_gate_refusals(gate), 0);
    curve_gate_free(gate);
    curve_gate_free(NULL);
    sockets_free(sockets);
}
