# check, asan, lint, fuzz, bench, coverage, fresh.
