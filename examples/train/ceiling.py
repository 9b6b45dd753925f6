#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How good a caller can be at all: F1 of the indels of a simulated genome, at best.

    ceiling.py --profile ont_sup --seed 900 --reference chr20.fa --region chr20:9100001-9900000 --depth 30

The genome is the one that simulate.py makes of the same options.  Lengths of its long homopolymers are drawn as its reads
would show them, and judged by Bayes' rule: by one who knows how often homopolymers of each length differ, how much
this sample's lengths are blurred and lean, and how far each read is to be trusted, but not how places lean; alleles above
the posterior that gives the best F1 are called.  All other indels count as found, and nothing else as wrong.  `expected`
is what the posteriors of what is called add up to.  --haplotypes: who also knows which haplotype each read is of."""
import argparse
import json
import math
import os

import numpy as np

from reads import WORST_READ, long_blur, site_factors, worse_in_runs
from simulate import add_genome_options, make_genome
from sequence import LONG_RUN, runs_of
from variants import HOMOZYGOUS_RUN, TWO_ALLELES, share_that_differs, step_share

SPAN = 6  # letters longer or shorter
ELSE = 1e-6  # of any length, for whatever else there is
# How places and strands lean is summed over these, in units of its spread.
AT = np.linspace(-2.4, 2.4, 9)
WEIGHT = np.exp(-AT ** 2 / 2) / np.exp(-AT ** 2 / 2).sum()
STEPS = np.arange(-SPAN, SPAN + 1)


def below(z):
    """The standard normal distribution, by a table."""
    return np.interp(z, *TABLE)


TABLE = np.linspace(-7, 7, 5601), np.array([0.5 * math.erfc(-z / math.sqrt(2)) for z in np.linspace(-7, 7, 5601)])


def genotypes(size):
    """Pairs of steps in length, as rows of STEPS, and how likely each is beforehand."""
    differ, share = share_that_differs(size), {d: step_share(size, d) for d in STEPS if d}
    pairs = {(0, 0): 1 - differ}
    for d, p in share.items():
        pairs[d, d] = differ * HOMOZYGOUS_RUN * p
        pairs[min(0, d), max(0, d)] = differ * (1 - HOMOZYGOUS_RUN - TWO_ALLELES) * p
        for e, q in share.items():
            if d < e:  # the second is drawn until it is another than the first
                pairs[d, e] = differ * TWO_ALLELES * (p * q / (1 - p) + p * q / (1 - q))
    return np.array(list(pairs)) + SPAN, np.array(list(pairs.values()))


def integrated(logs):
    """Over the last axis, by WEIGHT."""
    most = logs.max(-1, keepdims=True)
    return most[..., 0] + np.log((np.exp(logs - most) * WEIGHT).sum(-1))


class Sample:
    def __init__(self, options, random):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "profiles.json")) as file:
            self.profile = json.load(file)[options.profile]
        _, letters, self.variants = make_genome(random, options)
        self.factors = site_factors(random, len(letters), self.profile)
        self.whole = np.mean([f["lean"].mean() for f in self.factors])
        starts, ends, periods = runs_of(letters)
        long = (periods == 1) & (ends - starts >= LONG_RUN)
        self.runs = list(zip(starts[long], ends[long] - starts[long]))
        self.haplotypes, self.prior = options.haplotypes, {}

    def truth(self):
        """{start of a long run: steps of both haplotypes}, and the number of alleles of other indels."""
        starts, steps, others = {start for start, _ in self.runs}, {}, 0
        for at, ref, alts, alleles in self.variants:
            size = [0] + [len(alt) - len(ref) for alt in alts]
            if at + 1 in starts:
                steps[at + 1] = [size[a] for a in alleles]
            else:
                others += len({a for a in alleles if a and size[a]})
        return steps, others

    def blur(self, size):
        return np.where(size < LONG_RUN, 0.05, self.factors[0]["blur"] * long_blur(size, self.profile))

    def judge(self, random, start, size, true, depth):
        """(posterior, whether it is there) of each allele of one run."""
        spread, lean = self.profile["read rate spread"], self.profile["long runs"]["lean"][1]
        count = random.poisson(depth)
        haplotype, strand = random.integers(0, 2, count), random.integers(0, 2, count)
        worse = np.minimum(WORST_READ, np.exp(random.normal(-spread ** 2 / 2, spread, count)))
        worse = np.sqrt(worse_in_runs(worse, spread))
        real = size + np.array(true)[haplotype]
        leans = np.array([self.factors[s]["lean"][start] for s in (0, 1)])[strand]
        seen = real + np.rint(self.blur(real) * random.normal(leans, worse))
        # Probabilities of what is seen: (length, read, lean of the place, of the strand).
        sizes = np.maximum(1, size + STEPS)
        width = self.blur(sizes)[:, None, None, None]
        off = (seen - sizes[:, None])[:, :, None, None] / width - self.whole - lean * (AT[:, None] + AT) / math.sqrt(2)
        worse, half = worse[:, None, None], 0.5 / width
        shown = below((off + half) / worse) - below((off - half) / worse) + ELSE
        if size not in self.prior:
            self.prior[size] = genotypes(size)
        pairs, prior = self.prior[size]
        logs = np.log(prior)
        if self.haplotypes:
            logs = logs + np.logaddexp(*[self.of_strands(strand, lambda rows: sum(
                np.log(shown[:, rows & (haplotype == h)]).sum(1)[one] for h, one in zip((0, 1), order)))
                for order in (pairs.T, pairs.T[::-1])])
        else:
            logs = logs + self.of_strands(strand, lambda rows: np.log(shown[pairs][:, :, rows].mean(1)).sum(1))
        posterior = np.exp(logs - logs.max())
        posterior /= posterior.sum()
        for step in STEPS[STEPS != 0]:
            yield posterior[(pairs == step + SPAN).any(1)].sum(), step in true

    @staticmethod
    def of_strands(strand, logs_of):
        return integrated(sum(integrated(logs_of(strand == s)) for s in (0, 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", required=True, help="of profiles.json")
    add_genome_options(parser)
    parser.add_argument("--haplotypes", action="store_true", help="known of each read")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    sample = Sample(options, random)
    steps, others = sample.truth()
    judged = np.array([x for start, size in sample.runs
                       for x in sample.judge(random, start, size, steps.get(start, [0, 0]), options.depth)])
    judged = judged[np.argsort(-judged[:, 0], kind="stable")]
    found = others + np.cumsum(judged[:, 1])
    wrong, all_of_them = np.cumsum(1 - judged[:, 1]), others + judged[:, 1].sum()
    f1 = 2 * found / (found + wrong + all_of_them)
    best = f1.argmax()
    expected = others + judged[:best + 1, 0].sum()
    print(f"{options.profile} {options.depth:g}x{' haplotypes known' if options.haplotypes else ''}: {found[best]:.0f} found "
          f"({expected:.0f} expected), {all_of_them - found[best]:.0f} missed, {wrong[best]:.0f} wrong, F1 {f1[best]:.3f}; "
          f"{others} of {all_of_them:.0f} outside of long homopolymers")


if __name__ == "__main__":
    main()
