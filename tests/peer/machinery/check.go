package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

// What a config is validated for.
type mode string

func (m mode) String() string        { return string(m) }
func (m mode) RequiresInstall() bool { return m == "metal" }
func (m mode) InContainer() bool     { return m == "container" }

var modes = []mode{"metal", "cloud", "container", "metal-agent"}

// How many errors there are in one: those that were put together count apart.
func countErrors(err error) int {
	if err == nil {
		return 0
	}
	for one := err; one != nil; one = errors.Unwrap(one) {
		var parts []error
		if many, ok := one.(*multierror.Error); ok {
			parts = many.Errors
		} else if joined, ok := one.(interface{ Unwrap() []error }); ok {
			parts = joined.Unwrap()
		} else {
			continue
		}
		sum := 0
		for _, part := range parts {
			sum += countErrors(part)
		}
		return sum
	}
	return 1
}

type verdict struct {
	loads            bool
	errors, warnings int
	text             string
}

func theirVerdict(text string, in mode, strict bool) (v verdict, crashed bool) {
	defer func() {
		if fault := recover(); fault != nil {
			crashed = true
		}
	}()
	config, err := configloader.NewFromBytes([]byte(text))
	if err != nil {
		return verdict{errors: 1, text: err.Error()}, false
	}
	options := []validation.Option{validation.WithLocal()}
	if strict {
		options = append(options, validation.WithStrict())
	}
	warnings, err := config.Validate(in, options...)
	v = verdict{true, countErrors(err), len(warnings), strings.Join(warnings, "\n")}
	if err != nil {
		v.text += "\n" + err.Error()
	}
	return v, false
}

func ourVerdict(ours *program, text string, in mode, strict bool) (verdict, bool) {
	word := ""
	if strict {
		word = "strict"
	}
	answer := ours.ask("validate", text, string(in), word)
	var v verdict
	if answer.verdict != "ok" {
		return verdict{text: answer.text}, true
	}
	_, err := fmt.Sscanf(answer.text, "%d %d", &v.errors, &v.warnings)
	v.text = answer.text
	return v, err != nil
}

func verdictsDiffer(mine, theirs verdict) bool {
	if !theirs.loads {
		return mine.errors == 0
	}
	return mine.errors != theirs.errors || mine.warnings != theirs.warnings
}

// A generated config with something random merged over it, or a random one.
func (m *maker) checked(generated []string) string {
	m.wild = 0
	for m.chance(0.6) {
		base := pick(m, generated)
		patch := m.strategic(nil)
		if m.chance(0.6) {
			patch = []*node{m.document(m.mainKind(), nil)}
		}
		out := theirPatch(base, []string{documents(patch)})
		if out.verdict == "ok" && !unreadable(out.text) {
			return out.text
		}
	}
	return documents(m.config())
}

// The contracts of generated configs that are validated.
var checkedContracts = []string{"v1.11", "v1.13"}

func generatedConfigs() ([]string, error) {
	folder, err := os.MkdirTemp("", "talforge-peer-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	bundles, err := makeBundles(folder)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, contract := range checkedContracts {
		made := (&request{name: "c", endpoint: endpoints[0], contract: contract, kubernetes: "1.36.3",
			disk: "/dev/sda", image: "i", domain: "d", discovery: true, bundle: bundles[1]}).theirs()
		if made.verdict != "ok" {
			return nil, errors.New(made.text)
		}
		for _, part := range strings.Split(made.text, "##### ")[1:] {
			_, config, _ := strings.Cut(part, "\n")
			out = append(out, config)
		}
	}
	return out, nil
}

func runChecks(ours *program, count uint64, limit int, deadline time.Time) (tally, error) {
	var t tally
	generated, err := generatedConfigs()
	if err != nil {
		return t, err
	}
	kinds := allKinds()
	for seed := uint64(1); seed <= count && t.different < limit && time.Now().Before(deadline); seed++ {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 3)), kinds: kinds}
		text, in, strict := m.checked(generated), pick(m, modes), m.chance(0.2)
		if strings.Contains(text, `\0`) {
			continue // a text of one NUL is an empty one to our checks
		}
		theirs, crashed := theirVerdict(text, in, strict)
		if crashed {
			t.crashed++
			continue
		}
		mine, failed := ourVerdict(ours, text, in, strict)
		switch {
		case failed || verdictsDiffer(mine, theirs):
			t.different++
			fmt.Printf("=== validate, seed %d, mode %s, strict %v\n%s--- ours\n%s--- theirs: %d %d\n%s\n", seed, in,
				strict, text, mine.text, theirs.errors, theirs.warnings, theirs.text)
		case theirs.errors == 0:
			t.equal++
		default:
			t.refused++
		}
	}
	return t, nil
}
