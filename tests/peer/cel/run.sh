#!/bin/bash
# run.sh [-write]: asks cel-go whether the results in tests/data/cel/cases.json are what it says.
# Needs Go 1.23 or later and, the first time, its modules. Without Go nothing is tested, and said.
set -eu
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
	echo "peer cel: NOT TESTED, Go is not installed"
	exit 0
fi
go run . "$@" ../../data/cel/cases.json
echo "peer cel: ok"
