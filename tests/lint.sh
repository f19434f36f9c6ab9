#!/bin/sh
# Checks that need no run: tests/lint.sh. Each prints ok, FAILED or skipped with
# the tool that is missing; exit 1 where one failed.
set -u

failed=0
LOG=$(mktemp) || exit 1
trap 'rm -f "$LOG"' EXIT

# check NAME TOOL COMMAND...: fails where the command fails or prints anything.
check() {
    name=$1 tool=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "lint: $name: skipped, there is no $tool"
    elif "$@" >"$LOG" 2>&1 && [ ! -s "$LOG" ]; then
        echo "lint: $name: ok"
    else
        cat "$LOG"
        echo "lint: $name: FAILED"
        failed=1
    fi
}

# shellcheck disable=SC2317
sources() {
    find src include tests -name '*.[ch]' | sort
}

# The functions below are run by name.
# shellcheck disable=SC2317

# Every version of clang-format has a taste of its own; the tree follows 14.
format() {
    sources | xargs "$formatter" --dry-run -Werror
}

no_trailing_blanks() {
    ! git ls-files -z --cached --others --exclude-standard |
        grep -zv '\.png$\|^tests/fixtures/\|^tests/fuzz/corpus/' | xargs -0 grep -nI '[[:blank:]]$' -- 2>/dev/null
}

# Calls that cannot be used safely, that block for a guessed time, or that a
# wrapper of ours replaces.
no_forbidden_calls() {
    bad='sprintf|vsprintf|gets|strtok|atoi|atol|atoll|alloca|tmpnam|tempnam|mktemp'
    ! { find src include -name '*.[ch]' -exec grep -nHE "(^|[^[:alnum:]_.>])($bad)\(" {} + |
            grep -vE '^[^:]*:[0-9]+: *(\*|/[/*])'
        find tests -name '*.[ch]' ! -path 'tests/bench/*' \
            -exec grep -nHE '(^|[^[:alnum:]_])(sleep|usleep|nanosleep|clock_nanosleep)\(' {} +; } |
        grep -v 'lint: allowed'
}

# A call that glibc alone has, or musl only lately, has its one place in base/libc.c; the lab's
# are guarded by what base/libc.h defines. The experiments' programs are shown, and say what they need.
no_glibc_calls() {
    bad='strerrorname_np|strerrordesc_np|sigabbrev_np|sigdescr_np|statx|close_range|closefrom|makecontext|swapcontext'
    bad="$bad|getcontext|pthread_rwlockattr_setkind_np|backtrace|backtrace_symbols|mallinfo2?|malloc_trim"
    bad="$bad|malloc_usable_size|error|error_at_line|gnu_get_libc_version|canonicalize_file_name|rawmemchr"
    ! find src include -name '*.[ch]' ! -path '*/base/libc.[ch]' ! -path 'src/lab/programs/*' -exec grep -nH '' {} + |
        grep -v 'lint: allowed' | sed 's,/\*.*,,; s,"[^"]*",,g; s,:  *\*.*,:,' |
        grep -E "(^|[^[:alnum:]_.>])($bad)\(|__(GLIBC|GNU_LIBRARY)__"
}

# A read of these can wait without end, so each has one door: fdinfo.c asks what
# may block of the reader, and only the reader's helper opens the others.
no_blocking_reads() {
    names='fdinfo|environ|cmdline|smaps|smaps_rollup|pagemap|mem'
    ! find src -name '*.c' ! -path 'src/lab/*' ! -name fdinfo.c ! -name reader_helper.c \
        -exec grep -nHE "(open|openat|fopen|procfs_read|snprintf)\(.*\"([^\"]*/)?($names)(/[^\"]*)?\"" {} +
}

# A helper is started by base/helper.c alone. The processes of experiments, which fork
# to be looked at, are started where they play.
no_forks() {
    ! find src -name '*.c' ! -path src/base/helper.c ! -path 'src/lab/programs/*' ! -name 'experiments_*.c' \
        ! -path src/lab/role.c ! -path src/lab/play_host.c ! -path src/lab/program_host.c ! -path src/lab/play_act.c ! -path src/lab/play_child.c ! -path src/lab/program_steps.c ! -path src/control/specimen.c \
        -exec grep -nHE '(^|[=!(;:?&|] *)(v?fork|clone|posix_spawnp?|popen|system|forkpty)\(' {} +
}

# A file is known by its name: none is used twice, except that of a header and its
# .c file, and that of a test, which is the module's in its layer.
names_are_used_once() {
    ! sources | sed '/\/test_[^/]*$/d; s:.*/::' | sort | uniq -d | grep .
}

mandoc_lint() {
    for page in man/*.[1-8]; do
        [ -f "$page" ] || continue
        mandoc -T lint -W warning "$page" || return 1
    done
}

# It does not know the cleanup attribute, and so takes what that frees for lost;
# and it takes a pointer in a returned struct for a pointer to that struct.
cppcheck_sources() {
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -D_GNU_SOURCE -Iinclude \
        --enable=portability --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
        --suppress=unknownMacro --suppress=danglingTemporaryLifetime --suppress=returnDanglingLifetime --suppress=memleak --suppress=resourceLeak -j 2 src
}

scripts() {
    git ls-files --cached --others --exclude-standard '*.sh' .ci/run | xargs shellcheck --severity=warning
}

formatter=clang-format
! command -v clang-format-14 >/dev/null || formatter=clang-format-14
case $($formatter --version 2>/dev/null) in
*' 14.'*) check format $formatter format ;;
*) echo "lint: format: skipped, there is no clang-format 14" ;;
esac
check layers sh tests/layers.sh
check blanks git no_trailing_blanks
check calls grep no_forbidden_calls
check 'glibc alone' grep no_glibc_calls
check 'blocking reads' grep no_blocking_reads
check forks grep no_forks
check 'names of files' git names_are_used_once
check cppcheck cppcheck cppcheck_sources
check 'cited pages' git sh tests/cited.sh
check 'JSON keys' git sh tests/json_keys.sh
check 'unused functions' gcc sh tests/unused.sh
if [ -d build/obj/src ]; then
    check 'circles of files' nm sh tests/circles.sh
else
    echo "lint: circles of files: skipped, nothing is built"
fi
check scripts shellcheck scripts
check man mandoc mandoc_lint
check packaging make sh tests/packaging.sh
exit $failed
