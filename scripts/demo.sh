#!/usr/bin/env bash
# Runs our flash-attention kernel on a virtual Trainium3 and leaves the timeline to look at.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
script=examples/flash_attention/flash_attention.py
trace=build/demo.pftrace
say "running $script on trn3, Llama-3-8B head shapes"
mkdir -p build
.venv/bin/trainyard run --machine trn3 --profile "$trace" --json build/demo.json "$script"
say "timeline: $trace (open it at ui.perfetto.dev); all numbers: build/demo.json"
