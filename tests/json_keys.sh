#!/bin/sh
# Keys that a command puts into JSON and man/reaptop-json.5 does not describe, and those that it
# describes and nothing in the sources is called. Prints one a line. That real documents have what the
# page says, and where, is tests/cli/test_json_keys.c.
set -eu

page=man/reaptop-json.5
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT

# The last part of each name: "limits.NAME.soft" is "soft"; capitals stand for any key.
sed -n 's/^\.It Cm //p' "$page" | sed 's/ , /\n/g' | sed 's/.*\.//' | sort -u >"$found/described"

# Orders and answers between two reaptops (orders.c) and asciinema's format (app/cast.c) are no documents.
git grep -hoE 'json_(put|put_access|unavailable)\([^;"]*"[a-z0-9_]+"|[( ]put_[a-z_]+\([^;"]*"[a-z0-9_]+"' -- \
    'src/cli/*.c' ':!src/cli/orders.c' | sed 's/.*"\(.*\)"/\1/' | sort -u >"$found/put"
comm -13 "$found/described" "$found/put" | sed "s,^,not in $page: ,"

git grep -hoE '"[a-z0-9_]+"' -- 'src/*.c' | tr -d '"' | sort -u >"$found/words"
grep -v '[A-Z]' "$found/described" | comm -23 - "$found/words" | sed 's/^/in no source: /'
