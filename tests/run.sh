#!/bin/sh
# Runs test programs one after the other: tests/run.sh PROGRAM...
# Each gets a TMPDIR of its own that must be empty again afterwards. What was
# skipped and what failed is told at the end, a line each; the last line printed
# is the sum, "N passed, N failed[, N skipped]"; exit 1 where a test failed, a
# program ended without its closing line, or there was none.
#   TEST_FLAGS   options for the programs, as Criterion has them
#   TEST_LOGS    where the logs go (default: beside the programs)
#   TEST_REPORT  an extended regular expression; a line of a log that matches
#                it is a failure too (Criterion does not count them)
# A leak that LeakSanitizer reported is one where a line of ours allocated it;
# Criterion leaves some of its own behind.
set -u

passed=0 failed=0
TMP=$(mktemp -d "${TMPDIR:-/tmp}/reaptop-test.XXXXXX") || exit 1
: >"$TMP/skipped"
: >"$TMP/failed"
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A shell ignores INT and QUIT for what it starts in the background, nohup(1) HUP;
# the tests' children are to have them as at a terminal.
DEFAULTS='env --default-signal=INT,QUIT,HUP'
$DEFAULTS true 2>/dev/null || DEFAULTS=

field() { # field NAME LINE: the number behind "NAME:"
    printf '%s\n' "$2" | sed -n "s/.*$1: *\([0-9][0-9]*\).*/\1/p"
}

tell_failure() { # tell_failure TEXT: one more that failed
    printf '%s\n' "failed: $1" >>"$TMP/failed"
    failed=$((failed + 1))
}

failures() { # failures TAP: a line a failed test: its name, and where and what
    awk '/^not ok - / { if (name) print name; name = substr($0, 10); sub(/ *\([0-9.]*s\)$/, "", name) }
         /^  - / && name { where = substr($0, 5); sub(/ *\|[+-]?$/, "", where); next }
         where { sub(/^ +/, ""); print name ": " where " " $0; name = where = "" }
         END { if (name) print name }' "$1"
}

leaks() { # leaks LOG: what leaked, an allocation of ours a line
    awk '/(Direct|Indirect) leak of/ { head = $0; is_ours = 0; is_open = 1 }
         is_open && /^ *#/ && !/libsanitizer/ && /(src|tests)\/[a-z]+\/[a-z_]+\.[ch]:/ { is_ours = 1 }
         is_open && /^ *$/ { if (is_ours) print head; is_open = 0 }' "$1"
}

for program in "$@"; do
    logs=${TEST_LOGS:-$(dirname "$program")/logs}
    log=$logs/$(basename "$program").log
    tap=$logs/$(basename "$program").tap
    mkdir -p "$logs" "$TMP/tmp"
    rm -f "$log" "$tap"
    echo "== $program"

    # Criterion reports on standard error; a pipe to tee would lose the status.
    # shellcheck disable=SC2086
    TMPDIR=$TMP/tmp $DEFAULTS "$program" ${TEST_FLAGS-} --tap="$tap" >"$log" 2>&1 </dev/null
    status=$?
    cat "$log"

    line=$(grep -a 'Synthesis: Tested:' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        tell_failure "$program ended without a closing line, exit status $status"
    else
        passed=$((passed + $(field Passing "$line")))
        bad=$(field Failing "$line")
        failed=$((failed + bad))
        if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
            # A test that ends or crashes before it begins or after its end is a warning alone.
            tell_failure "$program: all passed, and yet exit status $status;$(
                grep -a 'Warning!' "$log" | head -n 3 | tr '\n' ' ')"
        fi
    fi
    if [ -f "$tap" ]; then
        failures "$tap" | sed 's/^/failed: /' >>"$TMP/failed"
        grep -a '^ok - .*# SKIP' "$tap" | sed 's/^ok - /skipped: /; s/ *# SKIP/:/' >>"$TMP/skipped"
    fi
    if [ -n "${TEST_REPORT-}" ] && grep -aEq "$TEST_REPORT" "$log"; then
        tell_failure "$program reported $(grep -aE "$TEST_REPORT" "$log" | head -n 1)"
    fi
    if [ -n "$(leaks "$log")" ]; then
        tell_failure "$program: $(leaks "$log" | head -n 1)"
    fi
    if [ -n "$(ls -A "$TMP/tmp")" ]; then
        tell_failure "$program left behind in TMPDIR: $(ls -A "$TMP/tmp" | tr '\n' ' ')"
        rm -rf "$TMP/tmp"
    fi
done

if [ $# -eq 0 ]; then
    tell_failure "there are no test programs"
fi
skipped=$(wc -l <"$TMP/skipped")
cat "$TMP/skipped" "$TMP/failed"
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
