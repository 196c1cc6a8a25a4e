#!/bin/bash
# Runs the fuzz target NAME from its seeds (Tests/Fuzz/corpus/NAME).
# With SECONDS: at random for so long, and what it learns stays in build/fuzz for the next time.
# Without: a short run of the same inputs each time, since whether a change lands must not be a matter of luck.
# An input that breaks something is written to build/fuzz/NAME-crash-… and replayed by: build/fuzz/NAME FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1:?usage: Tests/Fuzz/run.sh NAME [SECONDS]}
if [ $# -gt 1 ]; then
    learned=build/fuzz/corpus/$name
    limit=("-max_total_time=$2")
else
    learned=build/fuzz/corpus-short/$name
    rm -rf "$learned"
    # Hashes and remembered addresses differ from process to process otherwise.
    limit=(-seed=1 -runs=500000 -use_cmp=0)
    export SWIFT_DETERMINISTIC_HASHING=1
fi
mkdir -p "$learned"
# Swift's own backtracer hangs for minutes inside a fuzzer.
export SWIFT_BACKTRACE=enable=no
exec "build/fuzz/$name" "${limit[@]}" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "$learned" "Tests/Fuzz/corpus/$name"
