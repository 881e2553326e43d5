#!/usr/bin/env bash
# The official machinery as a judge of the expressions of machine configs: run.sh PROGRAM
#
# PROGRAM is the built peer_selectors. Random expressions for disks, volumes, links and the handler
# of out-of-memory events go to both checkers, which must accept and refuse the same ones, and those
# that choose something to both evaluations, with random disks, volumes and links. The numbers they are
# made from are the same every time; TALFORGE_SEEDS says how many instead of 40000. The judge is built
# once with Go into ${XDG_CACHE_HOME:-~/.cache}/talforge-peer. Without Go nothing is tested, and said.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/selectors-1.13.9
seeds=${TALFORGE_SEEDS:-40000}

if ! command -v go >/dev/null; then
	echo "peer selectors: NOT TESTED, Go is not installed"
	exit 0
fi
mkdir -p "$cache"
(cd "$here" && CGO_ENABLED=0 go build -trimpath -o "$cache/judge" .)
exec "$cache/judge" -to "$((seeds + 1))" "$program"
