#!/bin/sh
# tests/fuzz/run.sh DIR NAME...: runs DIR/fuzz_NAME for FUZZ_SECONDS each, from
# the kept inputs in tests/fuzz/corpus/NAME; new ones stay in DIR/corpus/NAME.
set -u

dir=$1
shift
passed=0 failed=0
for name in "$@"; do
    kept=tests/fuzz/corpus/$name
    mkdir -p "$dir/corpus/$name" "$dir/found"
    [ -d "$kept" ] || kept=
    log=$dir/fuzz_$name.log
    # shellcheck disable=SC2086
    if "$dir/fuzz_$name" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$dir/found/$name-" "$dir/corpus/$name" $kept \
        >"$log" 2>&1 </dev/null; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz $name: $runs inputs, nothing found"
        passed=$((passed + 1))
    else
        tail -n 40 "$log"
        echo "fuzz $name: FAILED, the input is in $dir/found/"
        failed=$((failed + 1))
    fi
done
echo "fuzz: $passed targets held, $failed failed"
[ $failed -eq 0 ]
