#!/usr/bin/env bash
# usage: tools/fuzz.sh BUILD_FOLDER
# Runs every fuzz target of the build for FUZZ_SECONDS (60), each from its committed corpus and from what
# earlier runs here found. A crash leaves its input in BUILD_FOLDER/crashes and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 seconds=${FUZZ_SECONDS:-60}
mkdir -p "$build/crashes"
shopt -s nullglob

failed=()
for fuzzer in "$build"/fuzzers/*_fuzz; do
  name=$(basename "$fuzzer")
  found="$build/corpus/$name"
  mkdir -p "$found"
  mapfile -t seeds < <(find src tests -type d -name "${name%_fuzz}_corpus")
  if "$fuzzer" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
      -artifact_prefix="$build/crashes/$name-" "$found" "${seeds[@]}" >"$build/$name.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
    echo "fuzz: $name: $runs inputs in $seconds s, no finding"
  else
    failed+=("$name")
    tail -n 30 "$build/$name.log"
    echo "fuzz: $name FAILED; the input is in $build/crashes, the whole log in $build/$name.log"
  fi
done
[[ ${#failed[@]} -eq 0 ]]
