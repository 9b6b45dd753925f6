/* SPDX-License-Identifier: MIT
 *
 * A stranger's stage, whole: keeps calls whose GQ is at least min-gq.  Only runnel_plugin.h is
 * needed:
 *
 *     cc -shared -fPIC -o my_filter.so stage_template.c $(pkg-config --cflags runnel)
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! ./my_filter.so min-gq=10 ! vcf out.vcf' */
#include <runnel_plugin.h>

struct filter {
    const struct runnel_host *host;
    const struct runnel_take *take;
    int64_t min_gq, column;
};

static int filter_init(const struct runnel_init *init, void **state) {
    struct filter *filter = calloc(1, sizeof *filter);
    filter->host = init->host;
    filter->take = init->host->extension(init->host->context, "runnel.take/1");
    filter->min_gq = runnel_setting_integer(init, "min-gq");
    *state = filter;
    return RUNNEL_OK;
}

static int filter_process(void *state, const struct runnel_batch *batch,
                          struct runnel_slot *slot) {
    struct filter *filter = state;
    const struct runnel_host *host = filter->host;
    if (batch->kind == RUNNEL_OPEN) { /* pass the announcement on as it is */
        filter->column = runnel_column(batch, "gq");
        if (filter->column < 0) {
            host->fail(host->context, "my_filter: these calls have no column gq");
            return RUNNEL_ERROR;
        }
        batch->retain(batch);
        host->emit(host->context, slot, batch);
        return RUNNEL_OK;
    }
    int64_t *rows = malloc((size_t)(runnel_rows(batch) + 1) * sizeof *rows);
    size_t kept = 0;
    for (int64_t row = 0; row < runnel_rows(batch); row++)
        if (runnel_integer(batch, filter->column, row) >= filter->min_gq)
            rows[kept++] = row;
    host->emit(host->context, slot, filter->take->take(batch, rows, kept));
    host->count(host->context, "in", runnel_rows(batch));
    host->count(host->context, "used", (int64_t)kept);
    host->count(host->context, "left out: GQ", runnel_rows(batch) - (int64_t)kept);
    free(rows);
    return RUNNEL_OK;
}

static int filter_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"min-gq", RUNNEL_INTEGER, "10", "least genotype quality of a call"},
};

static const struct runnel_stage FILTER = {
    sizeof FILTER,    RUNNEL_ABI_VERSION, "my_filter", "1",  "calls of at least a GQ",
    sizeof OPTIONS[0], 1,                 OPTIONS,     "runnel.calls/1", NULL,
    "runnel.calls/1", filter_init,        filter_process, filter_finish, free, NULL};

RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {
    static const struct runnel_stage *const stages[] = {&FILTER};
    static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 1, stages};
    return &plugin;
}
