# SPDX-License-Identifier: MIT
"""Where the full-alignment network starts, if from nothing: it can tell letters in the window's middle.

Letters are written as 100, 75, 50 and 25, and a network that starts at random learns last what those say.
So some filters of the first layer start as thresholds between codes, at one place of the window each; some of
the second as sums of these that are above 0 for one letter only (a mean over rows), or count columns; the
third hands them on, and the last block hides what stands beside the middle.  All of it is trained on."""
import torch
from torch.nn import functional as F

REFERENCE, ALTERNATIVE, SHARE, INSERTED = 0, 1, 5, 6
THRESHOLDS = (0.125, 0.375, 0.625, 0.875)  # between 0 and the codes / 100 of C, T, G, A
STEEPNESS, HIDDEN = 4.0, 12.0
# Weights of the four thresholds for which only C, T, G or A gives 0.5, others 0; for which a letter gives 0.5 to 1.
LETTERS = ((1, -3, 4, -4), (0, 1, -3, 4), (0, 0, 1, -3), (0, 0, 0, 1))
ANY = (1, -1, 0, 0)
# In the alternative's channel an insertion is -0.5, a deletion -1: of thresholds 0.25 and 0.75 below 0.
GAP_THRESHOLDS, GAPS = (0.25, 0.75), ((1, -3), (0, 1))
MIDDLE, RIGHT = 1, 2  # column taps: of stride 2, one's own column and the next


def layers():
    """Filters of the first layer, (channel, row tap, column tap, threshold, sign), and of the second as
    ({filter of the first: weight}, column taps there, column taps in the third)."""
    first, second = [], []

    def taps(channel, rows, column, thresholds, sign=1):
        """Numbers of new filters: of each threshold, by row."""
        out = [[len(first) + i * len(rows) + j for j in range(len(rows))] for i in range(len(thresholds))]
        first.extend((channel, row, column, t, sign) for t in thresholds for row in rows)
        return out

    def weighted(filters, weights):
        return {i: w for numbers, w in zip(filters, weights) for i in numbers if w}

    reference, alternative = taps(REFERENCE, (1,), MIDDLE, THRESHOLDS), taps(ALTERNATIVE, (1, 2), MIDDLE, THRESHOLDS)
    gaps, share = taps(ALTERNATIVE, (1, 2), MIDDLE, GAP_THRESHOLDS, -1), taps(SHARE, (1, 2), MIDDLE, (0.25, 0.6))
    for filters, kinds in ((reference, LETTERS), (alternative, LETTERS), (gaps, GAPS), (share, ((1, 0), (0, 1)))):
        second.extend((weighted(filters, kind), (MIDDLE,), (MIDDLE,)) for kind in kinds)
    for channel, filters in ((REFERENCE, reference), (INSERTED, taps(INSERTED, (1, 2), MIDDLE, THRESHOLDS[:2]))):
        beside = taps(channel, (1,) if channel == REFERENCE else (1, 2), RIGHT, THRESHOLDS[:2])
        both = {**weighted(filters, ANY), **weighted(beside, ANY)}
        second.append((both, (MIDDLE,), (MIDDLE,)))
        second.append((both, (MIDDLE, RIGHT), (MIDDLE,)))
        second.append((both, (MIDDLE, RIGHT), (MIDDLE, RIGHT)))
    return first, second


def set_filter(conv, bn, i, weight, steepness, threshold, mean, deviation):
    """Filter i becomes relu(steepness * (weight * x - threshold)), if weight * x has that mean and deviation."""
    conv.weight[i], conv.bias[i] = weight, 0
    bn.running_mean[i], bn.running_var[i] = mean, deviation ** 2
    bn.weight[i], bn.bias[i] = steepness * deviation, steepness * (mean - threshold)


@torch.no_grad()
def start_at_letters(network, windows):
    """Sets filters of a FullAlignment; `windows` are some to take means from."""
    x = windows.permute(0, 3, 1, 2).float() / 100
    first, second = layers()
    for i, (channel, row, column, threshold, sign) in enumerate(first):
        weight = torch.zeros_like(network.conv1.conv.weight[i])
        weight[channel, row, column] = sign
        seen = F.conv2d(x, weight[None], stride=2, padding=1)
        set_filter(network.conv1.conv, network.conv1.bn, i, weight, STEEPNESS, threshold, float(seen.mean()), float(seen.std()))
    for i, (filters, columns, later) in enumerate(second):
        network.conv3.conv.weight[i] = network.conv5.conv.weight[i] = 0
        for number, weight in filters.items():
            network.conv3.conv.weight[i, number, :, list(columns)] = weight / 3
        network.conv5.conv.weight[i, i, :, list(later)] = 1 / 3
        network.conv3.bn.bias[i] = network.conv5.bn.bias[i] = 1
    # A filter that is 1 everywhere inside of the window.
    ones = len(second)
    network.conv5.conv.weight[ones], network.conv5.conv.bias[ones] = 0, 0
    network.conv5.bn.weight[ones] = network.conv5.bn.bias[ones] = 1
    # Blocks start by handing on what they get ...
    for block in (network.res_block1, network.res_block2, network.res_block3):
        block[0].bn2.weight.zero_()
    # ... and the last one, of five columns, hides the outer four: 0 and 4 are told by the empty column beside them.
    block = network.res_block3[0]
    edge = torch.zeros_like(block.conv1.weight[0])
    edge[ones, 1, 0] = edge[ones, 1, 2] = -1
    set_filter(block.conv1, block.bn1, 0, edge, 1.0, -2.0, -1.6, 0.24 ** 0.5)
    for i in range(len(second)):
        outside = torch.zeros_like(block.conv2.weight[i])
        outside[0, 1, :] = -1
        set_filter(block.conv2, block.bn2, i, outside, HIDDEN, 0.0, -0.8, 0.4)
