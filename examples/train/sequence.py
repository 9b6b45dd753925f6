#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Letters as numbers, and where a sequence repeats itself (homopolymers, short tandem repeats).

    sequence.py REF.fa > SHORTER.bed      of one contig: all but homopolymers of 12 letters and more, and a letter beside"""
import sys

import numpy as np

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = np.full(256, ord("N"), dtype=np.uint8)
COMPLEMENT[list(b"ACGT")] = list(b"TGCA")
CODE = np.full(256, 4, dtype=np.int64)
for number, letter in enumerate(b"ACGT"):
    CODE[letter] = CODE[letter + 32] = number
# Period of the unit: least length of a run in letters.
LEAST_LENGTH = {1: 3, 2: 8, 3: 9, 4: 12}
LONG_RUN = 9  # letters, from which the length of a homopolymer is not read right or wrong, but blurred
MOST_BLUR = 2.0  # letters
LONGEST = 24  # runs that are longer count as this long
KNEE = 8  # from this length on, errors grow at another pace
MOST = 0.42  # of the reads are read shorter, or longer, in the worst runs


def read_contig(path):
    """Name and letters of a FASTA file of one contig."""
    with open(path, "rb") as file:
        header, *lines = file.read().split(b"\n")
    return header[1:].split()[0].decode(), np.frombuffer(b"".join(lines), dtype=np.uint8)


def five(codes):
    """The number of the five letters around each place, the middle one included; -1 near an N."""
    number, bad = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=bool)
    padded = np.concatenate(([4, 4], codes, [4, 4]))
    for i in range(5):
        part = padded[i:i + len(codes)]
        number, bad = number * 4 + part % 4, bad | (part == 4)
    return np.where(bad, -1, number)


def runs_of(letters):
    """Runs of equal units, none inside another: arrays of start, end (exclusive) and period."""
    found, taken = [], np.zeros(len(letters) + 1, dtype=bool)
    for period, least in LEAST_LENGTH.items():
        same = np.concatenate(([False], letters[period:] == letters[:-period], [False])).astype(np.int8)
        edges = np.diff(same)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) + period
        for start, end in zip(starts, ends):
            if end - start >= least and letters[start] != ord("N") and not taken[start:end].any():
                taken[start:end] = True
                found.append((start, end, period))
    if not found:
        return (np.zeros(0, dtype=np.int64),) * 3
    return tuple(np.array(sorted(found), dtype=np.int64).T)


def along(line, length):
    """The share of reads that a line [logit at length 3, growth per letter up to KNEE, and above] gives
    to runs of this length."""
    length = np.minimum(length, LONGEST)
    score = line[0] + line[1] * (np.minimum(length, KNEE) - 3) + line[2] * np.maximum(length - KNEE, 0)
    return np.minimum(MOST, 1 / (1 + np.exp(-score)))


def main():
    (name, letters), at = read_contig(sys.argv[1]), 0
    starts, ends, periods = runs_of(letters)
    long = (periods == 1) & (ends - starts >= 12)
    for start, end in [*zip(starts[long], ends[long]), (len(letters) + 1, 0)]:
        if start - 1 > at:
            print(name, at, start - 1, sep="\t")
        at = end + 1


if __name__ == "__main__":
    main()
