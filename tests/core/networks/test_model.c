/* SPDX-License-Identifier: MIT
 *
 * A model's places, platform and digest. */
#include "tests/core/networks/golden.h"

static struct model *narrow(void) {
    struct failure why = {0};
    struct model *model = model_new(&why);
    cr_assert_eq(model_take(model, golden_weights("pileup_narrow"), &why), STATUS_OK);
    cr_assert_eq(model_take(model, golden_weights("full_alignment_narrow"), &why), STATUS_OK);
    model_seal(model);
    return model;
}

Test(model, platform_sets_the_rows) {
    struct model *model = model_new(NULL);
    cr_expect_eq(model->rows, 0);
    cr_expect_eq(model_set_platform(model, "ont", NULL), STATUS_OK);
    cr_expect_eq(model->rows, 89);
    cr_expect_eq(model_set_platform(model, "hifi", NULL), STATUS_OK);
    cr_expect_eq(model->rows, 55);
    struct failure why = {0};
    cr_expect_eq(model_set_platform(model, "pacbio", &why), STATUS_BAD_INPUT);
    cr_expect(strstr(why.text, "ont, hifi, ilmn") != NULL);
    model_free(model);
    model_free(NULL);
}

/* The same numbers have the same digest in any order; one bit or the padding changes it. */
Test(model, digest_names_the_numbers) {
    struct model *a = narrow(), *b = narrow();
    cr_expect_str_eq(a->digest, b->digest);
    cr_expect_eq(strlen(a->digest), 64);
    struct tensor first = b->pileup->tensors[0];
    b->pileup->tensors[0] = b->pileup->tensors[5];
    b->pileup->tensors[5] = first;
    model_seal(b);
    cr_expect_str_eq(a->digest, b->digest);
    snprintf(b->name, sizeof b->name, "other");
    model_seal(b);
    cr_expect_str_eq(a->digest, b->digest);
    b->padding = PADDING_SAME;
    model_seal(b);
    cr_expect_str_neq(a->digest, b->digest);
    b->padding = PADDING_SYMMETRIC;
    b->full->tensors[7].values[0] = nextafterf(b->full->tensors[7].values[0], 1e9F);
    model_seal(b);
    cr_expect_str_neq(a->digest, b->digest);
    model_free(a);
    model_free(b);
}

/* The definition of the header, with other tools: sha256 of "pileup\0" and so on for a set of
 * one tensor LSTM1.weight_ih_l0 of shape (2) and values 1, -2. */
Test(model, digest_is_as_documented) {
    struct model *model = model_new(NULL);
    struct weights *weights = weights_new(NULL);
    struct tensor *t;
    weights_add(weights, "LSTM1.weight_ih_l0", 1, (size_t[]){2}, &t, NULL);
    t->values[0] = 1;
    t->values[1] = -2;
    model_take(model, weights, NULL);
    model_seal(model);
    cr_expect_str_eq(model->digest,
                     "7e9333ccd6ecedc797b9f42db573b26cc1ba3c181561bec32708858632e04bc6");
    model_free(model);
}

Test(model, refuses_what_is_no_network) {
    struct model *model = model_new(NULL);
    struct failure none = {0}, twice = {0}, odd = {0};
    cr_expect_eq(model_take(model, weights_new(NULL), &none), STATUS_BAD_INPUT);
    cr_expect(strstr(none.text, "no network") != NULL);
    cr_expect_eq(model_take(model, golden_weights("pileup_narrow"), NULL), STATUS_OK);
    cr_expect_eq(model_take(model, golden_weights("pileup_narrow"), &twice), STATUS_BAD_INPUT);
    struct weights *nan = golden_weights("full_alignment_narrow");
    nan->tensors[3].values[1] = NAN;
    cr_expect_eq(model_take(model, nan, &odd), STATUS_BAD_INPUT);
    cr_expect(strstr(odd.text, "finite") != NULL);
    cr_expect_null(model->full);
    model_free(model);
}

Test(model, check_finds_what_does_not_fit) {
    struct model *model = narrow();
    struct failure why = {0};
    cr_expect_eq(model_check(model, &why), STATUS_OK, "%s", why.text);
    ((struct tensor *)weights_find(model->full, "L5_3.bias"))->shape[0]++;
    cr_expect(model_check(model, &why) != STATUS_OK);
    cr_expect(strstr(why.text, "L5_3.bias") != NULL);
    model_free(model);
}

Test(model, padding_has_names) {
    enum padding padding = PADDING_SYMMETRIC;
    cr_expect_eq(padding_from_name("same", &padding, NULL), STATUS_OK);
    cr_expect_eq(padding, PADDING_SAME);
    cr_expect_str_eq(padding_name(padding), "same");
    cr_expect_eq(padding_from_name("valid", &padding, NULL), STATUS_BAD_INPUT);
}
