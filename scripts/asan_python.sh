#!/usr/bin/env bash
# asan_python.sh [PYTEST ARGUMENTS]: the Python tests with the extension under the address and
# undefined-behaviour sanitizers. The package is the tree's, beside the extension of the preset
# `asan-python`, which does not watch the stack: ranks are greenlets, whose stacks are moved about.
# TRAINYARD_VENV_PYTHON is the interpreter (.venv/bin/python).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=${TRAINYARD_VENV_PYTHON:-$PWD/.venv/bin/python}
say "building the Python extension, preset asan-python (first time some minutes)"
logged configure-asan-python cmake --preset asan-python -DPython_EXECUTABLE="$python"
logged build-asan-python cmake --build --preset asan-python

package=build/asan-python/package/trainyard
rm -rf "$package"
mkdir -p "$package"
cp -r python/trainyard/. "$package"
cp -r build/asan-python/python/_core*.so machines bench "$package"

# The interpreter is none of ours: the sanitizer comes before everything else, with the C++ library
# whose exceptions it watches; what Python leaves behind is no leak of ours. Memory comes from
# malloc, so that a step past an object of Python is seen too. Reports go to files, as pytest
# keeps what is printed to itself; also one of a process that a test started ends in failure.
reports=$PWD/build/log/asan-python-report
rm -f "$reports".*
status=0
say "Python tests with sanitizers"
env LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)" \
  ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:log_path=$reports" \
  UBSAN_OPTIONS="print_stacktrace=1:log_path=$reports" \
  PYTHONMALLOC=malloc PYTHONPATH="$PWD/build/asan-python/package" \
  "$python" -m pytest -q "${@:-tests/python}" || status=$?
if compgen -G "$reports.*" >/dev/null; then
  head -n 40 "$reports".* >&2
  die "the sanitizers have reports: $reports.*"
fi
exit "$status"
