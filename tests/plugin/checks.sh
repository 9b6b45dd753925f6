# SPDX-License-Identifier: MIT
# What the scripts here share: counted checks.  Sourced; ends with `checked`.
passed=0 failed=0

bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
good() { passed=$((passed + 1)); }

# expect CODE PATTERN COMMAND ...: the exit code, and a pattern in what is printed (both streams).
expect() {
    local code=$1 pattern=$2 got
    shift 2
    timeout 120 "$@" > printed 2>&1
    got=$?
    if [ "$got" != "$code" ]; then
        bad "$* ended with $got, not $code: $(head -3 printed)"
    elif ! grep -qE -- "$pattern" printed; then
        bad "$* printed no '$pattern': $(head -3 printed)"
    else
        good
    fi
}
# refuses CODE PATTERN COMMAND ...: one sentence and that exit code.
refuses() {
    local code=$1 pattern=$2 got
    shift 2
    timeout 120 "$@" > printed 2>&1
    got=$?
    [ $got = "$code" ] && [ "$(wc -l < printed)" = 1 ] && grep -qE -- "$pattern" printed && good || bad "$* ended with $got: $(head -3 printed)"
}
# same FILE FILE [WHAT]: byte for byte.
same() { cmp -s "$1" "$2" && good || bad "$1 and $2 differ${3:+ ($3)}: $(diff "$1" "$2" 2>&1 | sed -n 1,3p)"; }
holds() { if "$@" > /dev/null 2>&1; then good; else bad "$*"; fi; }
checked() { echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; }
