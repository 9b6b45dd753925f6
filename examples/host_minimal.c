/* SPDX-License-Identifier: MIT
 *
 * A stranger's host: loads Runnel's caller by dlopen, feeds it one made-up pileup window and
 * prints the call.  Only runnel_plugin.h is needed:
 *
 *     cc -o host_minimal host_minimal.c $(pkg-config --cflags runnel) -ldl
 *     ./host_minimal /usr/lib/runnel/runnel_caller.so /usr/share/runnel/models/ont.h5
 *
 * A host hands out slots and gets them back filled.  This one has a single slot and waits for it. */
#include <dlfcn.h>
#include <runnel_plugin.h>
#include <stdio.h>
#include <threads.h>

/* ---- one Arrow column of one row, or a struct of columns, with memory that nobody frees ---- */

static void no_schema_release(struct ArrowSchema *schema) { schema->release = NULL; }
static void no_array_release(struct ArrowArray *array) { array->release = NULL; }

struct column {
    const char *name, *format, *item;
    const void *buffers[3];
};

static int32_t OFFSETS[3][2];
static int32_t WINDOW[33 * 18];
static const int64_t POSITION = 1000;
static const int32_t DEPTH = 20;
static const char REFERENCE[] = "ACGTACGTACGTACGTACGTACGTACGTACGTA"; /* number 16, A, is the site's */
static const char ALT_INFO[] = "20-XG 20";

static struct column COLUMNS[] = {{"contig", "u", NULL, {NULL, OFFSETS[0], "chr1"}},
                                  {"position", "l", NULL, {NULL, &POSITION}},
                                  {"reference", "u", NULL, {NULL, OFFSETS[1], REFERENCE}},
                                  {"alt_info", "u", NULL, {NULL, OFFSETS[2], ALT_INFO}},
                                  {"depth", "i", NULL, {NULL, &DEPTH}},
                                  {"window", "+w:594", "i", {NULL}}};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

static void fill(struct ArrowSchema *schema, struct ArrowArray *array, struct column *column) {
    const void *const *buffers = column->buffers;
    *schema = (struct ArrowSchema){
        .format = column->format, .name = column->name, .release = no_schema_release};
    *array = (struct ArrowArray){
        .length = 1, .buffers = (const void **)buffers, .release = no_array_release};
    array->n_buffers = column->format[0] == '+' ? 1 : column->format[0] == 'u' ? 3 : 2;
    if (column->item == NULL)
        return;
    static struct ArrowSchema item_schema, *item_schemas[] = {&item_schema};
    static struct ArrowArray item_array, *item_arrays[] = {&item_array};
    static const void *item_buffers[] = {NULL, WINDOW};
    item_schema = (struct ArrowSchema){
        .format = column->item, .name = "item", .release = no_schema_release};
    item_array = (struct ArrowArray){.length = 33 * 18, .n_buffers = 2,
                                     .buffers = item_buffers, .release = no_array_release};
    schema->n_children = array->n_children = 1;
    schema->children = item_schemas;
    array->children = item_arrays;
}

static struct runnel_batch *window_batch(uint32_t kind) {
    static struct ArrowSchema schemas[COLUMN_COUNT], *schema_list[COLUMN_COUNT];
    static struct ArrowArray arrays[COLUMN_COUNT], *array_list[COLUMN_COUNT];
    static const void *no_buffers[] = {NULL};
    static const char FACTS[] = "\2\0\0\0" /* two pairs, each text behind its length */
                                "\7\0\0\0contigs" "\12\0\0\0chr1\t5000\n"
                                "\10\0\0\0platform" "\3\0\0\0ont";
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        fill(&schemas[i], &arrays[i], &COLUMNS[i]);
        schema_list[i] = &schemas[i];
        array_list[i] = &arrays[i];
    }
    struct ArrowSchema schema = {.format = "+s", .name = "", .metadata = FACTS,
                                 .n_children = COLUMN_COUNT, .children = schema_list,
                                 .release = no_schema_release};
    struct ArrowArray array = {.length = 1, .n_buffers = 1, .buffers = no_buffers,
                               .n_children = COLUMN_COUNT, .children = array_list,
                               .release = no_array_release};
    return runnel_batch_new(kind, "runnel.pileup/1", &schema, kind == RUNNEL_DATA ? &array : NULL);
}

/* ---- what a host offers ---- */

struct runnel_slot {
    const struct runnel_batch *batch;
    volatile int complete;
};

static void on_log(void *me, int level, const char *text) { (void)me, (void)level, puts(text); }
static void on_fail(void *me, const char *text) { (void)me, fprintf(stderr, "failed: %s\n", text); }
static void on_emit(void *me, struct runnel_slot *slot, const struct runnel_batch *batch) {
    (void)me, slot->batch = batch;
}
static void on_complete(void *me, struct runnel_slot *slot, int result) {
    (void)me, __atomic_store_n(&slot->complete, result == RUNNEL_OK ? 1 : -1, __ATOMIC_RELEASE);
}
static void on_count(void *me, const char *name, int64_t amount) {
    (void)me, printf("%s: %lld\n", name, (long long)amount);
}
static void on_progress(void *me, const char *contig, int64_t position) {
    (void)me, (void)contig, (void)position;
}
static const void *on_extension(void *me, const char *name) { return (void)me, (void)name, NULL; }

static const struct runnel_batch *feed(const struct runnel_stage *stage, void *state, uint32_t kind) {
    struct runnel_slot slot = {0};
    struct runnel_batch *batch = window_batch(kind);
    int result = stage->process(state, batch, &slot);
    while (result == RUNNEL_PENDING && __atomic_load_n(&slot.complete, __ATOMIC_ACQUIRE) == 0)
        thrd_sleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    batch->release(batch);
    return result == RUNNEL_OK || slot.complete == 1 ? slot.batch : NULL;
}

int main(int argc, char **argv) {
    const struct runnel_host host = {sizeof host, RUNNEL_ABI_VERSION, "minimal", NULL, on_log, on_fail,
                                     on_emit, on_complete, on_count, on_progress, on_extension};
    void *object = argc == 3 ? dlopen(argv[1], RTLD_NOW) : NULL, *state = NULL;
    if (object == NULL)
        return fprintf(stderr, "usage: host_minimal runnel_caller.so MODEL\n"), 2;
    const struct runnel_plugin *(*entry)(void);
    *(void **)&entry = dlsym(object, "runnel_plugin_entry");
    const struct runnel_stage *caller = entry()->stages[0];
    const struct runnel_setting settings[] = {{"model", argv[2]}, {"threads", "1"}};
    const struct runnel_init init = {sizeof init, 2, settings, &host};
    OFFSETS[0][1] = 4, OFFSETS[1][1] = 33, OFFSETS[2][1] = sizeof ALT_INFO - 1;
    for (int column = 0; column < 33; column++) { /* ten reads a strand, with the reference letter */
        int letter = (int)(strchr("ACGT", REFERENCE[column]) - "ACGT");
        WINDOW[column * 18 + letter] = WINDOW[column * 18 + 9 + letter] = -10;
    }
    WINDOW[16 * 18 + 2] = WINDOW[16 * 18 + 9 + 2] = 10; /* but G at the site */
    if (caller->init(&init, &state) != RUNNEL_OK)
        return 1;
    const struct runnel_batch *open = feed(caller, state, RUNNEL_OPEN);
    const struct runnel_batch *calls = feed(caller, state, RUNNEL_DATA);
    int64_t alt_length = 0, genotype_length = 0;
    if (calls != NULL && runnel_rows(calls) == 1) {
        const char *alt = runnel_text(calls, runnel_column(calls, "alternates"), 0, &alt_length);
        const char *gt = runnel_text(calls, runnel_column(calls, "genotype"), 0, &genotype_length);
        printf("chr1:1000 A>%.*s %.*s QUAL %.2f\n", (int)alt_length, alt, (int)genotype_length, gt,
               runnel_real(calls, runnel_column(calls, "qual"), 0));
    }
    caller->destroy(state);
    if (open != NULL)
        open->release(open);
    if (calls != NULL)
        calls->release(calls);
    return calls == NULL;
}
