package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/client/config"
	machineconfig "github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
)

// look asks one node what the status command asks.
func look(ctx context.Context, settings *config.Config, socket string) error {
	c, err := connect(ctx, settings, socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Version(ctx); err != nil {
		return err
	}
	if _, err := safe.StateGetByID[*runtime.MachineStatus](ctx, c.COSI, "machine"); err != nil {
		return err
	}
	if _, err := c.ServiceList(ctx); err != nil {
		return err
	}
	if _, err := safe.StateGetByID[*machineconfig.MachineConfig](ctx, c.COSI,
		machineconfig.ActiveID); err != nil {
		return err
	}
	_, err = safe.StateListAll[*runtime.ExtensionStatus](ctx, c.COSI)
	return err
}

func lookAtAll(arguments []string) error {
	settings, err := config.Open(arguments[0])
	if err != nil {
		return err
	}
	all, err := hosts(arguments[1])
	if err != nil {
		return err
	}
	width, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	start, queue := time.Now(), make(chan string)
	for range width {
		wait.Go(func() {
			for socket := range queue {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				if err := look(ctx, settings, socket); err != nil {
					failed.Store(&err)
				}
				cancel()
			}
		})
	}
	for _, one := range all {
		queue <- one.socket
	}
	close(queue)
	wait.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	fmt.Printf("nodes %d wall_ms %.1f\n", len(all), float64(time.Since(start).Microseconds())/1e3)
	return nil
}
