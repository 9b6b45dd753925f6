#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures how reads err, as figures that simulate.py draws from.

    error_profile.py measure NAME REF.fa IN.bam REGION [--truth VCF --confident BED] --out profiles.json
    error_profile.py compare profiles.json NAME NAME ...        the same figures side by side

Only places without a true variant are looked at (--truth, --confident).  Everything is told in the
direction of the read, as errors are made there.  Needs samtools.  What is kept: rates of
mismatches by five letters, of insertions and deletions by three, of the lengths that runs of equal
units are read with, how much sites and reads differ in them, qualities by what the letter is, and
lengths of reads: figures, never a read.
"""
import argparse
import gzip
import json
import re
import subprocess
from itertools import product

import numpy as np

from sequence import CODE, LONG_RUN, LONGEST, MOST_BLUR, along, five, runs_of

DELTAS = np.arange(-6, 7)  # letters that a run is read longer; the ends stand for more, too
SIZES = 12  # longest insertion or deletion told apart
CLASSES = ("plain", "run", "long run", "mismatch", "inserted", "beside deletion")
QUALITIES = 94


def opened(path):
    return gzip.open(path, "rt") if path.endswith("gz") else open(path)


def reference_of(path, region):
    text = subprocess.run(["samtools", "faidx", path, region], check=True, capture_output=True, text=True).stdout
    return np.frombuffer("".join(text.split("\n")[1:]).upper().encode(), dtype=np.uint8)


def looked_at(first, size, contig, truth, confident):
    """Which places are certainly without a variant."""
    good = np.ones(size, dtype=bool)
    if confident:
        good[:] = False
        for line in opened(confident):
            name, start, end = line.split()[:3]
            if name == contig:
                good[max(0, int(start) - first):max(0, int(end) - first)] = True
    for line in opened(truth) if truth else ():
        fields = line.split("\t")
        if fields[0] == contig:
            at = int(fields[1]) - 1 - first
            good[max(0, at - 4):max(0, at + len(fields[3]) + 5)] = False
    return good


class Measured:
    def __init__(self, letters, good):
        self.letters, self.good, size = letters, good, len(letters)
        self.codes = CODE[letters]
        back = np.where(self.codes < 4, 3 - self.codes, 4)[::-1]
        self.context = (five(self.codes), five(back)[::-1])
        self.starts, self.ends, self.periods = runs_of(letters)
        self.run_good = np.array([good[max(0, s - 1):e + 1].all() for s, e in zip(self.starts, self.ends)], dtype=bool)
        self.run_length = np.zeros(size + 1, dtype=np.int64)
        for s, e in zip(self.starts, self.ends):
            self.run_length[s:e] = e - s
        inside = self.run_length[:size] > 0
        self.plain = good & ~inside & ~np.concatenate((inside[1:], [False]))
        self.seen, self.wrong = np.zeros((2, size)), np.zeros((2, size))
        self.substituted = np.zeros((1024, 4))
        self.indels = {name: np.zeros((2, size)) for name in ("ins", "del")}
        self.sizes = {name: np.zeros(SIZES) for name in ("ins", "del")}
        self.copied = np.zeros(2)
        self.runs = np.zeros((2, len(self.starts), len(DELTAS)))
        self.qualities = np.zeros((len(CLASSES), QUALITIES))
        self.doubts, self.doubted = np.zeros((2, 3)), np.zeros(2)
        self.reads = []
        self.lengths, self.mapq = [], np.zeros(61)
        self.correlation = []

    def add(self, flag, mapq, start, cigar, text, quality):
        """One read; `start` counts from the begin of the region."""
        strand = flag >> 4 & 1
        where, inserted, deleted = walk(cigar, start, len(self.letters))
        self.lengths.append(len(text))
        self.mapq[min(mapq, 60)] += 1
        first = max(start, 0)
        span = slice(first, first + len(where))
        if len(where) < 200:
            return
        codes = CODE[text]
        there = where >= 0
        read = np.where(there, codes[np.maximum(where, 0)], -1)
        counted = self.good[span] & there & (self.codes[span] < 4)
        wrong = counted & (read != self.codes[span])
        self.seen[strand, span] += counted
        self.wrong[strand, span] += wrong
        rows = np.flatnonzero(wrong & (read < 4))
        contexts = self.context[strand][span][rows]
        letters = read[rows] if strand == 0 else 3 - read[rows]
        np.add.at(self.substituted, (contexts[contexts >= 0], letters[contexts >= 0]), 1)
        plain = self.plain[span]
        for name, events in (("ins", inserted), ("del", deleted)):
            rows = np.flatnonzero((events > 0) & plain)
            self.indels[name][strand, first + rows] += 1
            np.add.at(self.sizes[name], np.minimum(events[rows], SIZES) - 1, 1)
        for row in np.flatnonzero((inserted == 1) & plain & there):
            around = codes[[where[row], min(where[row] + 2, len(codes) - 1)]]
            self.copied[int(codes[where[row] + 1] in around)] += 1
        self.add_runs(strand, first, where, read == self.codes[span], quality)
        self.add_qualities(first, where, wrong, inserted, deleted, quality)
        events = wrong.sum() + ((inserted > 0) & plain).sum() + ((deleted > 0) & plain).sum()
        if counted.sum() > 2000:
            right = quality[where[counted & ~wrong]].astype(float)
            self.reads.append((events, counted.sum(), right.mean()))
            z = right - right.mean()
            self.correlation.append(((z[1:] * z[:-1]).mean() / max(z.var(), 1e-9), (z[8:] * z[:-8]).mean() / max(z.var(), 1e-9)))

    def add_runs(self, strand, first, where, right, quality):
        low, high = np.searchsorted(self.starts, first + 1), np.searchsorted(self.ends, first + len(where))
        rows = np.arange(low, high)
        rows = rows[self.run_good[rows]]
        before, after = self.starts[rows] - 1 - first, self.ends[rows] - first
        keep = right[before] & right[after]
        rows, before, after = rows[keep], before[keep], after[keep]
        longer = where[after] - where[before] - 1 - (self.ends[rows] - self.starts[rows])
        np.add.at(self.runs, (strand, rows, np.clip(longer, DELTAS[0], DELTAS[-1]) - DELTAS[0]), 1)
        size = self.ends[rows] - self.starts[rows]
        short = (self.periods[rows] == 1) & (size > 3) & (size < 7)
        for wrong in (0, 1):
            for at, end in zip(where[before[short & (longer == -wrong)]] + 1, where[after[short & (longer == -wrong)]]):
                self.doubts[wrong] += quality[end - 3:end][::-1] if strand else quality[at:at + 3]
                self.doubted[wrong] += 1

    def add_qualities(self, first, where, wrong, inserted, deleted, quality):
        there, span = where >= 0, slice(first, first + len(where))
        length = self.run_length[span]
        kind = np.where(length > 6, 2, np.where(length > 3, 1, 0))
        kind[wrong] = 3
        kind[(deleted > 0) & (kind < 3)] = 5
        keep = there & self.good[span]
        np.add.at(self.qualities, (kind[keep], quality[where[keep]]), 1)
        for row in np.flatnonzero((inserted > 0) & there & self.good[span]):
            np.add.at(self.qualities[4], quality[where[row] + 1:where[row] + 1 + inserted[row]], 1)

    def figures(self):
        out = {"reads": len(self.lengths), "letters": int(self.seen.sum())}
        out["mismatch"] = self.wrong.sum() / self.seen.sum()
        rates, expected = self.mismatch_rates()
        out["mismatch by five letters"] = np.round(rates, 6).tolist()
        out["mismatch between sites"] = spread(self.wrong, self.seen, expected)
        shares = self.substituted.reshape(16, 4, 16, 4).sum((0, 2)) + 0.5
        for code in range(4):
            shares[code, code] = 0
        out["mismatch becomes"] = np.round(shares / shares.sum(1, keepdims=True), 4).tolist()
        seen = self.seen * self.plain
        for name in ("ins", "del"):
            total = self.indels[name].sum() / seen.sum()
            out[name] = total
            out[name + " between sites"] = spread(self.indels[name], seen, np.full_like(seen, total))
            out[name + " sizes"] = np.round(self.sizes[name] / self.sizes[name].sum(), 4).tolist()
        out["inserted is a copy"] = self.copied[1] / max(1, self.copied.sum())
        out["runs"] = {"1": self.run_figures([1]), "more": self.run_figures([2, 3, 4])}
        # Of three letters of a short run that is read one too short: how far their qualities fall, in parts of the most.
        fall = self.doubts[0] / max(1, self.doubted[0]) - self.doubts[1] / max(1, self.doubted[1])
        out["letters doubted"] = round(float(fall.mean() / max(1e-9, fall.max())), 2)
        out["long runs"] = self.long_runs()
        out["run table"] = {str(period): self.run_table(period) for period in (1, 2, 3, 4)}
        out["qualities"] = {name: (row / max(1, row.sum())).round(5).tolist() for name, row in zip(CLASSES, self.qualities)}
        events, seen, mean = np.array(self.reads).T
        rate = events / seen
        out["read rate spread"] = spread(events, seen, events.sum() / seen.sum())
        out["read quality"] = [float(mean.mean()), float(mean.std())]
        out["read quality follows rate"] = float(np.corrcoef(mean, np.log(np.maximum(rate, 1e-5)))[0, 1])
        out["quality correlation"] = np.mean(self.correlation, 0).round(3).tolist()
        logs = np.log(self.lengths)
        out["length"] = [float(logs.mean()), float(logs.std()), int(max(self.lengths))]
        out["mapq 60"] = self.mapq[60] / self.mapq.sum()
        return out

    def mismatch_rates(self):
        """Per five letters, leaning on the three inner ones where there are few; expected per place."""
        seen, wrong = np.zeros(1024), np.zeros(1024)
        for strand in (0, 1):
            keep = self.context[strand] >= 0
            np.add.at(seen, self.context[strand][keep], self.seen[strand][keep])
            np.add.at(wrong, self.context[strand][keep], self.wrong[strand][keep])
        inner = np.arange(1024) // 4 % 64
        seen3, wrong3 = np.bincount(inner, seen, 64), np.bincount(inner, wrong, 64)
        mean = wrong.sum() / seen.sum()
        rate3 = (wrong3 + 5) / (seen3 + 5 / mean)
        rates = (wrong + 5 * rate3[inner] / mean) / (seen + 5 / mean)
        expected = np.stack([np.where(c >= 0, rates[c], mean) for c in self.context])
        return rates, expected

    def run_figures(self, periods):
        """How often runs of these periods are read shorter and longer: on the logit scale a line over
        the length (sequence.along) and a step per letter, sizes of what is missing or too much, spread between sites."""
        length = np.minimum(self.ends - self.starts, LONGEST)
        chosen = np.isin(self.periods, periods) & (self.runs.sum((0, 2)) > 0)
        counts, length = self.runs[:, chosen], length[chosen]
        total = counts.sum(2)
        letter = self.codes[self.starts[chosen]]
        letter = np.stack([letter, np.where(letter < 4, 3 - letter, 4)])
        out = {"seen": int(total.sum())}
        for side, part in (("short", DELTAS < 0), ("long", DELTAS > 0)):
            events = counts[:, :, part].sum(2)
            line = fitted_line(length, events.sum(0), total.sum(0))
            rate = np.broadcast_to(along(line, length), events.shape)
            steps = [float(np.log((events[letter == c].sum() + 5) / ((rate * total)[letter == c].sum() + 5))) for c in range(4)]
            steps = steps if 1 in periods else [0.0] * 4
            rate = along(line, length) * np.exp(np.array(steps + [0.0])[letter])
            sizes = {}
            for name, near in (("short runs", length <= 8), ("long runs", length > 8)):
                seen = counts[:, near][:, :, part].sum((0, 1))
                seen = (seen[::-1] if side == "short" else seen) + np.array([3, 1, 0.4, 0.2, 0.1, 0.1])
                sizes[name] = (seen / seen.sum()).round(4).tolist()
            out[side] = {"line": line, "letters": np.round(steps, 3).tolist(), "sizes": sizes,
                         "between sites": spread(events, total, rate)}
        return out

    def long_runs(self):
        """Lengths that long homopolymers are read with, as normal distributions rounded to letters: how wide at
        LONG_RUN letters and how much more per letter; in parts of that, by how much they are read too long, and how
        much strands of sites differ in it.  The likeliest over all that a site's mean may be, leaning a little on usual
        growths: the mean of few rounded lengths says little, so that the spread of such means would be far too wide."""
        length = np.minimum(self.ends - self.starts, LONGEST)
        chosen = (self.periods == 1) & (length >= LONG_RUN)
        counts, length = self.runs[:, chosen].reshape(-1, len(DELTAS)), np.tile(length[chosen], 2)
        counts, length = counts[counts.sum(1) >= 8], length[counts.sum(1) >= 8]
        means, best = np.arange(-2.5, 2.51, 0.1)[:, None], (-np.inf,)
        for at, more in product(np.arange(0.2, 1.0, 0.05), np.arange(0.0, 0.4, 0.02)):
            width = np.minimum(MOST_BLUR, at + more * (length - LONG_RUN))
            edges = (np.append(DELTAS, 7) - 0.5 - means[:, None]) / width[:, None]
            shares = np.diff(1 / (1 + np.exp(-1.702 * edges)), axis=2)  # close to the normal distribution's
            sites = (counts * np.log(0.95 * shares + 0.05 / len(DELTAS))).sum(2)
            most = sites.max(0, initial=-np.inf)
            for mean, spread in product(np.arange(-0.4, 0.41, 0.1), np.arange(0.1, 0.81, 0.05)):
                of_sites = np.exp(-((means / width - mean) / spread) ** 2 / 2) + 1e-300
                likely = (of_sites / of_sites.sum(0) * np.exp(sites - most)).sum(0)
                # Few runs say little of the spread: as if there were twenty others, of 0.2.
                score = (np.log(likely + 1e-300) + most).sum() - 100 * (more - 0.1) ** 2
                score -= 10 * (np.log(spread ** 2) + (0.2 / spread) ** 2) + (mean / 0.2) ** 2
                best = max(best, (score, at, more, mean, spread))
        at, more, mean, spread = (round(float(x), 2) for x in best[1:])
        return {"blur": [at, more], "lean": [mean, spread]}

    def run_table(self, period):
        """{length: [observations, share read short, share read long]}, to be looked at."""
        length, out = np.minimum(self.ends - self.starts, LONGEST), {}
        for size in range(3, LONGEST + 1):
            seen = self.runs[:, (self.periods == period) & (length == size)].sum((0, 1))
            if seen.sum() >= 20:
                shares = [seen[DELTAS < 0].sum() / seen.sum(), seen[DELTAS > 0].sum() / seen.sum()]
                out[str(size)] = [int(seen.sum())] + np.round(shares, 5).tolist()
        return out


def fitted_line(length, events, total):
    """The line of sequence.along that is most likely for the counts, leaning a little on usual growths."""
    # Sites differ, so a thousand reads of one site do not say a thousand times as much.
    weight = 1 / (1 + total / 50)
    lengths = np.unique(length)
    bad, good = (np.array([(weight * x)[length == n].sum() for n in lengths]) for x in (events, total - events))
    best = None
    for below in np.arange(0.0, 0.81, 0.04):
        for above in np.arange(0.0, 0.81, 0.04):
            for at in np.arange(-8, -1, 0.1):
                rate = along((at, below, above), lengths)
                score = (bad * np.log(rate) + good * np.log(1 - rate)).sum() - 20 * (below - 0.3) ** 2 - 20 * (above - 0.2) ** 2
                if best is None or score > best[0]:
                    best = (score, at, below, above)
    return [round(float(x), 3) for x in best[1:]]


def spread(events, seen, expected):
    """How much sites differ beyond chance: the standard deviation of the log of their rates,
    from how often two reads of one site err together."""
    pairs = (seen * (seen - 1) * expected ** 2).sum()
    together = (events * (events - 1)).sum()
    return float(np.sqrt(np.log(max(1.0, together / pairs)))) if pairs > 0 else 0.0


def walk(cigar, start, limit):
    """Per place of the region: index into the read (-1 deleted), letters inserted and deleted after it."""
    spans = [(int(n), op) for n, op in re.findall(r"(\d+)([MIDNSHP=X])", cigar)]
    size = sum(n for n, op in spans if op in "MDN=X")
    where, inserted, deleted = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    at, read = 0, 0
    for n, op in spans:
        if op in "M=X":
            where[at:at + n] = np.arange(read, read + n)
            at, read = at + n, read + n
        elif op == "D":
            deleted[max(0, at - 1)] = n
            at += n
        elif op == "I":
            inserted[max(0, at - 1)] = n
            read += n
        elif op == "S":
            read += n
        elif op == "N":
            at += n
    low, high = max(0, -start), max(0, min(size, limit - start))
    return where[low:high], inserted[low:high], deleted[low:high]


def measure(options):
    contig, _, span = options.region.partition(":")
    first, last = (int(x.replace(",", "")) for x in span.split("-"))
    letters = reference_of(options.reference, options.region)
    measured = Measured(letters, looked_at(first - 1, len(letters), contig, options.truth, options.confident))
    command = ["samtools", "view", "-F", "0x904", "-q", "20", options.bam, options.region]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as pipe:
        for line in pipe.stdout:
            fields = line.rstrip(b"\n").split(b"\t", 11)
            text, quality = (np.frombuffer(x, dtype=np.uint8) for x in fields[9:11])
            if len(quality) == len(text) > 1:
                measured.add(int(fields[1]), int(fields[4]), int(fields[3]) - first, fields[5].decode(), text, quality - 33)
    return measured.figures()


def table(profiles, names):
    def row(title, value):
        print(f"{title:34s}" + "".join(f"{value(profiles[name]):>16s}" for name in names))

    def per_mille(x):
        return f"{1000 * x:.2f}"

    print(f"{'per mille where nothing else is said':34s}" + "".join(f"{name:>16s}" for name in names))
    for name in ("mismatch", "ins", "del"):
        row(name, lambda p: per_mille(p[name]))
        row(f"{name}, spread of sites (log)", lambda p: f"{p[name + ' between sites']:.2f}")
    for period, sizes in (("1", (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16)), ("2", (8, 10, 12, 16, 20)), ("3", (9, 12)), ("4", (12, 16))):
        for size in sizes:
            def shares(p):
                found = p["run table"][period].get(str(size))
                return f"{1000 * found[1]:.1f}/{1000 * found[2]:.1f}" if found else "-"
            row(f"period {period}, {size} letters: short/long", shares)
    for kind in ("1", "more"):
        for side in ("short", "long"):
            row(f"runs {kind}, {side}: line", lambda p: "{:.1f} {:.2f} {:.2f}".format(*p["runs"][kind][side]["line"]))
            row(f"runs {kind}, {side}: spread of sites", lambda p: f"{p['runs'][kind][side]['between sites']:.2f}")
    row("long runs: width at 9, more", lambda p: "{:.2f} {:.2f}".format(*p["long runs"]["blur"]))
    row("long runs: too long by, spread", lambda p: "{:.2f} {:.2f}".format(*p["long runs"]["lean"]))
    row("letters doubted in short runs", lambda p: f"{p['letters doubted']:.2f}")
    row("spread between reads (log)", lambda p: f"{p['read rate spread']:.2f}")
    for name in CLASSES:
        def mean(p):
            shares = np.array(p["qualities"][name])
            return f"{(shares * np.arange(QUALITIES)).sum():.1f} {shares[:10].sum():.2f}"
        row(f"quality, share below 10: {name}", mean)
    row("quality correlation 1, 8 apart", lambda p: "{:.2f} {:.2f}".format(*p["quality correlation"]))
    row("share of MAPQ 60", lambda p: f"{p['mapq 60']:.3f}")
    row("length: mean, sd of log", lambda p: "{:.2f} {:.2f}".format(*p["length"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("measure")
    for name in ("name", "reference", "bam", "region"):
        one.add_argument(name)
    one.add_argument("--truth")
    one.add_argument("--confident")
    one.add_argument("--out", required=True, help="the figures are added to this file under NAME")
    many = commands.add_parser("compare")
    many.add_argument("profiles")
    many.add_argument("names", nargs="+")
    options = parser.parse_args()
    path = options.out if options.command == "measure" else options.profiles
    try:
        with open(path) as file:
            profiles = json.load(file)
    except FileNotFoundError:
        profiles = {}
    if options.command == "compare":
        table(profiles, options.names)
        return
    profiles[options.name] = measure(options)
    with open(path, "w") as file:
        json.dump(profiles, file, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main()
