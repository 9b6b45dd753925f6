#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sets up, builds and tests Runnel.
#     tests/run.sh          everything that a change should pass before it is committed
#     tests/run.sh --all    also sanitizers, clang, the Debian package, Python's side of the streams
# RUNNEL_REAL_DATA names a folder of real reads for the tests that want some (they are skipped
# without it).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
all=
case ${1:-} in
"") ;;
--all) all=yes ;;
*) sed -n 's/^#     //p' "$0" >&2; exit 2 ;;
esac
build=${BUILD:-$root/build}
jobs=$(nproc)

"$root/examples/packages.sh" "$([ -n "$all" ] && echo all || echo test)"

step() { echo; echo "== $*"; }

# build_and_test FOLDER [cmake options]: all tests of one build.
build_and_test() {
    local folder=$1
    shift
    cmake -S "$root" -B "$folder" -G Ninja -DRUNNEL_TESTS=ON "$@" > /dev/null
    ninja -C "$folder" -j "$jobs" > "$folder/build.log" || { grep -E 'error|warning' "$folder/build.log" | sed -n 1,40p; return 1; }
    local status=0
    ctest --test-dir "$folder" --output-on-failure -j "$jobs" > "$folder/test.log" 2>&1 || status=$?
    grep -vE '^ *(Start|Test project|[0-9]+/[0-9]+ Test.*Passed)' "$folder/test.log" || true
    return "$status"
}

step "Build and test (gcc, release)"
build_and_test "$build"
step "Rules of the tree"
"$root/tests/rules/run.sh" "$build"
step "Command line"
"$root/tests/plugin/command_line.sh" "$build"
"$root/tests/plugin/whole_calls.sh" "$build"
"$root/tests/plugin/phasing.sh" "$build"
"$root/tests/plugin/haploid.sh" "$build"
"$root/tests/plugin/progress.sh" "$build"
step "Live runs"
"$root/tests/plugin/live.sh" "$build"
"$root/tests/plugin/live_sources.sh" "$build"
step "Real reads"
"$root/tests/plugin/real_data.sh" "$build"
step "Examples"
"$root/tests/examples/run.sh" "$build"

if [ -n "$all" ]; then
    step "Build and test (clang)"
    CC=clang build_and_test "$build-clang"
    step "AddressSanitizer and UndefinedBehaviorSanitizer"
    ASAN_OPTIONS=detect_leaks=1 build_and_test "$build-asan" -DRUNNEL_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo
    step "ThreadSanitizer: host and stages"
    cmake -S "$root" -B "$build-tsan" -G Ninja -DRUNNEL_SANITIZE=thread -DCMAKE_BUILD_TYPE=RelWithDebInfo > /dev/null
    ninja -C "$build-tsan" -j "$jobs" runnel test_plugins stages bench_reads > "$build-tsan/build.log"
    "$root/tests/plugin/threads.sh" "$build-tsan"
    step "NEON"
    "$root/tests/core/networks/neon.sh" "$build-neon"
    step "Debian package"
    "$root/tests/plugin/package.sh" "$build"
    step "The wire"
    "$root/tests/plugin/wire.sh" "$build"
    "$root/tests/plugin/wire_faults.sh" "$build"
    step "Python's side of the streams"
    "$root/tests/plugin/python_streams.sh" "$build"
    step "Training"
    "$root/tests/plugin/training.sh" "$build"
fi
echo
echo "All passed."
