#!/usr/bin/env bash
# build.sh PRESET: configures once and builds a preset of CMakePresets.json.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
preset=$1

run=()
[[ $preset == tsan ]] && run=(scripts/fixed_addresses.sh)

say "building the C++ core and its tests, preset $preset (first time some minutes)"
logged "configure-$preset" cmake --preset "$preset"
logged "build-$preset" "${run[@]}" cmake --build --preset "$preset"
