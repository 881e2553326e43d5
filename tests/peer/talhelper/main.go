// Gives random trees of talhelper to talhelper itself and to `talforge import talhelper`, and prints
// where they differ, made small.
//
//	go run . -work FOLDER -from 1 -to 500 TALHELPER TALFORGE BUNDLES
//
// BUNDLES is a folder whose folders hold a talsecret.yaml each.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

type sample struct {
	seed   uint64
	config *tree
	files  *tree // names and texts
	bundle string
	plain  bool
	nodes  []string
	tame   bool // nothing in it is wrong on purpose
}

type peers struct {
	talhelper, talforge string
	bundles             []string
	work                string
}

type outcome struct {
	code int
	text string
}

func run(dir string, args ...string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "FROM_PROCESS=proc", "BOTH=process",
		"EMPTY=", "NO_COLOR=1", "LSAN_OPTIONS=detect_leaks=1"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return outcome{exit.ExitCode(), out.String()}
	}
	if err != nil {
		return outcome{-1, err.Error()}
	}
	return outcome{0, out.String()}
}

func (p *peers) write(s *sample) error {
	for _, name := range []string{"src", "theirs", "ours"} {
		if err := os.RemoveAll(filepath.Join(p.work, name)); err != nil {
			return err
		}
	}
	put := func(name, text string) error {
		path := filepath.Join(p.work, "src", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o600)
	}
	bundle, err := os.ReadFile(s.bundle)
	if err == nil {
		err = put("talsecret.yaml", string(bundle))
	}
	for i, name := range s.files.keys {
		if err == nil {
			err = put(name, print(s.seed, s.files.values[i]))
		}
	}
	if err != nil {
		return err
	}
	return put("talconfig.yaml", print(s.seed, s.config))
}

var placed = regexp.MustCompile(`(?m)^[^ :]+:\d+:\d+: error: `)

// A verdict, and what it stands on.
func (p *peers) judge(s *sample) (string, string) {
	if err := p.write(s); err != nil {
		return "broken", err.Error()
	}
	src := filepath.Join(p.work, "src")
	theirs := run(src, p.talhelper, "genconfig", "--offline-mode", "--no-gitignore", "-o", "../theirs")
	if strings.Contains(theirs.text, "goroutine 1 [") {
		theirs.text = strings.Split(theirs.text, "goroutine 1 [")[0]
		theirs.code = 99
	}
	args := []string{p.talforge, "import", "talhelper", "src", "ours"}
	if theirs.code == 0 {
		args = append(args, "--prove", "--against", "theirs")
	}
	if s.plain {
		args = append(args, "--plain")
	}
	ours := run(p.work, args...)
	both := fmt.Sprintf("talhelper %d: %stalforge %d: %s", theirs.code, last(theirs.text), ours.code, last(ours.text))
	_, err := os.Stat(filepath.Join(p.work, "ours"))
	made := err == nil
	switch {
	case ours.code < 0 || ours.code > 8 || strings.Contains(ours.text, "Sanitizer") || strings.Contains(ours.text, "runtime error"):
		return "crash", both + ours.text
	case theirs.code == 99:
		return "theirs crashes", both
	case theirs.code != 0 && !made:
		if !placed.MatchString(ours.text) {
			return "no place", both
		}
		if ours.code != 3 {
			return "exit code", both
		}
		if s.tame {
			return "refused", "TAME " + both
		}
		return "refused", ""
	case theirs.code != 0 && s.forgiven(theirs.text):
		return "forgiven", ""
	case theirs.code != 0:
		return "lax", both
	case !made && leftOut(ours.text):
		return "left out", ""
	case !made:
		return "strict", both
	}
	if r := run(p.work, p.talforge, "-C", "ours", "render"); r.code != 0 {
		return "no render", both + r.text
	}
	differences, err := compare(filepath.Join(p.work, "theirs"), filepath.Join(p.work, "ours", "clusterconfig"))
	if err != nil {
		return "broken", err.Error()
	}
	if (len(differences) == 0) != (ours.code == 0) {
		return "prove is wrong", both + strings.Join(differences, "\n")
	}
	if len(differences) > 0 {
		return "different", both + strings.Join(differences, "\n")
	}
	if r := run(p.work, p.talforge, "-C", "ours", "render", "--check"); r.code != 0 {
		return "no check", r.text
	}
	return "equal", ""
}

// What talhelper refuses and we do on purpose: JSON patches beside other documents.
func (s *sample) forgiven(said string) bool {
	return strings.Contains(said, "JSON6902 patches are not supported for multi-document machine configuration")
}

// What a workspace cannot be: a cluster without control planes, a release without a number, a disk
// without a path, an address that can only be taken for a name.
func leftOut(said string) bool {
	return strings.Contains(said, "no node is a control plane") || strings.Contains(said, "is no version") ||
		strings.Contains(said, "the disk to install on must be a path") ||
		strings.Contains(said, "is no IP address")
}

func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	return strings.Join(lines, "\n") + "\n"
}

func good(verdict string) bool {
	switch verdict {
	case "equal", "refused", "forgiven", "theirs crashes", "left out":
		return true
	}
	return false
}

func (p *peers) report(s *sample, verdict string, small bool) {
	if small {
		for again := true; again; {
			again = shrink(s.config, func() bool {
				now, _ := p.judge(s)
				return now == verdict
			})
			again = shrink(s.files, func() bool {
				now, _ := p.judge(s)
				return now == verdict
			}) || again
		}
	}
	_, why := p.judge(s)
	fmt.Printf("=== seed %d: %s\n--- talconfig.yaml\n%s", s.seed, verdict, print(s.seed, s.config))
	for i, name := range s.files.keys {
		fmt.Printf("--- %s\n%s", name, print(s.seed, s.files.values[i]))
	}
	fmt.Printf("--- %s\n", strings.TrimSpace(why))
}

func main() {
	from := flag.Uint64("from", 1, "the first seed")
	to := flag.Uint64("to", 200, "the seed after the last")
	limit := flag.Int("limit", 10, "differences after which it ends")
	seconds := flag.Int("seconds", 600, "after which it ends")
	keep := flag.Bool("large", false, "does not make differences small")
	tame := flag.Bool("tame", false, "says why what should be good is refused")
	work := flag.String("work", "", "a folder to work in")
	flag.Parse()
	if flag.NArg() != 3 {
		flag.Usage()
		os.Exit(2)
	}
	bundles, _ := filepath.Glob(filepath.Join(flag.Arg(2), "*", "talsecret.yaml"))
	p := &peers{flag.Arg(0), flag.Arg(1), bundles, *work}
	tally := map[string]int{}
	nodes := 0
	bad := 0
	seed := *from
	deadline := time.Now().Add(time.Duration(*seconds) * time.Second)
	for ; seed < *to && bad < *limit && time.Now().Before(deadline); seed++ {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 3))}
		s := m.sample(seed, bundles)
		verdict, why := p.judge(s)
		tally[verdict]++
		if *tame && strings.HasPrefix(why, "TAME") {
			fmt.Printf("%d %s", seed, why)
		}
		nodes += len(s.nodes)
		if !good(verdict) {
			bad++
			p.report(s, verdict, !*keep)
		}
	}
	fmt.Printf("peer talhelper: seeds %d to %d, %d nodes: %v\n", *from, seed-1, nodes, tally)
	if bad > 0 {
		os.Exit(1)
	}
}
