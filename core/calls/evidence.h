/* SPDX-License-Identifier: MIT
 *
 * What the reads show at a site: the alternative-information text as a table of keys with
 * counts, and the questions that decoding asks of it.  Inside core/calls only.
 *
 * Keys: X and the substituted base; I, the base before and the inserted bases; D and the
 * deleted bases; R and the reference base.  Entries stand in order of first appearance, and
 * "best" is the greatest count, the earliest in this order on ties, unless said otherwise.
 * Spec: calling, sections 2.1 and 2.5 (helpers). */
#ifndef CORE_CALLS_EVIDENCE_H
#define CORE_CALLS_EVIDENCE_H

#include "core/calls/text.h"
#include "core/status.h"

enum { EVIDENCE_LONGEST_INDEL = 50, EVIDENCE_LONGEST_LONG_INDEL = 100000 };

struct evidence_item {
    char kind;              /* X, I, D, R; any other byte counts for nothing */
    struct letters letters; /* the key without its kind */
    int64_t count;
};

struct evidence {
    int64_t depth;
    int64_t reference_count; /* of the last R key; 0 without one */
    size_t longest_indel;    /* longer ones are usable only where their length is asked for */
    size_t count, capacity;
    struct evidence_item *items;
};

/* Reads the text (borrowed until the next call).  STATUS_BAD_INPUT if depth or a count is no
 * number, STATUS_NO_MEMORY. */
int evidence_read(struct evidence *evidence, const char *text, size_t length);
void evidence_free(struct evidence *evidence);

/* The two best substituted letters, each 0 where there is none. */
void evidence_substitutions(const struct evidence *evidence, char best[2]);
/* The letter wanted, unless it was not seen or the best one has at least 9 reads more: then
 * the best.  0 if there is no substitution. */
char evidence_pick_substitution(const struct evidence *evidence, char wanted);

/* The best insertion (kind I, with the base before it) or deletion (kind D) whose inserted
 * or deleted length is `length`, else the best usable one; length 0: the best usable one.
 * An entry whose letters equal `skip` does not count. */
struct letters evidence_best_indel(const struct evidence *evidence, char kind, size_t length,
                                   struct letters skip);
/* The two most frequent usable indels of the kind, here the later one first on ties; false
 * if there are fewer than two. */
bool evidence_two_indels(const struct evidence *evidence, char kind, struct letters best[2]);

/* How many reads have this key; 0 if none. */
int64_t evidence_count(const struct evidence *evidence, char kind, struct letters letters);
/* The count of the first deletion of this many bases; 0 if there is none. */
int64_t evidence_deletion_count(const struct evidence *evidence, size_t length);
/* How many keys of the kind there are. */
size_t evidence_keys(const struct evidence *evidence, char kind);
/* Reads with another insertion about as long as this one (section 2.8, LONG); 0 for one of
 * at most 50 letters. */
int64_t evidence_similar_insertions(const struct evidence *evidence, struct letters insertion);

#endif
