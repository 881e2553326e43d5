#!/bin/bash
# secrets_sealed.sh PROGRAM SCRATCH: the secrets bundle and patches, kept encrypted
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
# shellcheck source=keys.bash
. "$(dirname "$0")/keys.bash"
w=$scratch/w

rules() { # RECIPIENT...
	local IFS=,
	printf 'creation_rules:\n  - path_regex: \\.sops\\.yaml$\n    age: %s\n' "$*" >"$w/.sops.yaml"
}
sum() {
	(cd "$w" && find . -type f -not -path './.talforge/*' -exec sha256sum {} + | sort)
}
no_keys() {
	! grep -E 'AGE-SECRET-KEY-1[0-9A-Z]{9}' "$everything" || fail "an age key was shown"
}
# unchanged CODE ARGUMENT...: it ends so, and no file is written or changed
unchanged() {
	local before
	before=$(sum)
	run "$@"
	[ "$(sum)" = "$before" ] || fail "something was written: talforge $*"
	out_lacks 'BEGIN '
	no_keys
}

# in clear, then encrypted: the same configs, without the warning
workspace "$w"
run 0 -C "$w" render
err_has 'kept in clear'
cp -r "$w/clusterconfig" "$scratch/expected"
cp "$w/talsecret.yaml" "$scratch/clear.yaml"
unchanged 3 -C "$w" secrets encrypt
err_has 'no .sops.yaml has a creation rule for'
rules "$recipient"
run 0 -C "$w" secrets encrypt
out_has 'talsecret.sops.yaml and removed talsecret.yaml'
[ ! -e "$w/talsecret.yaml" ] || fail "the clear file is still there"
mode_is 600 "$w/talsecret.sops.yaml"
grep -q 'ENC\[AES256_GCM' "$w/talsecret.sops.yaml" || fail "nothing is encrypted"
run 0 -C "$w" render
err_lacks 'kept in clear'
for file in "$scratch"/expected/*.yaml; do
	cmp "$file" "$w/clusterconfig/${file##*/}" || fail "${file##*/} differs"
done
run 0 -C "$w" secrets show
out_has '***'
run 0 -C "$w" check

# once more is a conflict, and changes nothing
unchanged 1 -C "$w" secrets encrypt
rm -rf "$w/clusterconfig"

# keys: none, another one, a file that is none, on the command line of sops' other variables
unset SOPS_AGE_KEY_FILE
unchanged 7 -C "$w" render
err_has 'there is no age key'
unchanged 7 -C "$w" secrets show
unchanged 7 -C "$w" secrets decrypt
unchanged 7 -C "$w" secrets rotate
unchanged 0 -C "$w" check
err_has 'warning'
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" render
err_has "it is for $recipient"
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" secrets rotate
SOPS_AGE_KEY_FILE=$scratch/none unchanged 7 -C "$w" render
err_has 'SOPS_AGE_KEY_FILE'
SOPS_AGE_KEY_FILE=$w/cluster.yaml unchanged 7 -C "$w" render
SOPS_AGE_KEY=$(grep AGE-SECRET "$key") run 0 -C "$w" render
SOPS_AGE_KEY_CMD="cat '$key'" run 0 -C "$w" render
SOPS_AGE_KEY_CMD="exit 3" unchanged 7 -C "$w" secrets show
mkdir -p "$scratch/config/sops/age"
cp "$key" "$scratch/config/sops/age/keys.txt"
run 0 -C "$w" render
rm -r "$scratch/config"
export SOPS_AGE_KEY_FILE=$key

# what somebody did to the file
rm -rf "$w/clusterconfig"
cp "$w/talsecret.sops.yaml" "$scratch/good.yaml"
damaged() { # WHAT SED-SCRIPT
	sed "$2" "$scratch/good.yaml" >"$w/talsecret.sops.yaml"
	cmp -s "$scratch/good.yaml" "$w/talsecret.sops.yaml" && fail "$1: nothing was changed"
	unchanged 3 -C "$w" render
	unchanged 3 -C "$w" secrets show
	unchanged 3 -C "$w" secrets decrypt
	unchanged 3 -C "$w" secrets rotate
	unchanged 3 -C "$w" check
	[ ! -e "$w/clusterconfig" ] || fail "$1: something was rendered"
}
damaged "the MAC" 's/\(mac: ENC\[AES256_GCM,data:\)..../\1AAAA/'
damaged "a value" 's/\(secret: ENC\[AES256_GCM,data:\)..../\1AAAA/'
damaged "a value in clear" 's/\( secret: \)ENC.*/\1hello/'
damaged "a key" 's/ secret:/ secrets:/'
damaged "its time" 's/lastmodified: "2/lastmodified: "3/'
damaged "the key of the file" 's/YWdlLWVuY3J5/YWdlLWVuY3J6/'
damaged "no section" "/^sops:/,\$d"
lines=$(wc -l <"$scratch/good.yaml")
for part in 4 12 $((lines - 12)) $((lines - 3)); do
	damaged "cut after line $part" "$part,\$d"
done
cp "$scratch/good.yaml" "$w/talsecret.sops.yaml"

# in clear again, and back
run 0 -C "$w" secrets decrypt --show-secrets
out_has 'trustdinfo'
[ ! -e "$w/talsecret.yaml" ] || fail "--show-secrets wrote a file"
run 0 -C "$w" secrets decrypt
err_has 'kept in clear'
out_lacks 'trustdinfo'
mode_is 600 "$w/talsecret.yaml"
run 0 -C "$w" secrets decrypt --to "$scratch/again.yaml"
cmp "$w/talsecret.yaml" "$scratch/again.yaml" || fail "two decryptions differ"
unchanged 1 -C "$w" secrets decrypt
err_has 'exists already'
run 0 -C "$w" secrets encrypt
[ ! -e "$w/talsecret.yaml" ] || fail "the clear file is still there"
mkdir "$w/.git"
: >"$w/.gitignore"
unchanged 4 -C "$w" secrets decrypt
err_has 'git does not ignore'
rm -r "$w/.git"

# rotated: everything is new, and it is for whom .sops.yaml names now
cp "$w/talsecret.sops.yaml" "$scratch/before.yaml"
rules "$recipient" "$(sed -n 's/^# public key: //p' "$other")"
run 0 -C "$w" secrets rotate
sort "$scratch/before.yaml" "$w/talsecret.sops.yaml" | uniq -d | grep 'ENC\[' && fail "a value is as it was"
SOPS_AGE_KEY_FILE=$other run 0 -C "$w" render
rules "$recipient"
run 0 -C "$w" secrets rotate
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" secrets show
run 0 -C "$w" render
for file in "$scratch"/expected/*.yaml; do
	cmp "$file" "$w/clusterconfig/${file##*/}" || fail "${file##*/} differs after a rotation"
done

# a patch that is kept encrypted
cat >"$w/patches/global/hidden.sops.yaml" <<'END'
machine:
  sysctls:
    net.core.somaxconn: "4242"
END
run 0 -C "$w" render
cp -r "$w/clusterconfig" "$scratch/patched"
run 0 -C "$w" secrets encrypt "$w/patches/global/hidden.sops.yaml"
grep -q 4242 "$w/patches/global/hidden.sops.yaml" && fail "the patch is in clear"
run 0 -C "$w" render
for file in "$scratch"/patched/*.yaml; do
	cmp "$file" "$w/clusterconfig/${file##*/}" || fail "${file##*/} differs with a sealed patch"
done
SOPS_AGE_KEY_FILE=$other unchanged 7 -C "$w" render
sed -i 's/ENC\[AES256_GCM,data:./&A/' "$w/patches/global/hidden.sops.yaml"
unchanged 3 -C "$w" render

# a rule for other services needs the sops program, and says so
printf 'creation_rules:\n  - pgp: ABCDEF\n' >"$w/.sops.yaml"
echo 'a: 1' >"$scratch/w/other.yaml"
code=0
PATH=$scratch "$program" -C "$w" secrets encrypt other.yaml >"$out" 2>"$err" || code=$?
[ "$code" = 7 ] || fail "exit $code without the sops program"
grep -q 'a: 1' "$w/other.yaml" || fail "the file was changed"
err_has 'the sops program is not installed'
mkdir "$scratch/bin"
printf '#!/bin/sh\nexec sed "s/1/sealed by sops/"\n' >"$scratch/bin/sops"
chmod +x "$scratch/bin/sops"
PATH=$scratch/bin:$PATH run 0 -C "$w" secrets encrypt other.yaml
grep -q 'a: sealed by sops' "$w/other.yaml" || fail "the sops program was not asked"

# a new workspace below a rule is never in clear
mkdir "$scratch/repo"
printf 'creation_rules: [{age: %s}]\n' "$recipient" >"$scratch/repo/.sops.yaml"
run 0 init "$scratch/repo/new" --profile vip-and-workers
err_lacks 'kept in clear'
[ ! -e "$scratch/repo/new/talsecret.yaml" ] || fail "init wrote a bundle in clear"
run 0 -C "$scratch/repo/new" render
run 1 -C "$scratch/repo/new" secrets new
rm "$scratch/repo/new/talsecret.sops.yaml"
run 0 -C "$scratch/repo/new" secrets new
out_has 'wrote talsecret.sops.yaml'
grep -q 'ENC\[AES256_GCM' "$scratch/repo/new/talsecret.sops.yaml" || fail "nothing is encrypted"
no_keys
