#!/bin/sh
# What must hold, measured: tests/prove.sh BUILD. One line each with its figure and the limit;
# exit status 1 where one does not hold. PROVE='reuse terminal' selects.
set -u

build=$1
shift
LOG=$(mktemp) || exit 1
TMPDIR=$(mktemp -d) || exit 1
export TMPDIR REAPTOP="${REAPTOP:-$PWD/$build/reaptop}"
trap 'rm -rf "$LOG" "$TMPDIR"' EXIT
failed=0

# row NAME LIMIT FIGURE HOLDS
row() {
    printf '%-52s %-34s %-24s %s\n' "$1" "$2" "$3" "$4"
    [ "$4" != FAILED ] || failed=1
}

wanted() {
    [ -z "${PROVE-}" ] || case " $PROVE " in *" $1 "*) ;; *) return 1 ;; esac
}

# tests NAME LIMIT ROUNDS PROGRAM FILTER…: none may fail; each is repeated ROUNDS times where it can be.
tests() {
    name=$1 limit=$2 program=$4
    export REAPTOP_ROUNDS="$3"
    shift 4
    passed=0 broken=0 skips=0 rounds=0
    for filter in "$@"; do
        timeout 3600 "$build/tests/$program" --timeout 3600 --filter "$filter" >"$LOG" 2>&1
        counts=$(sed -n 's/.*Tested: \([0-9]*\) | Passing: \([0-9]*\) | Failing: \([0-9]*\) | Crashing: \([0-9]*\).*/\2 \3 \4/p' "$LOG" | tail -n 1)
        # Three numbers, split on purpose.
        # shellcheck disable=SC2086
        set -- ${counts:-0 1 0} "$@"
        passed=$((passed + $1)) broken=$((broken + $2 + $3))
        shift 3
        skips=$((skips + $(grep -c '\[SKIP\]' "$LOG")))
        rounds=$((rounds + $(awk '/^rounds: / { n += $2 } END { print n + 0 }' "$LOG")))
    done
    holds=holds
    [ $skips -eq 0 ] || holds='holds, partly skipped'
    [ $passed -gt 0 ] || holds='not measured here'
    [ $broken -eq 0 ] || holds=FAILED
    figure="$broken of $((passed + broken)) failed"
    [ $rounds -eq 0 ] || figure="$broken failed, $rounds tried"
    row "$name" "$limit" "$figure" "$holds"
}

printf '%-52s %-34s %-24s %s\n' what limit figure ''
! wanted reuse || tests 'signals delivered to a successor of the PID' '0' 2500 control \
    'send/never_reaches_a_successor' 'handle/*successor' 'send/takes_*'
! wanted reuse || tests 'the same from the dialog, at each of its moments' '0' 20 app \
    'screen/a_newcomer_under_the_same_pid_never_gets_the_signal'
! wanted keys || tests 'keys beside blocked processes, every tab' 'answered within the test limit' 1 app 'blocked/*'
! wanted names || tests 'foreign bytes on the terminal' '0' 1 base 'text/*'
! wanted names || tests 'foreign bytes in panes' '0' 84 view '*/hostile*' 'hostile_names/*' 'document/untrusted*' 'show_tab/no_byte*'
! wanted terminal || tests 'terminal modes after signals' 'identical' 50 app \
    'screen/gives_the_terminal_back*' 'app_signals/tracing_ends*' 'lost_helpers/*'
! wanted privileges || tests 'capabilities of every process' 'what the tables say' 1 app 'privileges/*'
if wanted faults; then
    "$build/tests/grid" "$REAPTOP" "$PWD/$build/tests/faults.so" ${FAULTS-quick} >"$LOG" 2>&1 && holds=holds || holds=FAILED
    row 'grid of faults: crashes, hangs, left processes' '0' \
        "$(sed -n 's/^faults: \(.*\)/\1/p' "$LOG")" "$holds"
    [ $holds = holds ] || grep '^FAIL' "$LOG"
fi
if wanted soak; then
    "$build/tests/soak" "$REAPTOP" "${SOAK_SECONDS-60}" "${SOAK_BIRTHS-200}" >"$LOG" 2>&1 && holds=holds || holds=FAILED
    row 'memory and descriptors under churn and random keys' 'flat' \
        "$(awk '$1 == "reaptop" { print $4 " KiB/min, " $7 " fds/min" }' "$LOG")" "$holds"
fi
if wanted coverage && [ -f build/coverage/branches ]; then
    while read -r name percent least; do
        holds=holds
        [ "${percent%.*}" -ge "$least" ] || holds=FAILED
        row "branches covered: $name" "$least %" "$percent %" "$holds"
    done <build/coverage/branches
fi
exit $failed
