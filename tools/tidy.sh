#!/usr/bin/env bash
# usage: tools/tidy.sh [FILE.cpp...]
# clang-tidy, warnings as errors, on these files; without names on those that differ from the main branch
# (on main itself: from the last ten commits).
set -euo pipefail
cd "$(dirname "$0")/.."

files=("$@")
if [[ $# -eq 0 ]]; then
  base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || echo HEAD)
  if [[ $(git rev-parse "$base") == $(git rev-parse HEAD) ]]; then
    base=$(git rev-list --max-count=11 HEAD | tail -n 1)
  fi
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp' 'tests/*.cpp')
fi
[[ ${#files[@]} -gt 0 ]] || { echo "tidy: no C++ file changed"; exit 0; }

# The debug build compiles each file for itself. Its precompiled header is g++'s; clang reads the
# sources without it.
cmake --preset debug >/dev/null
mkdir -p build/tidy
sed 's/-include [^ ]*cmake_pch\.hxx//; s/-fpch-preprocess//; s/-Winvalid-pch//' build/debug/compile_commands.json \
  >build/tidy/compile_commands.json
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-19 -p build/tidy --quiet \
  --extra-arg=-Wno-unknown-warning-option
echo "tidy: ${#files[@]} files, no finding"
