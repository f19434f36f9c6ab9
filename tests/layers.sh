#!/bin/sh
# A file includes only its own layer and those that it stands on; curses is included
# by src/term alone, libproc2 by src/source/libproc.c alone; only src/source/feed*.c
# opens what a feed reads. Prints what does not.
set -u

layers='base model source control lab view term cli app'

# The layers that are not the named one nor before it.
after() {
    printf '%s\n' "$layers" | tr ' ' '\n' | sed "1,/^$1\$/d" | paste -sd '|' -
}

found=$(
    for layer in $layers; do
        later=$(after "$layer")
        [ -n "$later" ] || continue
        # view knows model and base only, as its tests are linked.
        [ "$layer" != view ] || later="source|control|lab|$later"
        [ "$layer" != term ] || later="source|control|lab|$later"
        # The command line works without a terminal.
        [ "$layer" != cli ] || later="term|$later"
        find "src/$layer" "include/reaptop/$layer" "tests/$layer" -name '*.[ch]' \
            -exec grep -nHE "^ *# *include +[\"<]reaptop/($later)/" {} + 2>/dev/null |
            sed "s/\$/   (layer $layer)/"
    done
    find src include -name '*.[ch]' ! -path 'src/term/*' \
        -exec grep -nHE '^ *# *include +[<"](ncurses|curses|term|panel)' {} +
    find src include -name '*.[ch]' ! -path src/source/libproc.c \
        -exec grep -nHE '^ *# *include +[<"]libproc2' {} +
    # Only a feed opens what it reads and takes it into the lives.
    only_feed='connector_open|trace_open|watch_new|life_update|recording_next|recording_read'
    find src -name '*.c' ! -name 'feed*.c' \
        -exec grep -nHE "^[[:blank:]].*\<($only_feed) *\(" {} + |
        grep -v '^src/source/recording_file\.c:.*recording_next(' |
        sed 's/$/   (only src\/source\/feed*.c)/'
)
[ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
