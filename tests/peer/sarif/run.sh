#!/usr/bin/env bash
# Reports of `check -o sarif` against the schema of SARIF 2.1.0: run.sh PROGRAM
#
# Needs Go 1.24 or later and, the first time, its modules. Without Go nothing is tested, and said.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
if ! command -v go >/dev/null; then
	echo "peer sarif: NOT TESTED, Go is not installed"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

report() { # NAME: what is found in the workspace of this name
	local code=0
	"$program" -C "$work/$1" check -o sarif >"$work/$1.sarif" 2>"$work/err" || code=$?
	if [ "$code" != 0 ] && [ "$code" != 3 ]; then
		cat "$work/err"
		exit 1
	fi
}
for name in fine even broken; do
	"$program" init "$work/$name" --profile vip-and-workers -q >/dev/null 2>&1
done
mkdir -p "$work/even/patches/global"
printf 'machine:\n  install: {wipe: true}\n' >"$work/even/patches/global/a b%%é.yaml"
printf 'unknown: 1\nnodes: [1, {}]\n' >"$work/broken/nodes.yaml"
for name in fine even broken; do
	report "$name"
done
cd "$here"
schema=$(go list -f "{{.Dir}}" github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif)/schema.go
go run . "$schema" "$work"/*.sarif
echo "peer sarif: ok"
