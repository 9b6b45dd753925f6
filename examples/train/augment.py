# SPDX-License-Identifier: MIT
"""More windows from those there are: letters exchanged, reads left out."""
from itertools import permutations

import torch

from labels import GENOTYPES, INDEX
from networks import FullAlignment

CODES = (100, 25, 75, 50)  # of A, C, G, T
LETTER_CHANNELS = (0, 1, 6)


def genotype_after(name, order):
    """The genotype `name` once each letter has become the one that `order` puts at its place."""
    parts = [name[i] for i in range(2)] if len(name) == 2 else [name[0]] if len(name) == 4 else []
    letters = sorted("ACGT"[order["ACGT".index(p)]] for p in parts)
    return INDEX["".join(letters) + ("" if len(name) == 2 else name[-3:] if len(letters) else name)]


ORDERS = list(permutations(range(4)))
LABELS = torch.tensor([[genotype_after(name, order) for name in GENOTYPES] for order in ORDERS])
BYTES = torch.arange(-128, 128).repeat(len(ORDERS), 1)
for number, order in enumerate(ORDERS):
    for old, new in enumerate(order):
        BYTES[number, 128 + CODES[old]] = CODES[new]
BYTES = BYTES.to(torch.int8)


def exchange_letters(windows, labels, random):
    """Half of full-alignment windows with their letters exchanged, in the labels, too."""
    device = windows.device
    which = torch.randint(2 * len(ORDERS), (len(windows),), generator=random, device=device)
    which[which >= len(ORDERS)] = 0
    windows, labels = windows.clone(), labels.clone()
    for channel in LETTER_CHANNELS:
        windows[..., channel] = BYTES.to(device)[which.view(-1, 1, 1), windows[..., channel].long() + 128]
    labels[:, 0] = LABELS.to(device)[which, labels[:, 0]]
    return windows, labels


def leave_out_reads(windows, whole, most, random):
    """Windows of at most `most` rows: a random part of the reads of each, all of them in half of the windows that hold
    no more.  `whole`: rows of an uncut window."""
    height, device = windows.shape[1], windows.device
    used = windows.any(3).any(2)
    count = used.sum(1)
    share = (0.5 + torch.rand(len(windows), generator=random, device=device)).clamp(max=1)
    wanted = (count * share).ceil().long().clamp(max=most)
    rank = torch.where(used, torch.rand(used.shape, generator=random, device=device), 2.0).argsort(1).argsort(1)
    kept = rank < wanted.view(-1, 1)
    order = (~kept).to(torch.int8).argsort(dim=1, stable=True)
    out_height = min(height, most)
    begin = (whole - wanted) // 2 - FullAlignment.cut_at(whole, out_height)
    place = torch.arange(out_height, device=device) - begin.view(-1, 1)
    inside = (place >= 0) & (place < wanted.view(-1, 1))
    rows = order.gather(1, place.clamp(0, height - 1))
    taken = windows[torch.arange(len(windows), device=device).view(-1, 1), rows]
    return taken * inside.view(len(windows), -1, 1, 1)
