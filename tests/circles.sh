#!/bin/sh
# Circles of files inside a layer: tests/circles.sh [BUILD]. Asks the objects in BUILD/obj
# who takes a function or a variable of whom, and prints each circle. Files whose whole
# work is a table of other files' functions stand above those and are left out.
set -eu
objects=${1:-build}/obj/src
tables='actions|why_table|registry|command|evidence_facts'

for layer in "$objects"/*/; do
    for object in "$layer"*.o; do
        name=$(basename "$object" .o)
        [ -e "src/$(basename "$layer")/$name.c" ] || continue
        nm "$object" | awk -v file="$name" '$(NF - 1) ~ /^[TDRBU]$/ { print $(NF - 1), $NF, file }'
    done | grep -vE " ($tables)\$" | awk '
        $1 != "U" { home[$2] = $3; next }
        { used[++count] = $2; user[count] = $3 }
        END { for (i = 1; i <= count; i++)
                  if (used[i] in home && home[used[i]] != user[i]) print user[i], home[used[i]] }' |
        sort -u | tsort 2>&1 >/dev/null | sed "s|^tsort: -*|$(basename "$layer"): |"
done
