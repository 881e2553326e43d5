package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// measure runs a command and tells what it took.
func measure(arguments []string) error {
	command := exec.Command(arguments[0], arguments[1:]...)
	command.Stderr = os.Stderr
	start := time.Now()
	if err := command.Run(); err != nil {
		return err
	}
	wall := time.Since(start)
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	fmt.Printf("wall_ms %d cpu_ms %d peak_mib %d\n", wall.Milliseconds(), cpu.Milliseconds(),
		usage.Maxrss/1024)
	return nil
}
