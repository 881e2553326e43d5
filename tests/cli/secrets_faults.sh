#!/bin/bash
# secrets_faults.sh PROGRAM SCRATCH: encrypted files of every kind in a workspace, cut, changed, for others,
# and what is left when the program is stopped in the middle
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
# shellcheck source=keys.bash
. "$(dirname "$0")/keys.bash"
w=$scratch/w
marker=$(sed -n 's/^    secret: //p' "$data/golden/gen/c113-defaults/secrets.yaml" | head -n 1)
[ "$marker" ] || fail "the bundle has no secret"

sum() {
	(cd "$w" && find . -type f -not -path './.talforge/*' -exec sha256sum {} + | sort)
}
# unchanged CODE ARGUMENT...: it ends so, writes nothing and says no secret
unchanged() {
	local before
	before=$(sum)
	run "$@"
	[ "$(sum)" = "$before" ] || fail "something was written: talforge $*"
	grep -qF -e "$marker" -e 4242 "$everything" && fail "a secret was shown: talforge $*"
	return 0
}
sealed_workspace() {
	rm -rf "$w"
	workspace "$w"
	printf 'creation_rules: [{age: %s}]\n' "$recipient" >"$w/.sops.yaml"
	run 0 -C "$w" secrets encrypt
	cat >"$w/patches/global/hidden.yaml" <<-X
		# about the kubelet
		machine:
		  sysctls:
		    net.core.somaxconn: "4242"
		  kubelet:
		    extraArgs:
		      max-pods: "4242"
	X
}

# in the folder itself a path is just a name
workspace "$w"
printf 'creation_rules: [{age: %s}]\n' "$recipient" >"$w/.sops.yaml"
cd "$w" || exit 1
run 0 secrets encrypt
out_has 'encrypted talsecret.yaml as talsecret.sops.yaml and removed talsecret.yaml'
cd "$scratch" || exit 1

# a patch whose name does not say that it is encrypted, cut and changed
sealed_workspace
patch=$w/patches/global/hidden.yaml
run 0 -C "$w" secrets encrypt "$patch"
cp "$patch" "$scratch/good"
size=$(stat -c %s "$patch")
first=$(grep -b -o 'ENC\[AES' "$patch" | sed -n '2s/:.*//p') # the first is a comment
for ((i = first + 7; i < size - 1; i += 97)); do
	head -c "$i" "$scratch/good" >"$patch"
	unchanged 3 -C "$w" render
done
head -c $((size - 5)) "$scratch/good" >"$patch"
unchanged 3 -C "$w" check
sed 's/max-pods: ENC\[AES256_GCM,data:./&A/' "$scratch/good" >"$patch"
unchanged 3 -C "$w" render
err_has 'patches/global/hidden.yaml:7:'
cp "$scratch/good" "$patch"
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" render
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" check
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" migrate --to v1.14 --write "$scratch/none"
[ ! -e "$scratch/none" ] || fail "migrate wrote without a key"

# a whole workspace that is encrypted: what it renders, brings up and becomes is what it was in clear
sealed_workspace
printf 'talosVersion: v1.13.9\n' >"$w/talenv.yaml"
run 0 -C "$w" render
cp -r "$w/clusterconfig" "$scratch/expected"
run 0 -C "$w" migrate --to v1.14 --write "$scratch/clear"
for file in cluster.yaml nodes.yaml talenv.yaml patches/global/hidden.yaml; do
	run 0 -C "$w" secrets encrypt "$w/$file"
done
rm -r "$w/clusterconfig"
run 0 -C "$w" check
run 0 -C "$w" render
for file in "$scratch"/expected/*.yaml; do
	cmp "$file" "$w/clusterconfig/${file##*/}" || fail "${file##*/} differs"
done
run 0 -C "$w" up --sim
run 0 -C "$w" migrate --to v1.14 --write "$scratch/new"
grep -rqF -e 4242 -e "$marker" "$scratch/new" && fail "migrate wrote a secret in clear"
for file in cluster.yaml nodes.yaml patches/global/hidden.yaml; do
	grep -q 'ENC\[AES256_GCM' "$scratch/new/$file" || fail "migrate left $file in clear"
done
run 0 -C "$scratch/clear" render
run 0 -C "$scratch/new" render
for file in "$scratch"/clear/clusterconfig/*.yaml; do
	cmp "$file" "$scratch/new/clusterconfig/${file##*/}" || fail "${file##*/} differs when migrated"
done
# without a rule it is for whom it was for
rm -r "$scratch/new" "$w/.sops.yaml"
run 0 -C "$w" migrate --to v1.14 --write "$scratch/new"
run 0 -C "$scratch/new" check
grep -rqF -e 4242 "$scratch/new" && fail "migrate wrote a secret in clear"

# other stores of the sops program are named
printf 'A=ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops_mac=x\n' >"$w/versions.env"
run 3 -C "$w" check
out_has 'dotenv store'
rm "$w/versions.env"

# what the sops program's exit codes mean, for a file that is for keys of its own
sealed_workspace
sed -e 's/^    age:/    pgp:/' -e "s/recipient: .*/fp: AB/" "$w/talsecret.sops.yaml" >"$scratch/pgp.yaml"
cp "$scratch/pgp.yaml" "$w/talsecret.sops.yaml"
rm "$w/patches/global/hidden.yaml"
mkdir -p "$scratch/bin"
sops() { # CODE
	printf '#!/bin/sh\ncat >/dev/null\necho "Input string %s does not match" >&2\nexit %s\n' "$marker" "$1" \
		>"$scratch/bin/sops"
	chmod +x "$scratch/bin/sops"
}
for row in 128:7 1:7 100:7 2:3 24:3 25:3 51:3 52:3 92:3; do
	sops "${row%:*}"
	PATH=$scratch/bin:$PATH unchanged "${row#*:}" -C "$w" secrets show
	PATH=$scratch/bin:$PATH unchanged "${row#*:}" -C "$w" render
done
printf '#!/bin/sh\nkill -9 $$\n' >"$scratch/bin/sops"
PATH=$scratch/bin:$PATH unchanged 1 -C "$w" render
printf '#!/bin/sh\nexec cat "%s"\n' "$data/golden/gen/c113-defaults/secrets.yaml" >"$scratch/bin/sops"
PATH=$scratch/bin:$PATH run 0 -C "$w" render
for file in "$scratch"/expected/*.yaml; do
	[ -e "$w/clusterconfig/${file##*/}" ] || fail "${file##*/} is not rendered"
done

# keys that are not ours are named, and those of a file that cannot be read
sealed_workspace
rm "$w/patches/global/hidden.yaml"
printf 'AGE-PLUGIN-YUBIKEY-1QQQQ\n' >"$scratch/plugin"
SOPS_AGE_KEY_FILE=$scratch/plugin unchanged 7 -C "$w" render
err_has 'plugin'
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n' >"$scratch/ssh"
SOPS_AGE_KEY_FILE=$scratch/ssh unchanged 7 -C "$w" render
err_has 'SSH key'
SOPS_AGE_KEY_FILE=$scratch unchanged 7 -C "$w" render
err_has 'SOPS_AGE_KEY_FILE'

# no room for the result: the file in clear stays, and nothing is beside it
workspace "$scratch/full"
cp "$w/.sops.yaml" "$scratch/full"
code=0
(ulimit -f 4 && exec "$program" -C "$scratch/full" secrets encrypt) >"$out" 2>"$err" </dev/null || code=$?
[ "$code" = 1 ] || fail "exit $code without room"
cmp "$scratch/full/talsecret.yaml" "$data/golden/gen/c113-defaults/secrets.yaml" || fail "the bundle was changed"
[ -z "$(find "$scratch/full" -name '.talforge-*' -o -name 'talsecret.sops*')" ] || fail "something is beside it"

if ! strace -o /dev/null true 2>/dev/null; then
	echo "NOT TESTED: there is no strace that works, so nothing is killed and no write is looked at" >&2
	exit 0
fi
export ASAN_OPTIONS=detect_leaks=0

# no clear text is ever written to a file: not by reading, nor by sealing it again
calls=write,writev,pwrite64,pwritev,sendto,sendmsg,sendfile,copy_file_range,splice
cp "$data/golden/gen/c113-defaults/secrets.yaml" "$w/talsecret.yaml"
for command in 'secrets encrypt' 'secrets rotate' 'secrets show' check; do
	read -ra words <<<"$command"
	strace -f -s 1000000 -e trace=$calls -o "$scratch/trace" "$program" -C "$w" "${words[@]}" >"$out" 2>"$err" ||
		fail "exit $? under strace: $command: $(cat "$err")"
	grep -q 'write(' "$scratch/trace" || fail "strace saw no write: $command"
	grep -qF "$marker" "$scratch/trace" && fail "clear text was written: $command"
done

# killed at each call that changes a file: the bundle is there, whole, and nothing else has it in clear
killed() { # CALL NUMBER COMMAND
	(strace -f -o /dev/null -e trace="$1" -e inject="$1:signal=SIGKILL:when=$2" \
		"$program" -C "$w" secrets "$3" >"$out" 2>"$err" </dev/null)
}
kept() { # COMMAND
	local file
	[ "$1" != encrypt ] || ! cmp -s "$w/talsecret.yaml" "$data/golden/gen/c113-defaults/secrets.yaml" || return 0
	[ "$1" != encrypt ] || [ ! -e "$w/talsecret.yaml" ] || fail "$1: half a file in clear"
	run 0 -C "$w" secrets show
	while read -r file; do
		[ "$1:$file" = "decrypt:$w/talsecret.yaml" ] ||
			fail "$1: clear text was left in $file"
		cmp -s "$file" "$scratch/decrypted" || fail "$1: half a file in clear"
	done < <(grep -rlF "$marker" "$w")
}
run 0 -C "$w" secrets decrypt --to "$scratch/decrypted"
for command in encrypt rotate decrypt; do
	for call in write fchmod fsync rename link linkat unlink; do
		for ((i = 1; i < 20; i++)); do
			rm -f "$w/talsecret.yaml" "$w"/.talforge-*
			if [ "$command" = encrypt ]; then
				rm -f "$w/talsecret.sops.yaml"
				install -m 600 "$data/golden/gen/c113-defaults/secrets.yaml" "$w/talsecret.yaml"
			fi
			killed "$call" "$i" "$command" 2>/dev/null && break
			kept "$command"
		done
		[ "$i" -lt 20 ] || fail "secrets $command never ends by itself"
	done
done
