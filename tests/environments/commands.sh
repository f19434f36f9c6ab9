# shellcheck shell=bash disable=SC2034 # used by those who source it
# The commands that tests/environments.sh and tests/kernels.sh try: sourced by both.

# What is run in each: a shell command line; $P is a process of its own that sleeps.
names=(tree json show why maps pages threads files signals send who metrics explain events run record replay screen)
declare -A lines=(
    [tree]='reaptop tree'
    [json]='reaptop tree --json'
    [show]='reaptop show $P'
    [why]='reaptop why $P'
    [maps]='reaptop maps $P'
    [pages]='reaptop pages $P'
    [threads]='reaptop threads $P'
    [files]='reaptop files $P'
    [signals]='reaptop signals $P'
    [send]='reaptop send -w 2 CONT $P'
    [who]='reaptop who /dev/null'
    [metrics]='reaptop metrics'
    [explain]='reaptop explain zombie'
    [events]='timeout -s INT --preserve-status 2 reaptop events -d 0.2; s=$?; [ $s -eq 130 ] && s=0; exit $s'
    [run]='reaptop run true 2>&1'
    [record]='rm -f $TMPDIR/r; reaptop record -n 2 -d 0.1 $TMPDIR/r'
    [replay]='rm -f $TMPDIR/r; reaptop record -n 2 -d 0.1 $TMPDIR/r && reaptop tree --from $TMPDIR/r'
    [screen]='(sleep 1; printf q) | timeout 20 script -qec "stty rows 24 cols 80; reaptop" /dev/null'
)

# Before each: the program is found by its name, and there is $P.
prelude='export PATH=$DIR:$PATH; sleep 1000 & P=$!; trap "kill \$P" EXIT; '

# judge STATUS FILE_OUT FILE_ERR: prints
#   ok       exit status 0 or 1, nothing but its answer
#   said     it is refused, or a part of it: in lines "reaptop: what: why"
#   BAD:why  anything else: a signal, a time-out, another line on standard error
judge() {
    local other
    other=$(grep -v '^reaptop: ' "$3" | grep -v '^Session terminated' | head -n 1)
    if [ "$1" -gt 3 ] && [ "$1" -ne 64 ]; then
        echo "BAD:status-$1"
    elif [ -n "$other" ]; then
        echo "BAD:$(printf '%s' "$other" | cut -c1-40 | tr ' ' '_')"
    elif [ -s "$3" ] || [ "$1" -ge 2 ]; then
        [ -s "$3" ] || grep -q '^reaptop: ' "$2" || { echo "BAD:silent-status-$1"; return; }
        echo said
    else
        echo ok
    fi
}
