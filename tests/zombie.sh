#!/bin/bash
# tests/zombie.sh REAPTOP OUT.svg: a zombie's life as an animation. A parent forks
# a child that ends, and waits for it three seconds later; reaptop records it, and
# every refresh of the recording becomes a picture: what `reaptop tree` and
# `reaptop events` say of it.
set -eu
reaptop=$(realpath "$1")
out=$2
work=$(mktemp -d)
parent=
recorder=
end() {
    [ -z "$recorder" ] || kill "$recorder" 2>/dev/null || :
    [ -z "$parent" ] || kill "$parent" 2>/dev/null || :
    rm -rf "$work"
}
trap end EXIT
export LC_ALL=C.UTF-8
unset LANGUAGE

# A program that waits when it is told to: a shell waits whenever it likes.
cat >"$work/parent.py" <<'PYTHON'
import os, time
open("/proc/self/comm", "w").write("parent")
time.sleep(2)
child = os.fork()
if child == 0:
    open("/proc/self/comm", "w").write("child")
    time.sleep(1.5)
    os._exit(3)
time.sleep(4.5)
os.waitpid(child, 0)
time.sleep(1.5)
PYTHON
python3 "$work/parent.py" &
parent=$!
"$reaptop" record -d 500ms -n 20 "$work/zombie.rec" 2>/dev/null &
recorder=$!
wait $parent || :
kill -INT $recorder 2>/dev/null || :
wait $recorder || :
recorder=

"$reaptop" events --from "$work/zombie.rec" "$parent" 2>/dev/null |
    grep -E ' (fork|exit|zombie|reap) ' | sed 's/\.[0-9]* */ /; s/ (connector)$//; s/ (diff)$//' >"$work/events"
count=0
for ((i = 1; i <= 20; i++)); do
    "$reaptop" tree --from "$work/zombie.rec" -n "$i" "$parent" >"$work/all" 2>/dev/null || :
    # The last of the lists: from the last heading on.
    awk '/^ *PID/ { n = 0 } { line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }' "$work/all" |
        sed 's|/usr/bin/||; s|python3 [^ ]*parent.py|parent|; s|└─ parent|└─ child|; s| (zombie; .*||' >"$work/frame.$i"
    grep -q parent "$work/frame.$i" || break
    count=$i
done
[ "$count" -gt 0 ] || { echo "zombie: nothing was recorded" >&2; exit 1; }

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
style_of() {
    case $1 in
    *' Z '*) echo z ;;
    *' PID '* | *PPID*) echo h ;;
    *) echo n ;;
    esac
}
captions=('a parent, alone' 'it has forked: the child runs its own life'
    'the child has ended: a zombie, until its parent waits' 'the parent has waited: the entry is gone')
{
    seconds=$(((count + 1) / 2))
    cat <<SVG
<svg xmlns="http://www.w3.org/2000/svg" width="760" height="190" viewBox="0 0 760 190" role="img">
<title>A zombie's life, as reaptop recorded it</title>
<style>
text { font: 14px monospace; fill: #d8d8d8; white-space: pre }
.h { fill: #8fb8de } .z { fill: #f08cb0; font-weight: bold } .c { fill: #ffd479 } .e { fill: #9aa5ab }
.f { visibility: hidden; animation: f ${seconds}s step-end infinite }
@keyframes f { 0% { visibility: visible } $(awk "BEGIN { printf \"%.3f\", 100 / $count }")% { visibility: hidden } }
@media (prefers-reduced-motion: reduce) { .f { animation: none } .last { visibility: visible } }
</style>
<rect width="760" height="190" rx="8" fill="#1d2327"/>
SVG
    seen=0
    for ((i = 1; i <= count; i++)); do
        if grep -q " Z " "$work/frame.$i"; then seen=2; elif [ "$(wc -l <"$work/frame.$i")" -gt 2 ]; then
            seen=1; elif [ $seen -gt 0 ]; then seen=3; fi
        last=; [ $seen -ne 2 ] || last=' last'
        awk -v i="$i" -v n="$count" -v s="$seconds" -v l="$last" 'BEGIN {
            printf "<g class=\"f%s\" style=\"animation-delay:%.3fs\">\n", l, (i - 1) * s / n - s }'
        y=30
        while IFS= read -r line; do
            printf '<text x="16" y="%d" class="%s" xml:space="preserve">%s</text>\n' "$y" "$(style_of "$line")" \
                "$(printf '%s' "$line" | cut -c 1-84 | escape)"
            y=$((y + 20))
        done <"$work/frame.$i"
        printf '<text x="16" y="112" class="c">%s</text>\n</g>\n' "${captions[seen]}"
    done
    y=140
    while IFS= read -r line; do
        printf '<text x="16" y="%d" class="e" xml:space="preserve">%s</text>\n' "$y" "$(printf '%s' "$line" | escape)"
        y=$((y + 18))
    done < <(head -n 3 "$work/events")
    echo '</svg>'
} >"$out.new"
mv "$out.new" "$out"
echo "zombie: $out: $count pictures, $(wc -c <"$out") bytes"
