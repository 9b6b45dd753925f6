/* SPDX-License-Identifier: MIT
 *
 * Sentences on standard error. */
#include "plugin/host/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SENTENCE_MAX = 4096 };

/* C0, DEL, and C1 as UTF-8 has it (0xc2 and a second byte below 0xa0) to question marks. */
static void without_controls(unsigned char *text) {
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text == 0x7f)
            *text = '?';
        else if (*text == 0xc2 && (text[1] & 0xe0) == 0x80)
            text[0] = text[1] = '?';
}

void say(const char *format, ...) {
    char sentence[SENTENCE_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    without_controls((unsigned char *)sentence);
    fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "\r\033[J" : "", sentence);
}
