#!/usr/bin/env bash
# fuzz.sh SECONDS: builds the libFuzzer targets and runs each so long, from the machine files,
# command lines and names that exist. What it finds lies in build/fuzz/found/.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
seconds=$1
bin=build/fuzz/bin
corpus=build/fuzz/corpus
found=build/fuzz/found

say "building the fuzzers"
logged configure-fuzz cmake --preset fuzz
logged build-fuzz cmake --build --preset fuzz
targets="machine_file command_line names instructions execution_trace"
for target in $targets; do mkdir -p "$corpus/$target"; done
mkdir -p "$found"

cp machines/*.toml "$corpus/machine_file"
# One what-if for each key, so that the fuzzer knows them all.
number=0
while read -r line; do
  printf 'base = "trn3"\n%s\n' "$line" | sed 's/\\n/\n/' > "$corpus/machine_file/key$number"
  number=$((number + 1))
done < <(awk '/^\[/ { table = $0 } /^[a-z_0-9]+ *=/ { print table "\\n" $0 }' machines/*.toml |
         sort -u)
number=0
while read -r line; do
  tr ' ' '\n' <<< "$line" | head -c -1 > "$corpus/command_line/$number"
  number=$((number + 1))
done <<'WORDS'
--help
--version
machine list
machine keys
machine show trn3 --sources
machine show trn3 --json file
isa list
isa show nc_matmul
isa page
run --machine trn3 kernel.py
WORDS
for name in trn3 trn2.toml folder/trn1.toml 'a "tensor"' tënsör; do
  printf '%s' "$name" > "$corpus/names/${name//[^a-z0-9]/_}"
done
# Chance finds more instructions from many bytes than from none.
head -c 4096 machines/trn3.toml > "$corpus/instructions/text"

# GlobalMetadata, an all-reduce of all ranks, and a kernel behind it.
printf '%b' '\x07\n\x051.0.0#\b\x01\x18\aR\x0d\n\tcomm_typeH\0R\x0e\n\tcomm_sizeH\x80\x20' \
  '\x09\b\x02\x18\x04*\x01\x018\x05' > "$corpus/execution_trace/all_reduce"

export TRAINYARD_MACHINES=$PWD/machines
for target in $targets; do
  say "fuzzing $target for $seconds s"
  "$bin/${target}_fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=4096 -close_fd_mask=3 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$found/$target-" "$corpus/$target" 2> >(tail -n 12 >&2)
done
say "nothing found"
