#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our batches in pyarrow and back, our window files in h5py.  Takes pyarrow and h5py from PyPI into a
# folder of the build; skipped where they cannot be had.   tests/plugin/python_streams.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
sample=$root/examples/sample
python=${PYTHON:-$build/python/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$build/python" && "$build/python/bin/pip" -q install pyarrow h5py numpy > "$build/pip.log" 2>&1 ||
        { echo "Python's side: skipped (pyarrow and h5py cannot be installed)"; exit 0; }
fi
cc -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -shared -fPIC -I"$root" -o "$build/bridge.so" \
    "$root/tests/plugin/python/bridge.c" "$build/librows.a" "$build/libadapters_arrow.a" "$build/libcore.a" -lm
"$build/runnel" run "reads $sample/reads.bam ! pileup ref=$sample/ref.fa ! store $build/stored.h5"
"$build/runnel" windows -o "$build/written.h5" "$sample/ref.fa" "$sample/reads.bam" 2> /dev/null
"$python" "$root/tests/plugin/python/check_streams.py" "$build/bridge.so" "$build/stored.h5" "$build/written.h5"
