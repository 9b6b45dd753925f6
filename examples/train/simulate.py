#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Simulates a diploid sample and long reads of it, with the truth.

Writes PREFIX.fa (the reference used), PREFIX.truth.vcf and PREFIX.fq.  All from one seed.  The
errors follow a small profile per platform (rates per base, growing with the length of a
homopolymer, and varying between reads); examples/train/README.md prints them beside real reads.

    simulate.py --platform ont --seed 1 --length 100000 --depth 30 OUT_PREFIX
    simulate.py --platform hifi --seed 1 --reference human.fa --region chr11:1-2000000 OUT_PREFIX
"""
import argparse
import gzip

import numpy as np

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = np.zeros(256, dtype=np.uint8)
COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")

# Rates per base: substitutions, insertions, deletions; how much more an indel is in a homopolymer
# (per base of its length beyond the second); spread of rates between reads (log scale); read
# lengths (mean of the log, its spread, longest); base qualities of right and of wrong bases.
PROFILES = {
    "ont": dict(sub=0.0065, ins=0.0022, dele=0.0028, homopolymer=0.9, spread=0.6,
                log_length=9.5, length_spread=0.8, longest=120000, right=(36, 9), wrong=(13, 7)),
    "hifi": dict(sub=0.0004, ins=0.0003, dele=0.0003, homopolymer=0.9, spread=0.8,
                 log_length=9.65, length_spread=0.2, longest=30000, right=(38, 6), wrong=(18, 9)),
}


def read_fasta(path, region):
    name, _, span = region.partition(":")
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    parts, inside = [], False
    with opened as lines:
        for line in lines:
            if line.startswith(b">"):
                inside = line[1:].split()[0].decode() == name
            elif inside:
                parts.append(line.strip().upper())
    letters = np.frombuffer(b"".join(parts), dtype=np.uint8)
    if span:
        first, last = (int(x.replace(",", "")) for x in span.split("-"))
        letters = letters[first - 1:last]
    return name, letters.copy()


def synthetic_reference(random, length):
    """Random letters with what real genomes have and random ones lack: homopolymers, short
    tandem repeats, and copies of earlier pieces that have drifted apart."""
    letters = LETTERS[random.choice(4, size=length, p=(0.3, 0.2, 0.2, 0.3))]
    for _ in range(length // 400):
        unit = LETTERS[random.integers(0, 4, random.choice((1, 1, 1, 2, 2, 3, 4)))]
        run = np.tile(unit, random.integers(4, 14))[:40]
        at = random.integers(0, length - 40)
        letters[at:at + len(run)] = run
    for _ in range(length // 20000):
        size = int(random.integers(200, 1500))
        source, target = random.integers(0, length - size, 2)
        piece = letters[source:source + size].copy()
        drift = random.random(size) < 0.12
        piece[drift] = LETTERS[random.integers(0, 4, drift.sum())]
        letters[target:target + size] = piece
    return letters


def left_align(letters, at, inserted, deleted):
    """Moves an indel (0-based anchor `at`) as far left as its letters allow."""
    sequence = bytearray(inserted or deleted)
    while at > 0 and letters[at] == sequence[-1]:
        sequence.insert(0, sequence.pop())
        at -= 1
    return at, bytes(sequence)


def make_variants(random, letters, snp_every, indel_every):
    """A list of (position of the first letter of REF, REF, [allele of each haplotype])."""
    length, variants, taken = len(letters), [], np.zeros(len(letters) + 200, dtype=bool)
    count = int(length / snp_every) + int(length / indel_every)
    share_of_indels = (1 / indel_every) / (1 / snp_every + 1 / indel_every)
    positions = list(random.integers(100, length - 200, count))
    # A tenth of all stand close to another one, as in real genomes.
    positions += [int(p + random.integers(2, 25)) for p in random.choice(positions, count // 10)]
    for at in positions:
        indel = random.random() < share_of_indels
        size = int(min(50, 1 + random.geometric(0.45) - 1 + (random.random() < 0.05) * random.integers(0, 45)))
        span = size + 2 if indel else 1
        if taken[at - 5:at + span + 5].any() or (letters[at - 3:at + span + 3] == ord("N")).any():
            continue
        # Half of the indels change the length of the repeat they stand in.
        if indel and random.random() < 0.5:
            inserted = letters[at + 1:at + 1 + size].tobytes()
        else:
            inserted = LETTERS[random.integers(0, 4, size)].tobytes()
        if not indel:
            others = [x for x in b"ACGT" if x != letters[at]]
            random.shuffle(others)
            ref, alts = bytes([letters[at]]), [bytes([others[0]]), bytes([others[1]])]
        elif random.random() < 0.5:
            at, inserted = left_align(letters, at, inserted, None)
            anchor = bytes([letters[at]])
            ref, alts = anchor, [anchor + inserted, anchor + inserted + inserted[:1]]
        else:
            at, removed = left_align(letters, at, None, letters[at + 1:at + 1 + size].tobytes())
            anchor = bytes([letters[at]])
            ref, alts = anchor + removed, [anchor, ref_snp(random, anchor) + removed]
        if taken[at - 5:at + len(ref) + 5].any():
            continue
        taken[at - 2:at + len(ref) + 2] = True
        kind = random.random()
        if kind < 0.37:
            alleles = [1, 1]
        elif kind < 0.97 or ref == alts[1]:
            alleles = [0, 1] if random.random() < 0.5 else [1, 0]
        else:
            alleles = [1, 2]
        variants.append((int(at), ref, alts, alleles))
    return sorted(variants)


def ref_snp(random, anchor):
    return bytes([random.choice([x for x in b"ACGT" if x != anchor[0]])])


def haplotype(letters, variants, which):
    parts, at = [], 0
    for position, ref, alts, alleles in variants:
        if alleles[which] and position >= at:
            parts.append(letters[at:position])
            parts.append(np.frombuffer(alts[alleles[which] - 1], dtype=np.uint8))
            at = position + len(ref)
    parts.append(letters[at:])
    return np.concatenate(parts)


def homopolymer_lengths(letters):
    starts = np.flatnonzero(np.concatenate(([True], letters[1:] != letters[:-1])))
    lengths = np.diff(np.concatenate((starts, [len(letters)])))
    return np.repeat(lengths, lengths)


def add_errors(random, letters, runs, profile):
    """Letters and qualities of one read of `letters` (homopolymer length of each in `runs`)."""
    size = len(letters)
    factor = np.exp(random.normal(-profile["spread"] ** 2 / 2, profile["spread"]))
    longer = 1 + profile["homopolymer"] * np.minimum(np.maximum(runs - 2, 0), 12)
    draw = random.random(size)
    wrong = draw < profile["sub"] * factor
    deleted = (draw > 1 - profile["dele"] * factor * longer) & ~wrong
    inserted = random.random(size) < profile["ins"] * factor * longer
    out = letters.copy()
    codes = np.searchsorted(LETTERS, out[wrong])
    out[wrong] = LETTERS[(codes + random.integers(1, 4, wrong.sum())) % 4]
    mean = np.where(wrong | inserted | deleted, profile["wrong"][0], profile["right"][0])
    spread = np.where(wrong | inserted | deleted, profile["wrong"][1], profile["right"][1])
    quality = np.clip(random.normal(mean, spread), 2, 50).astype(np.uint8)
    repeats = np.where(inserted, 1 + (random.random(size) < 0.3), 0) + (~deleted)
    extra = np.repeat(np.arange(size), repeats)
    is_extra = np.concatenate(([False], extra[1:] == extra[:-1]))
    result, qualities = out[extra], quality[extra]
    # An extra letter mostly repeats its neighbour, as homopolymer errors do.
    free = is_extra & (random.random(len(extra)) < 0.35)
    result[free] = LETTERS[random.integers(0, 4, free.sum())]
    return result, qualities


def write_reads(out, random, haplotypes, depth, length, profile):
    runs = [homopolymer_lengths(h) for h in haplotypes]
    written, number = 0, 0
    while written < depth * length:
        which = int(random.integers(0, 2))
        size = int(min(profile["longest"], random.lognormal(profile["log_length"], profile["length_spread"])))
        size = max(300, min(size, len(haplotypes[which])))
        start = int(random.integers(-size // 2, len(haplotypes[which]) - size // 2))
        begin, end = max(0, start), min(start + size, len(haplotypes[which]))
        if end - begin < 200:
            continue
        piece = haplotypes[which][begin:end]
        letters, qualities = add_errors(random, piece, runs[which][begin:end], profile)
        if random.random() < 0.5:
            letters, qualities = COMPLEMENT[letters[::-1]], qualities[::-1]
        out.write(b"@read%d\n%s\n+\n%s\n" % (number, letters.tobytes(), (qualities + 33).tobytes()))
        written += end - begin
        number += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix")
    parser.add_argument("--platform", choices=PROFILES, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--depth", type=float, default=30)
    parser.add_argument("--length", type=int, default=1000000, help="of a synthetic reference")
    parser.add_argument("--reference", help="FASTA to take instead of a synthetic reference")
    parser.add_argument("--region", help="CONTIG:FIRST-LAST of it")
    parser.add_argument("--contig", help="name of the contig in the output")
    parser.add_argument("--snp-every", type=float, default=800)
    parser.add_argument("--indel-every", type=float, default=4000)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    name, letters = (read_fasta(options.reference, options.region) if options.reference
                     else ("sim", synthetic_reference(random, options.length)))
    name = options.contig or name
    variants = make_variants(random, letters, options.snp_every, options.indel_every)
    with open(options.prefix + ".fa", "wb") as out:
        out.write(b">%s\n" % name.encode())
        for at in range(0, len(letters), 60):
            out.write(letters[at:at + 60].tobytes() + b"\n")
    with open(options.prefix + ".truth.vcf", "w") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=%s,length=%d>\n" % (name, len(letters)))
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        out.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSIM\n")
        for at, ref, alts, alleles in variants:
            alt = b",".join(alts[:max(alleles)]).decode()
            out.write("%s\t%d\t.\t%s\t%s\t.\tPASS\t.\tGT\t%d|%d\n" % (name, at + 1, ref.decode(), alt, *alleles))
    with open(options.prefix + ".fq", "wb") as out:
        write_reads(out, random, [haplotype(letters, variants, h) for h in (0, 1)],
                    options.depth, len(letters), PROFILES[options.platform])


if __name__ == "__main__":
    main()
