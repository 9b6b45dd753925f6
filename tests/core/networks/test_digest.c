/* SPDX-License-Identifier: MIT
 *
 * SHA-256 against the examples of FIPS 180-2, appendix B. */
#include "core/networks/digest.h"

#include <criterion/criterion.h>
#include <string.h>

static void check(const char *text, size_t times, size_t piece, const char *expected) {
    struct digest digest;
    char found[DIGEST_TEXT];
    digest_begin(&digest);
    for (size_t n = 0; n < times; n++)
        for (size_t at = 0; at < strlen(text); at += piece)
            digest_add(&digest, text + at, strlen(text) - at < piece ? strlen(text) - at : piece);
    digest_end(&digest, found);
    cr_expect_str_eq(found, expected);
}

Test(digest, examples_of_the_standard) {
    const char *abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const char *two = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    const char *million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    const char *empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    check("", 1, 1, empty);
    for (size_t piece = 1; piece <= 64; piece += 9) {
        check("abc", 1, piece, abc);
        check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, piece, two);
    }
    check("aaaaaaaaaa", 100000, 3, million);
}
