/* SPDX-License-Identifier: MIT
 *
 * Sentences on standard error. */
#include "plugin/host/say.h"

#include "adapters/alignments.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SENTENCE_MAX = 4096 };

/* C1 in UTF-8 is 0xc2 and a second byte below 0xa0. */
void without_controls(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++)
        if (*at < ' ' || *at == 0x7f)
            *at = '?';
        else if (*at == 0xc2 && (at[1] & 0xe0) == 0x80)
            at[0] = at[1] = '?';
}

void say(const char *format, ...) {
    char sentence[SENTENCE_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    without_controls(sentence);
    fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "\r\033[J" : "", sentence);
}

void say_old_index(const char *reads, const char *consequence) {
    if (alignments_index_state(reads) == INDEX_OLDER)
        say("runnel: %s: its index is older than the file%s; make it anew with 'samtools index'",
            reads, consequence);
}
