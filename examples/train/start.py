# SPDX-License-Identifier: MIT
"""Where the full-alignment network starts, if from nothing: it can tell letters in the window's middle.

Letters are written as 100, 75, 50 and 25, and a network that starts at random learns last what those say.
So some filters start as thresholds between the codes, at one place of the window each; filters of the next
layers start as their means over rows, of the middle column, and the last block hides what stands beside it.
All of it is trained on."""
import torch

REFERENCE, ALTERNATIVE, SHARE, INSERTED = 0, 1, 5, 6
LETTERS = (0.12, 0.37, 0.62, 0.87)
STEEPNESS = 4.0
HIDDEN = 6.0


def thresholds():
    """(channel, row tap, column tap, threshold, sign): a filter each."""
    for column in (1, 2):
        yield from ((REFERENCE, 1, column, t, 1) for t in LETTERS)
        for row in (1, 2):
            yield from ((ALTERNATIVE, row, column, t, 1) for t in LETTERS)
            yield from ((ALTERNATIVE, row, column, t, -1) for t in (0.25, 0.75))
    for row in (1, 2):
        yield from ((INSERTED, row, 1, t, 1) for t in LETTERS)
        yield from ((SHARE, row, 1, t, 1) for t in (0.25, 0.6))


@torch.no_grad()
def set_filter(conv, bn, i, weight, steepness, threshold, mean, deviation):
    """Filter i becomes relu(steepness * (weight * x - threshold)), its outputs before having that mean and deviation."""
    conv.weight[i], conv.bias[i] = weight, 0
    bn.running_mean[i], bn.running_var[i] = mean, deviation ** 2
    bn.weight[i], bn.bias[i] = steepness * deviation, steepness * (mean - threshold)


@torch.no_grad()
def start_at_letters(network, windows):
    """Sets the filters of a FullAlignment; `windows` are some to take means from."""
    x = windows.permute(0, 3, 1, 2).float() / 100
    unit = network.conv1
    rules = list(thresholds())
    for i, (channel, row, column, threshold, sign) in enumerate(rules):
        weight = torch.zeros_like(unit.conv.weight[i])
        weight[channel, row, column] = sign
        set_filter(unit.conv, unit.bn, i, weight, STEEPNESS, threshold,
                   sign * float(x[:, channel].mean()), float(x[:, channel].std()))
    count = len(rules)
    # Means over rows of each, in the same column; the filter after them is 1 everywhere inside of the window.
    for unit in (network.conv1, network.conv3, network.conv5):
        unit.conv.weight[count], unit.conv.bias[count], unit.bn.weight[count], unit.bn.bias[count] = 0, 0, 1, 1
    for unit in (network.conv3, network.conv5):
        unit.conv.weight[:count] = 0
        for i in range(count):
            unit.conv.weight[i, i, :, 1] = 1 / 3
        unit.bn.bias[:count] = 1
    # Blocks start by handing on what they get ...
    for blocks in (network.res_block1, network.res_block2, network.res_block3):
        blocks[0].bn2.weight.zero_()
    # ... and the last one, of five columns, hides the outer four: 0 and 4 are told by the empty column beside them.
    block = network.res_block3[0]
    edge = torch.zeros_like(block.conv1.weight[0])
    edge[count, 1, 0] = edge[count, 1, 2] = -1
    set_filter(block.conv1, block.bn1, 0, edge, 1.0, -2.0, -1.6, 0.24 ** 0.5)
    for i in range(count):
        outside = torch.zeros_like(block.conv2.weight[i])
        outside[0, 1, :] = -1
        set_filter(block.conv2, block.bn2, i, outside, HIDDEN, 0.0, -0.8, 0.4)
