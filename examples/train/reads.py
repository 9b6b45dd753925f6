# SPDX-License-Identifier: MIT
"""Reads with errors drawn from a profile (error_profile.py): each site has its own readiness to err, each
read its own quality, and runs of equal units are read too short or too long as they are in reality."""
import numpy as np

from sequence import CODE, COMPLEMENT, LETTERS, along, five, runs_of

CLASSES = ("plain", "run", "long run", "mismatch", "inserted", "beside deletion")
WORST_READ = 10.0  # times the mean rate
WORST_SITE = 40.0


def site_factors(random, size, profile):
    """Per strand and kind of error: how much more or less a place of the reference errs."""
    spreads = {"mismatch": profile["mismatch between sites"], "ins": profile["ins between sites"],
               "del": profile["del between sites"]}
    for side in ("short", "long"):
        # Long runs cannot err much more than they do: the spread on the scale of odds is wider.
        spreads[side] = 1.3 * max(0.3, profile["runs"]["1"][side]["between sites"])
    return [{name: lognormal(random, spread, size) for name, spread in spreads.items()} for _ in (0, 1)]


def lognormal(random, spread, size):
    """Of mean 1."""
    return np.minimum(WORST_SITE, np.exp(random.normal(-spread ** 2 / 2, spread, size))).astype(np.float32)


class Template:
    """One strand of one haplotype, in the direction of the read, with what goes wrong where."""

    def __init__(self, letters, places, strand, factors, profile):
        """`places`: the place of the reference of each letter (of the one before, if inserted)."""
        if strand:
            letters, places = COMPLEMENT[letters[::-1]], places[::-1]
        self.strand = strand
        self.letters, self.codes, factor = letters, CODE[letters], factors[strand]
        rates = np.array(profile["mismatch by five letters"] + [profile["mismatch"]])
        self.wrong = np.minimum(0.6, rates[five(self.codes)] * factor["mismatch"][places])
        self.becomes = np.cumsum(np.array(profile["mismatch becomes"]), axis=1)
        self.starts, self.ends, self.periods = runs_of(letters)
        self.size = self.ends - self.starts
        self.run_size = np.zeros(len(letters) + 1, dtype=np.int64)
        for start, end, size in zip(self.starts, self.ends, self.size):
            self.run_size[start:end] = size
        outside = (self.run_size[:-1] == 0) & (self.run_size[1:] == 0)
        self.events = {name: np.where(outside, np.minimum(0.5, profile[name] * factor[name][places]), 0)
                       for name in ("ins", "del")}
        self.run_rate = {side: self.rates_of_runs(side, factor, places, profile) for side in ("short", "long")}

    def rates_of_runs(self, side, factor, places, profile):
        rate = np.zeros(len(self.starts))
        for kind, chosen in (("1", self.periods == 1), ("more", self.periods > 1)):
            figures = profile["runs"][kind][side]
            step = np.exp(np.array(figures["letters"] + [0.0]))[self.codes[self.starts[chosen]]]
            rate[chosen] = along(figures["line"], self.size[chosen]) * step
        # One run has one readiness on both haplotypes: that of its lowest place.
        lowest = np.minimum(places[self.starts], places[self.ends - 1])
        odds = rate / (1 - rate) * factor[side][lowest]
        return np.minimum(0.6, odds / (1 + odds))


class Reader:
    def __init__(self, profile):
        self.profile = profile
        self.spread = profile["read rate spread"]
        self.qualities = np.cumsum([profile["qualities"][name] for name in CLASSES], axis=1)
        near, far = (max(0.001, x) for x in profile["quality correlation"])
        reach = 7 / np.log(max(1.05, near / far))
        self.joint = min(0.95, near * np.exp(1 / reach)) if near > 0.05 else 0.0
        kernel = np.exp(-np.arange(40) / reach)
        self.kernel = kernel / np.sqrt((kernel ** 2).sum())

    def read(self, random, template, begin, end):
        """Letters and qualities of one read of the template's letters [begin, end)."""
        worse = min(WORST_READ, float(np.exp(random.normal(-self.spread ** 2 / 2, self.spread))))
        size = end - begin
        span = slice(begin, end)
        wrong = random.random(size) < template.wrong[span] * worse
        kept = np.ones(size, dtype=bool)
        extra = [self.plain_events(random, template, span, worse, kept)]
        extra.append(self.run_events(random, template, begin, end, worse, kept))
        after, code = (np.concatenate(x) for x in zip(*extra))
        codes = template.codes[span].copy()
        draw = random.random(wrong.sum())
        codes[wrong] = (draw[:, None] > template.becomes[codes[wrong] % 4]).sum(1).clip(0, 3)
        run = template.run_size[begin:end]
        kind = np.where(run > 6, 2, np.where(run > 3, 1, 0))
        # Aligners put a gap as far left as it goes, and "beside" is the letter to its left.
        if template.strand:
            kind[1:][~kept[:-1]] = 5
        else:
            kind[:-1][~kept[1:]] = 5
        kind[wrong] = 3
        order = np.argsort(np.concatenate((np.flatnonzero(kept), after + 0.5)), kind="stable")
        codes = np.concatenate((codes[kept], code))[order]
        kind = np.concatenate((kind[kept], np.full(len(code), 4)))[order]
        return LETTERS[codes % 4], self.quality(random, kind, worse)

    def plain_events(self, random, template, span, worse, kept):
        """Outside of runs; letters that are left out are cleared in `kept`."""
        profile, size = self.profile, len(kept)
        for at in np.flatnonzero(random.random(size) < template.events["del"][span] * worse):
            kept[at + 1:at + 1 + self.sized(random, profile["del sizes"])] = False
        after, codes = [], []
        for at in np.flatnonzero(random.random(size) < template.events["ins"][span] * worse):
            count = self.sized(random, profile["ins sizes"])
            copied = random.random(count) < profile["inserted is a copy"]
            after.append(np.full(count, at))
            codes.append(np.where(copied, template.codes[span][at], random.integers(0, 4, count)))
        return np.concatenate([np.zeros(0, dtype=np.int64)] + after), np.concatenate([np.zeros(0, dtype=np.int64)] + codes)

    def run_events(self, random, template, begin, end, worse, kept):
        low, high = np.searchsorted(template.starts, begin + 1), np.searchsorted(template.ends, end)
        # A poor read errs more in runs, too, but less so than elsewhere.
        worse = np.sqrt(worse) / np.exp(-self.spread ** 2 / 8)
        draw = random.random(max(0, high - low))
        short = np.flatnonzero(draw < template.run_rate["short"][low:high] * worse) + low
        long = np.flatnonzero(draw > 1 - template.run_rate["long"][low:high] * worse) + low
        for row in short:
            count = min(self.run_sized(random, template, row, "short"), template.size[row] - 1)
            first = (template.ends[row] - count if template.strand else template.starts[row]) - begin
            kept[first:first + count] = False
        after, codes = [], []
        for row in long:
            count, period = self.run_sized(random, template, row, "long"), template.periods[row]
            start, last = template.starts[row], template.ends[row]
            if template.strand:
                after.append(np.full(count, last - 1 - begin))
                codes.append(template.codes[last - period + np.arange(count) % period])
            else:
                after.append(np.full(count, start - 1 - begin))
                codes.append(template.codes[start + (np.arange(count) - count) % period])
        return np.concatenate([np.zeros(0, dtype=np.int64)] + after), np.concatenate([np.zeros(0, dtype=np.int64)] + codes)

    def run_sized(self, random, template, row, side):
        sizes = self.profile["runs"]["1" if template.periods[row] == 1 else "more"][side]["sizes"]
        return self.sized(random, sizes["short runs" if template.size[row] <= 8 else "long runs"])

    @staticmethod
    def sized(random, shares):
        return int(np.searchsorted(np.cumsum(shares), random.random() * 0.9999)) + 1

    def quality(self, random, kind, worse):
        """Of the distribution of each letter's class; neighbours alike, poor reads lower."""
        size = len(kind)
        smooth = np.convolve(random.normal(size=size + len(self.kernel) - 1), self.kernel, "valid")
        z = np.sqrt(self.joint) * smooth + np.sqrt(1 - self.joint) * random.normal(size=size)
        z = 0.95 * z - 0.3 * np.log(worse) / max(0.3, self.spread)
        rank = 1 / (1 + np.exp(-1.702 * z))  # close to the normal distribution's
        out = np.zeros(size, dtype=np.uint8)
        for number, shares in enumerate(self.qualities):
            rows = kind == number
            out[rows] = np.minimum(93, np.searchsorted(shares, rank[rows] * shares[-1] * 0.99999))
        return out
