#!/usr/bin/env bash
# check_package.sh [BUILD]: installs a build (build/release) to a fresh prefix; then tests/package
# and the C++ examples, each a project of its own, find it, build against it and run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=${1:-build/release}
prefix=$PWD/build/package/prefix
rm -rf build/package
say "installing the CMake package to $prefix"
logged package-install cmake --install "$build" --prefix "$prefix"

use() {
  local folder=$1 name
  name=$(basename "$folder")
  say "building $folder against it"
  logged "package-configure-$name" cmake -G Ninja -S "$folder" -B "build/package/$name" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
  logged "package-build-$name" cmake --build "build/package/$name"
}

use tests/package
build/package/package/use_trainyard
for file in examples/*/CMakeLists.txt; do
  use "$(dirname "$file")"
  name=$(basename "$(dirname "$file")")
  "build/package/$name/$name"
done
say "the installed command"
"$prefix/bin/trainyard" isa list >/dev/null
"$prefix/bin/trainyard" machine list
