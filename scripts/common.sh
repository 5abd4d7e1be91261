# Sourced by the other scripts: where we are, how we speak, how a long step is shown.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Compiled objects are found again from any clone of the tree, not only from this folder.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# Debian's CMake and Ninja before those that a Python tool manager may have put in the way.
export PATH="/usr/bin:$PATH"
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# logged NAME COMMAND…: the whole output goes to build/log/NAME.log; shown are every tenth part of
# Ninja's way and, when the command fails, the last lines.
logged() {
  local name=$1
  shift
  local log=build/log/$name.log
  mkdir -p build/log
  "$@" 2>&1 </dev/null | tee "$log" | awk '
    match($0, /\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, RSTART + 1, RLENGTH - 2), count, "/")
      tenth = int(10 * count[1] / count[2])
      if (tenth != shown || count[1] == count[2]) {
        print "    " substr($0, RSTART); shown = tenth; fflush()
      }
    }' || {
    tail -n 40 "$log" >&2
    die "this step failed; the whole output is in $log"
  }
}
