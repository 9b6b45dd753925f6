/* SPDX-License-Identifier: MIT
 *
 * Sets of named tensors: what is added is found, and what cannot be is said. */
#include "core/networks/weights.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct tensor *add(struct weights *w, const char *name, size_t rank, size_t a, size_t b) {
    struct tensor *t = NULL;
    cr_assert(weights_add(w, name, rank, (size_t[]){a, b}, &t, NULL) == STATUS_OK);
    return t;
}

Test(weights, what_is_added_is_found) {
    struct weights *w = weights_new(NULL);
    add(w, "a.weight", 2, 3, 4)->values[11] = 5;
    add(w, "scalar", 0, 0, 0)->values[0] = 2;
    cr_expect_eq(weights_parameters(w), 13);
    cr_expect_eq(weights_find(w, "a.weight")->values[11], 5);
    cr_expect_eq(weights_find(w, "a.weight")->values[0], 0);
    cr_expect_null(weights_find(w, "a"));
    cr_expect_eq(weights_kind(w), NETWORK_UNKNOWN);
    add(w, "conv1.conv.weight", 1, 1, 1);
    cr_expect_eq(weights_kind(w), NETWORK_FULL);
    weights_free(w);
    weights_free(NULL);
}

static void refused(int status, const struct failure *why, const char *words) {
    cr_expect(status < 0);
    cr_expect_eq(status, why->code);
    cr_expect(strstr(why->text, words) != NULL, "'%s' without '%s'", why->text, words);
}

Test(weights, says_what_cannot_be_added) {
    struct weights *w = weights_new(NULL);
    struct tensor *t;
    char longest[TENSOR_NAME_MAX + 8];
    memset(longest, 'x', sizeof longest);
    longest[TENSOR_NAME_MAX] = '\0';
    add(w, "a", 1, 2, 0);
    struct failure twice = {0}, length = {0}, empty = {0}, huge = {0}, axes = {0}, many = {0};
    refused(weights_add(w, "a", 1, (size_t[]){2}, &t, &twice), &twice, "tensor a stands");
    refused(weights_add(w, longest, 1, (size_t[]){2}, &t, &length), &length, "longer");
    refused(weights_add(w, "b", 2, (size_t[]){2, 0}, &t, &empty), &empty, "tensor b");
    refused(weights_add(w, "b", 2, (size_t[]){SIZE_MAX, 2}, &t, &huge), &huge, "tensor b");
    refused(weights_add(w, "b", 5, (size_t[]){1, 1, 1, 1, 1}, &t, &axes), &axes, "5 axes");
    for (size_t i = w->count; i < WEIGHTS_TENSORS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%zu", i);
        add(w, name, 1, 1, 0);
    }
    refused(weights_add(w, "z", 1, (size_t[]){1}, &t, &many), &many, "more than");
    weights_free(w);
}

Test(weights, total_size_is_bounded) {
    struct weights *w = weights_new(NULL);
    struct tensor *t;
    struct failure why = {0};
    add(w, "first", 1, 2, 0);
    refused(weights_add(w, "second", 1, (size_t[]){1 << 27}, &t, &why), &why, "second");
    weights_free(w);
}

Test(weights, get_checks_the_shape) {
    struct weights *w = weights_new(NULL);
    add(w, "a", 2, 3, 4);
    struct failure none = {0}, rank = {0}, size = {0};
    cr_expect_not_null(weights_get(w, "a", 2, (size_t[]){0, 4}, &none));
    cr_expect_null(weights_get(w, "b", 2, (size_t[]){0, 4}, &none));
    refused(none.code, &none, "tensor b is missing");
    cr_expect_null(weights_get(w, "a", 1, (size_t[]){3}, &rank));
    refused(rank.code, &rank, "2 axes where 1");
    cr_expect_null(weights_get(w, "a", 2, (size_t[]){3, 5}, &size));
    refused(size.code, &size, "axis 1 has 4 where 5");
    weights_free(w);
}

Test(weights, comparing_is_by_bits) {
    struct weights *a = weights_new(NULL), *b = weights_new(NULL);
    const char *where = NULL;
    add(a, "x", 1, 2, 0)->values[1] = 0.0F;
    struct tensor *t = add(b, "x", 1, 2, 0);
    cr_expect(weights_equal(a, b, &where));
    t->values[1] = -0.0F;
    cr_expect(!weights_equal(a, b, &where));
    cr_expect_str_eq(where, "x");
    t->values[1] = 0.0F;
    add(b, "y", 1, 1, 0);
    cr_expect(!weights_equal(a, b, &where));
    cr_expect_str_eq(where, "y");
    weights_free(a);
    weights_free(b);
}

Test(weights, names_the_value_that_is_not_finite) {
    struct weights *w = weights_new(NULL);
    struct tensor *t = add(w, "x.bias", 1, 5, 0);
    cr_expect_eq(weights_check_finite(w, NULL), STATUS_OK);
    t->values[3] = NAN;
    struct failure why = {0};
    refused(weights_check_finite(w, &why), &why, "x.bias: value 3");
    weights_free(w);
}
