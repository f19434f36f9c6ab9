#!/bin/sh
# tests/valgrind.sh BUILD PROGRAM...: test programs and some commands of the
# built reaptop under memcheck. Criterion passes a test in which memcheck found
# something, so each process writes a log; a finding in one fails (its lines begin
# with ==, the others tell of system calls that valgrind does not know).
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
for command in '--help' '--version' 'tree' "tree $$" 'tree --json' 'signals' 'explain Z' \
    "why $$" "maps $$" "show $$" "threads $$" "files $$" "signals $$"; do
    echo "== valgrind reaptop $command"
    # shellcheck disable=SC2086
    memcheck "$build/reaptop" $command >"$logs/out" 2>&1 </dev/null
    status=$?
    if [ $status -ne 0 ]; then
        tail -n 3 "$logs/out"
        echo "exit status $status"
        failed=1
    fi
done

if grep -h '^==' "$logs"/*.log; then
    failed=1
fi
[ $failed -eq 0 ] && echo "valgrind: nothing found"
exit $failed
