# SPDX-License-Identifier: MIT
"""What a network should say of a window, from the truth at its position."""
GENOTYPES = ("AA AC AG AT CC CG CT GG GT TT DelDel ADel CDel GDel TDel InsIns AIns CIns GIns TIns "
             "InsDel").split()
INDEX = {name: i for i, name in enumerate(GENOTYPES)}
LENGTH_LIMIT = 16


def read_truth(path):
    """{(contig, position): (REF, [allele texts of both haplotypes])}"""
    truth = {}
    with open(path) as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            contig, position, _, ref, alts, *_, genotype = line.rstrip("\n").split("\t")
            alleles = [ref] + alts.split(",")
            both = [alleles[int(i)] for i in genotype.replace("|", "/").split("/")]
            truth[contig, int(position)] = (ref, both)
    return truth


def part(ref, allele):
    if len(allele) > len(ref):
        return "Ins"
    return "Del" if len(allele) < len(ref) else allele[0]


def genotype_label(ref, alleles):
    parts = [part(ref, a) for a in alleles]
    letters = sorted(p for p in parts if len(p) == 1)
    indels = sorted((p for p in parts if len(p) > 1), reverse=True)  # Ins before Del
    return INDEX["".join(letters + indels)]


def label(truth, contig, position, base):
    """(genotype of 21, zygosity of 3, index of the smaller and of the larger length)"""
    ref, alleles = truth.get((contig, position), (base, [base, base]))
    changed = [a != ref for a in alleles]
    zygosity = 0 if not any(changed) else 1 if alleles[0] == alleles[1] else 2
    lengths = sorted(max(-LENGTH_LIMIT, min(LENGTH_LIMIT, len(a) - len(ref))) for a in alleles)
    return (genotype_label(ref, alleles), zygosity, lengths[0] + LENGTH_LIMIT, lengths[1] + LENGTH_LIMIT)
