#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains one of the two networks on windows that `runnel windows` made.

    train.py pileup OUT.pt SAMPLE [SAMPLE ...]       each SAMPLE stands for SAMPLE.h5, the windows,
    train.py full_alignment OUT.pt SAMPLE ...        and SAMPLE.truth.vcf

Seeded.  Keeps OUT.pt.state beside the result after each epoch and goes on from there."""
import argparse
import os
import time

import h5py
import numpy as np
import torch
from torch.nn import functional as F

from labels import label, read_truth
from networks import FullAlignment, Pileup

KINDS = {"pileup": Pileup, "full_alignment": FullAlignment}


def load(kind, samples, negatives_per_positive, random):
    """All windows with a variant, and a share of those without."""
    tensors, labels = [], []
    for sample in samples:
        truth = read_truth(sample + ".truth.vcf")
        with h5py.File(sample + ".h5") as file:
            group = file[kind]
            positions = [p.decode() if isinstance(p, bytes) else p for p in group["position"][:]]
            wanted = []
            for text in positions:
                contig, position, letters = text.rsplit(":", 2)
                wanted.append(label(truth, contig, int(position), letters[len(letters) // 2]))
            wanted = np.array(wanted, dtype=np.int64).reshape(-1, 4)
            positive = wanted[:, 1] > 0
            keep = positive | (random.random(len(wanted)) <
                               negatives_per_positive * positive.sum() / max(1, (~positive).sum()))
            rows = np.flatnonzero(keep)
            tensors.append(group["tensor"][:][rows].astype(np.int16 if kind == "pileup" else np.int8))
            labels.append(wanted[rows])
            print(f"{sample}: {positive.sum()} variant windows, {len(rows) - positive.sum()} others", flush=True)
    return torch.from_numpy(np.concatenate(tensors)), torch.from_numpy(np.concatenate(labels))


def loss_of(logits, labels):
    """Focal cross-entropy, so that the many easy windows do not drown the few hard ones."""
    total = 0.0
    for task, scores in enumerate(logits):
        wrong = F.cross_entropy(scores, labels[:, task], reduction="none")
        total = total + ((1 - torch.exp(-wrong)) ** 1.5 * wrong).mean()
    return total


def right(logits, labels):
    return torch.stack([scores.argmax(1) == labels[:, i] for i, scores in enumerate(logits)]).all(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("out")
    parser.add_argument("samples", nargs="+")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--negatives", type=float, default=3.0, help="windows without a variant per one with")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tensors, labels = load(options.kind, options.samples, options.negatives, np.random.default_rng(options.seed))
    held = torch.rand(len(labels), generator=torch.Generator().manual_seed(options.seed)) < 0.05
    network = KINDS[options.kind]().to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-4)
    train = (~held).nonzero().flatten()
    steps = options.epochs * (len(train) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=max(2, steps), pct_start=0.1)
    first = 0
    state = options.out + ".state"
    if os.path.exists(state):
        saved = torch.load(state, map_location=device)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["epoch"]
    for epoch in range(first, options.epochs):
        network.train()
        start, total = time.time(), 0.0
        order = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(options.seed + epoch))]
        for at in range(0, len(order) - options.batch + 1, options.batch):
            rows = order[at:at + options.batch]
            loss = loss_of(network(tensors[rows].to(device)), labels[rows].to(device))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            total += float(loss) * len(rows)
        network.eval()
        rows = held.nonzero().flatten()
        with torch.no_grad():
            good = torch.cat([right(network(tensors[r].to(device)), labels[r].to(device)).cpu()
                              for r in rows.split(256)])
        variant = labels[rows, 1] > 0
        print(f"epoch {epoch + 1}/{options.epochs}: loss {total / max(1, len(order)):.4f}, right: "
              f"{good[variant].float().mean():.4f} of variants, {good[~variant].float().mean():.4f} of others, "
              f"{time.time() - start:.0f} s", flush=True)
        torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(), "epoch": epoch + 1}, state)
    torch.save(network.state_dict(), options.out)


if __name__ == "__main__":
    main()
