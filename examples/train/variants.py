# SPDX-License-Identifier: MIT
"""Variants of a diploid sample.  Homopolymers differ in length, the more readily the longer they are; other
indels change a short tandem repeat, repeat their neighbourhood or are new, up to 50 letters.  SNPs are transitions twice
as often as transversions.  Some stand close together."""
import numpy as np

from sequence import LETTERS, runs_of

TRANSITION = dict(zip(b"ACGT", b"GTAC"))
HOMOZYGOUS, HOMOZYGOUS_RUN, TWO_ALLELES = 0.37, 0.55, 0.08
IN_REPEAT = 0.36  # share of the indels outside of homopolymers
# The share of homopolymers whose length differs from the reference: exp(SLOPE * (letters - ONE)), MOST_DIFFER at most.
# From 29 of HG002's indels (17 of them homozygous) among 17,000 homopolymers: 0.2 % of those of 5 letters differ, 28 % of
# 12 and 13, 45 % of longer ones.
SLOPE, ONE, MOST_DIFFER = 0.66, 14.7, 0.45
LONGEST_INDEL = 50
ONE_LETTER, ONE_COPY = 0.72, 0.6  # share of the new lengths of homopolymers, and of repeats, that differ by one


def share_that_differs(size):
    return np.minimum(MOST_DIFFER, np.exp(SLOPE * (size - ONE)))


def step_share(size, step):
    """How often the new length of a homopolymer is so many letters more."""
    most = max(1, size - 1)
    if step > 0 or -step < most:
        return 0.5 * ONE_LETTER * (1 - ONE_LETTER) ** (abs(step) - 1)
    return 0.5 * (1 - ONE_LETTER) ** (most - 1) if -step == most else 0.0


def left_align(letters, at, text):
    """Moves an indel (0-based anchor `at`) as far left as its letters allow."""
    sequence = bytearray(text)
    while at > 0 and letters[at] == sequence[-1]:
        sequence.insert(0, sequence.pop())
        at -= 1
    return at, bytes(sequence)


def genotype(random, two, homozygous=HOMOZYGOUS):
    draw = random.random()
    if draw < homozygous:
        return [1, 1]
    if two and draw < homozygous + TWO_ALLELES:
        return [1, 2]
    return [0, 1] if random.random() < 0.5 else [1, 0]


def snp(random, letters, at):
    own = int(letters[at])
    others = [x for x in b"ACGT" if x not in (own, TRANSITION[own])]
    random.shuffle(others)
    alts = [TRANSITION[own]] + others if random.random() < 0.67 else others
    alleles = genotype(random, random.random() < 0.1)
    return at, bytes([own]), [bytes([x]) for x in alts[:2]], alleles


def repeat_indel(random, letters, start, end, period):
    """One or two new lengths of a run."""
    at, unit = start - 1, letters[start:start + period].tobytes()
    most = max(1, (end - start) // period - 1)
    steps = []
    while len(steps) < 2:
        count = int(random.geometric(ONE_LETTER if period == 1 else ONE_COPY))
        step = -min(count, most) if random.random() < 0.5 else min(count, LONGEST_INDEL // period)
        if step not in steps:
            steps.append(step)
    alleles = genotype(random, True, HOMOZYGOUS_RUN)
    steps = steps[:max(alleles)]
    removed = max(0, -min(steps)) * period
    ref = letters[at:at + 1 + removed].tobytes()
    alts = [ref[:1] + unit * step + ref[1:] if step > 0 else ref[:1] + ref[1 - step * period:] for step in steps]
    return at, ref, alts, alleles


def other_indel(random, letters, at):
    size = int(random.integers(10, LONGEST_INDEL + 1)) if random.random() < 0.12 else int(min(LONGEST_INDEL, random.geometric(0.4)))
    near = letters[at + 1:at + 1 + size].tobytes()
    if random.random() < 0.5:
        text = near if random.random() < 0.5 else LETTERS[random.integers(0, 4, size)].tobytes()
        at, text = left_align(letters, at, text)
        anchor = bytes([letters[at]])
        return at, anchor, [anchor + text], genotype(random, False)
    at, text = left_align(letters, at, near)
    anchor = bytes([letters[at]])
    return at, anchor + text, [anchor], genotype(random, False)


class Runs:
    """(start, end, period) of runs that are to change: of homopolymers each by its length, of repeats longer ones
    more often: each copy more makes one half as ready again."""

    def __init__(self, letters):
        starts, ends, periods = runs_of(letters)
        inside = (starts >= 100) & (ends <= len(letters) - 100)
        self.runs = np.stack((starts, ends, periods), 1)
        copies = (ends - starts) / periods
        self.differ = np.where(inside & (periods == 1), share_that_differs(copies), 0)
        self.sums = np.cumsum(np.where(inside & (periods > 1), np.exp(0.45 * np.minimum(copies, 16)), 0))

    def homopolymers(self, random):
        return self.runs[random.random(len(self.runs)) < self.differ].tolist()

    def repeat(self, random):
        return self.runs[np.searchsorted(self.sums, random.random() * self.sums[-1], side="right")].tolist()


def make_variants(random, letters, snp_every, indel_every):
    """One SNP, and one indel outside of homopolymers, in so many letters: a list of (0-based position of the first
    letter of REF, REF, alternatives, [allele of each haplotype])."""
    runs, variants, taken = Runs(letters), [], np.zeros(len(letters) + 200, dtype=bool)
    snps, indels = int(len(letters) / snp_every), int(len(letters) / indel_every)

    def add(variant):
        at, ref, alts, alleles = variant
        if at < 1 or taken[at - 1:at + len(ref) + 1].any() or b"N" in letters[at - 60:at + len(ref) + 60].tobytes():
            return
        taken[at:at + len(ref)] = True
        variants.append((int(at), ref, alts, alleles))

    for run in runs.homopolymers(random):
        add(repeat_indel(random, letters, *run))
    for at in random.integers(100, len(letters) - 200, indels):
        if random.random() < IN_REPEAT and len(runs.sums) and runs.sums[-1] > 0:
            add(repeat_indel(random, letters, *runs.repeat(random)))
        else:
            add(other_indel(random, letters, int(at)))
    near = [v[0] for v in variants]
    places = list(random.integers(100, len(letters) - 200, snps))
    places += [int(p + random.choice((-1, 1)) * random.integers(2, 25)) for p in random.choice(places + near, snps // 12)]
    for at in places:
        if letters[at] != ord("N"):
            add(snp(random, letters, int(at)))
    return sorted(variants)
