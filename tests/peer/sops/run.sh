#!/usr/bin/env bash
# The real age and sops programs against ours: run.sh PROGRAM [SEED [COUNT]]
#
# PROGRAM is the built peer_sops. Files sealed by one side are opened by the other: the programs
# themselves for passphrases and what their command lines do, their own code for COUNT random files
# and for the test vectors of the age format. All of it is built once with Go into
# ${XDG_CACHE_HOME:-~/.cache}/talforge-peer. Without Go nothing is tested, and said.
set -euo pipefail

version=3.13.3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
seed=${2:-1}
count=${3:-300}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/sops-$version

skip() {
	echo "peer sops: NOT TESTED, $1"
	exit 0
}
build() { # NAME PACKAGE
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/$1.new" "$2") ||
		skip "$1 cannot be built here"
	mv "$cache/$1.new" "$cache/$1"
}

command -v go >/dev/null || skip "Go is not installed"
mkdir -p "$cache"
for name in age age-keygen; do
	[ -x "$cache/$name" ] || build "$name" "filippo.io/age/cmd/$name"
done
if ! [ -x "$cache/sops" ]; then
	echo "peer sops: building sops, which takes a while" >&2
	build sops github.com/getsops/sops/v3/cmd/sops
fi
build judge ./judge

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CONFIG_HOME=$work/config
unset SOPS_AGE_KEY SOPS_AGE_KEY_CMD
checks=0
fail() {
	echo "peer sops: FAILED, $1" >&2
	exit 1
}
# same WHAT FILE FILE
same() {
	checks=$((checks + 1))
	cmp -s "$2" "$3" || fail "$1: $(diff "$2" "$3" | head -5)"
}

for name in one two; do
	"$cache/age-keygen" -o "$name.txt" 2>/dev/null
done
one=$("$cache/age-keygen" -y one.txt)
two=$("$cache/age-keygen" -y two.txt)
export SOPS_AGE_KEY_FILE=$work/one.txt

# age files of all sizes around the chunks, armored or not, both ways
for size in 0 1 65535 65536 65537 200000; do
	head -c "$size" /dev/urandom >plain
	"$cache/age" -r "$two" -r "$one" -o theirs.age plain
	"$program" age-open one.txt theirs.age >opened
	same "age file of $size bytes" plain opened
	"$cache/age" -a -r "$one" -o theirs.age plain
	"$program" age-open one.txt theirs.age >opened
	same "armored age file of $size bytes" plain opened
	"$program" age-seal plain "$one" "$two" >ours.age
	for name in one two; do
		"$cache/age" -d -i "$name.txt" -o opened ours.age
		same "our age file of $size bytes, by $name" plain opened
	done
done

# a passphrase: age asks on a terminal, which script makes
if command -v script >/dev/null; then
	printf 'sealed by a passphrase\n' >plain
	printf 'correct horse\ncorrect horse\n' |
		script -qec "$cache/age -p -o theirs.age plain" /dev/null >/dev/null 2>&1 || true
	[ -s theirs.age ] || fail "age made no file for a passphrase"
	"$program" age-open -p 'correct horse' theirs.age >opened
	same "a passphrase" plain opened
	"$program" age-seal -p 'battery staple' plain >ours.age
	rm -f opened
	printf 'battery staple\n' |
		script -qec "$cache/age -d -o opened ours.age" /dev/null >/dev/null 2>&1 || true
	same "our passphrase" plain opened
fi

# sops itself, by the same .sops.yaml
cat >.sops.yaml <<END
creation_rules:
  - path_regex: ^some/.*\.yaml$
    encrypted_regex: ^(secret|token)$
    mac_only_encrypted: true
    age: $one
  - path_regex: groups
    shamir_threshold: 2
    key_groups:
      - age: [$one]
      - age: [$two]
  - age: >-
      $one,
      $two
stores:
  yaml:
    indent: 2
END
# layout FILE: without what is new in every file
layout() {
	sed 's/ENC\[.*\(type:[a-z]*\).*/\1/; /^ *[A-Za-z0-9+\/=]*$/d; s/lastmodified.*//' "$1"
}
# without indentation; sops puts a comment that stood beside a value above it
loose() {
	sed 's/^  *//; s/^name: b # why/# why\nname: b/'
}
mkdir some
cat one.txt two.txt >both.txt
for file in some/file.yaml groups.yaml other.yaml; do
	printf 'secret: a\ntoken: {a: 1, b: [true, 2.5, null]}\nname: b # why\n' >"$file"
	"$cache/sops" -e "$file" >theirs.yaml
	"$program" seal "$file" >ours.yaml
	layout theirs.yaml >expected
	layout ours.yaml >opened
	same "the layout of $file" expected opened
	SOPS_AGE_KEY_FILE=both.txt "$cache/sops" -d ours.yaml >opened
	SOPS_AGE_KEY_FILE=both.txt "$cache/sops" -d theirs.yaml >expected
	same "$file, opened by sops" expected opened
	"$program" open both.txt theirs.yaml | loose >opened
	loose <expected >expected.loose
	same "$file, opened by ours" expected.loose opened
	"$program" reseal both.txt ours.yaml >again.yaml
	SOPS_AGE_KEY_FILE=both.txt "$cache/sops" -d again.yaml >opened
	SOPS_AGE_KEY_FILE=both.txt "$cache/sops" -d ours.yaml >expected
	same "$file, sealed anew" expected opened
done

# every form in which values are written, from and to either, to the byte; what sops opens is judged
# by sops, for numbers and times have one form of its own
printf 'creation_rules: [{age: %s}]\n' "$one" >.sops.yaml
for file in "$here"/forms/*; do
	name=${file##*/} kind=${file##*.}
	cp "$file" "$name"
	"$cache/sops" -e "$name" >"theirs.$kind"
	"$program" seal "$name" >"ours.$kind"
	"$cache/sops" -d "theirs.$kind" >expected
	"$cache/sops" -d "ours.$kind" >opened
	same "$name, sealed by ours" expected opened
	"$program" open one.txt "theirs.$kind" >opened
	same "$name, opened by ours" expected opened
done

"$cache/judge" "$program" "$seed" "$count" >said
echo "peer sops: ok, $checks checks with sops $version and age, $(cat said)"
