# SPDX-License-Identifier: MIT
"""Variants of a diploid sample.  Most indels change the length of a homopolymer or a short tandem
repeat, the more readily the longer it is; the others repeat their neighbourhood or are new, up to 50
letters.  SNPs are transitions twice as often as transversions.  Some stand close together."""
import numpy as np

from sequence import LETTERS, runs_of

TRANSITION = dict(zip(b"ACGT", b"GTAC"))
HOMOZYGOUS, TWO_ALLELES = 0.37, 0.08
IN_HOMOPOLYMER, IN_REPEAT = 0.45, 0.65  # cumulative shares of the indels
LONGEST_INDEL = 50


def left_align(letters, at, text):
    """Moves an indel (0-based anchor `at`) as far left as its letters allow."""
    sequence = bytearray(text)
    while at > 0 and letters[at] == sequence[-1]:
        sequence.insert(0, sequence.pop())
        at -= 1
    return at, bytes(sequence)


def genotype(random, two):
    draw = random.random()
    if draw < HOMOZYGOUS:
        return [1, 1]
    if two and draw < HOMOZYGOUS + TWO_ALLELES:
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
        count = int(random.geometric(0.72 if period == 1 else 0.6))
        step = -min(count, most) if random.random() < 0.5 else min(count, LONGEST_INDEL // period)
        if step not in steps:
            steps.append(step)
    alleles = genotype(random, True)
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
    """Draws runs, longer ones more often: each letter more makes a run half as ready again to change."""

    def __init__(self, letters):
        self.starts, self.ends, self.periods = runs_of(letters)
        copies = (self.ends - self.starts) / self.periods
        weight = np.exp(0.45 * np.minimum(copies, 16))
        weight[(self.starts < 100) | (self.ends > len(letters) - 100)] = 0
        self.sums = {}
        for name, chosen in (("homopolymer", self.periods == 1), ("repeat", self.periods > 1)):
            self.sums[name] = np.cumsum(np.where(chosen, weight, 0))

    def draw(self, random, name):
        sums = self.sums[name]
        row = int(np.searchsorted(sums, random.random() * sums[-1], side="right"))
        return int(self.starts[row]), int(self.ends[row]), int(self.periods[row])


def make_variants(random, letters, snp_every, indel_every):
    """A list of (0-based position of the first letter of REF, REF, alternatives, [allele of each haplotype])."""
    runs, variants, taken = Runs(letters), [], np.zeros(len(letters) + 200, dtype=bool)
    snps, indels = int(len(letters) / snp_every), int(len(letters) / indel_every)

    def add(variant):
        at, ref, alts, alleles = variant
        if at < 1 or taken[at - 1:at + len(ref) + 1].any() or b"N" in letters[at - 60:at + len(ref) + 60].tobytes():
            return
        taken[at:at + len(ref)] = True
        variants.append((int(at), ref, alts, alleles))

    for at in random.integers(100, len(letters) - 200, indels):
        draw = random.random()
        if draw < IN_HOMOPOLYMER:
            add(repeat_indel(random, letters, *runs.draw(random, "homopolymer")))
        elif draw < IN_REPEAT and runs.sums["repeat"][-1] > 0:
            add(repeat_indel(random, letters, *runs.draw(random, "repeat")))
        else:
            add(other_indel(random, letters, int(at)))
    near = [v[0] for v in variants]
    places = list(random.integers(100, len(letters) - 200, snps))
    places += [int(p + random.choice((-1, 1)) * random.integers(2, 25)) for p in random.choice(places + near, snps // 12)]
    for at in places:
        if letters[at] != ord("N"):
            add(snp(random, letters, int(at)))
    return sorted(variants)
