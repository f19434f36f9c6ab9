#!/bin/sh
# tests/coverage.sh DIR: what the tests that ran in DIR covered; a table, and
# pages under DIR/html where lcov is installed.
set -eu

dir=$1
if command -v lcov >/dev/null; then
    lcov --quiet --capture --directory "$dir" --output-file "$dir/all.info" \
        --rc lcov_branch_coverage=0
    lcov --quiet --extract "$dir/all.info" "$PWD/src/*" --output-file "$dir/src.info"
    lcov --list "$dir/src.info"
    genhtml --quiet --output-directory "$dir/html" "$dir/src.info"
    echo "coverage: $dir/html/index.html"
else
    find "$dir/obj/src" -name '*.gcda' -exec gcov --no-output {} + 2>/dev/null |
        awk -v q="'" '/^File .*src\// { split($0, part, q); file = part[2] }
             file && /^Lines executed:/ { sub(/^Lines executed:/, ""); print file ": " $0; file = "" }'
fi
