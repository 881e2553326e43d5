#!/bin/bash
# run.sh [-write] [PROGRAM]: asks cel-go whether the results in tests/data/cel/cases.json are what it
# says. With PROGRAM, the built test_cel, that also answers those of the CEL specification's own tests
# that are about what we have.
# Needs Go 1.23 or later and, the first time, its modules. Without Go nothing is tested, and said.
set -eu
if ! command -v go >/dev/null; then
	echo "peer cel: NOT TESTED, Go is not installed"
	exit 0
fi
write=()
if [ "${1:-}" = -write ]; then
	write=(-write)
	shift
fi
program=
[ $# = 0 ] || program=$(realpath "$1")
cd "$(dirname "$0")"
go run . "${write[@]+"${write[@]}"}" ../../data/cel/cases.json
if [ -n "$program" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	go run . -conformance "$work/cases.json"
	TALFORGE_CEL_CASES=$work/cases.json "$program" --filter 'cases/mean*'
fi
echo "peer cel: ok"
