/* SPDX-License-Identifier: MIT
 *
 * A small canvas for pictures of windows: filled rectangles and short texts in a built-in font
 * (capitals, digits and a few signs; small letters are drawn as capitals). */
#ifndef PLUGIN_HOST_CANVAS_H
#define PLUGIN_HOST_CANVAS_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    GLYPH_WIDTH = 6, /* pixels per letter, the gap included */
    GLYPH_HEIGHT = 7
};

struct colour {
    uint8_t red, green, blue;
};

struct canvas {
    int width, height;
    uint8_t *pixels; /* height x width x 3 */
};

/* A white canvas. */
int canvas_new(struct canvas *canvas, int width, int height, struct failure *why);
void canvas_free(struct canvas *canvas);

/* What lies outside the canvas is cut off. */
void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, struct colour colour);

/* `scale` pixels per dot of the font. */
void canvas_text(struct canvas *canvas, int x, int y, int scale, struct colour colour,
                 const char *text);

#endif
