/* SPDX-License-Identifier: MIT
 *
 * revise: the calls of a live run, look after look, to a call per site with a state.
 *
 *     runnel run 'reads run.bam any ! live ref=ref.fa ! caller ! revise now.vcf
 *                 ! tap tcp://127.0.0.1:5557'
 *
 * Takes runnel.calls/1 (and runnel.drafts/1, of which those that the calls behind them replace do
 * not count), runnel.looks/1 and runnel.targets/1.  Gives
 *   runnel.calls/1    what is new of a site: at once where it became firm or is not firm any more,
 *                     else every so many seconds; revision and state by core/calls/revisions.h
 *   runnel.targets/1  how far the targets are that something is new of, at the same times
 * and rewrites a VCF with the present state, as a whole, at the same times (at most once a second).
 * Time decides only when something is told, never what. */
#include "core/calls/merge.h"
#include "plugin/call_rows.h"
#include "plugin/draft_queue.h"
#include "plugin/present_vcf.h"
#include "plugin/stages/stage.h"
#include "plugin/targets.h"
#include "plugin/vcf_header.h"

#include <time.h>

struct target_state {
    double depth;
    int64_t sites, firm;
    bool waits; /* something is new of it */
};

struct revise {
    const struct runnel_host *host;
    char *path, *bed, *sample, *command;
    bool no_version, opened;
    bool drafts_are_final; /* the model has no network for others */
    double every;          /* seconds */
    struct merge_options options;
    struct firm_rule rule;
    struct stream_contigs contigs;
    struct targets targets;
    struct target_state **states; /* by contig and target */
    struct site_table sites;
    struct table_site **waiting; /* to be told of */
    size_t waiting_count, waiting_room;
    size_t shown, firm, tentative;                             /* sites */
    int64_t told_calls, told_firm, told_tentative, told_depth; /* in the totals so far */
    struct draft_queue drafts;
    struct call call;
    struct arrow_table *table, *target_table;
    struct text header; /* of the VCF */
    double told_at, written_at, measured_at;
    bool written_all;         /* the VCF has what is known */
    struct runnel_slot *slot; /* of the hook under way */
};

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void revise_destroy(void *state) {
    struct revise *revise = state;
    for (size_t i = 0; revise->states != NULL && i < revise->contigs.count; i++)
        free(revise->states[i]);
    free(revise->states);
    site_table_free(&revise->sites);
    draft_queue_free(&revise->drafts);
    targets_free(&revise->targets);
    stream_contigs_free(&revise->contigs);
    arrow_table_free(revise->table);
    arrow_table_free(revise->target_table);
    call_free(&revise->call);
    text_free(&revise->header);
    free(revise->waiting);
    free(revise->path);
    free(revise->bed);
    free(revise->sample);
    free(revise->command);
    free(revise);
}

static int revise_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct revise *revise = calloc(1, sizeof *revise);
    if (revise == NULL)
        return RUNNEL_ERROR;
    revise->host = init->host;
    revise->path = stage_copy_setting(init, "path");
    revise->bed = stage_copy_setting(init, "bed");
    revise->sample = stage_copy_setting(init, "sample");
    revise->command = stage_copy_setting(init, "command");
    revise->no_version = runnel_setting_flag(init, "no-version");
    revise->every = runnel_setting_real(init, "every");
    revise->options =
        (struct merge_options){.print_reference = runnel_setting_flag(init, "ref-calls"),
                               .lowest_qual = runnel_setting_real(init, "qual")};
    revise->rule = (struct firm_rule){.looks = (uint32_t)runnel_setting_integer(init, "firm-looks"),
                                      .qual = runnel_setting_real(init, "firm-qual"),
                                      .depth = runnel_setting_integer(init, "firm-depth")};
    revise->told_at = now_seconds();
    *state = revise;
    if (runnel_setting_integer(init, "firm-looks") < 1 || revise->rule.depth < 1 ||
        revise->every < 0)
        fail(&why, STATUS_BAD_INPUT,
             "firm-looks and firm-depth take 1 or more, every 0 seconds or more");
    else if (arrow_table_new(&revise->table, CALLS_STREAM.fields, CALLS_STREAM.count, &why) ==
                 STATUS_OK &&
             arrow_table_new(&revise->target_table, TARGETS_STREAM.fields, TARGETS_STREAM.count,
                             &why) == STATUS_OK)
        return RUNNEL_OK;
    revise_destroy(revise);
    return stage_failed(init->host, &why);
}

/* ---- opening ---- */

static int open_calls(struct revise *revise, const struct runnel_batch *open, struct failure *why) {
    const struct vcf_header header = {.version = revise->no_version ? NULL : revise->host->version,
                                      .command = revise->command,
                                      .sample = revise->sample,
                                      .live = true};
    int status = stream_contigs_read(&revise->contigs, open, why);
    if (status == STATUS_OK)
        status = targets_read(&revise->targets, revise->bed, &revise->contigs, why);
    if (status != STATUS_OK)
        return status;
    revise->states = calloc(revise->contigs.count + 1, sizeof(struct target_state *));
    bool room = revise->states != NULL;
    for (size_t i = 0; room && i < revise->contigs.count; i++)
        room = (revise->states[i] = calloc(revise->targets.contigs[i].count + 1,
                                           sizeof(struct target_state))) != NULL;
    if (!room)
        return fail(why, STATUS_NO_MEMORY, "out of memory for targets");
    return vcf_header_append(&revise->header, &header, open, &revise->contigs, why);
}

/* Drafts carry all the facts of the calls behind them, and come first. */
static int open_stream(struct revise *revise, const struct runnel_batch *open) {
    struct failure why = {0};
    if (strcmp(open->type, TARGETS_STREAM.type) == 0) {
        open->retain(open);
        revise->host->emit(revise->host->context, revise->slot, open);
        return RUNNEL_OK;
    }
    if (strcmp(open->type, LOOKS_STREAM.type) == 0 || revise->opened)
        return RUNNEL_OK;
    char *networks = stream_fact(open, "networks");
    revise->opened = true;
    revise->drafts_are_final = networks != NULL && strcmp(networks, "pileup") == 0;
    free(networks);
    if (open_calls(revise, open, &why) != STATUS_OK)
        return stage_failed(revise->host, &why);
    return stage_emit(revise->host, revise->slot, stream_open(&CALLS_STREAM, open, NULL, 0, &why),
                      &why);
}

/* ---- telling ---- */

/* Puts what is new of a site into the table; nothing where it was never shown. */
static int put_site(struct revise *revise, struct table_site *site, struct failure *why) {
    struct call *call = &site->revised.call;
    site->waits = false;
    if (!site->shown && !site->published)
        return STATUS_OK;
    site->published = site->shown;
    call->contig = revise->contigs.names[site->contig];
    enum site_state state = site->shown ? site->revised.state : SITE_WITHDRAWN;
    return call_row_put_revision(revise->table, call, site->revised.revision,
                                 site_state_text(state), why);
}

static int put_target(struct revise *revise, size_t contig, size_t number, struct failure *why) {
    const struct interval *where = &revise->targets.contigs[contig].list[number];
    const struct target_state *state = &revise->states[contig][number];
    double share = state->sites > 0 ? (double)state->firm / (double)state->sites : 1.0;
    double deep = state->depth / (double)revise->rule.depth;
    arrow_put_text(revise->target_table, TARGETS_CONTIG, revise->contigs.names[contig]);
    arrow_put_integer(revise->target_table, TARGETS_BEGIN, where->begin + 1);
    arrow_put_integer(revise->target_table, TARGETS_END, where->end);
    arrow_put_real(revise->target_table, TARGETS_DEPTH, state->depth);
    arrow_put_integer(revise->target_table, TARGETS_SITES, state->sites);
    arrow_put_integer(revise->target_table, TARGETS_FIRM, state->firm);
    arrow_put_real(revise->target_table, TARGETS_FIRM_SHARE, share);
    arrow_put_real(revise->target_table, TARGETS_EXPECTED_GAIN,
                   1.0 - (deep < 1.0 ? deep : 1.0) * share);
    return arrow_table_end_row(revise->target_table, why);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Median over the targets of their mean depths, rounded. */
static int64_t median_depth(const struct revise *revise) {
    size_t count = 0, all = revise->targets.count;
    double *depths = malloc((all + 1) * sizeof *depths);
    if (depths == NULL)
        return 0;
    for (size_t c = 0; c < revise->contigs.count; c++)
        for (size_t i = 0; i < revise->targets.contigs[c].count; i++)
            depths[count++] = revise->states[c][i].depth;
    qsort(depths, count, sizeof *depths, by_value);
    int64_t median = count > 0 ? (int64_t)(depths[count / 2] + 0.5) : 0;
    free(depths);
    return median;
}

/* A total that goes up and down. */
static void gauge(struct revise *revise, const char *name, int64_t *told, int64_t now) {
    if (now != *told)
        revise->host->count(revise->host->context, name, now - *told);
    *told = now;
}

/* All that is new: sites and targets. */
static int tell_all(struct revise *revise, struct failure *why) {
    int status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < revise->waiting_count; i++)
        if (revise->waiting[i]->waits)
            status = put_site(revise, revise->waiting[i], why);
    revise->waiting_count = 0;
    for (size_t c = 0; revise->opened && c < revise->contigs.count; c++)
        for (size_t i = 0; status == STATUS_OK && i < revise->targets.contigs[c].count; i++)
            if (revise->states[c][i].waits) {
                revise->states[c][i].waits = false;
                status = put_target(revise, c, i, why);
            }
    revise->told_at = now_seconds();
    return status == STATUS_OK ? stage_emit_table(revise->host, revise->slot, &TARGETS_STREAM,
                                                  revise->target_table, why)
                               : status;
}

static int write_vcf(struct revise *revise, struct failure *why) {
    if (revise->path == NULL || !revise->opened)
        return STATUS_OK;
    revise->written_at = now_seconds();
    revise->written_all = true;
    return present_vcf_write(revise->path, &revise->header, &revise->sites, &revise->contigs, why);
}

/* At the end of a batch.  What became firm stands in the table already. */
static int tell(struct revise *revise, struct failure *why) {
    double now = now_seconds();
    bool all = now - revise->told_at >= revise->every;
    bool urgent = arrow_table_rows(revise->table) > 0;
    int status = all ? tell_all(revise, why) : STATUS_OK;
    if (status == STATUS_OK)
        status = stage_emit_table(revise->host, revise->slot, &CALLS_STREAM, revise->table, why);
    if (revise->opened && (all || now - revise->measured_at >= 1.0)) {
        gauge(revise, "median depth", &revise->told_depth, median_depth(revise));
        revise->measured_at = now;
    }
    gauge(revise, "calls", &revise->told_calls, (int64_t)revise->shown);
    gauge(revise, "sites firm", &revise->told_firm, (int64_t)revise->firm);
    gauge(revise, "sites tentative", &revise->told_tentative, (int64_t)revise->tentative);
    bool due = (all || urgent) && !revise->written_all && now - revise->written_at >= 1.0;
    return status == STATUS_OK && due ? write_vcf(revise, why) : status;
}

/* ---- rows in ---- */

/* The site counts where it stands: in its target and in the totals. */
static void count_site(struct revise *revise, const struct table_site *site, int step) {
    size_t contig = (size_t)site->contig;
    size_t number = targets_find(&revise->targets, contig, site->position - 1);
    bool is_firm = site->revised.state == SITE_FIRM;
    revise->shown += (size_t)(site->shown ? step : 0);
    if (site->revised.state == SITE_WITHDRAWN || site->revised.looks == 0)
        return;
    revise->firm += (size_t)(is_firm ? step : 0);
    revise->tentative += (size_t)(is_firm ? 0 : step);
    if (number == SIZE_MAX)
        return;
    struct target_state *target = &revise->states[contig][number];
    target->sites += step;
    target->firm += is_firm ? step : 0;
    target->waits = true;
}

static int wait_to_tell(struct revise *revise, struct table_site *site, struct failure *why) {
    if (site->waits)
        return STATUS_OK;
    if (revise->waiting_count == revise->waiting_room) {
        size_t room = revise->waiting_room ? 2 * revise->waiting_room : 1024;
        struct table_site **larger = realloc(revise->waiting, room * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu sites", room);
        revise->waiting = larger;
        revise->waiting_room = room;
    }
    site->waits = true;
    revise->waiting[revise->waiting_count++] = site;
    return STATUS_OK;
}

/* One look at a site; `call` NULL: it shows nothing. */
static int add_look(struct revise *revise, struct table_site *site, struct call *call,
                    struct failure *why) {
    bool was_firm = site->revised.state == SITE_FIRM, changed;
    bool shown = call != NULL && merge_finish(&revise->options, call);
    count_site(revise, site, -1);
    int status = revised_site_look(&site->revised, &revise->rule, call, &changed, why);
    site->shown = shown;
    count_site(revise, site, 1);
    revise->written_all = false;
    if (status != STATUS_OK)
        return status;
    return was_firm != (site->revised.state == SITE_FIRM) ? put_site(revise, site, why)
                                                          : wait_to_tell(revise, site, why);
}

static int add_call(struct revise *revise, int64_t contig, struct failure *why) {
    struct table_site *site = site_table_at(&revise->sites, contig, revise->call.position, why);
    return site ? add_look(revise, site, &revise->call, why) : STATUS_NO_MEMORY;
}

/* Whether a batch of full-alignment calls has one at this place. */
static bool has_call(const struct revise *revise, const struct runnel_batch *calls, int64_t contig,
                     int64_t position) {
    for (int64_t row = 0; calls != NULL && row < runnel_rows(calls); row++) {
        int64_t length;
        const char *name = runnel_text(calls, CALLS_CONTIG, row, &length);
        if (runnel_integer(calls, CALLS_POSITION, row) == position &&
            stream_contigs_find(&revise->contigs, name, length, contig) == contig)
            return true;
    }
    return false;
}

/* The drafts that wait, but those that `calls` (NULL: none) replace. */
static int add_drafts(struct revise *revise, const struct runnel_batch *calls,
                      struct failure *why) {
    int64_t contig = 0;
    int status;
    while ((status = draft_queue_next(&revise->drafts, &revise->contigs, &revise->call, &contig,
                                      why)) == STATUS_OK)
        if (!has_call(revise, calls, contig, revise->call.position) &&
            (status = add_call(revise, contig, why)) != STATUS_OK)
            return status;
    return status == STATUS_END ? STATUS_OK : status;
}

/* Each batch of drafts is followed by one of the full-alignment calls at its doubtful sites. */
static int add_calls(struct revise *revise, const struct runnel_batch *batch, struct failure *why) {
    int64_t contig = 0;
    int status = stream_check(batch, &CALLS_STREAM, why);
    if (status == STATUS_OK)
        status = add_drafts(revise, batch, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++) {
        status = call_row_get(&revise->call, &contig, &revise->contigs, batch, row, why);
        if (status == STATUS_OK)
            status = add_call(revise, contig, why);
    }
    return status;
}

static int add_looks(struct revise *revise, const struct runnel_batch *batch, struct failure *why) {
    int64_t contig = 0, length;
    int status = stream_check(batch, &LOOKS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++) {
        const char *name = runnel_text(batch, LOOKS_CONTIG, row, &length);
        contig = stream_contigs_find(&revise->contigs, name, length, contig);
        if (contig < 0)
            return fail(why, STATUS_BAD_INPUT, "a look at an unknown contig '%.*s'", (int)length,
                        name);
        struct table_site *site =
            site_table_find(&revise->sites, contig, runnel_integer(batch, LOOKS_POSITION, row));
        if (site != NULL)
            status = add_look(revise, site, NULL, why);
    }
    return status;
}

static int add_depths(struct revise *revise, const struct runnel_batch *batch,
                      struct failure *why) {
    int64_t contig = 0, length;
    int status = stream_check(batch, &TARGETS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++) {
        const char *name = runnel_text(batch, TARGETS_CONTIG, row, &length);
        contig = stream_contigs_find(&revise->contigs, name, length, contig);
        int64_t begin = runnel_integer(batch, TARGETS_BEGIN, row) - 1;
        size_t number =
            contig < 0 ? SIZE_MAX : targets_find(&revise->targets, (size_t)contig, begin);
        if (number == SIZE_MAX)
            return fail(why, STATUS_BAD_INPUT, "a target at %.*s:%lld that is none of ours",
                        (int)length, name, (long long)begin + 1);
        revise->states[contig][number].depth = runnel_real(batch, TARGETS_DEPTH, row);
        revise->states[contig][number].waits = true;
    }
    return status;
}

static int keep_drafts(struct revise *revise, const struct runnel_batch *batch,
                       struct failure *why) {
    int status = stream_check(batch, &DRAFTS_STREAM, why);
    if (status == STATUS_OK)
        status = draft_queue_add(&revise->drafts, batch, why);
    return status == STATUS_OK && revise->drafts_are_final ? add_drafts(revise, NULL, why) : status;
}

static int revise_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    static const struct {
        const char *type;
        int (*add)(struct revise *, const struct runnel_batch *, struct failure *);
    } KINDS[] = {{"runnel.calls/1", add_calls},
                 {"runnel.drafts/1", keep_drafts},
                 {"runnel.looks/1", add_looks},
                 {"runnel.targets/1", add_depths}};
    struct revise *revise = state;
    struct failure why = {0};
    revise->slot = slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(revise, batch);
    size_t kind = 0;
    while (strcmp(KINDS[kind].type, batch->type) != 0)
        kind++;
    int status = KINDS[kind].add(revise, batch, &why);
    if (status == STATUS_OK)
        status = tell(revise, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(revise->host, &why);
}

/* What waits to be told must not wait for the next read. */
static int revise_tick(void *state, struct runnel_slot *slot) {
    struct revise *revise = state;
    struct failure why = {0};
    revise->slot = slot;
    if (!revise->opened)
        return RUNNEL_OK;
    return tell(revise, &why) == STATUS_OK ? RUNNEL_OK : stage_failed(revise->host, &why);
}

static const void *revise_extension(void *state, const char *name) {
    static const struct runnel_tick TICK = {sizeof TICK, revise_tick};
    (void)state;
    return strcmp(name, "runnel.tick/1") == 0 ? &TICK : NULL;
}

static int revise_finish(void *state, struct runnel_slot *slot) {
    struct revise *revise = state;
    struct failure why = {0};
    revise->slot = slot;
    if (!revise->opened)
        return RUNNEL_OK;
    revise->every = 0; /* now */
    if (add_drafts(revise, NULL, &why) == STATUS_OK && tell(revise, &why) == STATUS_OK &&
        write_vcf(revise, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(revise->host, &why);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, "", "VCF to rewrite with the present state"},
    {"bed", RUNNEL_TEXT, "", "targets; by default all contigs"},
    {"every", RUNNEL_REAL, "10", "seconds between two tellings of what is tentative"},
    {"firm-looks", RUNNEL_INTEGER, "3",
     "looks with one call, one after the other, that make it firm"},
    {"firm-qual", RUNNEL_REAL, "10", "QUAL that a firm call needs"},
    {"firm-depth", RUNNEL_INTEGER, "12", "depth that a firm call needs"},
    {"ref-calls", RUNNEL_FLAG, "false", "tell sites called as reference too"},
    {"qual", RUNNEL_REAL, "2", "calls of at most this QUAL become LowQual"},
    {"sample", RUNNEL_TEXT, "", "name of the sample; by default the read groups'"},
    {"command", RUNNEL_TEXT, "", "command line to name in the header"},
    {"no-version", RUNNEL_FLAG, "false", "no version and no command line in the header"},
};

static const struct runnel_stage REVISE = {
    .struct_size = sizeof REVISE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "revise",
    .version = "1",
    .help = "one call per site, with a state, from look after look",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.calls/1 runnel.drafts/1 runnel.looks/1 runnel.targets/1",
    .gives = "runnel.calls/1 runnel.targets/1",
    .init = revise_init,
    .process = revise_process,
    .finish = revise_finish,
    .destroy = revise_destroy,
    .extension = revise_extension,
};

EXPORT_STAGE(REVISE)
