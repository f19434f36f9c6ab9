#!/bin/sh
# Runs the tests of tests/hostile.table, condition by condition: tests/hostile.sh BUILD [WORD]...
# With words only the conditions that hold one of them; --check only looks whether each named
# test is there. Exit status 1 where a condition does not hold, or names no test.
set -u

build=$1
shift
table=$(dirname "$0")/hostile.table
only_check=
[ "${1-}" != --check ] || { only_check=yes; shift; }
LOG=$(mktemp) || exit 1
TMPDIR=$(mktemp -d) || exit 1
export TMPDIR REAPTOP="${REAPTOP:-$PWD/$build/reaptop}"
trap 'rm -rf "$LOG" "$TMPDIR"' EXIT
held=0 failed=0 skipped=0

is_wanted() {
    condition=$1
    shift
    [ $# -gt 0 ] || return 0
    for word in "$@"; do
        case $condition in *"$word"*) return 0 ;; esac
    done
    return 1
}

# One PROGRAM:FILTER; adds to `tested`, `passing` and `skips`.
run_one() {
    program=$build/tests/${1%%:*} filter=${1#*:}
    if ! [ -x "$program" ]; then
        echo "hostile: $program is not built" >&2
        return 1
    fi
    if [ -n "$only_check" ]; then
        suite=${filter%%/*} test=${filter#*/}
        "$program" --list 2>/dev/null |
            awk -v suite="$suite" '/^[^ ├└│|`]/ { sub(/:.*/, ""); in_suite = ($0 == suite); next } in_suite { print $2 }' >"$LOG"
        # The pattern is meant to be one.
        # shellcheck disable=SC2254
        while read -r name; do
            case $name in $test) return 0 ;; esac
        done <"$LOG"
        return 1
    fi
    timeout 600 "$program" --timeout 300 --filter "$filter" >"$LOG" 2>&1
    sum=$(grep 'Synthesis: Tested:' "$LOG" | tail -n 1)
    case $sum in
    *'Tested: 0 '*) grep -q 'SKIP' "$LOG" && skips=yes && return 0; return 1 ;;
    *'Failing: 0 | Crashing: 0'*) ! grep -q '\[SKIP\]' "$LOG" || skips=yes ;;
    *) grep -v '^\[====\]' "$LOG"; return 1 ;;
    esac
}

while IFS='|' read -r condition tests; do
    case $condition in '#'* | '') continue ;; esac
    condition=${condition% }
    is_wanted "$condition" "$@" || continue
    result=holds skips=
    for one in $(set -f; echo $tests); do
        run_one "$one" || { echo "hostile: $one: no such test, or it fails"; result=FAILED; }
    done
    case $result$skips in
    holds) held=$((held + 1)) ;;
    holdsyes) result='holds, partly skipped' skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
    [ -n "$only_check" ] || printf '%-90s %s\n' "$condition" "$result"
done <"$table"
echo "hostile: $held hold, $skipped partly skipped, $failed failed"
[ "$failed" -eq 0 ]
