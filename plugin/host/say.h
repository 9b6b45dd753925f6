/* SPDX-License-Identifier: MIT
 *
 * How the command speaks to people: a sentence a line, on standard error. */
#ifndef PLUGIN_HOST_SAY_H
#define PLUGIN_HOST_SAY_H

/* A sentence as a line.  It has none of the control characters that names of reads, contigs and
 * files may carry: '?' stands in their place.  What shows progress on the terminal gives way; it
 * stands below the sentence when it is drawn the next time. [any thread] */
void say(const char *format, ...);

/* As samtools does, where the index beside the reads is older than they are, which may have changed
 * since.  `consequence` goes on after "older than the file". */
void say_old_index(const char *reads, const char *consequence);

/* Puts '?' in the place of each control character of `text`: C0, DEL, and C1 as UTF-8 has it. */
void without_controls(char *text);

#endif
