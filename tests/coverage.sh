#!/bin/sh
# tests/coverage.sh DIR: what the tests that ran in DIR covered; a table, pages under
# DIR/html where lcov is installed, and in DIR/branches the branches taken of the
# parsers and of the model, each with what they must be (make prove).
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

# "parsers PERCENT LEAST"
find "$dir/obj/src" -name '*.gcda' -exec gcov --no-output --branch-probabilities {} + 2>/dev/null |
    awk '/^File / { group = /src\/source\/parse_/ ? "parsers" : /src\/model\// ? "model" : "" }
         group && /^Taken at least once:/ { sub(/.*:/, ""); split($0, part, "% of ")
             taken[group] += part[1] * part[2] / 100; all[group] += part[2]; group = "" }
         END { least["parsers"] = 95; least["model"] = 90
             for (group in all) printf "%s %.1f %d\n", group, 100 * taken[group] / all[group], least[group] }' \
        >"$dir/branches"
cat "$dir/branches"
