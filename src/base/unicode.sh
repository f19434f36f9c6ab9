#!/bin/sh
# Writes src/base/unicode_hidden.inc: ranges of code points that a terminal must not
# be sent, from the Unicode Character Database. Run it by hand when a new Unicode
# version is to be known: src/base/unicode.sh [DIRECTORY]
#   Cc Cf Zl Zp Cs Co   UnicodeData.txt, field 2: controls, format characters, line
#                       and paragraph separators, surrogates, private use
#   Cn                  unassigned: in no line of UnicodeData.txt
#   Default_Ignorable   DerivedCoreProperties.txt: shown as nothing (fillers, selectors)
set -eu
from=${1:-/usr/share/unicode}
version=$(sed -n '1s/.*DerivedCoreProperties-\([0-9.]*\)\.txt.*/\1/p' "$from/DerivedCoreProperties.txt")
{
    awk -F '[ ;.]+' '/; Default_Ignorable_Code_Point/ {
        print "D", $1, ($2 ~ /^[0-9A-F]+$/ ? $2 : $1) }' "$from/DerivedCoreProperties.txt"
    awk -F ';' '{ print "U", $1, $3, ($2 ~ /, First>/ ? "first" : "one") }' "$from/UnicodeData.txt"
} | awk -v version="$version" '
function value(hex,   i, n) {
    n = 0
    for (i = 1; i <= length(hex); i++)
        n = n * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
    return n
}
function hide(first, last,   i) { for (i = first; i <= last; i++) hidden[i] = 1 }
$1 == "D" { ignorable[++count] = value($2) " " value($3); next }
{
    point = value($2)
    if (!in_range && point > next_point)
        hide(next_point, point - 1)
    if ($3 ~ /^(Cc|Cf|Zl|Zp|Cs|Co)$/)
        hide(in_range ? next_point : point, point)
    in_range = $4 == "first"
    next_point = point + 1
}
END {
    hide(next_point, 1114111)
    for (i = 1; i <= count; i++) {
        split(ignorable[i], range, " ")
        hide(range[1], range[2])
    }
    print "/* Made by src/base/unicode.sh from Unicode " version "; sorted, no two ranges touch. */"
    for (i = 0; i <= 1114112; i++) {
        if ((i in hidden) && !(i - 1 in hidden))
            first = i
        if (!(i in hidden) && (i - 1 in hidden))
            printf "{0x%04x, 0x%04x},\n", first, i - 1
    }
}' >"$(dirname "$0")/unicode_hidden.inc"
