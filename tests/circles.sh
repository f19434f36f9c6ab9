#!/bin/sh
# Circles of files, inside a layer and over several: tests/circles.sh [BUILD]. Asks the objects
# in BUILD/obj who takes a function or a variable of whom, and prints each circle. Files whose
# whole work is a table of other files' functions stand above those and are left out.
set -eu
objects=${1:-build}/obj/src
tables='view/actions|model/why_table|lab/registry|cli/command|source/evidence_facts'

# Only what has a source still: a file that was renamed leaves its object behind.
for object in "$objects"/*/*.o; do
    name=${object#"$objects"/}
    [ ! -e "src/${name%.o}.c" ] || printf '%s\n' "$object"
done | xargs nm -A | sed "s|^$objects/||; s|\.o:| |" |
    awk '$(NF - 1) ~ /^[TDRBU]$/ { print $(NF - 1), $NF, $1 }' | grep -vE " ($tables)\$" | awk '
        $1 != "U" { home[$2] = $3; next }
        { used[++count] = $2; user[count] = $3 }
        END { for (i = 1; i <= count; i++)
                  if (used[i] in home && home[used[i]] != user[i]) print user[i], home[used[i]] }' |
    sort -u | tsort 2>&1 >/dev/null | sed 's|^tsort: -*||'
