#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Called as NAME-fuzz: fuzzes NAME for so many seconds (20 minutes): ./dev soak NAME-fuzz [SECONDS]
set -euo pipefail
name=$(basename "$0" -fuzz)
length=8192
[[ $name != elf && $name != symbols ]] || length=16384
# libelf asks for as much memory as a header says, and takes no for an answer
[[ $name != symbols ]] || export ASAN_OPTIONS=allocator_may_return_null=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tests/fuzz/run "build/release/bin/fuzz-$name" "tests/fuzz/seeds/$name" -max_total_time="${1:-1200}" \
  -max_len=$length -print_final_stats=1 -artifact_prefix="${TMPDIR:-/tmp}/" >"$log" 2>&1 ||
  { tail -50 "$log" >&2; exit 1; }
echo "$name-fuzz: no finding in $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
