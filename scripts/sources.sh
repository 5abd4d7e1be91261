#!/usr/bin/env bash
# Lists the hand-written C++ files.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for folder in src tests bench python examples fuzz; do
  [[ -d $folder ]] && find "$folder" \( -name '*.cc' -o -name '*.h' \) -print
done | LC_ALL=C sort
