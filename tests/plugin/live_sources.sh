#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reads as a sequencer gives them: not aligned, on a pipe or in a folder that fills, and what `reads` and
# `align` make of them.   tests/plugin/live_sources.sh BUILD
set -uo pipefail
source "$(dirname "$0")/checks.sh"
