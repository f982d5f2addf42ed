#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Called as NAME-fuzz: fuzzes NAME for so many seconds (20 minutes): ./dev soak NAME-fuzz [SECONDS]
set -euo pipefail
name=$(basename "$0" -fuzz)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
log=$folder/log
mkdir "$folder/corpus"
count=0
# starting points of some lengths, and what the target knows of its input; libFuzzer finds the rest
for seed in 0 1 2 3; do head -c $((64 << seed)) /dev/zero >"$folder/corpus/$seed"; done
while IFS= read -r seed; do
  printf '\377%b%s' "\\0$((RANDOM % 2))" "$seed" >"$folder/corpus/$((++count))-seed"
done < <(cat "tests/fuzz/$name.seeds" 2>/dev/null)
"build/release/bin/fuzz-$name" -max_total_time="${1:-1200}" -max_len=8192 -print_final_stats=1 \
  -artifact_prefix="${TMPDIR:-/tmp}/" "$folder/corpus" >"$log" 2>&1 || { tail -50 "$log" >&2; exit 1; }
echo "$name-fuzz: no finding in $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
