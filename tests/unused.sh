#!/bin/sh
# Functions that a header declares and that only tests use: tests/unused.sh prints each.
# A name that stands in src and include where it is declared, where it is defined and
# nowhere else outside a comment has no user.
set -eu

# Tests look through these at what they cannot see otherwise; the copies of the experiments' programs
# (src/lab/program_report.awk) call the last ones.
allowed='reader_replaced|watch_has|lab_report_enter|lab_report_line'

names=$(mktemp)
trap 'rm -f "$names"' EXIT

# code PATTERN: the text of those files without comments.
code() {
    find src include -name "$1" -exec cat {} + | gcc -fpreprocessed -dD -E -P -w -x c -
}

code '*.[ch]' | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort | uniq -c | awk '$1 <= 2 { print $2 }' >"$names"
# Declarations alone: what is defined in a header stands there once, and its users elsewhere.
code '*.h' | awk '/^[a-z].*[a-z0-9_]\(/ && !/^(static|typedef|__attribute__)/ {
    match($0, /[a-z0-9_]+\(/); print substr($0, RSTART, RLENGTH - 1) }' |
    sort -u | grep -xFf "$names" | grep -vxE "$allowed|[a-z_]+_(free|done)" |
    sed 's/$/: only tests use it/' || true
