#!/usr/bin/env bash
# Go templates, environment substitution and dotenv files: run.sh PROGRAM [NUMBER [COUNT]]
#
# PROGRAM is the built peer_template. What it makes of the cases of tests/data/template and of COUNT
# texts made from NUMBER must be what text/template with sprig, envsubst and godotenv make of them.
# `run.sh -write` fills in the results of the cases. Needs Go 1.24 or later and, the first time, its
# modules. Without Go nothing is tested, and said.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! command -v go >/dev/null; then
	echo "peer template: NOT TESTED, Go is not installed"
	exit 0
fi
cases=$here/../../data/template/cases.json
if [ "${1:?run.sh PROGRAM}" = -write ]; then
	cd "$here"
	exec go run . -write "$cases"
fi
program=$(realpath "$1")
shift
cd "$here"
go run . "$program" "$cases" "$@"
echo "peer template: ok"
