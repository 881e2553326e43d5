#!/usr/bin/env bash
# The official machinery as a judge of our renderer: run.sh PROGRAM TALFORGE
#
# PROGRAM is the built peer_machinery, TALFORGE the built program. Random configs and patches, and
# random options of `gen config`, go to both sides, whose verdicts and bytes must be equal, and random
# configs to both validations, which must find as many errors and warnings. The seeds
# are the same every time; TALFORGE_SEEDS says how many instead of 40000. The judge is built once
# with Go into ${XDG_CACHE_HOME:-~/.cache}/talforge-peer. Without Go nothing is tested, and said.
# TALFORGE_MACHINERY=DIR is the folder of another machinery's sources, which judges --as v1.14.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM TALFORGE}")
talforge=$(realpath "${2:?run.sh PROGRAM TALFORGE}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/machinery-1.13.9
seeds=${TALFORGE_SEEDS:-40000}

if ! command -v go >/dev/null; then
	echo "peer machinery: NOT TESTED, Go is not installed"
	exit 0
fi
if [ -n "${TALFORGE_MACHINERY:-}" ]; then
	other=$(mktemp -d)
	trap 'rm -rf "$other"' EXIT
	cp "$here"/*.go "$here"/*.s "$here"/go.mod "$here"/go.sum "$other"
	(cd "$other" &&
		go mod edit -replace "github.com/siderolabs/talos/pkg/machinery=$TALFORGE_MACHINERY" &&
		go mod tidy && CGO_ENABLED=0 go build -trimpath -o judge .)
	"$other/judge" -as v1.14 -to "$((seeds + 1))" -talforge "$talforge" "$program"
	exit
fi
mkdir -p "$cache"
(cd "$here" && CGO_ENABLED=0 go build -trimpath -o "$cache/judge" .)
exec "$cache/judge" -to "$((seeds + 1))" -talforge "$talforge" "$program"
