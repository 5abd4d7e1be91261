#!/usr/bin/env bash
# fixed_addresses.sh COMMAND…: runs it without address randomisation where that is allowed; the
# thread sanitizer of g++ 12 refuses to start under the wide randomisation of newer kernels.
if setarch "$(uname -m)" -R true 2>/dev/null; then
  exec setarch "$(uname -m)" -R "$@"
fi
exec "$@"
