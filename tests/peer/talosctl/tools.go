//go:build tools

// Package tools keeps the program that run.sh builds in go.mod.
package tools

import _ "github.com/siderolabs/talos/cmd/talosctl"
