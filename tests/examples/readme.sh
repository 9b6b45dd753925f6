#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the commands that README.md shows: every line that begins with "$ " in a fenced block marked
# `console`, in order, in one shell and one folder, and looks for the lines printed below it ("..."
# stands for any lines).   tests/examples/readme.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ln -s "$root/examples" "$scratch/examples"
PATH=$build:$PATH python3 - "$root/README.md" "$scratch" << 'P'
import re, subprocess, sys
text, folder = open(sys.argv[1]).read(), sys.argv[2]
bad = count = 0
for block in re.findall(r"^```console\n(.*?)^```", text, re.S | re.M):
    for command, shown in re.findall(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", block, re.M):
        ran = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        count += 1
        missing = [l for l in shown.splitlines() if l.strip() not in ("", "...") and l not in ran.stdout]
        if ran.returncode or missing:
            bad += 1
            print(f"README: $ {command}\n  ended with {ran.returncode}, not printed: {missing}\n{ran.stdout[:2000]}")
print(f"README: {count} commands run, {bad} failed")
sys.exit(bad or not count)
P
