#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Simulates a diploid sample and long reads of it, with the truth.

Writes PREFIX.fa (the reference used), PREFIX.truth.vcf, PREFIX.fq and PREFIX.haplotypes.fa (both
haplotypes in overlapping pieces, for labels.py).  All from one seed.  Errors follow the figures of
profiles.json, measured on real reads by error_profile.py.  A read's name tells number, haplotype and the
mapping quality that it may have at most: readNUMBER_HAPLOTYPE_MAPQ.

    simulate.py --platform ont --seed 1 --length 100000 --depth 30 OUT_PREFIX
    simulate.py --platform hifi --seed 1 --reference human.fa --region chr11:1-2000000 OUT_PREFIX
"""
import argparse
import gzip
import json
import os

import numpy as np

from reads import Reader, Template, site_factors
from sequence import LETTERS
from variants import make_variants

# The profiles of a platform, and lengths of reads (mean of the log, its spread, longest): the
# slices of real reads are cut at their edges, so these are those of whole runs.
PLATFORMS = {"ont": (("ont_sup", "ont_hac"), (9.5, 0.8, 120000)),
             "hifi": (("hifi_revio", "hifi_sequel"), (9.65, 0.2, 30000))}
LOW_MAPQ = 0.04  # of the pieces of the genome have reads of low mapping quality
PIECE, STEP = 20000, 15000


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


def haplotype(letters, variants, which):
    """Letters, and the place of the reference of each."""
    parts, places, at = [], [], 0
    for position, ref, alts, alleles in variants:
        if alleles[which] and position >= at:
            text = np.frombuffer(alts[alleles[which] - 1], dtype=np.uint8)
            parts += [letters[at:position], text]
            places += [np.arange(at, position), position + np.minimum(np.arange(len(text)), len(ref) - 1)]
            at = position + len(ref)
    return np.concatenate(parts + [letters[at:]]), np.concatenate(places + [np.arange(at, len(letters))])


def write_reads(out, random, haplotypes, depth, size, profile, lengths):
    factors = site_factors(random, size, profile)
    templates = [[Template(*haplotypes[h], strand, factors, profile) for strand in (0, 1)] for h in (0, 1)]
    low = random.random(size // 3000 + 1) < LOW_MAPQ
    reader, written, number = Reader(profile), 0, 0
    while written < depth * size:
        which, strand = int(random.integers(0, 2)), int(random.integers(0, 2))
        template = templates[which][strand]
        total = len(template.letters)
        length = int(min(lengths[2], random.lognormal(lengths[0], lengths[1])))
        length = max(300, min(length, total))
        start = int(random.integers(-length // 2, total - length // 2))
        begin, end = max(0, start), min(start + length, total)
        cap = 60
        middle = (begin + end) // 2 if strand == 0 else total - (begin + end) // 2
        if low[min(len(low) - 1, middle // 3000)] and random.random() < 0.7:
            cap = int(random.integers(3, 60))
        if end - begin < 200:
            continue
        letters, qualities = reader.read(random, template, begin, end)
        out.write(b"@read%d_%d_%d\n%s\n+\n%s\n" % (number, which + 1, cap, letters.tobytes(), (qualities + 33).tobytes()))
        written += end - begin
        number += 1


def write_files(options, name, letters, variants, haplotypes):
    with open(options.prefix + ".fa", "wb") as out:
        out.write(b">%s\n" % name.encode())
        for at in range(0, len(letters), 60):
            out.write(letters[at:at + 60].tobytes() + b"\n")
    with open(options.prefix + ".haplotypes.fa", "wb") as out:
        for which, (text, _) in enumerate(haplotypes):
            for at in range(0, len(text), STEP):
                out.write(b">piece%d_%d_60\n%s\n" % (at, which + 1, text[at:at + PIECE].tobytes()))
    with open(options.prefix + ".truth.vcf", "w") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=%s,length=%d>\n" % (name, len(letters)))
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        out.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSIM\n")
        for at, ref, alts, alleles in variants:
            alt = b",".join(alts[:max(alleles)]).decode()
            out.write("%s\t%d\t.\t%s\t%s\t.\tPASS\t.\tGT\t%d|%d\n" % (name, at + 1, ref.decode(), alt, *alleles))


def add_genome_options(parser):
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--depth", type=float, default=30)
    parser.add_argument("--length", type=int, default=1000000, help="of a synthetic reference")
    parser.add_argument("--reference", help="FASTA to take instead of a synthetic reference")
    parser.add_argument("--region", help="CONTIG:FIRST-LAST of it")
    parser.add_argument("--snp-every", type=float, default=1000, help="letters")
    parser.add_argument("--indel-every", type=float, default=10000, help="letters; indels of homopolymers come besides")


def make_genome(random, options):
    """Name and letters of the reference, and the variants of a sample."""
    name, letters = (read_fasta(options.reference, options.region) if options.reference
                     else ("sim", synthetic_reference(random, options.length)))
    return name, letters, make_variants(random, letters, options.snp_every, options.indel_every)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix")
    parser.add_argument("--platform", choices=PLATFORMS, required=True)
    parser.add_argument("--profile", help="of profiles.json [the first of the platform]")
    add_genome_options(parser)
    parser.add_argument("--contig", help="name of the contig in the output")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    names, lengths = PLATFORMS[options.platform]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "profiles.json")) as file:
        profile = json.load(file)[options.profile or names[0]]
    name, letters, variants = make_genome(random, options)
    haplotypes = [haplotype(letters, variants, h) for h in (0, 1)]
    write_files(options, options.contig or name, letters, variants, haplotypes)
    with open(options.prefix + ".fq", "wb") as out:
        write_reads(out, random, haplotypes, options.depth, len(letters), profile, lengths)


if __name__ == "__main__":
    main()
