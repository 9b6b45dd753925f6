/* SPDX-License-Identifier: MIT
 *
 * The full-alignment network: spec networks, 3.  Letters as in convolution.h; M windows of a
 * block.
 *
 * The largest maps are computed window by window, since one window's fill the second-level
 * cache; the smaller ones for all windows of a block, since their weights are larger than they
 * are.  Per map there are two buffers, `main` and `mid`: a block's second convolution adds to
 * `main` in place. */
#include "core/networks/full_network.h"

#include "core/networks/convolution.h"
#include "core/networks/pack.h"
#include "core/networks/pyramid.h"
#include "core/networks/tail.h"
#include "core/windows/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STAGES = 3,
    BLOCK = 16,       /* windows that go through the smaller maps together */
    MARGIN = 3,       /* rows beside a computed range that the next convolution may read */
    INPUT_UNITS = 100 /* window values are hundredths */
};

/* A strided convolution and the two of its residual block, in the order of running. */
enum { DOWN, FIRST, SECOND, CONVOLUTIONS };

struct stage {
    size_t channels; /* the real number; map.C is rounded up */
    struct map_shape map;
    struct convolution convolution[CONVOLUTIONS];
    float *background[CONVOLUTIONS]; /* each convolution's result for a window of zeros */
};

/* Rows of a Winograd tile, by stage.  Where rows are left out (the larger maps) two, since their
 * outputs do not meet each other's inputs; four where nearly all rows are computed anyway. */
static const size_t tile_rows[STAGES] = {2, 2, 4};

static const struct {
    const char *convolution[CONVOLUTIONS], *norm[CONVOLUTIONS], *result[CONVOLUTIONS];
} names[STAGES] = {
    {{"conv1.conv", "res_block1.0.conv1", "res_block1.0.conv2"},
     {"conv1.bn", "res_block1.0.bn1", "res_block1.0.bn2"},
     {"conv1", "res_block1.0.mid", "res_block1.0"}},
    {{"conv3.conv", "res_block2.0.conv1", "res_block2.0.conv2"},
     {"conv3.bn", "res_block2.0.bn1", "res_block2.0.bn2"},
     {"conv3", "res_block2.0.mid", "res_block2.0"}},
    {{"conv5.conv", "res_block3.0.conv1", "res_block3.0.conv2"},
     {"conv5.bn", "res_block3.0.bn1", "res_block3.0.bn2"},
     {"conv5", "res_block3.0.mid", "res_block3.0"}},
};

struct full_network {
    const struct kernels *kernels;
    struct map_shape input;
    struct stage stage[STAGES];
    struct pyramid pyramid;
    struct tail tail;
};

struct full_scratch {
    float *input; /* one window */
    float *main[STAGES], *mid[STAGES];
    float *pooled; /* (M, PYRAMID_BINS, C) */
    struct convolution_scratch convolution;
    struct row_range ranges[BLOCK];
    struct tail_scratch tail;
    const struct tap *tap;
    bool recording; /* the background is being computed */
};

/* ---- packing ------------------------------------------------------------------------------- */

static int pack_stage(struct full_network *network, size_t s, const struct weights *weights,
                      enum padding padding, struct failure *why) {
    struct stage *stage = &network->stage[s];
    const struct map_shape *below = s == 0 ? &network->input : &network->stage[s - 1].map;
    size_t in_channels = s == 0 ? below->C : network->stage[s - 1].channels;
    char name[TENSOR_NAME_MAX];
    snprintf(name, sizeof name, "%s.weight", names[s].convolution[DOWN]);
    const struct tensor *down = weights_get(weights, name, 4, (size_t[]){0, 0, 0, 0}, why);
    if (down == NULL)
        return STATUS_BAD_INPUT;
    stage->channels = down->shape[0];
    stage->map = (struct map_shape){(below->R + 1) / 2, (below->W + 1) / 2,
                                    round_up(stage->channels, network->kernels->panel)};
    for (size_t c = 0; c < CONVOLUTIONS; c++) {
        bool even = below->R % 2 == 0;
        stage->convolution[c] = (struct convolution){
            .kernels = network->kernels,
            .stride = c == DOWN ? 2 : 1,
            .tile_rows = c == DOWN ? 0 : tile_rows[s],
            .before = c == DOWN && even && padding == PADDING_SAME ? 0 : 1,
            .in = c == DOWN ? *below : stage->map,
            .out = stage->map,
        };
        double scale = s == 0 && c == DOWN ? 1.0 / INPUT_UNITS : 1.0;
        int status = convolution_pack(&stage->convolution[c], weights, names[s].convolution[c],
                                      names[s].norm[c], c == DOWN ? in_channels : stage->channels,
                                      stage->channels, scale, why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static int compute_background(struct full_network *network, struct failure *why);

static int build(struct full_network *network, const struct weights *weights, enum padding padding,
                 struct failure *why) {
    for (size_t s = 0; s < STAGES; s++) {
        int status = pack_stage(network, s, weights, padding, why);
        if (status != STATUS_OK)
            return status;
    }
    const struct stage *last = &network->stage[STAGES - 1];
    int status = pyramid_lay(&network->pyramid, &last->map, why);
    if (status != STATUS_OK)
        return fail_at(why, "a full-alignment window of %zu rows", network->input.R);
    struct flat_shape flat = {PYRAMID_BINS, 1, last->channels, last->map.C};
    status = tail_pack(&network->tail, weights, &flat, network->kernels, why);
    if (status != STATUS_OK)
        return status;
    return compute_background(network, why);
}

struct full_network *full_network_new(const struct weights *weights, size_t rows,
                                      enum padding padding, const struct kernels *kernels,
                                      struct failure *why) {
    enum { ROWS_MAX = 1024 };
    if (rows == 0 || rows > ROWS_MAX) {
        fail(why, STATUS_UNSUPPORTED, "a full-alignment window cannot have %zu rows", rows);
        return NULL;
    }
    const struct tensor *conv1 =
        weights_get(weights, "conv1.conv.weight", 4, (size_t[]){0, 0, 0, 0}, why);
    if (conv1 == NULL || weights_check_finite(weights, why) != STATUS_OK)
        return NULL;
    struct full_network *network = calloc(1, sizeof *network);
    if (network == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for the full-alignment network");
        return NULL;
    }
    network->kernels = kernels_for_width(kernels, conv1->shape[0]);
    network->input = (struct map_shape){rows, WINDOW_WIDTH, conv1->shape[1]};
    if (build(network, weights, padding, why) != STATUS_OK) {
        full_network_free(network);
        return NULL;
    }
    return network;
}

void full_network_free(struct full_network *network) {
    if (network == NULL)
        return;
    for (size_t s = 0; s < STAGES; s++)
        for (size_t c = 0; c < CONVOLUTIONS; c++) {
            convolution_free(&network->stage[s].convolution[c]);
            free(network->stage[s].background[c]);
        }
    tail_free(&network->tail);
    free(network);
}

size_t full_network_outputs(const struct full_network *network) {
    return network->tail.outputs;
}

size_t full_network_channels(const struct full_network *network) {
    return network->input.C;
}

size_t full_network_rows(const struct full_network *network) {
    return network->input.R;
}

/* ---- working memory ------------------------------------------------------------------------ */

/* Windows whose maps of stage s are kept at a time. */
static size_t kept(size_t s) {
    return s == 0 ? 1 : BLOCK;
}

static int allocate(struct full_scratch *scratch, const struct full_network *network,
                    struct failure *why) {
    size_t positions = 0, channels = 0;
    scratch->input = floats_new(map_size(&network->input), why);
    if (scratch->input == NULL)
        return STATUS_NO_MEMORY;
    for (size_t s = 0; s < STAGES; s++) {
        const struct map_shape *map = &network->stage[s].map;
        size_t size = kept(s) * map_size(map) + map_slack(map);
        scratch->main[s] = floats_new(size, why);
        scratch->mid[s] = floats_new(size, why);
        if (scratch->main[s] == NULL || scratch->mid[s] == NULL)
            return STATUS_NO_MEMORY;
        if (kept(s) * map->R * map->W > positions)
            positions = kept(s) * map->R * map->W;
        if (map->C > channels)
            channels = map->C;
    }
    scratch->pooled = floats_new(BLOCK * PYRAMID_BINS * network->stage[STAGES - 1].map.C, why);
    if (scratch->pooled == NULL ||
        convolution_scratch_new(&scratch->convolution, positions, channels, network->kernels->panel,
                                why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    return tail_scratch_new(&scratch->tail, &network->tail, BLOCK, why);
}

struct full_scratch *full_scratch_new(const struct full_network *network, struct failure *why) {
    struct full_scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL || allocate(scratch, network, why) != STATUS_OK) {
        fail(why, STATUS_NO_MEMORY, "no memory to run the full-alignment network");
        full_scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

void full_scratch_free(struct full_scratch *scratch) {
    if (scratch == NULL)
        return;
    free(scratch->input);
    for (size_t s = 0; s < STAGES; s++) {
        free(scratch->main[s]);
        free(scratch->mid[s]);
    }
    free(scratch->pooled);
    convolution_scratch_free(&scratch->convolution);
    tail_scratch_free(&scratch->tail);
    free(scratch);
}

void full_scratch_tap(struct full_scratch *scratch, const struct tap *tap) {
    scratch->tap = tap;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Copies the background into up to `margin` rows on either side of `range`. */
static void fill_margins(float *y, const float *background, const struct map_shape *map,
                         struct row_range range, size_t margin) {
    size_t above = range.begin < margin ? range.begin : margin;
    size_t below = map->R - range.end < margin ? map->R - range.end : margin;
    size_t first = (range.begin - above + 1) * map_row(map),
           second = (range.end + 1) * map_row(map);
    memcpy(y + first, background + first, above * map_row(map) * sizeof *y);
    memcpy(y + second, background + second, below * map_row(map) * sizeof *y);
}

static void show(const struct full_scratch *scratch, const char *name, const float *y,
                 const struct stage *stage, size_t M) {
    if (scratch->tap == NULL)
        return;
    const struct map_shape *map = &stage->map;
    scratch->tap->layer(scratch->tap->user,
                        &(struct layer_view){.name = name,
                                             .values = y + map_row(map) + map->C,
                                             .windows = M,
                                             .rows = map->R,
                                             .columns = map->W,
                                             .channels = stage->channels,
                                             .window_step = map_size(map),
                                             .row_step = map_row(map),
                                             .column_step = map->C});
}

/* One convolution for M windows: x to y, `ranges` becoming those of y. */
static void convolve(const struct full_network *network, struct full_scratch *scratch, size_t s,
                     size_t c, const float *x, const float *add, float *y, struct row_range *ranges,
                     size_t M) {
    const struct stage *stage = &network->stage[s];
    for (size_t m = 0; m < M; m++)
        ranges[m] = convolution_reach(&stage->convolution[c], ranges[m]);
    convolution_run(&stage->convolution[c], &scratch->convolution, x, add, y, ranges, M);
    if (scratch->recording) {
        memcpy(stage->background[c], y, map_size(&stage->map) * sizeof *y);
        return;
    }
    /* Pooling reads the whole last map; a tap is shown whole maps. */
    size_t margin = s == STAGES - 1 || scratch->tap != NULL ? stage->map.R : MARGIN;
    for (size_t m = 0; m < M; m++)
        fill_margins(y + m * map_size(&stage->map), stage->background[c], &stage->map, ranges[m],
                     margin);
    show(scratch, names[s].result[c], y, stage, M);
}

/* A residual block in place: main = relu(main + second(first(main))). */
static void residual(const struct full_network *network, struct full_scratch *scratch, size_t s,
                     struct row_range *ranges, size_t M) {
    float *main = scratch->main[s], *mid = scratch->mid[s];
    convolve(network, scratch, s, FIRST, main, NULL, mid, ranges, M);
    convolve(network, scratch, s, SECOND, mid, main, main, ranges, M);
}

static bool is_zero(const int8_t *row, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (row[i] != 0)
            return false;
    return true;
}

/* Puts a window into the bordered input map, and returns which rows are not all zero. */
static struct row_range load(const struct full_network *network, float *input,
                             const struct full_input *window) {
    const struct map_shape *map = &network->input;
    size_t size = map->W * map->C, begin = 0, end = window->rows;
    while (end > begin && is_zero(window->values + (end - 1) * size, size))
        end--;
    while (begin < end && is_zero(window->values + begin * size, size))
        begin++;
    memset(input, 0, map_size(map) * sizeof *input);
    for (size_t r = begin; r < end; r++) {
        float *to = input + (window->first_row + r + 1) * map_row(map) + map->C;
        const int8_t *from = window->values + r * size;
        for (size_t i = 0; i < size; i++)
            to[i] = (float)from[i];
    }
    return (struct row_range){window->first_row + begin, window->first_row + end};
}

static void run_block(const struct full_network *network, struct full_scratch *scratch,
                      const struct full_input *windows, size_t M, float *probabilities) {
    struct row_range *ranges = scratch->ranges;
    size_t size1 = map_size(&network->stage[1].map), size2 = map_size(&network->stage[2].map);
    for (size_t m = 0; m < M; m++) {
        ranges[m] = load(network, scratch->input, &windows[m]);
        convolve(network, scratch, 0, DOWN, scratch->input, NULL, scratch->main[0], &ranges[m], 1);
        residual(network, scratch, 0, &ranges[m], 1);
        convolve(network, scratch, 1, DOWN, scratch->main[0], NULL, scratch->main[1] + m * size1,
                 &ranges[m], 1);
    }
    residual(network, scratch, 1, ranges, M);
    convolve(network, scratch, 2, DOWN, scratch->main[1], NULL, scratch->main[2], ranges, M);
    residual(network, scratch, 2, ranges, M);
    const struct stage *last = &network->stage[STAGES - 1];
    for (size_t m = 0; m < M; m++)
        pyramid_pool(&network->pyramid, &last->map, scratch->main[2] + m * size2,
                     scratch->pooled + m * PYRAMID_BINS * last->map.C);
    if (scratch->tap != NULL)
        scratch->tap->layer(scratch->tap->user,
                            &(struct layer_view){.name = "pyramid",
                                                 .values = scratch->pooled,
                                                 .windows = M,
                                                 .rows = 1,
                                                 .columns = PYRAMID_BINS,
                                                 .channels = last->channels,
                                                 .window_step = PYRAMID_BINS * last->map.C,
                                                 .column_step = last->map.C});
    tail_run(&network->tail, &scratch->tail, scratch->pooled, PYRAMID_BINS * last->map.C,
             last->map.C, M, scratch->tap, probabilities);
}

/* Every row of a window of zeros, kept map by map. */
static int compute_background(struct full_network *network, struct failure *why) {
    for (size_t s = 0; s < STAGES; s++)
        for (size_t c = 0; c < CONVOLUTIONS; c++) {
            network->stage[s].background[c] = floats_new(map_size(&network->stage[s].map), why);
            if (network->stage[s].background[c] == NULL)
                return STATUS_NO_MEMORY;
        }
    struct full_scratch *scratch = full_scratch_new(network, why);
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    scratch->recording = true;
    struct row_range all = {0, network->input.R}, *ranges = scratch->ranges;
    ranges[0] = all;
    for (size_t s = 0; s < STAGES; s++) {
        const float *x = s == 0 ? scratch->input : scratch->main[s - 1];
        convolve(network, scratch, s, DOWN, x, NULL, scratch->main[s], ranges, 1);
        residual(network, scratch, s, ranges, 1);
    }
    full_scratch_free(scratch);
    return STATUS_OK;
}

void full_network_run(const struct full_network *network, struct full_scratch *scratch,
                      const struct full_input *windows, size_t count, float *probabilities) {
    size_t blocks = (count + BLOCK - 1) / BLOCK;
    for (size_t b = 0, first = 0; b < blocks; b++) {
        size_t M = (count - first) / (blocks - b);
        run_block(network, scratch, windows + first, M,
                  probabilities + first * network->tail.outputs);
        first += M;
    }
}
