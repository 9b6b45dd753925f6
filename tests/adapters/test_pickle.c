/* SPDX-License-Identifier: MIT
 *
 * The pickle machine: each opcode's value, and every malformed stack. */
#include "adapters/pickle.h"

#include <criterion/criterion.h>
#include <string.h>

#define READ(text) pickle_read((const uint8_t *)(text), sizeof(text) - 1, &why)

static int64_t integer_of(const char *text, size_t size) {
    struct failure why = {0};
    struct pickle *p = pickle_read((const uint8_t *)text, size, &why);
    cr_assert(p != NULL, "%s", why.text);
    cr_assert_eq(pickle_root(p)->kind, VALUE_INTEGER);
    int64_t value = pickle_root(p)->integer;
    pickle_free(p);
    return value;
}

Test(pickle, integers) {
    cr_expect_eq(integer_of("K\xff.", 3), 255);
    cr_expect_eq(integer_of("M\x01\x80.", 4), 32769);
    cr_expect_eq(integer_of("J\xfe\xff\xff\xff.", 6), -2);
    cr_expect_eq(integer_of("\x8a\x05\x00\x00\x00\x00\x01.", 8), INT64_C(1) << 32);
    cr_expect_eq(integer_of("\x8a\x01\xff.", 4), -1);
    cr_expect_eq(integer_of("\x8a\x00.", 3), 0);
}

Test(pickle, containers_and_memo) {
    struct failure why = {0};
    /* [(1, 'ab'), {}, (1, 'ab')] with the tuple out of the memo. */
    struct pickle *p = READ("\x80\x02](K\x01X\x02\x00\x00\x00"
                            "ab\x86q\x05}h\x05"
                            "e.");
    cr_assert(p != NULL, "%s", why.text);
    const struct value *root = pickle_root(p);
    cr_assert_eq(root->children, 3);
    const struct value *pair = pickle_child(p, root, 0);
    cr_expect_eq(pair, pickle_child(p, root, 2));
    cr_expect_eq(pickle_child(p, pair, 0)->integer, 1);
    cr_expect(value_is(pickle_child(p, pair, 1), VALUE_TEXT, "ab"));
    cr_expect_eq(pickle_child(p, root, 1)->kind, VALUE_DICTIONARY);
    cr_expect_null(pickle_child(p, root, 3));
    pickle_free(p);
}

Test(pickle, an_ordered_dictionary_is_a_dictionary) {
    struct failure why = {0};
    struct pickle *p = READ("ccollections\nOrderedDict\n)RK\x01K\x02s.");
    cr_assert(p != NULL, "%s", why.text);
    cr_expect_eq(pickle_root(p)->kind, VALUE_DICTIONARY);
    cr_expect_eq(pickle_root(p)->children, 2);
    pickle_free(p);
    p = READ("cos\nsystem\n)R.");
    cr_expect_eq(pickle_root(p)->kind, VALUE_APPLIED);
    cr_expect(value_is(pickle_child(p, pickle_root(p), 0), VALUE_GLOBAL, "os\nsystem"));
    pickle_free(p);
    pickle_free(NULL);
}

Test(pickle, malformed) {
    const char *const texts[] = {"",
                                 ".",
                                 "K",
                                 "M\x01.",
                                 "X\xff\xff\xff\xff.",
                                 "ca\nb",
                                 "t.",
                                 "s.",
                                 "K\x01s.",
                                 "a.",
                                 "R.",
                                 "b.",
                                 "Q.",
                                 "q\x01.",
                                 "h\x01.",
                                 "(u.",
                                 "}(K\x01u.",
                                 "(\x85.",
                                 "K\x01(\x85.",
                                 "N",
                                 "G12.",
                                 ("\x8a\x09" "123."),
                                 "r\xff\xff\xff\xff.",
                                 "K\x01(as.",
                                 "](e(e."};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        struct failure why = {0};
        struct pickle *p = pickle_read((const uint8_t *)texts[t], strlen(texts[t]), &why);
        if (t + 1 == sizeof texts / sizeof texts[0]) { /* the last one is right */
            cr_expect(p != NULL, "%s", why.text);
        } else {
            cr_expect(p == NULL, "'%s' was taken", texts[t]);
            cr_expect(why.text[0] != '\0');
        }
        pickle_free(p);
    }
}
