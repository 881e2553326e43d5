// Command grpc is the other end of our client and of our server, on the official Talos machinery
// and grpc-go:
//
//	grpc server DIR                            until it is ended; see server.go
//	grpc client TALOSCONFIG HOSTS              drives a simulated cluster; see client.go
//	grpc status TALOSCONFIG HOSTS WIDTH        asks what status asks, WIDTH nodes at a time
//	grpc measure COMMAND...                    its wall and CPU time and peak memory
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"server": serve, "client": drive, "status": lookAtAll,
		"measure": measure}

	if len(os.Args) < 3 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: grpc server|client|status ARGUMENT...")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "grpc:", err)
		os.Exit(1)
	}
}
