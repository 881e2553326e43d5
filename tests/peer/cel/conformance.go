package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cel.dev/expr/conformance/test"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"google.golang.org/protobuf/encoding/prototext"

	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
)

// The files of the specification's own tests that are about the language itself.
var languageFiles = []string{"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math",
	"lists", "logic", "macros", "parse", "plumbing", "string", "timestamps"}

// What docs/cel.md says is not there: messages, optional values, names of types and of time zones,
// names in backticks.
var outside = []string{"google.protobuf", "TestAllTypes", "NestedTestAllTypes", "optional", "cel.expr", "`",
	"America/", "Asia/", "Australia/", "Europe/", "US/", ".?", "[?", "\\p{", "list_type", "map_type", "null_type",
	"type("}

func isOutside(t *test.SimpleTest) bool {
	if len(t.GetTypeEnv()) > 0 || len(t.GetBindings()) > 0 || t.GetContainer() != "" || t.GetCheckOnly() ||
		t.GetDisableMacros() || t.GetTypedResult() != nil || t.GetUnknown() != nil {
		return true
	}
	if strings.Contains(t.GetExpr(), "\x00") {
		return true // an expression of ours ends there
	}
	for _, word := range outside {
		if strings.Contains(t.GetExpr(), word) {
			return true
		}
	}
	return false
}

// What the specification expects, as `print` says it; "" when cel-go, which sees undeclared names
// where the specification asks for none, says something else.
func expected(env *cel.Env, t *test.SimpleTest) string {
	said := evaluate(env, t.GetExpr(), map[string]any{})
	if t.GetEvalError() != nil || t.GetAnyEvalErrors() != nil {
		if said == "error" || said == "does not compile" {
			return said
		}
		return ""
	}
	wanted := "true"
	if t.GetValue() != nil {
		value, err := cel.ProtoAsValue(types.DefaultTypeAdapter, t.GetValue())
		if err != nil {
			return ""
		}
		wanted = print(value)
	}
	if said != wanted || strings.ContainsAny(said, "\x00") {
		return ""
	}
	return said
}

// Writes the cases of the specification that are about what we have, and says how many there are.
func conformance(path string) error {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "cel.dev/expr").Output()
	if err != nil {
		return err
	}
	env, err := environment()
	if err != nil {
		return err
	}
	all := suite{Inputs: map[string]json.RawMessage{}}
	for _, name := range languageFiles {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "tests", "simple", "testdata",
			name+".textproto"))
		if err != nil {
			return err
		}
		file := &test.SimpleTestFile{}
		if err := prototext.Unmarshal(text, file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		before, skipped := len(all.Cases), 0
		for _, section := range file.GetSection() {
			for _, t := range section.GetTest() {
				result := ""
				if !isOutside(t) {
					result = expected(env, t)
				}
				if result == "" {
					skipped++
					continue
				}
				all.Cases = append(all.Cases, testCase{Expr: t.GetExpr(), Result: result})
			}
		}
		fmt.Printf("%s: %d run, %d skipped\n", name, len(all.Cases)-before, skipped)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
