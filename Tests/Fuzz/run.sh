#!/bin/bash
# Runs the fuzz target NAME for SECONDS from its seeds (Tests/Fuzz/corpus/NAME); what it learns stays in build/fuzz.
# An input that breaks something is written to build/fuzz/NAME-crash-… and replayed by: build/fuzz/NAME FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1:?usage: Tests/Fuzz/run.sh NAME SECONDS}
seconds=${2:?usage: Tests/Fuzz/run.sh NAME SECONDS}
corpus=build/fuzz/corpus/$name
mkdir -p "$corpus"
seeds=()
[ -d "Tests/Fuzz/corpus/$name" ] && seeds=("Tests/Fuzz/corpus/$name")
# Swift's own backtracer hangs for minutes inside a fuzzer.
export SWIFT_BACKTRACE=enable=no
exec "build/fuzz/$name" -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "$corpus" "${seeds[@]}"
