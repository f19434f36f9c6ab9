#!/bin/sh
# tests/fuzz/run.sh DIR NAME...: runs DIR/fuzz_NAME for FUZZ_SECONDS each, one on
# each processor, from the kept inputs in tests/fuzz/corpus/NAME; new ones stay in
# DIR/corpus/NAME.
set -u

dir=$1
shift

# fuzz NAME: one target; false where it found something.
fuzz() {
    kept=tests/fuzz/corpus/$1
    mkdir -p "$dir/corpus/$1" "$dir/found"
    [ -d "$kept" ] || kept=
    log=$dir/fuzz_$1.log
    # shellcheck disable=SC2086
    if "$dir/fuzz_$1" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$dir/found/$1-" "$dir/corpus/$1" $kept \
        >"$log" 2>&1 </dev/null; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz $1: $runs inputs, nothing found"
    else
        tail -n 40 "$log"
        echo "fuzz $1: FAILED, the input is in $dir/found/"
        return 1
    fi
}

passed=0 failed=0 running=
settle() { # waits for those that run
    for pid in $running; do
        if wait "$pid"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
    running=
}

processors=$(nproc)
for name in "$@"; do
    fuzz "$name" &
    running="$running $!"
    # shellcheck disable=SC2086
    [ "$(set -- $running; echo $#)" -lt "$processors" ] || settle
done
settle
echo "fuzz: $passed targets held, $failed failed"
[ "$failed" -eq 0 ]
