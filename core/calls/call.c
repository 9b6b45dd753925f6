/* SPDX-License-Identifier: MIT
 *
 * The few questions that may be asked of a call, and copying it. */
#include "core/calls/call.h"

#include <string.h>

bool call_is_reference(const struct call *call) {
    const char *alt = text_bytes(&call->alt);
    return strcmp(alt, ".") == 0 || strcmp(alt, text_bytes(&call->ref)) == 0;
}

bool call_has_two_alts(const struct call *call) {
    return strchr(text_bytes(&call->alt), ',') != NULL;
}

const char *call_filter_text(enum call_filter filter) {
    static const char *const texts[] = {"PASS", "LowQual", "RefCall"};
    return texts[filter];
}

int call_copy(struct call *to, const struct call *from, struct failure *why) {
    struct text ref = to->ref, alt = to->alt;
    text_clear(&ref);
    text_clear(&alt);
    text_append(&ref, text_bytes(&from->ref), from->ref.length);
    text_append(&alt, text_bytes(&from->alt), from->alt.length);
    *to = *from;
    to->ref = ref;
    to->alt = alt;
    if (ref.failed || alt.failed)
        return fail(why, STATUS_NO_MEMORY, "no memory for the alleles of a call");
    return STATUS_OK;
}

void call_free(struct call *call) {
    text_free(&call->ref);
    text_free(&call->alt);
    *call = (struct call){0};
}
