#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples do what they say, and so do the README's commands:  tests/examples/run.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

BUILD=$scratch/quick "$root/examples/quickstart.sh" "$scratch/out" > quickstart.log || { cat quickstart.log; exit 1; }
grep -q 'variants are in' quickstart.log
tail -12 quickstart.log | head -8
echo "quickstart: works"

[ "$(wc -l < "$root/examples/stage_template.c")" -lt 80 ]
cc -std=c11 -Wall -Wextra -Werror -I"$root/plugin" -o host_minimal "$root/examples/host_minimal.c" -ldl
./host_minimal "$build/plugins/runnel_caller.so" "$root/plugin/models/ont.h5" > host.log
grep -q '^chr1:1000 A>G 1/1 ' host.log
echo "minimal host: works"

"$root/tests/examples/readme.sh" "$build"
