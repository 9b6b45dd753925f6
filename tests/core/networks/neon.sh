#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The kernels and both networks with NEON: core and its tests for 64-bit ARM, run by the machine
# itself where it is one, otherwise under qemu.
#     tests/core/networks/neon.sh BUILD
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$1
options=()
if [ "$(uname -m)" != aarch64 ]; then
    options=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc
        -DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64 -DCMAKE_EXE_LINKER_FLAGS=-static)
fi
cmake -S "$root" -B "$build" -G Ninja -DRUNNEL_CORE_ONLY=ON "${options[@]}" > /dev/null
ninja -C "$build" > "$build/build.log" || { grep -E 'error|warning' "$build/build.log" | sed -n 1,40p; exit 1; }
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" > "$build/test.log" 2>&1 || { cat "$build/test.log"; exit 1; }
"${options[@]:+qemu-aarch64}" "$build/test_levels" > "$build/levels" 2>&1
grep -q neon "$build/levels" || { echo "the NEON kernels were not run"; exit 1; }
grep 'tests passed' "$build/test.log"
