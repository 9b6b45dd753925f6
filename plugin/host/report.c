/* SPDX-License-Identifier: MIT
 *
 * Balancing and writing the books. */
#include "plugin/host/report.h"

#include <jansson.h>
#include <string.h>

static int check_stage(const struct stage_books *stage, struct failure *why) {
    int64_t in = -1, used = 0, left_out = 0, delivered = 0;
    for (size_t i = 0; i < stage->count; i++) {
        const struct total *total = &stage->totals[i];
        if (strcmp(total->name, "in") == 0)
            in = total->amount;
        else if (strcmp(total->name, "used") == 0)
            used = total->amount;
        else if (strncmp(total->name, "left out: ", 10) == 0)
            left_out += total->amount;
        else if (strncmp(total->name, "rows in ", 8) == 0)
            delivered += total->amount;
    }
    if (in < 0 || (in == used + left_out && in == delivered))
        return STATUS_OK;
    return fail(why, STATUS_BAD_INPUT,
                "the books of stage %s do not balance: %lld delivered, %lld in, %lld used, %lld "
                "left out",
                stage->id, (long long)delivered, (long long)in, (long long)used,
                (long long)left_out);
}

int report_check(const struct books *books, struct failure *why) {
    for (size_t i = 0; why->code == STATUS_OK && i < books->count; i++)
        check_stage(&books->stages[i], why);
    return why->code;
}

static json_t *stage_object(const struct stage_books *stage) {
    json_t *counts = json_object();
    for (size_t i = 0; i < stage->count; i++)
        json_object_set_new(counts, stage->totals[i].name, json_integer(stage->totals[i].amount));
    return json_pack("{s:s, s:f, s:o}", "stage", stage->id, "cpu_seconds", stage->cpu_seconds,
                     "counts", counts);
}

int report_write(const char *path, const struct books *books, size_t passes, struct failure *why) {
    json_t *lines = json_array();
    for (size_t pass = 0; pass < passes; pass++) {
        json_t *stages = json_array();
        for (size_t i = 0; i < books[pass].count; i++)
            json_array_append_new(stages, stage_object(&books[pass].stages[i]));
        json_array_append_new(lines, stages);
    }
    json_t *report = json_pack("{s:b, s:s, s:o}", "whole", why->code == STATUS_OK, "failure",
                               why->text, "lines", lines);
    bool written = report != NULL && json_dump_file(report, path, JSON_INDENT(2)) == 0;
    json_decref(report);
    if (written)
        return why->code;
    return fail(why, STATUS_IO, "%s cannot be written", path);
}
