// Compares Go templates with sprig, a8m/envsubst and joho/godotenv with what our program makes of
// the same texts: the cases of tests/data/template/cases.json and many made from a number.
//
//	go run . PROGRAM CASES [NUMBER [COUNT]]  prints what differs, ends with 1 if anything does
//	go run . -write CASES                    fills in the results of the cases
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
	"github.com/a8m/envsubst/parse"
	"github.com/joho/godotenv"
)

const refused = "ERROR"

type textCase struct {
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Data   any    `json:"data,omitempty"`
	Result string `json:"result"`
}

type file struct {
	Data  map[string]any `json:"data"`
	Env   map[string]any `json:"env"`
	Cases []textCase     `json:"cases"`
}

// Whole numbers are ints, as YAML readers make them.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.Atoi(v.String()); err == nil {
			return whole
		}
		real, _ := v.Float64()
		return real
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return value
}

func renderTemplate(text string, data any, functions template.FuncMap) string {
	t, err := template.New("case").Funcs(functions).Parse(text)
	if err != nil {
		return refused
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return refused
	}
	return out.String()
}

// Whether a map lies within a value.
func holds(value any, target map[string]any) bool {
	switch v := value.(type) {
	case map[string]any:
		if reflect.ValueOf(v).Pointer() == reflect.ValueOf(target).Pointer() {
			return true
		}
		for _, item := range v {
			if holds(item, target) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if holds(item, target) {
				return true
			}
		}
	}
	return false
}

// sprig's functions, but for a map that is put into itself: with those, Go's stack overflows.
func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	set := all["set"].(func(map[string]any, string, any) map[string]any)
	all["set"] = func(d map[string]any, key string, value any) (map[string]any, error) {
		if holds(value, d) {
			return nil, errors.New("cycle")
		}
		return set(d, key, value), nil
	}
	// An error's text is not a decoded one.
	for _, name := range []string{"b64dec", "b32dec"} {
		decode := all[name].(func(string) string)
		all[name] = func(text string) (string, error) {
			out := decode(text)
			if strings.HasPrefix(out, "illegal base") {
				return "", errors.New(out)
			}
			return out, nil
		}
	}
	for _, name := range []string{"merge", "mergeOverwrite"} {
		merge := all[name].(func(map[string]any, ...map[string]any) any)
		all[name] = func(d map[string]any, from ...map[string]any) (any, error) {
			for _, one := range from {
				for _, value := range one {
					if holds(value, d) {
						return nil, errors.New("cycle")
					}
				}
			}
			return merge(d, from...), nil
		}
	}
	return all
}

func substitute(text string, data any) string {
	var env []string
	values, _ := data.(map[string]any)
	for name, value := range values {
		env = append(env, fmt.Sprintf("%s=%v", name, value))
	}
	out, err := parse.New("case", env, parse.Strict).Parse(text)
	if err != nil {
		return refused
	}
	return out
}

func dotenv(text string) string {
	var kept []string
	for _, line := range strings.SplitAfter(text, "\n") {
		if line != "---\n" {
			kept = append(kept, line)
		}
	}
	values, err := godotenv.Unmarshal(strings.Join(kept, ""))
	if err != nil {
		return refused
	}
	return marshal(values)
}

func marshal(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// The same case again: templates can change their data.
func copied(data any) any {
	decoder := json.NewDecoder(strings.NewReader(marshal(data)))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		panic(err)
	}
	return exact(plain(out))
}

// Lists have no room behind their end, which a slice of Go could show.
func exact(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
		return slices.Clip(v)
	case map[string]any:
		for key := range v {
			v[key] = exact(v[key])
		}
	}
	return value
}

func run(c *textCase) string {
	switch c.Kind {
	case "template":
		return renderTemplate(c.Text, copied(c.Data), functions())
	case "plain":
		return renderTemplate(c.Text, copied(c.Data), nil)
	case "substitute":
		return substitute(c.Text, c.Data)
	case "dotenv":
		return dotenv(c.Text)
	}
	panic("no such kind: " + c.Kind)
}

// Maps of dotenv files come in the order of the file from us.
func normal(c *textCase, text string) string {
	if c.Kind != "dotenv" || text == refused {
		return text
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return text
	}
	return marshal(values)
}

type program struct {
	in  *bufio.Writer
	out *bufio.Reader
}

func (p *program) ask(c *textCase) (string, string) {
	line := marshal(map[string]any{"kind": c.Kind, "text": c.Text, "data": c.Data})
	fmt.Fprintln(p.in, line)
	p.in.Flush()
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		fmt.Printf("the program ended at %s\n", line)
		os.Exit(1)
	}
	var got struct {
		Result *string `json:"result"`
		Error  string  `json:"error"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		panic(err)
	}
	if got.Result == nil {
		return refused, got.Error
	}
	return normal(c, *got.Result), ""
}

func start(path string) *program {
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		panic(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := command.Start(); err != nil {
		panic(err)
	}
	return &program{bufio.NewWriter(in), bufio.NewReader(out)}
}

func read(path string) *file {
	raw, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out file
	if err := decoder.Decode(&out); err != nil {
		panic(err)
	}
	out.Data = plain(out.Data).(map[string]any)
	for i := range out.Cases {
		c := &out.Cases[i]
		c.Data = out.Data
		if c.Kind == "substitute" {
			c.Data = out.Env
		}
	}
	return &out
}

func write(path string, cases *file) {
	for i := range cases.Cases {
		cases.Cases[i].Result = run(&cases.Cases[i])
		cases.Cases[i].Data = nil
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"data\": %s,\n\"env\": %s,\n\"cases\": [\n", marshal(cases.Data),
		marshal(cases.Env))
	for i, c := range cases.Cases {
		comma := ","
		if i == len(cases.Cases)-1 {
			comma = ""
		}
		fmt.Fprintf(&out, "%s%s\n", marshal(c), comma)
	}
	fmt.Fprint(&out, "]\n}\n")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}

type counts struct{ asked, differ, refused, outside int }

func (n *counts) compare(p *program, c *textCase) {
	want := normal(c, run(c))
	if !utf8.ValidString(want) || strings.Contains(want, "\x00") {
		return // JSON cannot carry it, or a text of C
	}
	got, why := p.ask(c)
	if strings.Contains(why, "in printf are decimal") {
		n.outside++
		return // as docs/go-templates.md says
	}
	n.asked++
	if want == refused {
		n.refused++
	}
	if want == got {
		return
	}
	n.differ++
	fmt.Printf("%s %q\n\twant %q\n\tgot  %q %s\n", c.Kind, c.Text, want, got, why)
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-write" {
		write(os.Args[2], read(os.Args[2]))
		return
	}
	p := start(os.Args[1])
	cases := read(os.Args[2])
	number, count := int64(1), 20000
	if len(os.Args) > 3 {
		number, _ = strconv.ParseInt(os.Args[3], 10, 64)
	}
	if len(os.Args) > 4 {
		count, _ = strconv.Atoi(os.Args[4])
	}
	var n counts
	for i := range cases.Cases {
		n.compare(p, &cases.Cases[i])
	}
	maker := &maker{rand.New(rand.NewSource(number)), cases}
	for i := 0; i < count; i++ {
		n.compare(p, maker.next())
	}
	fmt.Printf("%d cases, number %d: %d refused by both, %d not covered, %d differ\n", n.asked, number, n.refused,
		n.outside, n.differ)
	if n.differ > 0 {
		os.Exit(1)
	}
}
