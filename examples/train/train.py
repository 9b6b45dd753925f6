#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains one of the two networks on windows that `runnel` made.

    train.py pileup OUT.pt SAMPLE [SAMPLE ...]       each SAMPLE stands for SAMPLE.pileup.h5 or
    train.py full_alignment OUT.pt SAMPLE ...        SAMPLE.full_alignment.h5, and SAMPLE.labels.tsv

Seeded.  Keeps OUT.pt.state beside the result now and then and goes on from there.  --held names samples that
are only looked at (and by which a last round sets what the network calls its probability); --start weights to
begin with.  On a GPU if there is one; there, and where the processor multiplies tiles (AMX), in bfloat16."""
import argparse
import copy
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor

import h5py
import numpy as np
import torch
from torch.nn import functional as F

from augment import exchange_letters, leave_out_reads
from labels import INDEX, label, read_labels
from networks import HEADS, FullAlignment, Pileup
from start import start_at_letters

KINDS = ("pileup", "full_alignment")
# Full-alignment windows are cut to the least of these that holds their reads: rows cost time.
HEIGHTS = (24, 40, 56, 72)
TYPES = {"pileup": np.int16, "full_alignment": np.int8}
# How much a window with an indel counts: indels in long runs are learned from few.
INDEL_WEIGHT = {"pileup": 1.0, "full_alignment": 2.0}
# And one whose middle stands before a homopolymer of ten letters or more, whether it differs or not: hardest to tell.
LONG_RUN_WEIGHT = {"pileup": 1.0, "full_alignment": 3.0}
# Shallow samples have very many windows without a variant: of these so many per variant are taken, with more weight.
REFERENCES_PER_VARIANT, MOST_WEIGHT = {"pileup": 3.0, "full_alignment": 1.0}, 5.0
# Focal losses let many easy windows not drown few hard ones, but what the network then calls its probability is
# too low; and full alignment multiplies four of these.
FOCAL = {"pileup": True, "full_alignment": False}
FIRST_INDEL = INDEX["DelDel"]
# What `sharpen` chooses from.
FACTORS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
# What is looked at and kept is a mean over the last steps, of so many or a tenth of all: single ones are noisy.
AVERAGED_STEPS = 200


def read_windows(path, kind):
    """Positions and windows, or None if there are none."""
    with h5py.File(path) as file:
        if kind not in file:
            return None
        group = file[kind]
        positions = [p.decode() if isinstance(p, bytes) else p for p in group["position"][:]]
        return positions, group["tensor"][:]


def weights_of(path, kind):
    if path.endswith(".pt"):
        return torch.load(path, weights_only=True)
    with h5py.File(path) as file:
        return {name: torch.from_numpy(np.array(value)).float() for name, value in file[kind].items()}


def cut(tensors, whole):
    """(rows of `tensors`, these cut): full-alignment windows by the least of HEIGHTS that holds their reads."""
    rows = tensors.shape[1]
    used, left = tensors.any((2, 3)), np.ones(len(tensors), dtype=bool)
    for height in () if whole else HEIGHTS:
        first = FullAlignment.cut_at(rows, height)
        fits = left & ~used[:, :first].any(1) & ~used[:, first + height:].any(1)
        yield np.flatnonzero(fits), tensors[fits, first:first + height]
        left &= ~fits
    yield np.flatnonzero(left), tensors[left]


def load_sample(kind, sample, seed, whole):
    """[windows of one height, labels, how much each counts], by height.  And the rows of a whole one, 0 without any."""
    truth = read_labels(sample.partition(":")[0] + ".labels.tsv")
    found = read_windows(sample.replace(":", "") + f".{kind}.h5", kind)
    if not found:
        return {}, 0
    positions, windows = found
    wanted, long_run = [], []
    for text in positions:
        contig, position, letters = text.rsplit(":", 2)
        middle = len(letters) // 2
        wanted.append(label(truth, contig, int(position), letters[middle]))
        long_run.append(len(set(letters[middle + 1:middle + 11])) == 1)
    wanted = np.array(wanted, dtype=np.int64).reshape(-1, 4)
    variant = wanted[:, 1] > 0
    indel = variant & (wanted[:, 0] >= FIRST_INDEL)
    references = min(1.0, REFERENCES_PER_VARIANT[kind] * variant.sum() / max(1, (~variant).sum()))
    taken = np.arange(len(variant))
    if seed is not None:
        taken = np.flatnonzero(variant | (np.random.default_rng(seed).random(len(variant)) < references))
    weights = np.where(variant, np.where(indel, INDEL_WEIGHT[kind], 1.0),
                       min(MOST_WEIGHT, 1 / max(1e-9, references)))
    weights = (weights * np.where(long_run, LONG_RUN_WEIGHT[kind], 1.0))[taken].astype(np.float32)
    windows, wanted = windows[taken].astype(TYPES[kind]), wanted[taken]
    parts = cut(windows, whole) if kind == "full_alignment" else [(slice(None), windows)]
    print(f"{sample}: {len(taken)} of {len(variant)} windows, {variant.sum()} with a variant", flush=True)
    return {part.shape[1]: [part, wanted[rows], weights[rows]] for rows, part in parts if len(part)}, windows.shape[1]


def load(kind, samples, seed, whole, threads):
    """Groups of windows of one height: windows, labels, how much each counts.  And the rows of a whole one."""
    groups, height = {}, 0
    with ProcessPoolExecutor(threads) as pool:
        seeds = [None if seed is None else (seed, i) for i in range(len(samples))]
        for parts, whole_height in pool.map(load_sample, *zip(*[(kind, *x, whole) for x in zip(samples, seeds)])):
            height = max(height, whole_height)
            for rows, part in parts.items():
                groups.setdefault(rows, []).append([torch.from_numpy(x) for x in part])
    return [[torch.cat(x) for x in zip(*groups.pop(rows))] for rows in sorted(groups)], height


def batches(groups, size, seed):
    """(group, its rows) of one epoch, in an order that only the seed says."""
    random = torch.Generator().manual_seed(seed)
    out = [(group, rows) for group in groups for rows in torch.randperm(len(group[0]), generator=random).split(size)
           if len(rows) == size or len(groups) > 1 and 2 * len(rows) > size]
    return [out[i] for i in torch.randperm(len(out), generator=random)]


def losses_of(logits, labels, weight, focal):
    """Cross-entropy of each task."""
    wrong = [F.cross_entropy(scores.float(), labels[:, task], reduction="none") for task, scores in enumerate(logits)]
    return torch.stack([(weight * (1 - torch.exp(-w)) * w if focal else weight * w).mean().float() for w in wrong])


def in_words(losses):
    return f"loss {float(losses.sum()):.4f} (" + " ".join(f"{float(x):.3f}" for x in losses) + ")"


def scores(logits, labels):
    """Precision, recall and F1 of windows with an SNP and with an indel, genotype included."""
    said = torch.stack([x.argmax(1) for x in logits[:2]])
    right = (said[0] == labels[:, 0]) & (said[1] == labels[:, 1])
    out = []
    for first, last in ((0, FIRST_INDEL), (FIRST_INDEL, 21)):
        true = (labels[:, 1] > 0) & (labels[:, 0] >= first) & (labels[:, 0] < last)
        called = (said[1] > 0) & (said[0] >= first) & (said[0] < last)
        good = float((right & true).sum())
        precision, recall = good / max(1, int(called.sum())), good / max(1, int(true.sum()))
        out.append(f"{precision:.4f} {recall:.4f} {2 * precision * recall / max(1e-9, precision + recall):.4f}")
    if len(logits) > 2:
        indel = (labels[:, 2] != 16) | (labels[:, 3] != 16)
        both = (logits[2].argmax(1) == labels[:, 2]) & (logits[3].argmax(1) == labels[:, 3])
        out.append(f"{float(both[indel].float().mean()):.4f} of lengths")
    return ", ".join(out)


def has_tiles():
    try:
        with open("/proc/cpuinfo") as file:
            return "amx_bf16" in file.read()
    except OSError:
        return False


HAS_TILES = has_tiles()


def mixed(device):
    """bfloat16 where it is faster: not for recurrent layers on the CPU, which do without oneDNN."""
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or torch.backends.mkldnn.enabled and HAS_TILES)


def look(network, groups, device, focal):
    network.eval()
    said, labels = [], []
    with torch.no_grad(), mixed(device):
        for tensors, wanted, _ in groups:
            said += [[x.float().cpu() for x in network(t.to(device))] for t in tensors.split(256)]
            labels.append(wanted)
    said, labels = [torch.cat(x) for x in zip(*said)], torch.cat(labels)
    losses = losses_of(said, labels, torch.ones(len(labels)), focal)
    return f"{in_words(losses)}, SNP and indel windows {scores(said, labels)}"


def sharpen(network, groups, device):
    """Multiplies the heads of genotype and zygosity by one factor and those of lengths by another, so that the
    product of what they call probabilities is best that of all of them being right.  They know of each other and are
    right together: without this the product, from which QUAL is made, is too low."""
    layers, kept = [getattr(network, HEADS[i][0]) for i in range(network.count)], []
    hooks = [layer.register_forward_hook(lambda _, __, out: kept.append(out.float().cpu())) for layer in layers]
    look(network, groups, device, focal=False)
    for hook in hooks:
        hook.remove()
    outputs = [torch.cat(kept[i::len(layers)]) for i in range(len(layers))]
    labels = torch.cat([wanted for _, wanted, _ in groups])

    def surprise(factors):
        said = [F.softmax(F.selu(out * factors[i > 1]), 1).max(1) for i, out in enumerate(outputs)]
        right = torch.stack([x.indices == labels[:, i] for i, x in enumerate(said)]).all(0).float()
        return F.binary_cross_entropy(torch.stack([x.values for x in said]).prod(0), right)

    best = min(((a, b) for a in FACTORS for b in FACTORS), key=surprise)
    print(f"heads times {best[0]}, of lengths {best[1]}: surprise by what is right {surprise((1.0, 1.0)):.4f}, "
          f"then {surprise(best):.4f}", flush=True)
    with torch.no_grad():
        for i, layer in enumerate(layers):
            for parameter in layer.parameters():
                parameter *= best[i > 1]


def to_training(network, options):
    network.train()
    for part in network.modules() if options.whole else ():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.eval()


def share_of_rate(done):
    """Rises over a twentieth of the training, then falls along a cosine: of the highest rate."""
    return max(1e-4, min(1, done / 0.05, (1 + math.cos(math.pi * min(1, max(0, done - 0.05) / 0.95))) / 2))


def train(options, network, device, groups, held):
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-4, fused=device == "cuda")
    per_epoch = len(batches(groups, options.batch, 0))
    steps = int(options.epochs * per_epoch)
    average = copy.deepcopy(network)
    done, spent, state, focal = 0, 0.0, options.out + ".state", FOCAL[options.kind]
    if os.path.exists(state):
        saved = torch.load(state, map_location=device, weights_only=True)
        for thing, name in ((network, "network"), (average, "average"), (optimizer, "optimizer")):
            thing.load_state_dict(saved[name])
        done, spent = saved["steps"], saved["seconds"]
    to_training(network, options)
    now, mean = ([x for x in of.state_dict().values() if x.is_floating_point()] for of in (network, average))
    start, total, since = time.time() - spent, 0.0, 0

    def progress():
        return (time.time() - start) / 60 / options.minutes if options.minutes else done / max(1, steps)

    looks = int(progress() * options.looks)
    while progress() < 1 and done != options.until:
        for group, rows in batches(groups, options.batch, options.seed + done // per_epoch)[done % per_epoch:]:
            if progress() >= 1 or done == options.until:
                break
            tensors, labels, weights = (x[rows.to(x.device)].to(device) for x in group)
            random = torch.Generator(device).manual_seed(options.seed * 1000003 + done)
            if options.kind == "full_alignment":
                tensors, labels = exchange_letters(tensors, labels, random)
                tensors = leave_out_reads(tensors, network.rows, options.most_rows or network.rows, random)
            for part in optimizer.param_groups:
                part["lr"] = options.rate * share_of_rate(progress())
            with mixed(device):
                said = network(tensors)
            losses = losses_of(said, labels, weights, focal)
            optimizer.zero_grad()
            losses.sum().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            done, since, total = done + 1, since + 1, total + losses.detach()
            torch._foreach_lerp_(mean, now, max(1 / AVERAGED_STEPS, 9 / (9 + done)))
            if int(progress() * options.looks) > looks or progress() >= 1 or done == options.until:
                looks = int(progress() * options.looks)
                seen = look(average, held, device, focal) if held else "nothing"
                print(f"step {done}{'' if options.minutes else f'/{steps}'}: {in_words(total / since)}, held out: {seen}, "
                      f"{time.time() - start:.0f} s", flush=True)
                total, since = 0.0, 0
                torch.save({"network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(),
                            "steps": done, "seconds": time.time() - start}, state + ".new")
                os.replace(state + ".new", state)
    return average


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("out")
    parser.add_argument("samples", nargs="+", help="SAMPLE, or SAMPLE:.part for SAMPLE.part.pileup.h5 with SAMPLE's labels")
    parser.add_argument("--held", nargs="*", default=[])
    parser.add_argument("--start", help="weights to begin with: .pt, or a model of Runnel's (.h5)")
    parser.add_argument("--whole", action="store_true", help="full-alignment windows at their whole height, with the "
                        "normalisation that --start brings: a last round")
    parser.add_argument("--most-rows", type=int, choices=HEIGHTS, help="full-alignment windows keep so many reads at most")
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--minutes", type=float, help="train so long, whatever the epochs")
    parser.add_argument("--until", type=int, help="stop after this step of the schedule, for a next round on other samples")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--looks", type=int, default=12, help="how often to look at --held and to save")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    groups, height = load(options.kind, options.samples, options.seed, options.whole, options.threads)
    held = load(options.kind, options.held, None, options.whole, options.threads)[0] if options.held else None
    if not batches(groups, options.batch, 0):
        raise SystemExit(f"train.py: {options.samples[0]} and others have fewer windows than one batch of {options.batch}")
    # PyTorch's own recurrent layers train faster than oneDNN's.
    torch.backends.mkldnn.enabled = options.kind != "pileup"
    torch.backends.cudnn.benchmark = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = (FullAlignment(height) if options.kind == "full_alignment" else Pileup()).to(device)
    if options.start:
        network.load_state_dict(weights_of(options.start, options.kind))
    elif options.kind == "full_alignment":
        start_at_letters(network, groups[0][0][:256].to(device))
    network = network.to(memory_format=torch.channels_last)
    if device == "cuda":
        # Windows live on the GPU if they take less than half of it.
        if sum(group[0].nbytes for group in groups) < torch.cuda.mem_get_info()[0] / 2:
            groups = [[x.to(device) for x in group] for group in groups]
    network = train(options, network, device, groups, held)
    if options.whole and held:
        sharpen(network, held, device)
    torch.save(network.cpu().state_dict(), options.out)


if __name__ == "__main__":
    main()
