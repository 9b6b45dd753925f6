/* SPDX-License-Identifier: MIT
 *
 * Rectangles and letters.  A glyph is seven rows of five dots, the leftmost in the highest bit. */
#include "plugin/host/canvas.h"

#include <stdlib.h>
#include <string.h>

static const struct glyph {
    char letter;
    uint8_t rows[GLYPH_HEIGHT];
} GLYPHS[] = {
    {'A', {14, 17, 17, 31, 17, 17, 17}}, {'B', {30, 17, 17, 30, 17, 17, 30}},
    {'C', {14, 17, 16, 16, 16, 17, 14}}, {'D', {30, 17, 17, 17, 17, 17, 30}},
    {'E', {31, 16, 16, 30, 16, 16, 31}}, {'F', {31, 16, 16, 30, 16, 16, 16}},
    {'G', {14, 17, 16, 23, 17, 17, 14}}, {'H', {17, 17, 17, 31, 17, 17, 17}},
    {'I', {14, 4, 4, 4, 4, 4, 14}},      {'J', {7, 2, 2, 2, 2, 18, 12}},
    {'K', {17, 18, 20, 24, 20, 18, 17}}, {'L', {16, 16, 16, 16, 16, 16, 31}},
    {'M', {17, 27, 21, 21, 17, 17, 17}}, {'N', {17, 25, 21, 19, 17, 17, 17}},
    {'O', {14, 17, 17, 17, 17, 17, 14}}, {'P', {30, 17, 17, 30, 16, 16, 16}},
    {'Q', {14, 17, 17, 17, 21, 18, 13}}, {'R', {30, 17, 17, 30, 20, 18, 17}},
    {'S', {15, 16, 16, 14, 1, 1, 30}},   {'T', {31, 4, 4, 4, 4, 4, 4}},
    {'U', {17, 17, 17, 17, 17, 17, 14}}, {'V', {17, 17, 17, 17, 17, 10, 4}},
    {'W', {17, 17, 17, 21, 21, 27, 17}}, {'X', {17, 17, 10, 4, 10, 17, 17}},
    {'Y', {17, 17, 10, 4, 4, 4, 4}},     {'Z', {31, 1, 2, 4, 8, 16, 31}},
    {'a', {0, 0, 14, 1, 15, 17, 15}},    {'b', {16, 16, 30, 17, 17, 17, 30}},
    {'c', {0, 0, 14, 16, 16, 17, 14}},   {'d', {1, 1, 15, 17, 17, 17, 15}},
    {'e', {0, 0, 14, 17, 31, 16, 14}},   {'f', {6, 9, 8, 28, 8, 8, 8}},
    {'g', {0, 15, 17, 17, 15, 1, 14}},   {'h', {16, 16, 22, 25, 17, 17, 17}},
    {'i', {4, 0, 12, 4, 4, 4, 14}},      {'j', {2, 0, 6, 2, 2, 18, 12}},
    {'k', {16, 16, 18, 20, 24, 20, 18}}, {'l', {12, 4, 4, 4, 4, 4, 14}},
    {'m', {0, 0, 26, 21, 21, 17, 17}},   {'n', {0, 0, 22, 25, 17, 17, 17}},
    {'o', {0, 0, 14, 17, 17, 17, 14}},   {'p', {0, 0, 30, 17, 30, 16, 16}},
    {'q', {0, 0, 13, 19, 15, 1, 1}},     {'r', {0, 0, 22, 25, 16, 16, 16}},
    {'s', {0, 0, 14, 16, 14, 1, 30}},    {'t', {8, 8, 28, 8, 8, 9, 6}},
    {'u', {0, 0, 17, 17, 17, 19, 13}},   {'v', {0, 0, 17, 17, 17, 10, 4}},
    {'w', {0, 0, 17, 17, 21, 21, 10}},   {'x', {0, 0, 17, 10, 4, 10, 17}},
    {'y', {0, 0, 17, 17, 15, 1, 14}},    {'z', {0, 0, 31, 2, 4, 8, 31}},
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 4, 4, 4, 4, 14}},
    {'2', {14, 17, 1, 6, 8, 16, 31}},    {'3', {30, 1, 1, 14, 1, 1, 30}},
    {'4', {2, 6, 10, 18, 31, 2, 2}},     {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 4, 8, 8}},
    {'8', {14, 17, 17, 14, 17, 17, 14}}, {'9', {14, 17, 17, 15, 1, 2, 12}},
    {'-', {0, 0, 0, 31, 0, 0, 0}},       {'+', {0, 4, 4, 31, 4, 4, 0}},
    {'.', {0, 0, 0, 0, 0, 12, 12}},      {',', {0, 0, 0, 0, 12, 4, 8}},
    {':', {0, 12, 12, 0, 12, 12, 0}},    {'*', {0, 21, 14, 31, 14, 21, 0}},
    {'#', {10, 10, 31, 10, 31, 10, 10}}, {'_', {0, 0, 0, 0, 0, 0, 31}},
    {'/', {1, 1, 2, 4, 8, 16, 16}},      {'(', {2, 4, 8, 8, 8, 4, 2}},
    {')', {8, 4, 2, 2, 2, 4, 8}},        {'=', {0, 0, 31, 0, 31, 0, 0}},
    {'>', {8, 4, 2, 1, 2, 4, 8}},        {'?', {14, 17, 1, 6, 4, 0, 4}},
};

enum { GLYPH_COUNT = sizeof GLYPHS / sizeof *GLYPHS, GLYPH_DOTS = GLYPH_WIDTH - 1 };

int canvas_new(struct canvas *canvas, int width, int height, struct failure *why) {
    size_t size = (size_t)width * (size_t)height * 3;
    *canvas = (struct canvas){width, height, malloc(size)};
    if (canvas->pixels == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a picture of %d x %d", width, height);
    memset(canvas->pixels, 255, size);
    return STATUS_OK;
}

void canvas_free(struct canvas *canvas) {
    free(canvas->pixels);
    canvas->pixels = NULL;
}

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, struct colour colour) {
    for (int row = y < 0 ? 0 : y; row < y + height && row < canvas->height; row++)
        for (int column = x < 0 ? 0 : x; column < x + width && column < canvas->width; column++) {
            uint8_t *pixel =
                canvas->pixels + ((size_t)row * (size_t)canvas->width + (size_t)column) * 3;
            pixel[0] = colour.red;
            pixel[1] = colour.green;
            pixel[2] = colour.blue;
        }
}

/* The glyph of a letter; a question mark for one that there is not; NULL for a blank. */
static const struct glyph *find_glyph(char letter) {
    if (letter == ' ')
        return NULL;
    for (size_t i = 0; i < GLYPH_COUNT; i++)
        if (GLYPHS[i].letter == letter)
            return &GLYPHS[i];
    return &GLYPHS[GLYPH_COUNT - 1];
}

void canvas_text(struct canvas *canvas, int x, int y, int scale, struct colour colour,
                 const char *text) {
    for (; *text != '\0'; text++, x += GLYPH_WIDTH * scale) {
        const struct glyph *glyph = find_glyph(*text);
        for (int row = 0; glyph != NULL && row < GLYPH_HEIGHT; row++)
            for (int dot = 0; dot < GLYPH_DOTS; dot++)
                if (glyph->rows[row] >> (GLYPH_DOTS - 1 - dot) & 1)
                    canvas_fill(canvas, x + dot * scale, y + row * scale, scale, scale, colour);
    }
}
