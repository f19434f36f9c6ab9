#!/bin/bash
# tests/tried.sh: where reaptop was tried, and with what result. The records are the lines of
# tests/tried.table: NAME, WHAT, RESULT, DATE and COMMIT, with tabs between them. fresh.sh,
# kernels.sh and environments.sh write them; `make docs` puts them into the READMEs.
#   tests/tried.sh --note NAME WHAT RESULT   a record of today, in place of the one before
#   tests/tried.sh --fill LANGUAGE           standard input, with the records as a table
#                                            between `<!-- tried -->` and `<!-- /tried -->`
set -eu
cd "$(dirname "$0")/.."
table=tests/tried.table

note() {
    local new
    new=$(mktemp "$table.XXXXXX")
    awk -F '\t' -v name="$1" -v what="$2" '!($1 == name && $2 == what)' "$table" >"$new"
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(date +%F)" "$(git rev-parse --short HEAD)" >>"$new"
    LC_ALL=C sort -o "$new" "$new"
    chmod 644 "$new"
    mv "$new" "$table"
}

fill() {
    local head='| where | what | result | date | commit |'
    [ "$1" != zh_CN ] || head='| 何处 | 什么 | 结果 | 日期 | 提交 |'
    awk -F '\t' -v head="$head" -v table="$table" '
        $0 == "<!-- /tried -->" { within = 0 }
        !within
        $0 == "<!-- tried -->" {
            within = 1
            print "\n" head "\n|---|---|---|---|---|"
            while ((getline line <table) > 0) {
                gsub(/\t/, " | ", line)
                print "| " line " |"
            }
            print ""
        }'
}

case ${1-} in
--note) note "$2" "$3" "$4" ;;
--fill) fill "${2-}" ;;
*) echo "usage: tests/tried.sh --note NAME WHAT RESULT, --fill [LANGUAGE]" >&2; exit 2 ;;
esac
