#!/bin/bash
# run.sh [-write]: asks cel-go whether the results in tests/data/cel/cases.json are what it says.
# Needs Go 1.23 or later and, the first time, the module proxy.
set -eu
cd "$(dirname "$0")"
exec go run . "$@" ../../data/cel/cases.json
