/* SPDX-License-Identifier: MIT
 *
 * Any reference letter, probabilities and alternative-information text: decoding ends, and
 * what it calls can be written and read again. */
#include "core/calls/decode.h"
#include "core/calls/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { FIXED = 2 + DECODE_FULL_PROBABILITIES };
    if (size < FIXED)
        return 0;
    enum call_source network = data[0] & 1 ? CALL_FULL : CALL_PILEUP;
    struct decode_options options = {.lowest_qual = 2,
                                     .likelihoods = data[0] & 2,
                                     .long_indel = data[0] & 4,
                                     .keep_iupac = data[0] & 8,
                                     .haploid_precise = data[0] & 16,
                                     .haploid_sensitive = data[0] & 32};
    float answer[DECODE_FULL_PROBABILITIES];
    for (size_t i = 0; i < DECODE_FULL_PROBABILITIES; i++)
        answer[i] = (float)data[2 + i] / 255;
    struct decoder *decoder = decoder_new(network, &options, NULL);
    struct decode_window window = {"c",          7,     (char)data[1], (const char *)data + FIXED,
                                   size - FIXED, answer};
    struct call call = {0}, again = {0};
    struct text line = {0};
    int result = decoder ? decode(decoder, &window, &call, NULL) : STATUS_NO_MEMORY;
    if (result < 0)
        abort();
    if (result == DECODE_CALL) {
        record_append(&line, &call, RECORD_PLAIN);
        /* Hostile keys may hold tabs, commas and colons; clean ones must survive. */
        if (memchr(data + FIXED, '\t', size - FIXED) == NULL &&
            memchr(data + FIXED, '\n', size - FIXED) == NULL &&
            memchr(data + FIXED, '\r', size - FIXED) == NULL &&
            memchr(data + FIXED, '\0', size - FIXED) == NULL &&
            record_parse(&again, "c", line.bytes, NULL) != STATUS_OK)
            abort();
    }
    call_free(&call);
    call_free(&again);
    text_free(&line);
    decoder_free(decoder);
    return 0;
}
