// Evaluates the cases of tests/data/cel/cases.json with cel-go and compares the results with those
// that stand in the file, or writes them there.
//
//	go run . CASES         prints what differs, ends with 1 if anything does
//	go run . -write CASES  fills in the results
//	go run . -conformance CASES
//	                       writes there what the specification's own tests say of what we have
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

type testCase struct {
	Expr   string `json:"expr"`
	Input  string `json:"input,omitempty"`
	Result string `json:"result"`
}

type suite struct {
	Inputs map[string]json.RawMessage `json:"inputs"`
	Cases  []testCase                 `json:"cases"`
}

// Kubernetes decodes whole numbers as int64 and everything else as float64.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
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

func object(raw json.RawMessage) (map[string]any, error) {
	out := map[string]any{}
	if len(raw) == 0 {
		return out, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return nil, err
	}
	plain(out)
	return out, nil
}

func list(value traits.Lister) string {
	parts := []string{}
	for it := value.Iterator(); it.HasNext() == types.True; {
		parts = append(parts, print(it.Next()))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func mapping(value traits.Mapper) string {
	parts := []string{}
	for it := value.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		parts = append(parts, print(key)+": "+print(value.Get(key)))
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

func print(value ref.Val) string {
	switch v := value.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return fmt.Sprint(bool(v))
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u"
	case types.Double:
		return "double " + strconv.FormatFloat(float64(v), 'g', -1, 64)
	case types.String:
		return "string " + string(v)
	case types.Bytes:
		return "bytes " + hex.EncodeToString([]byte(v))
	case types.Duration:
		return "duration " + strconv.FormatInt(int64(v.Duration), 10)
	case types.Timestamp:
		return "timestamp " + v.Time.UTC().Format(time.RFC3339Nano)
	case traits.Lister:
		return list(v)
	case traits.Mapper:
		return mapping(v)
	case ref.Type:
		return "type " + v.TypeName()
	}
	return "unknown " + value.Type().TypeName()
}

// The environment of a health check: two variables of which nothing is known.
func environment() (*cel.Env, error) {
	return cel.NewEnv(cel.Variable("object", cel.DynType), cel.Variable("status", cel.DynType))
}

func evaluate(env *cel.Env, expr string, input map[string]any) string {
	ast, issues := env.Compile(expr)
	if issues != nil && issues.Err() != nil {
		return "does not compile"
	}
	program, err := env.Program(ast)
	if err != nil {
		return "does not compile"
	}
	status, ok := input["status"].(map[string]any)
	if !ok {
		status = map[string]any{}
	}
	out, _, err := program.Eval(map[string]any{"object": input, "status": status})
	if err != nil {
		return "error"
	}
	return print(out)
}

func run(path string, write bool) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var all suite
	if err := json.Unmarshal(text, &all); err != nil {
		return 0, err
	}
	env, err := environment()
	if err != nil {
		return 0, err
	}
	different := 0
	for i := range all.Cases {
		c := &all.Cases[i]
		input, err := object(all.Inputs[c.Input])
		if err != nil {
			return 0, fmt.Errorf("input %s: %w", c.Input, err)
		}
		result := evaluate(env, c.Expr, input)
		if result != c.Result && !write {
			fmt.Printf("%s\n  cel-go: %s\n  file:   %s\n", c.Expr, result, c.Result)
			different++
		}
		c.Result = result
	}
	if !write {
		fmt.Printf("%d cases, %d differ\n", len(all.Cases), different)
		return different, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(all); err != nil {
		return 0, err
	}
	return 0, os.WriteFile(path, out.Bytes(), 0o644)
}

func main() {
	args := os.Args[1:]
	if len(args) == 2 && args[0] == "-conformance" {
		if err := conformance(args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	write := len(args) > 0 && args[0] == "-write"
	if write {
		args = args[1:]
	}
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: cel [-write|-conformance] CASES")
		os.Exit(2)
	}
	different, err := run(args[0], write)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if different > 0 {
		os.Exit(1)
	}
}
