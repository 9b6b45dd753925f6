#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a network should say of a window.

    labels.py REF.fa < PIECES.sam > LABELS.tsv

The pieces are both haplotypes without errors, aligned as reads are: an indel then stands where it
stands in reads, whatever the truth's VCF calls it.  LABELS.tsv has contig, position, haplotype, REF
and ALT of each difference.
"""
import re
import sys

import numpy as np

from sequence import read_contig

GENOTYPES = ("AA AC AG AT CC CG CT GG GT TT DelDel ADel CDel GDel TDel InsIns AIns CIns GIns TIns "
             "InsDel").split()
INDEX = {name: i for i, name in enumerate(GENOTYPES)}
LENGTH_LIMIT = 16
EDGE = 300  # letters at a piece's ends that say nothing: the next piece covers them


def differences(letters, at, cigar, text):
    """(position of the first letter of REF, REF, ALT) of one aligned piece; 0-based."""
    read = 0
    for size, op in re.findall(r"(\d+)([MIDNSHP=X])", cigar):
        size = int(size)
        if op in "M=X":
            for i in np.flatnonzero(letters[at:at + size] != text[read:read + size]):
                if EDGE <= read + i < len(text) - EDGE:
                    yield at + int(i), bytes([letters[at + i]]).decode(), bytes([text[read + i]]).decode()
            at, read = at + size, read + size
        elif op in "ID":
            inside = EDGE <= read < len(text) - EDGE
            anchor = bytes([letters[at - 1]])
            if inside and op == "I":
                yield at - 1, anchor.decode(), (anchor + text[read:read + size].tobytes()).decode()
            elif inside:
                yield at - 1, (anchor + letters[at:at + size].tobytes()).decode(), anchor.decode()
            at, read = (at, read + size) if op == "I" else (at + size, read)
        elif op == "S":
            read += size


def read_labels(path):
    """{(contig, position): [(REF, ALT) of each haplotype, or None]}; an indel goes before a SNP."""
    labels = {}
    with open(path) as lines:
        for line in lines:
            contig, position, which, ref, alt = line.rstrip("\n").split("\t")
            both = labels.setdefault((contig, int(position)), [None, None])
            known = both[int(which) - 1]
            if known is None or len(known[0]) == len(known[1]):
                both[int(which) - 1] = (ref, alt)
    return labels


def part(ref, alt):
    if len(alt) > len(ref):
        return "Ins"
    return "Del" if len(alt) < len(ref) else alt[0]


def genotype_label(alleles):
    parts = [part(*a) for a in alleles]
    letters = sorted(p for p in parts if len(p) == 1)
    indels = sorted((p for p in parts if len(p) > 1), reverse=True)  # Ins before Del
    return INDEX["".join(letters + indels)]


def label(labels, contig, position, base):
    """(genotype of 21, zygosity of 3, index of the smaller and of the larger length)"""
    both = labels.get((contig, position), (None, None))
    alleles = [a or (base, base) for a in both]
    changed = [a is not None for a in both]
    zygosity = 0 if not any(changed) else 1 if both[0] == both[1] else 2
    lengths = sorted(max(-LENGTH_LIMIT, min(LENGTH_LIMIT, len(alt) - len(ref))) for ref, alt in alleles)
    return (genotype_label(alleles), zygosity, lengths[0] + LENGTH_LIMIT, lengths[1] + LENGTH_LIMIT)


def main():
    contig, letters = read_contig(sys.argv[1])
    found = set()
    for line in sys.stdin:
        fields = line.split("\t", 11)
        if line.startswith("@") or int(fields[1]) & 0x904:
            continue
        text = np.frombuffer(fields[9].encode(), dtype=np.uint8)
        which = int(fields[0].split("_")[1])
        found.update((at, which, ref, alt) for at, ref, alt in differences(letters, int(fields[3]) - 1, fields[5], text))
    for at, which, ref, alt in sorted(found):
        print(contig, at + 1, which, ref, alt, sep="\t")


if __name__ == "__main__":
    main()
