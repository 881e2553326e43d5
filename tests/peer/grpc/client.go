package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

type host struct{ address, socket string }

// hosts reads the lines of a hosts file that lead to the Talos API.
func hosts(path string) ([]host, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []host
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && strings.HasSuffix(words[0], ":50000") {
			out = append(out, host{strings.TrimSuffix(words[0], ":50000"), words[1]})
		}
	}
	return out, nil
}

func connect(ctx context.Context, settings *config.Config, socket string) (*client.Client, error) {
	return client.New(ctx, client.WithConfig(settings), client.WithEndpoints(socket))
}

// test is one talk with one node.
type test struct {
	name string
	run  func(ctx context.Context, c *client.Client, all []host) error
}

func wants(err error, code codes.Code) error {
	if status.Code(err) != code {
		return fmt.Errorf("%v instead of %v: %w", status.Code(err), code, err)
	}
	return nil
}

var tests = []test{
	{"version", func(ctx context.Context, c *client.Client, _ []host) error {
		reply, err := c.MachineClient.Version(ctx, &emptypb.Empty{})
		if err == nil && reply.Messages[0].Version.Tag != "v1.13.9" {
			err = errors.New(reply.Messages[0].Version.Tag)
		}
		return err
	}},
	{"many nodes in one call", func(ctx context.Context, c *client.Client, all []host) error {
		var names []string
		for _, one := range all {
			names = append(names, one.address)
		}
		reply, err := c.ServiceList(client.WithNodes(ctx, names...))
		if err == nil && len(reply.Messages) != len(all) {
			err = fmt.Errorf("%d answers", len(reply.Messages))
		}
		for _, one := range reply.GetMessages() {
			if one.Metadata.GetHostname() == "" {
				err = errors.New("an answer without a name")
			}
		}
		return err
	}},
	{"a node that is not there", func(ctx context.Context, c *client.Client, _ []host) error {
		_, err := c.Version(client.WithNode(ctx, "192.0.2.1"))
		return wants(err, codes.Unavailable)
	}},
	{"resources", func(ctx context.Context, c *client.Client, _ []host) error {
		one, err := safe.StateGetByID[*runtime.MachineStatus](ctx, c.COSI, "machine")
		if err != nil {
			return err
		}
		if one.TypedSpec().Stage != runtime.MachineStageRunning {
			return fmt.Errorf("stage %v", one.TypedSpec().Stage)
		}
		list, err := safe.StateListAll[*network.NodeAddress](ctx, c.COSI)
		if err == nil && list.Len() == 0 {
			err = errors.New("no addresses")
		}
		return err
	}},
	{"a watch", func(ctx context.Context, c *client.Client, _ []host) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		events := make(chan state.Event)
		kind := resource.NewMetadata("runtime", runtime.MachineStatusType, "", resource.VersionUndefined)
		err := c.COSI.WatchKind(ctx, kind, events, state.WithBootstrapContents(true))
		if err != nil {
			return err
		}
		for _, want := range []state.EventType{state.Created, state.Bootstrapped} {
			if event := <-events; event.Type != want {
				return fmt.Errorf("%v instead of %v: %v", event.Type, want, event.Error)
			}
		}
		return nil
	}},
	{"a resource that is not there", func(ctx context.Context, c *client.Client, _ []host) error {
		_, err := safe.StateGetByID[*runtime.MachineStatus](ctx, c.COSI, "nobody")
		if !state.IsNotFoundError(err) {
			return fmt.Errorf("not found is %w", err)
		}
		return nil
	}},
	{"events", func(ctx context.Context, c *client.Client, _ []host) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		events := make(chan client.EventResult)
		if err := c.EventsWatchV2(ctx, events, client.WithTailEvents(5)); err != nil {
			return err
		}
		for range 5 {
			if event := <-events; event.Error != nil {
				return event.Error
			}
		}
		return nil
	}},
	{"a stream", func(ctx context.Context, c *client.Client, _ []host) error {
		stream, err := c.EtcdSnapshot(ctx, &machine.EtcdSnapshotRequest{})
		if err != nil {
			return err
		}
		data, err := io.ReadAll(stream)
		if err == nil && len(data)%512 != 32 {
			err = fmt.Errorf("%d bytes", len(data))
		}
		return err
	}},
	{"an upload", func(ctx context.Context, c *client.Client, _ []host) error {
		stream, err := c.MachineClient.EtcdRecover(ctx)
		if err != nil {
			return err
		}
		piece := &common.Data{Bytes: bytes.Repeat([]byte("z"), 4096)}
		for range 2000 {
			if err := stream.Send(piece); err != nil {
				return err
			}
		}
		_, err = stream.CloseAndRecv()
		return err
	}},
	{"a request of five megabytes", func(ctx context.Context, c *client.Client, _ []host) error {
		_, err := c.ApplyConfiguration(ctx, &machine.ApplyConfigurationRequest{
			Data:   append([]byte("# "), bytes.Repeat([]byte("z"), 5<<20)...),
			DryRun: true,
		})
		return wants(err, codes.InvalidArgument)
	}},
	{"a method that is not there", func(ctx context.Context, c *client.Client, _ []host) error {
		var reply emptypb.Empty
		err := c.Conn().Invoke(ctx, "/machine.MachineService/Nothing", &emptypb.Empty{}, &reply)
		return wants(err, codes.Unimplemented)
	}},
	{"a deadline", func(ctx context.Context, c *client.Client, _ []host) error {
		ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		stream, err := c.MachineClient.Events(ctx, &machine.EventsRequest{})
		for err == nil {
			_, err = stream.Recv()
		}
		return wants(err, codes.DeadlineExceeded)
	}},
	{"a cancelled call", func(ctx context.Context, c *client.Client, _ []host) error {
		inner, cancel := context.WithCancel(ctx)
		stream, err := c.MachineClient.Events(inner, &machine.EventsRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		cancel()
		for err == nil {
			_, err = stream.Recv()
		}
		if err := wants(err, codes.Canceled); err != nil {
			return err
		}
		_, err = c.Version(ctx)
		return err
	}},
}

func strangers(ctx context.Context, socket string) error {
	c, err := client.New(ctx, client.WithEndpoints(socket),
		client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Version(ctx)
	return wants(err, codes.Unavailable)
}

func drive(arguments []string) error {
	settings, err := config.Open(arguments[0])
	if err != nil {
		return err
	}
	all, err := hosts(arguments[1])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := connect(ctx, settings, all[0].socket)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, one := range tests {
		if err := one.run(ctx, c, all); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Println("ok", one.name)
	}
	if err := strangers(ctx, all[0].socket); err != nil {
		return fmt.Errorf("no certificate: %w", err)
	}
	fmt.Println("ok no certificate")
	return nil
}
