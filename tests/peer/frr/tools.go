//go:build tools

// Package tools keeps the program that run.sh builds in go.mod: the speaker that plays the cluster.
package tools

import _ "github.com/osrg/gobgp/v3/cmd/gobgpd"
