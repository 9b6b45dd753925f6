#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules of the tree that a script can check; each failure says how to mend it.
#     tests/rules/run.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
rules=0
: > "$build/rules.log"
bad() { echo "RULE: $*" | tee -a "$build/rules.log"; }
rule() { rules=$((rules + 1)); }
# Whether a line of tests/rules/exceptions.txt "RULE WHAT: reason" excuses this.
excused() { grep -qE "^$1 $(printf '%s' "$2" | sed 's/[.[\*^$/]/\\&/g'):" tests/rules/exceptions.txt; }
sources() { git ls-files "$@"; }

rule # 1 arrows: plugin -> adapters -> core; adapters do not know each other; the host no stage
grep -nE '#include "(plugin|adapters)/' $(sources 'core/*.[ch]') | while read -r line; do bad "core includes outwards: $line"; done
grep -nE '#include "plugin/' $(sources 'adapters/*.[ch]') | while read -r line; do bad "an adapter includes the plugin: $line"; done
grep -nE '#include "plugin/stages/' $(sources 'plugin/host/*.[ch]') | while read -r line; do bad "the host includes a stage: $line"; done
grep -nE '#include "plugin/host/' $(sources 'plugin/stages/*.[ch]') | while read -r line; do bad "a stage includes the host: $line"; done
grep -nE '#include <(htslib|hdf5|zmq|png|jansson|sodium|zlib|minimap)' $(sources 'core/*.[ch]' 'adapters/*.h' 'plugin/*.[ch]') |
    grep -v '^plugin/host/.*\.c:.*jansson' | grep -v '^plugin/host/.*\.c:.*zlib' |
    while read -r line; do bad "a third-party header outside the adapters' .c files: $line"; done
only() { # only LIBRARY FILES...: nobody else includes it
    local library=$1
    shift
    grep -lE "#include <$library" $(sources 'adapters/*.c') | grep -vxF "$(printf '%s\n' "$@")" |
        while read -r file; do bad "$file includes $library; only $* may"; done
}
only htslib adapters/alignments.c adapters/read_spool.c adapters/read_spool_sort.c adapters/reference.c adapters/regions.c adapters/vcf.c adapters/vcf_reader.c adapters/versions.c
only hdf5 adapters/hdf5_values.c adapters/keras_file.c adapters/models.c adapters/windows_file.c adapters/versions.c
only zmq adapters/sockets.c adapters/curve.c adapters/versions.c
only minimap adapters/aligner.c

rule # 2 core is C and libm: no file, socket, thread, clock, environment
allowed='_GLOBAL_OFFSET_TABLE_|__(stack_chk_fail|memcpy_chk|snprintf_chk|vsnprintf_chk|memset_chk|memmove_chk|cpu_model|cpu_indicator_init|cpu_features2|isoc99_strtol|isoc23_strtol|ctype_b_loc|ctype_toupper_loc|asan.*|ubsan.*|tsan.*|sanitizer.*|start___.*|stop___.*)|abort|aligned_alloc|free|malloc|calloc|realloc|posix_memalign|mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr|rchr|cspn|spn|str|pbrk|nlen|tod|tof|tol|toll|toul|toull|dup|ndup)|(v?s?n)printf|qsort|bsearch|toupper|tolower|(exp|expm1|log|log2|sqrt|floor|ceil|round|lround|llround|trunc|fabs|fma|tanh|pow|ldexp|frexp|rint|nearbyint|nextafter|exp2|fmax|fmin)[fl]?'
nm --defined-only "$build/libcore.a" 2> /dev/null | awk '{print $3}' | sort -u > "$build/core.defined"
nm -u "$build/libcore.a" | awk '$1 == "U" {print $2}' | sort -u |
    while read -r symbol; do
        grep -qxF "$symbol" "$build/core.defined" && continue
        grep -qxE "$allowed" <<< "$symbol" || excused 2 "$symbol" || bad "core uses $symbol; move what needs it to an adapter"
    done

rule # 3 no globals that can be written in core, adapters and stages
for archive in "$build"/libcore.a "$build"/libadapters_*.a "$build"/librows.a "$build"/libspools.a; do
    objdump -t "$archive" 2> /dev/null | awk 'NF > 4 && $(NF-2) ~ /^\.(data|bss)(\.|$)/ && $(NF-2) !~ /^\.data\.rel\.ro/ && !/ d  ?\./ {print $NF}' | grep -vE '^\.|^__' |
        while read -r symbol; do excused 3 "$symbol" || bad "$(basename "$archive") has a writable global, $symbol; make it const or an argument"; done
done

rule # 4 a stage exports one symbol, and the caller knows no htslib
for stage in "$build"/plugins/*.so; do
    symbols=$(nm -D --defined-only "$stage" | awk '{print $3}' | grep -vE '^_(init|fini|edata|end)$|^__bss_start$' | tr '\n' ' ')
    [ "$symbols" = "runnel_plugin_entry " ] || bad "$(basename "$stage") exports $symbols"
done
readelf -d "$build/plugins/runnel_caller.so" | grep 'libhts' > /dev/null && bad "the caller links htslib"

rule # 5 every header compiles alone, the contract as C++17 too, and its layout is what it was
for header in $(sources 'core/*.h' 'adapters/*.h' 'plugin/*.h' 'plugin/host/*.h' 'plugin/stages/*.h'); do
    excused 5 "$header" || printf '#include "%s"\n' "$header" | cc -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DRUNNEL_VERSION='"0"' -I. -fsyntax-only -Wall -Werror -x c - ||
        bad "$header does not compile alone"
done
printf '#include "plugin/runnel_plugin.h"\n' | c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I. -fsyntax-only -x c++ - || bad "the contract is not C++17"
cc -std=c11 -I. -o "$build/abi" tests/rules/abi.c && "$build/abi" > "$build/abi.new" &&
    diff tests/rules/abi.txt "$build/abi.new" || bad "the layout of the contract changed; a change needs a new ABI version and abi.txt"

rule # 6 every source has its test, or a line that says through which one it is tested
for file in $(sources 'core/*.c' 'adapters/*.c' 'plugin/*.c'); do
    stem=$(basename "$file" .c)
    [ -e "tests/$(dirname "$file")/test_$stem.c" ] && continue
    line=$(grep -E "^6 $file: " tests/rules/exceptions.txt) || { bad "$file has no test (tests/$(dirname "$file")/test_$stem.c)"; continue; }
    through=$(printf '%s' "$line" | sed 's/^[^:]*: //; s/,.*//')
    [ -e "$through" ] || bad "$file is said to be tested by $through, which does not exist"
done
for test in $(sources 'tests/core/*test_*.c' 'tests/adapters/*test_*.c' 'tests/plugin/*test_*.c'); do
    source=$(dirname "${test#tests/}")/$(basename "$test" | sed 's/^test_//')
    [ -e "$source" ] || excused 6 "$test" || bad "$test tests no source of that name"
done
# Every stage and every command stands in the man page.
for stage in $(sources 'plugin/stages/*.c'); do
    grep -qE "^\.B $(basename "$stage" .c)\b" plugin/man/runnel.1 || bad "stage $(basename "$stage" .c) is not in the man page"
done
grep -oE '^    \{"[a-z]+", command_' plugin/host/commands.c | cut -d'"' -f2 | while read -r command; do
    grep -qE "^\.B runnel $command\b" plugin/man/runnel.1 || bad "command $command is not in the man page"
done

rule # 7 measures and manners
for file in $(sources '*.c' '*.h'); do
    lines=$(wc -l < "$file")
    limit=500
    case $file in core/networks/kernels*) limit=800 ;; esac
    [ "$lines" -le $limit ] || excused 7 "$file" || bad "$file has $lines lines, $limit are allowed"
    awk -v file="$file" 'length > 120 {print file ":" FNR}' "$file"
done | while read -r line; do case $line in RULE*) echo "$line" ;; *) excused 7 "${line%%:*}" || bad "line too long: $line" ;; esac; done
grep -nE '\b(TODO|FIXME|XXX)\b' $(sources '*.c' '*.h' '*.sh' '*.py' | grep -v '^tests/rules/') | while read -r line; do bad "left behind: $line"; done
for script in $(sources '*.sh' .ci/run); do bash -n "$script" || bad "$script is not a script that bash reads"; done
# A writer whose reader leaves early dies of SIGPIPE now and then, and with it a script under pipefail.
grep -nE '(^|[^|])\| *(head|grep -[a-zA-Z]*[qm])\b' $(sources '*.sh' .ci/run) | grep -v '# leaves early on purpose$' |
    while read -r line; do bad "a reader that leaves early (sed -n 1,Np or grep > /dev/null read all): $line"; done
git grep -nE '^(<{7}|>{7})( |$)' | while read -r line; do bad "left by a merge: $line"; done
grep -nP '\t| +$|[^\x00-\x7F]' $(sources '*.c' '*.h') | grep -vP '"[^"]*\\t' | sed -n 1,5p | while read -r line; do bad "tab, trailing blank or non-ASCII: $line"; done
grep -nE '\b(sprintf|strcpy|strcat|strtok|atoi|gets|rand|system) *\(' $(sources 'core/*.[ch]' 'adapters/*.[ch]' 'plugin/*.[ch]') | while read -r line; do bad "banned function: $line"; done

rule # 8 the tree is small
size=$(git ls-files -z | xargs -0 du -ck | tail -1 | cut -f1)
[ "$size" -le 65536 ] || bad "the tree holds $size KiB; 65536 is the bound"

rule # 9 the shapes stand in one place
grep -nE '\b(33|18)\b' $(sources 'core/*.[ch]') | grep -vE 'core/windows/shape.h|/\*|^\S+: \*|\* ' | sed -n 1,5p |
    while read -r line; do excused 9 "${line%%:*}" || bad "a literal shape outside core/windows/shape.h: $line"; done

broken=$(wc -l < "$build/rules.log")
echo "$rules rules looked at, $broken places to mend"
[ "$broken" = 0 ]
