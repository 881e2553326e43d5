// Feeds random configs and patches to the official machinery and to our renderer, and prints where
// they differ, made small.
//
//	go run . -from 1 -to 2000 PROGRAM
//
// PROGRAM is the built peer_machinery. What the machinery crashes on or answers now so, now so is
// counted and left out.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

type tally struct {
	equal, refused, crashed, unreadable, aliases, varying, different int
}

// What the machinery says when it cannot read what it wrote between two patches.
var halfway = regexp.MustCompile("^failure decoding talos machine config: (go-)?yaml")

func judge(ours *program, s *sample) (string, outcome, outcome) {
	base, patches := s.texts()
	theirs := theirPatch(base, patches)
	if theirs.verdict == "crash" {
		return "crashed", theirs, theirs
	}
	mine := ours.ask("patch", append([]string{base}, patches...)...)
	if mine.equal(theirs) {
		if mine.verdict == "ok" {
			return "equal", mine, theirs
		}
		return "refused", mine, theirs
	}
	if (theirs.verdict != mine.verdict || strings.Contains(strings.Join(patches, ""), "$patch")) && s.hasAlias() {
		return "aliases", mine, theirs
	}
	if (theirs.verdict == "ok" && unreadable(theirs.text)) || halfway.MatchString(theirs.text) && !unreadable(base) {
		return "unreadable", mine, theirs
	}
	for range 8 {
		if !theirPatch(base, patches).equal(theirs) {
			return "varying", mine, theirs
		}
	}
	return "different", mine, theirs
}

func report(seed uint64, ours *program, s *sample) {
	s.shrink(func() bool {
		verdict, _, _ := judge(ours, s)
		return verdict == "different"
	})
	_, mine, theirs := judge(ours, s)
	base, patches := s.texts()
	fmt.Printf("=== seed %d\n--- base\n%s", seed, base)
	for _, patch := range patches {
		fmt.Printf("--- patch\n%s", patch)
	}
	fmt.Printf("--- ours: %s\n%s\n--- theirs: %s\n%s\n", mine.verdict, mine.text, theirs.verdict,
		theirs.text)
}

func run(ours *program, from, to uint64, limit int, deadline time.Time) (tally, uint64) {
	var t tally
	kinds := allKinds()
	seed := from
	for ; seed < to && t.different < limit && time.Now().Before(deadline); seed++ {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 1)), kinds: kinds}
		s := m.sample()
		switch verdict, _, _ := judge(ours, s); verdict {
		case "equal":
			t.equal++
		case "refused":
			t.refused++
		case "crashed":
			t.crashed++
		case "unreadable":
			t.unreadable++
		case "aliases":
			t.aliases++
		case "varying":
			t.varying++
		default:
			t.different++
			report(seed, ours, s)
		}
	}
	return t, seed
}

// The newest release knows one more contract. What its YAML reader makes of a plain << that is no
// key, namely nothing at all, is a fault that ours does not share.
func judgeNewest() {
	contracts = append([]string{"v1.14"}, contracts...)
	checkedContracts = append([]string{"v1.14"}, checkedContracts...)
	candidates = slices.DeleteFunc(candidates, func(text string) bool { return text == "<<" })
}

func main() {
	from := flag.Uint64("from", 1, "the first seed")
	to := flag.Uint64("to", 20000, "the seed after the last")
	limit := flag.Int("limit", 10, "differences after which it ends")
	seconds := flag.Int("seconds", 600, "after which it ends")
	talforge := flag.String("talforge", "", "the built program, for gen config")
	checks := flag.Uint64("checks", 6000, "random configs to validate")
	gen := flag.Uint64("gen", 400, "random requests to gen config")
	as := flag.String("as", "v1.13", "whose behaviour ours has to show: v1.13 or v1.14")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *as == "v1.14" {
		judgeNewest()
	}
	ours := &program{path: flag.Arg(0), as: *as}
	deadline := time.Now().Add(time.Duration(*seconds) * time.Second)
	t, end := run(ours, *from, *to, *limit, deadline)
	checked, err := runChecks(ours, *checks, *limit, deadline)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if ours.cmd != nil {
		ours.stop()
	}
	fmt.Printf("validate: %d equal verdicts on good configs, %d on bad ones, left out are %d crashes, %d "+
		"differences\n", checked.equal, checked.refused, checked.crashed, checked.different)
	failed := t.different > 0 || checked.different > 0
	if *talforge != "" {
		made, err := runGen(*talforge, *as, *gen, *limit, deadline)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		failed = failed || made.different > 0
		fmt.Printf("gen config: %d equal results, %d equal refusals, left out are %d crashes and %d "+
			"unreadable results, %d differences\n", made.equal, made.refused, made.crashed,
			made.unreadable, made.different)
	}
	fmt.Printf("peer machinery: seeds %d to %d: %d equal results, %d equal refusals, left out "+
		"are %d crashes, %d results they cannot read back, %d verdicts about "+
		"aliases and %d varying answers, %d differences\n",
		*from, end-1, t.equal, t.refused, t.crashed, t.unreadable, t.aliases, t.varying, t.different)
	if failed {
		os.Exit(1)
	}
}
