# SPDX-License-Identifier: MIT
"""Reads with errors drawn from a profile (error_profile.py): each site has its own readiness to err, each
read its own quality, and runs of equal units are read too short or too long as they are in reality."""
import numpy as np

from sequence import CODE, COMPLEMENT, LETTERS, LONG_RUN, MOST_BLUR, along, five, runs_of

CLASSES = ("plain", "run", "long run", "mismatch", "inserted", "beside deletion")
MISMATCH, INSERTED, BESIDE = 3, 4, 5
WORST_READ = 10.0  # times the mean rate
WORST_SITE = 40.0
BAD_SITES = {"mismatch": 0.0002, "ins": 0.0007, "del": 0.0007, "short": 0.0007, "long": 0.0007}
BAD_SITE = 80.0  # such a share of places err up to so many times more, whatever the reads
SURE = 0.5  # of the letters that are wrong at such a place in all reads have the qualities of right ones
DOUBTED_RUN = 7  # letters, above which a run has low qualities whether it is read right or not


def site_factors(random, size, profile):
    """Per strand and kind of error: how much more or less a place of the reference errs."""
    # No two machines are alike, and little is known of the longest runs: samples differ in how hard all this is.
    wider, blur, lean = random.uniform(1, 1.3), random.uniform(0.8, 1.25), profile["long runs"]["lean"]
    whole, places = lean[0] + 0.1 * random.normal(), lean[1] * random.normal(size=size)
    spreads = {name: wider * max(0.8, profile[f"{name} between sites"]) for name in ("mismatch", "ins", "del")}
    for side in ("short", "long"):
        # Long runs cannot err much more than they do: the spread on the scale of odds is wider.
        spreads[side] = 1.3 * max(0.3, profile["runs"]["1"][side]["between sites"])
    factors = [{name: lognormal(random, spread, size) for name, spread in spreads.items()} for _ in (0, 1)]
    for factor in factors:
        factor["same"] = np.full(size, np.nan, dtype=np.float32)
    for name in spreads:
        for strands in ((0, 1), (0,), (1,)):
            bad = np.flatnonzero(random.random(size) < BAD_SITES[name])
            for strand in strands:
                factors[strand][name][bad] *= np.exp(random.uniform(1.5, np.log(BAD_SITE), len(bad)))
                if name == "mismatch":  # by the same letter in all reads, as at modified bases
                    factors[strand]["same"][bad] = bad * np.sqrt(5) % 1
    for factor in factors:
        # What a run is read too long by, in parts of how much its length is blurred: of the sample, the place, the strand.
        strand = lean[1] * random.normal(size=size)
        factor["lean"] = (whole + (places + strand) / np.sqrt(2)).astype(np.float32)
        factor["blur"] = blur
    return factors


def long_blur(size, profile):
    """Letters, by which the length of a long homopolymer is blurred."""
    at, more = profile["long runs"]["blur"]
    return np.minimum(MOST_BLUR, at + more * (size - LONG_RUN))


def worse_in_runs(worse, spread):
    """A poor read errs more in runs, too, but less so than elsewhere."""
    return np.sqrt(worse) / np.exp(-spread ** 2 / 8)


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
        self.same = factor["same"][places]
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
        long = (self.periods == 1) & (self.size >= LONG_RUN)
        self.blur = np.where(long, factor["blur"] * long_blur(self.size, profile), 0)
        self.lean = self.blur * factor["lean"][self.lowest(places)]

    def lowest(self, places):
        """One run has one readiness on both haplotypes: that of its lowest place."""
        return np.minimum(places[self.starts], places[self.ends - 1])

    def rates_of_runs(self, side, factor, places, profile):
        rate = np.zeros(len(self.starts))
        for kind, chosen in (("1", self.periods == 1), ("more", self.periods > 1)):
            figures = profile["runs"][kind][side]
            step = np.exp(np.array(figures["letters"] + [0.0]))[self.codes[self.starts[chosen]]]
            rate[chosen] = along(figures["line"], self.size[chosen]) * step
        odds = rate / (1 - rate) * factor[side][self.lowest(places)]
        return np.minimum(0.6, odds / (1 + odds))


class Reader:
    def __init__(self, profile):
        self.profile = profile
        self.spread = profile["read rate spread"]
        # Nanopore's qualities doubt a whole run, those of HiFi one letter of it.
        self.whole_runs = profile["letters doubted"] > 0.6
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
        run = template.run_size[begin:end]
        kind = np.where(run > 6, 2, np.where(run > 3, 1, 0))
        # Aligners put a gap as far left as it goes, and "beside" is the letter to its left.
        if template.strand:
            kind[1:][~kept[:-1]] = BESIDE
        else:
            kind[:-1][~kept[1:]] = BESIDE
        self.doubt_long_runs(random, template, begin, end, kind)
        extra.append(self.run_events(random, template, begin, end, worse, kept, kind))
        after, code, new = (np.concatenate(x) for x in zip(*extra))
        codes = template.codes[span].copy()
        same, draw = template.same[span][wrong], random.random(wrong.sum())
        draw = np.where(np.isnan(same), draw, same)
        codes[wrong] = (draw[:, None] > template.becomes[codes[wrong] % 4]).sum(1).clip(0, 3)
        kind[np.flatnonzero(wrong)[np.isnan(same) | (random.random(wrong.sum()) > SURE)]] = MISMATCH
        order = np.argsort(np.concatenate((np.flatnonzero(kept), after + 0.5)), kind="stable")
        codes = np.concatenate((codes[kept], code))[order]
        kind = np.concatenate((kind[kept], new))[order]
        return LETTERS[codes % 4], self.quality(random, kind, worse)

    def plain_events(self, random, template, span, worse, kept):
        """Outside of runs; letters that are left out are cleared in `kept`."""
        profile, size = self.profile, len(kept)
        for at in np.flatnonzero(random.random(size) < template.events["del"][span] * worse):
            kept[at + 1:at + 1 + self.sized(random, profile["del sizes"])] = False
        after, codes, kinds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for at in np.flatnonzero(random.random(size) < template.events["ins"][span] * worse):
            count = self.sized(random, profile["ins sizes"])
            copied = random.random(count) < profile["inserted is a copy"]
            after.append(np.full(count, at))
            codes.append(np.where(copied, template.codes[span][at], random.integers(0, 4, count)))
            kinds.append(np.full(count, INSERTED))
        return np.concatenate(after), np.concatenate(codes), np.concatenate(kinds)

    def runs_inside(self, template, begin, end):
        return np.searchsorted(template.starts, begin + 1), np.searchsorted(template.ends, end)

    def doubt_long_runs(self, random, template, begin, end, kind):
        """Long runs have low qualities, whether they are read right or not: anywhere, or at the end that is read first."""
        low, high = self.runs_inside(template, begin, end)
        for row in np.flatnonzero((template.size[low:high] > DOUBTED_RUN) & (template.periods[low:high] == 1)) + low:
            start, last = template.starts[row] - begin, template.ends[row] - begin
            if self.whole_runs:
                share = 0.25 * min(1, (last - start - DOUBTED_RUN) / 6)
                kind[start:last][random.random(last - start) < share] = BESIDE
            elif random.random() < (last - start - 3) / 9:
                kind[start] = INSERTED

    def doubt(self, random, template, row, begin, kind, why, count):
        """Qualities of a run that is read wrong: of all of it and of the letter to its left, the more rarely the longer
        it is, or of the letter that is read first.  Whether they are low."""
        start, last = template.starts[row] - begin, template.ends[row] - begin
        if not self.whole_runs:
            if why == BESIDE:
                kind[start if template.strand else start + count] = INSERTED
            return True
        if random.random() > 1.15 - 0.17 * (last - start - 3) + 0.2 * (count - 1):
            return False
        kind[max(0, start - (not template.strand)):last + template.strand] = why
        return True

    def run_events(self, random, template, begin, end, worse, kept, kind):
        low, high = self.runs_inside(template, begin, end)
        worse = worse_in_runs(worse, self.spread)
        rows = np.arange(low, high)
        longer = np.rint(random.normal(template.lean[low:high], template.blur[low:high] * np.sqrt(worse))).astype(np.int64)
        draw, unblurred = random.random(len(rows)), template.blur[low:high] == 0
        short = unblurred & (draw < template.run_rate["short"][low:high] * worse)
        long = unblurred & (draw > 1 - template.run_rate["long"][low:high] * worse)
        longer[short] = [-self.run_sized(random, template, row, "short") for row in rows[short]]
        longer[long] = [self.run_sized(random, template, row, "long") for row in rows[long]]
        for row, count in zip(rows[longer < 0], -longer[longer < 0]):
            count = min(count, template.size[row] - 1)
            first = (template.ends[row] - count if template.strand else template.starts[row]) - begin
            kept[first:first + count] = False
            self.doubt(random, template, row, begin, kind, BESIDE, count)
        after, codes, kinds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for row, count in zip(rows[longer > 0], longer[longer > 0]):
            period = template.periods[row]
            start, last = template.starts[row], template.ends[row]
            usual = kind[start - begin]
            doubted = self.doubt(random, template, row, begin, kind, INSERTED, count)
            kinds.append(np.full(count, INSERTED if doubted else usual))
            if template.strand:
                after.append(np.full(count, last - 1 - begin))
                codes.append(template.codes[last - period + np.arange(count) % period])
            else:
                after.append(np.full(count, start - 1 - begin))
                codes.append(template.codes[start + (np.arange(count) - count) % period])
        return np.concatenate(after), np.concatenate(codes), np.concatenate(kinds)

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
