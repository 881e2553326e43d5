// Reads reports from the files given and validates each against the schema of SARIF 2.1.0, which a
// Go module carries in its source; prints what is wrong and ends with 1 if anything is.
//
//	go run . SCHEMA REPORT...
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"
)

// The text that the source file keeps in its one long literal.
func schemaOf(path string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", err
	}
	longest := ""
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && len(text) > len(longest) {
				longest = text
			}
		}
		return true
	})
	if !strings.Contains(longest, "physicalLocation") {
		return "", errors.New("no schema in " + path)
	}
	return longest, nil
}

func judge(schema *gojsonschema.Schema, path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(raw))
	if err != nil {
		return 0, err
	}
	if !result.Valid() {
		return 0, fmt.Errorf("%v", result.Errors())
	}
	var report sarif.Report
	if err := json.Unmarshal(raw, &report); err != nil {
		return 0, err
	}
	return len(report.Runs[0].Results), nil
}

func main() {
	text, err := schemaOf(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, path := range os.Args[2:] {
		results, err := judge(schema, path)
		if err != nil {
			fmt.Printf("%s: %v\n", path, err)
			os.Exit(1)
		}
		fmt.Printf("%s: valid, %d results\n", path, results)
	}
}
