#!/usr/bin/env bash
# Brings a bare Debian 12 machine to where everything of the Makefile works: Debian packages, a
# Python environment in .venv, and the wheel built and installed into it. What is up to date is
# skipped, so that calling it again costs a second. More Debian packages may be named as arguments.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(g++ cmake ninja-build ccache mold
  libfmt-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libhwy-dev libsqlite3-dev
  libprotobuf-dev protobuf-compiler openmpi-bin libopenmpi-dev
  libgtest-dev libgmock-dev libbenchmark-dev clang-format-14)
packages+=("$@")

# Prints the path of a Python from 3.10 on, the first on the caller's PATH.
find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys
if sys.version_info < (3, 10): raise SystemExit(1)
print(sys.executable)' 2>/dev/null && return
  done
  return 1
}

# Debian's own Python comes in parts; any other is taken to be whole.
add_python_packages() {
  local python
  python=$(find_python) || python=/usr/bin/python3
  case $python in /usr/bin/*) packages+=(python3 python3-venv python3-dev) ;; esac
}

missing_packages() {
  local name
  for name in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "no Debian here: taking these as installed by you: ${packages[*]}"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "Debian packages: all present"
    return
  fi
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || [[ -t 0 ]] && command -v sudo >/dev/null ||
      die "these Debian packages are missing, and installing them needs root:
  apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing Debian packages (about 1 min): ${missing[*]}"
  "${as_root[@]}" apt-get update -qq ||
    die "apt-get update failed; install these by other means: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
}

# What the environment holds is written once, in pyproject.toml.
python_requirements() {
  "$1" - <<'PYTHON'
try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib
with open("pyproject.toml", "rb") as file:
    tables = tomllib.load(file)
project = tables["project"]
print(*tables["build-system"]["requires"], *project["dependencies"],
      *project["optional-dependencies"]["test"], sep="\n")
PYTHON
}

make_environment() {
  local stamp=.venv/requirements.txt wanted
  if [[ ! -x .venv/bin/python ]]; then
    local python
    python=$(find_python) || die "no Python from 3.10 on was found"
    say "making the Python environment .venv with $python"
    "$python" -m venv .venv || die "$python -m venv failed; on Debian it needs python3-venv"
  fi
  wanted=$(python_requirements .venv/bin/python)
  if [[ -f $stamp && $wanted == "$(cat "$stamp")" ]]; then
    say "Python environment: up to date"
    return
  fi
  say "installing Python packages (about 1 min): ${wanted//$'\n'/, }"
  mapfile -t wanted <<<"$wanted"
  .venv/bin/python -m pip install -qq --disable-pip-version-check "${wanted[@]}"
  printf '%s\n' "${wanted[@]}" >"$stamp"
}

# Everything that goes into the wheel, as one hash.
wheel_inputs() {
  find src python machines cmake CMakeLists.txt pyproject.toml -type f \
    -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z |
    xargs -0 sha1sum | sha1sum
}

install_wheel() {
  local stamp=.venv/wheel_inputs.sha1 inputs
  inputs=$(wheel_inputs)
  if [[ -f $stamp && $inputs == "$(cat "$stamp")" ]]; then
    say "trainyard in .venv: up to date"
    return
  fi
  say "building the C++ core and the Python extension (first time about 5 min on 2 cores)"
  logged wheel .venv/bin/python -m pip install -v --disable-pip-version-check --no-build-isolation \
    --no-deps .
  printf '%s\n' "$inputs" >"$stamp"
}

# The caller's PATH chooses the Python; common.sh has only put /usr/bin before it.
PATH=${PATH#/usr/bin:}
add_python_packages
install_packages
make_environment
PATH="/usr/bin:$PATH"
install_wheel
say "ready: .venv/bin/trainyard"
