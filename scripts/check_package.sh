#!/usr/bin/env bash
# Installs the release build to a fresh prefix and builds another project against it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$PWD/build/package/prefix
rm -rf build/package
say "installing the CMake package to $prefix"
logged package-install cmake --install build/release --prefix "$prefix"
say "building tests/package against it"
logged package-configure cmake -G Ninja -S tests/package -B build/package/use \
  -DCMAKE_PREFIX_PATH="$prefix"
logged package-build cmake --build build/package/use
build/package/use/use_trainyard
