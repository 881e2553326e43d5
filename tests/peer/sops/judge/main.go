// The sops and age programs' own code against ours: sops PEER-PROGRAM SEED COUNT
//
// Random files are encrypted by each and opened by the other; the test vectors of the age format
// are opened by ours.
package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"
	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	sage "github.com/getsops/sops/v3/age"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/keyservice"
	"github.com/getsops/sops/v3/stores/yaml"
	"github.com/sirupsen/logrus"
)

type suite struct {
	program, folder string
	random          *rand.Rand
	recipients      []string
	failed, checks  int
	skipped         int // files that theirs cannot open again itself
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer sops:", err)
		os.Exit(1)
	}
}

func (s *suite) fail(format string, args ...any) {
	s.failed++
	if s.failed <= 10 {
		fmt.Fprintf(os.Stderr, "peer sops: FAILED, "+format+"\n", args...)
	}
}

func (s *suite) ours(args ...string) ([]byte, int) {
	command := exec.Command(s.program, args...)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err := command.Run()
	if exit, ok := err.(*exec.ExitError); ok {
		return said.Bytes(), exit.ExitCode()
	}
	must(err)
	return out.Bytes(), 0
}

func (s *suite) write(name string, data []byte) string {
	path := filepath.Join(s.folder, name)
	must(os.WriteFile(path, data, 0o600))
	return path
}

var store = yaml.NewStore(&config.YAMLStoreConfig{})

// flat is what is in a tree without its layout: values with their paths, and all comments.
func flat(branches sops.TreeBranches) (values, comments []string) {
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case sops.TreeBranch:
			values = append(values, path+" map")
			for _, item := range value {
				if comment, ok := item.Key.(sops.Comment); ok {
					comments = append(comments, comment.Value)
					continue
				}
				walk(fmt.Sprintf("%s/%v", path, item.Key), item.Value)
			}
		case []any:
			values = append(values, path+" list")
			at := 0
			for _, item := range value {
				if comment, ok := item.(sops.Comment); ok {
					comments = append(comments, comment.Value)
					continue
				}
				walk(fmt.Sprintf("%s/%d", path, at), item)
				at++
			}
		case float64: // 3.0 is printed as 3
			values = append(values, fmt.Sprintf("%s number %v", path, value))
		case int:
			values = append(values, fmt.Sprintf("%s number %v", path, float64(value)))
		case time.Time:
			values = append(values, fmt.Sprintf("%s time %s", path, value.Format(time.RFC3339Nano)))
		default:
			values = append(values, fmt.Sprintf("%s %T %q", path, value, fmt.Sprint(value)))
		}
	}
	for i, branch := range branches {
		walk(strconv.Itoa(i), branch)
	}
	sort.Strings(comments)
	return values, comments
}

func different(a, b sops.TreeBranches) string {
	values, _ := flat(a)
	others, _ := flat(b)
	for i := 0; i < len(values) || i < len(others); i++ {
		one, two := "nothing", "nothing"
		if i < len(values) {
			one = values[i]
		}
		if i < len(others) {
			two = others[i]
		}
		if one != two {
			return fmt.Sprintf("%.300s\n  and not %.300s", two, one)
		}
	}
	return ""
}

type choice struct {
	rule     string
	metadata sops.Metadata
}

func (s *suite) choose() choice {
	choices := []choice{
		{},
		{"encrypted_regex: '^(token|crt|ż.*)$'", sops.Metadata{EncryptedRegex: "^(token|crt|ż.*)$"}},
		{"unencrypted_regex: 'e$'", sops.Metadata{UnencryptedRegex: "e$"}},
		{"encrypted_suffix: _sealed", sops.Metadata{EncryptedSuffix: "_sealed"}},
		{"unencrypted_suffix: n", sops.Metadata{UnencryptedSuffix: "n"}},
		{"encrypted_comment_regex: about", sops.Metadata{EncryptedCommentRegex: "about"}},
		{"unencrypted_comment_regex: about", sops.Metadata{UnencryptedCommentRegex: "about"}},
	}
	chosen := choices[0]
	if s.random.Intn(2) == 0 {
		chosen = choices[s.random.Intn(len(choices))]
	}
	if chosen.rule == "" {
		chosen.metadata.UnencryptedSuffix = sops.DefaultUnencryptedSuffix
	}
	if s.random.Intn(3) == 0 {
		chosen.rule += "\n    mac_only_encrypted: true"
		chosen.metadata.MACOnlyEncrypted = true
	}
	count := 1 + s.random.Intn(2)
	groups := 1
	if s.random.Intn(6) == 0 {
		groups = 2
	}
	keys := "\n    age: " + strings.Join(s.recipients[:count], ",")
	if groups > 1 {
		keys = "\n    key_groups:"
	}
	for i := 0; i < groups; i++ {
		group, err := sage.MasterKeysFromRecipients(strings.Join(s.recipients[:count], ","))
		must(err)
		var masters sops.KeyGroup
		for _, key := range group {
			masters = append(masters, key)
		}
		chosen.metadata.KeyGroups = append(chosen.metadata.KeyGroups, masters)
		if groups > 1 {
			keys += "\n      - age: [" + strings.Join(s.recipients[:count], ", ") + "]"
		}
	}
	chosen.rule = "creation_rules:\n  - path_regex: yaml$" + keys + "\n    " + chosen.rule + "\n"
	chosen.metadata.Version = "3.13.3"
	return chosen
}

// theirsThenOurs is false when theirs cannot even open what it made itself.
func (s *suite) theirsThenOurs(name, clear string, chosen choice) bool {
	branches, err := store.LoadPlainFile([]byte(clear))
	must(err)
	tree := sops.Tree{Branches: branches, Metadata: chosen.metadata}
	services := []keyservice.KeyServiceClient{keyservice.NewLocalClient()}
	key, errs := tree.GenerateDataKeyWithKeyServices(services)
	if len(errs) > 0 {
		must(errs[0])
	}
	must(common.EncryptTree(common.EncryptTreeOpts{DataKey: key, Tree: &tree, Cipher: aes.NewCipher()}))
	sealed, err := store.EmitEncryptedFile(tree)
	must(err)
	path := s.write(name+".theirs.yaml", sealed)
	wanted, err := open(sealed)
	if err != nil { // its reader lost a comment that said which values are encrypted
		s.skipped++
		return false
	}
	got, code := s.ours("open", filepath.Join(s.folder, "key.txt"), path)
	s.checks++
	if code != 0 {
		s.fail("%s: ours does not open theirs: %s", name, got)
		return true
	}
	ours, err := store.LoadPlainFile(got)
	if err != nil {
		s.fail("%s: what ours opens is no YAML: %v", name, err)
		return true
	}
	if what := different(wanted, ours); what != "" {
		s.fail("%s: ours opens theirs to %s", name, what)
	}
	_, comments := flat(wanted)
	for _, comment := range comments {
		if !strings.Contains(string(got), "#"+comment) {
			s.fail("%s: ours loses the comment %q", name, comment)
		}
	}
	return true
}

func open(sealed []byte) (sops.TreeBranches, error) {
	tree, err := store.LoadEncryptedFile(sealed)
	if err != nil {
		return nil, err
	}
	_, err = common.DecryptTree(common.DecryptTreeOpts{Tree: &tree, Cipher: aes.NewCipher(),
		KeyServices: []keyservice.KeyServiceClient{keyservice.NewLocalClient()}})
	return tree.Branches, err
}

func (s *suite) oursThenTheirs(name, clear string, chosen choice) {
	s.write(".sops.yaml", []byte(chosen.rule))
	path := s.write(name+".yaml", []byte(clear))
	sealed, code := s.ours("seal", path)
	s.checks++
	if code != 0 {
		s.fail("%s: ours does not seal: %s", name, sealed)
		return
	}
	path = s.write(name+".ours.yaml", sealed)
	again, code := s.ours("reseal", filepath.Join(s.folder, "key.txt"), path)
	if code != 0 {
		s.fail("%s: ours does not seal again: %s", name, again)
		return
	}
	wanted, err := store.LoadPlainFile([]byte(clear))
	must(err)
	for _, text := range [][]byte{sealed, again} {
		got, err := open(text)
		if err != nil {
			s.fail("%s: theirs does not open ours: %v", name, err)
			return
		}
		if what := different(wanted, got); what != "" {
			s.fail("%s: theirs opens ours to %s", name, what)
			return
		}
		// their reader loses comments in some places; what it has must be one of the file's
		_, comments := flat(got)
		for _, comment := range comments {
			if !strings.Contains(clear, "#"+comment) {
				s.fail("%s: theirs opens a comment of ours to %q", name, comment)
			}
		}
	}
}

// vector is one file of the test vectors: lines about it, an empty line, the file.
func (s *suite) vector(name string, data []byte) {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	fields := map[string][]string{}
	for _, line := range strings.Split(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		fields[key] = append(fields[key], value)
	}
	if fields["compressed"] != nil {
		reader, err := zlib.NewReader(bytes.NewReader(body))
		must(err)
		body, err = io.ReadAll(reader)
		must(err)
	}
	args := []string{"age-open", s.write("vector.key", []byte(strings.Join(fields["identity"], "\n")))}
	if fields["passphrase"] != nil {
		args = []string{"age-open", "-p", fields["passphrase"][0]}
	}
	if strings.Contains(string(head), "AGE-SECRET-KEY-PQ-") {
		return // keys of this kind are not ours to open
	}
	s.checks++
	got, code := s.ours(append(args, s.write("vector.age", body))...)
	expected := fields["expect"][0]
	wanted := map[string]int{"success": 0, "no match": 7, "HMAC failure": 3, "header failure": 3,
		"armor failure": 3, "payload failure": 3}[expected]
	if code != wanted {
		s.fail("vector %s (%s): exit %d: %s", name, expected, code, got)
		return
	}
	if hash := sha256.Sum256(got); code == 0 && hex.EncodeToString(hash[:]) != fields["payload"][0] {
		s.fail("vector %s: another text", name)
	}
}

func main() {
	seed, err := strconv.ParseInt(os.Args[2], 10, 64)
	must(err)
	count, err := strconv.Atoi(os.Args[3])
	must(err)
	folder, err := os.MkdirTemp("", "peer-sops-")
	must(err)
	logrus.SetOutput(io.Discard)
	s := &suite{program: os.Args[1], folder: folder, random: rand.New(rand.NewSource(seed))}
	var keys strings.Builder
	for i := 0; i < 2; i++ {
		identity, err := age.GenerateX25519Identity()
		must(err)
		fmt.Fprintln(&keys, identity)
		s.recipients = append(s.recipients, identity.Recipient().String())
	}
	os.Setenv(sage.SopsAgeKeyFileEnv, s.write("key.txt", []byte(keys.String())))

	must(fs.WalkDir(agetest.Vectors, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(agetest.Vectors, path)
		s.vector(path, data)
		return err
	}))
	vectors := s.checks
	for i := 0; i < count; i++ {
		name := fmt.Sprintf("tree-%d", i)
		clear := randomFile(s.random)
		chosen := s.choose()
		if s.theirsThenOurs(name, clear, chosen) {
			s.oursThenTheirs(name, clear, chosen)
		}
	}
	if s.failed > 0 {
		fmt.Fprintf(os.Stderr, "peer sops: %d of %d checks FAILED, files in %s\n", s.failed, s.checks, folder)
		os.Exit(1)
	}
	must(os.RemoveAll(folder))
	if s.skipped*10 > count {
		fmt.Fprintf(os.Stderr, "peer sops: FAILED, %d of %d files were of no use\n", s.skipped, count)
		os.Exit(1)
	}
	fmt.Printf("%d vectors of the age format, %d random files both ways\n", vectors, count-s.skipped)
}
