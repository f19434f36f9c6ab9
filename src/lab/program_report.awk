# program_report.awk: a copy of an experiment's program that reports each statement before it is
# executed (src/lab/program_report.h). Lines stay where they are: what is added is added within them.
#
#     awk -v name=zombie -f src/lab/program_report.awk src/lab/programs/zombie.c
#
# What the GNU C library alone has is left out where there is another; include/reaptop/base/libc.h.
# It knows the C that the programs are written in. A label, a switch or a goto is refused, so that no
# statement is left out silently. `p` is the place in the tokens T, at the lines L; B: blank.

function fail(why)
{
    printf "%s:%d: program_report.awk: %s\n", FILENAME, L[p], why >"/dev/stderr"
    is_failed = 1
    exit 1
}

function add_token(text, line, is_blank)
{
    if (text ~ /^(getcontext|makecontext|swapcontext|pthread_rwlockattr_setkind_np)$/)
        needs_glibc = 1
    T[++count] = text
    L[count] = line
    B[count] = is_blank
}

# How long the string or character constant at the begin of `text` is.
function quoted(text,    i, mark)
{
    mark = substr(text, 1, 1)
    for (i = 2; i <= length(text); i++) {
        if (substr(text, i, 1) == "\\")
            i++
        else if (substr(text, i, 1) == mark)
            return i
    }
    return length(text)
}

# Comments may go over several lines.
function split_line(text, line,    size)
{
    while (text != "") {
        if (in_comment) {
            size = index(text, "*/") ? index(text, "*/") + 1 : length(text)
            in_comment = index(text, "*/") == 0
            add_token(substr(text, 1, size), line, 1)
        } else if (substr(text, 1, 2) == "/*") {
            size = 2
            in_comment = 1
            add_token("/*", line, 1)
        } else if (substr(text, 1, 2) == "//") {
            size = length(text)
            add_token(text, line, 1)
        } else if (match(text, /^[ \t]+/) || match(text, /^[A-Za-z_0-9.]+/) ||
                   match(text, /^([-+*\/%&|^=!<>]=|\+\+|--|->|&&|\|\||<<|>>)/)) {
            size = RLENGTH
            add_token(substr(text, 1, size), line, text ~ /^[ \t]/)
        } else {
            size = text ~ /^["']/ ? quoted(text) : 1
            add_token(substr(text, 1, size), line, 0)
        }
        text = substr(text, size + 1)
    }
    add_token("\n", line, 1)
}

{
    if (!in_comment && $0 ~ /^#/) {
        if ($0 ~ /\\$/)
            fail("a directive of several lines")
        add_token($0 "\n", NR, 1)
    } else
        split_line($0, NR)
}

function copy()
{
    out = out T[p++]
}

# To the next token that is not blank.
function skip()
{
    while (p <= count && B[p])
        copy()
    if (p > count)
        fail("the file ends in a function")
}

function report(line)
{
    out = out "lab_report_line(&lab_who, " line "); "
}

# From a bracket to the one that closes it.
function copy_brackets(    depth)
{
    do {
        if (T[p] ~ /^[({[]$/)
            depth++
        if (T[p] ~ /^[])}]$/)
            depth--
        copy()
    } while (depth > 0 && p <= count)
}

function copy_condition()
{
    skip()
    if (T[p] != "(")
        fail("no ( behind the word")
    copy_brackets()
}

# A statement that hangs on another gets braces, so that its report belongs to it.
function body()
{
    skip()
    if (T[p] == "{") {
        compound("")
        return
    }
    out = out "{ "
    statement()
    out = out " }"
}

function compound(first)
{
    copy()
    out = out first
    for (skip(); T[p] != "}"; skip())
        statement()
    copy()
}

# Is something done there, to the semicolon? A declaration without a value does nothing.
function is_code(    i, depth, text)
{
    if (T[p] ~ /^(static|extern|typedef|enum)$/)
        return 0
    if (T[p] ~ /^(return|break|continue)$/)
        return 1
    for (i = p; i <= count && (depth > 0 || T[i] != ";"); i++) {
        if (T[i] ~ /^[({[]$/)
            depth++
        if (T[i] ~ /^[])}]$/)
            depth--
        if (!B[i])
            text = text " " T[i]
    }
    if (text ~ /^( \( void \) [A-Za-z_]+( ,|$))+$/)
        return 0
    return text ~ / ([-+*\/%&|^]?=|\+\+|--|\() / || text ~ / (\+\+|--)$/
}

function simple()
{
    if (is_code())
        report(L[p])
    while (p <= count && T[p] != ";") {
        if (T[p] ~ /^[({[]$/)
            copy_brackets()
        else
            copy()
    }
    copy()
}

function statement(    line)
{
    skip()
    line = L[p]
    if (T[p] ~ /^(switch|case|default|goto|asm)$/)
        fail(T[p] " is not known here")
    if (T[p] == "{")
        compound("")
    else if (T[p] == ";")
        copy()
    else if (T[p] ~ /^(if|for|while)$/) {
        is_if = T[p] == "if"
        report(line)
        copy()
        copy_condition()
        conditional(is_if)
    } else if (T[p] == "do")
        do_while()
    else
        simple()
}

function conditional(may_have_else,    i)
{
    body()
    for (i = p; may_have_else && i <= count && B[i]; i++)
        ;
    if (may_have_else && T[i] == "else") {
        skip()
        copy()
        body()
    }
}

# Its condition is executed behind its body, each time.
function do_while()
{
    copy()
    out = out " "
    body()
    skip()
    if (T[p] != "while")
        fail("no while behind do")
    line_of_while = L[p]
    copy()
    skip()
    out = out "(lab_report_line(&lab_who, " line_of_while "), "
    copy_brackets()
    out = out ")"
    skip()
    copy()
}

# Does main() take the arguments? The wrapper below is told.
function look_at_main(    i)
{
    for (i = p + 1; B[i] || T[i] == "("; i++)
        ;
    has_arguments = T[i] != "void"
}

function wrapper(value)
{
    printf "int lab_copy_%s(int argc, char **argv)\n{\n    return %s;\n}\n", symbol, value
}

END {
    if (is_failed)
        exit 1
    symbol = name
    gsub(/-/, "_", symbol)
    if (needs_glibc)
        print "#include <limits.h>\n#ifdef __GLIBC__"
    out = "#define main lab_main_" symbol "\n#line 1 \"src/lab/programs/" name ".c\"\n"
    for (p = 1; p <= count; ) {
        if (!B[p] && T[p] == "main")
            look_at_main()
        if (T[p] == "{" && before == ")") {
            compound(" struct lab_who lab_who = lab_report_enter();")
            before = "}"
        } else if (T[p] ~ /^[({[]$/) {
            copy_brackets()
            before = T[p - 1]
        } else {
            if (!B[p])
                before = T[p]
            copy()
        }
    }
    printf "%s\n", out
    wrapper("main(" (has_arguments ? "argc, argv" : "") ")")
    if (needs_glibc) {
        print "#else"
        wrapper("77") # PROGRAM_RUN_SKIPPED, lab/program_run.h
        print "#endif"
    }
}
