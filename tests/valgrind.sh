#!/bin/sh
# tests/valgrind.sh BUILD PROGRAM...: test programs and some commands of the
# built reaptop under memcheck. Criterion passes a test in which memcheck found
# something, so each process writes a log, and a log that is not empty fails.
set -u

build=$1
shift
logs=$build/valgrind
rm -rf "$logs"
mkdir -p "$logs"
failed=0

memcheck() {
    valgrind --quiet --trace-children=yes --child-silent-after-fork=no --error-exitcode=99 \
        --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --log-file="$logs/%p.log" "$@"
}

for program in "$@"; do
    echo "== valgrind $program"
    TMPDIR=$logs memcheck "$program" --timeout 300 || failed=1
done
for command in '--help' '--version' 'tree' 'tree 1' 'tree --json' 'signals' 'explain Z' \
    'why 1' 'maps 1' 'show 1' 'threads 1' 'files 1' 'signals 1'; do
    echo "== valgrind reaptop $command"
    # shellcheck disable=SC2086
    memcheck "$build/reaptop" $command >"$logs/out" 2>&1 </dev/null
    status=$?
    # 1: no match; 2: a command that this build does not have.
    if [ $status -ge 3 ]; then
        tail -n 3 "$logs/out"
        echo "exit status $status"
        failed=1
    fi
done

found=$(find "$logs" -name '*.log' -size +0)
if [ -n "$found" ]; then
    # shellcheck disable=SC2086
    cat $found
    failed=1
fi
[ $failed -eq 0 ] && echo "valgrind: nothing found"
exit $failed
