# SPDX-License-Identifier: MIT
"""The two networks in PyTorch, for training.  Names of layers are those of the weight files that
Runnel (and Clair3 v2) read, so a saved state dictionary is a model."""
import torch
from torch import nn
from torch.nn import functional as F

HEADS = (("Y_gt21_logits", 21), ("Y_genotype_logits", 3),
         ("Y_indel_length_logits_1", 33), ("Y_indel_length_logits_2", 33))


class Heads(nn.Module):
    """L4, then a branch and a head per task.  SELU stands before the softmax on purpose."""

    def __init__(self, inputs, width, heads):
        super().__init__()
        self.count = heads
        self.L4 = nn.Linear(inputs, width)
        for i in range(heads):
            setattr(self, f"L5_{i + 1}", nn.Linear(width, 128))
            setattr(self, HEADS[i][0], nn.Linear(128, HEADS[i][1]))
        self.drop4, self.drop5 = nn.Dropout(0.3), nn.Dropout(0.2)

    def forward(self, x):
        x = self.drop4(F.selu(self.L4(x)))
        branches = [self.drop5(F.selu(getattr(self, f"L5_{i + 1}")(x))) for i in range(self.count)]
        return [F.selu(getattr(self, HEADS[i][0])(b)) for i, b in enumerate(branches)]


class Pileup(Heads):
    """33 x 18 counts in; logits of genotype and zygosity out."""

    def __init__(self):
        super().__init__(33 * 320, 128, 2)
        self.LSTM1 = nn.LSTM(18, 128, batch_first=True, bidirectional=True)
        self.LSTM2 = nn.LSTM(256, 160, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x, _ = self.LSTM1(x.float())
        x, _ = self.LSTM2(self.drop(x))
        return super().forward(x.flatten(1))


class ConvUnit(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(width, eps=1e-3)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(width, eps=1e-3)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + x)


def pyramid(x):
    """Maxima over 3 x 3, 2 x 2 and 1 x 1 bins, channels fastest."""
    parts, sizes = [], [int(n) for n in x.shape[2:]]
    for level in (3, 2, 1):
        kernel = [-(-n // level) for n in sizes]
        bins = [-(-n // k) for n, k in zip(sizes, kernel)]
        pad = [b * k - n for n, k, b in zip(sizes, kernel, bins)]
        padded = F.pad(x, (pad[1] // 2, pad[1] - pad[1] // 2, pad[0] // 2, pad[0] - pad[0] // 2))
        parts.append(F.max_pool2d(padded, kernel, kernel).permute(0, 2, 3, 1).flatten(1))
    return torch.cat(parts, 1)


def rounded_up(rows):
    """Rows after the three strides of 2."""
    return -(-rows // 8)


class FullAlignment(Heads):
    """`rows` x 33 x 8 in; logits of genotype, zygosity and two indel lengths out.

    Windows may be cut to the rows with reads, which is what training costs: a window of fewer rows that began
    at a multiple of 8 (cut_at) gets the features of empty rows put back where it was cut."""

    def __init__(self, rows=89):
        super().__init__(14 * 256, 256, 4)
        self.rows = rows
        self.conv1, self.res_block1 = ConvUnit(8, 64), nn.Sequential(Block(64))
        self.conv3, self.res_block2 = ConvUnit(64, 128), nn.Sequential(Block(128))
        self.conv5, self.res_block3 = ConvUnit(128, 256), nn.Sequential(Block(256))

    @staticmethod
    def cut_at(rows, height):
        """The first row of the middle `height` rows; of three feature rows each 8, the middle ones stay the middle."""
        return 8 * round((rows - height) / 16)

    def features(self, x):
        x = self.res_block1(self.conv1(x))
        x = self.res_block2(self.conv3(x))
        return self.res_block3(self.conv5(x))

    def empty(self):
        """Features of a row without reads, as evaluation has them."""
        training = self.training
        self.eval()
        with torch.no_grad():
            row = self.features(torch.zeros(1, 8, 72, 33, device=self.L4.weight.device))[:, :, 4:5]
        self.train(training)
        return row

    def forward(self, x):
        height = int(x.shape[1])
        x = self.features(x.permute(0, 3, 1, 2).float() / 100)
        if height < self.rows:
            above = self.cut_at(self.rows, height) // 8
            below = rounded_up(self.rows) - above - x.shape[2]
            row = self.empty().expand(len(x), -1, -1, -1)
            x = torch.cat([row.expand(-1, -1, n, -1) if n is not None else x for n in (above, None, below)], 2)
        return super().forward(pyramid(x))
