package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const limit = 32 << 20

// papers are an authority, and what it signed.
type papers struct {
	ca  *x509.Certificate
	key ed25519.PrivateKey
}

func template(organization string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{organization}},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func newPapers() (*papers, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := template("talos")
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, public, key)
	if err != nil {
		return nil, err
	}
	ca, err = x509.ParseCertificate(der)
	return &papers{ca, key}, err
}

func (p *papers) sign(organization string, usage x509.ExtKeyUsage) (tls.Certificate, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert := template(organization)
	cert.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	cert.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	der, err := x509.CreateCertificate(rand.Reader, cert, p.ca, public, p.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func writePEM(path, label string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), 0o600)
}

func (p *papers) write(dir string) error {
	client, err := p.sign("os:admin", x509.ExtKeyUsageClientAuth)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, "ca.crt"), "CERTIFICATE", p.ca.Raw); err != nil {
		return err
	}
	err = writePEM(filepath.Join(dir, "client.crt"), "CERTIFICATE", client.Certificate[0])
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, "client.key"), "ED25519 PRIVATE KEY", key)
}

// node answers like nothing that exists: each method has one way to be difficult.
type node struct {
	machine.UnimplementedMachineServiceServer
	leave     func()
	cancelled atomic.Int64
	mu        sync.Mutex
	upload    string
}

func (n *node) Version(ctx context.Context, _ *emptypb.Empty) (*machine.VersionResponse, error) {
	grpc.SetHeader(ctx, metadata.Pairs("x-header", "one"))
	grpc.SetTrailer(ctx, metadata.Pairs("x-trailer-bin", "\x00\xff"))
	return &machine.VersionResponse{Messages: []*machine.Version{{
		Version:  &machine.VersionInfo{Tag: "v1.13.9", Arch: "amd64"},
		Platform: &machine.PlatformInfo{Name: "metal", Mode: "metal"},
		Features: &machine.FeaturesInfo{Rbac: true},
	}}}, nil
}

// ServiceList is six megabytes in one message.
func (n *node) ServiceList(context.Context, *emptypb.Empty) (*machine.ServiceListResponse, error) {
	list := &machine.ServiceList{}
	for i := range 6 {
		list.Services = append(list.Services, &machine.ServiceInfo{
			Id: fmt.Sprintf("service%d", i), State: "Running",
			Health: &machine.ServiceHealth{
				Healthy: true, LastMessage: string(bytes.Repeat([]byte("x"), 1<<20)),
			},
		})
	}
	return &machine.ServiceListResponse{Messages: []*machine.ServiceList{list}}, nil
}

// Memory never answers.
func (n *node) Memory(ctx context.Context, _ *emptypb.Empty) (*machine.MemoryResponse, error) {
	<-ctx.Done()
	n.cancelled.Add(1)
	return nil, ctx.Err()
}

// LoadAvg is an error with details, and a message that has to be encoded.
func (n *node) LoadAvg(context.Context, *emptypb.Empty) (*machine.LoadAvgResponse, error) {
	refusal, err := status.New(codes.FailedPrecondition, "100% no: später").WithDetails(
		&errdetails.ErrorInfo{Reason: "LATER", Domain: "talforge.test"})
	if err != nil {
		return nil, err
	}
	return nil, refusal.Err()
}

func (n *node) ApplyConfiguration(_ context.Context, request *machine.ApplyConfigurationRequest) (
	*machine.ApplyConfigurationResponse, error,
) {
	return &machine.ApplyConfigurationResponse{Messages: []*machine.ApplyConfiguration{{
		Mode: request.Mode, Warnings: []string{strconv.Itoa(len(request.Data))},
	}}}, nil
}

func (n *node) EtcdRecover(stream grpc.ClientStreamingServer[
	common.Data, machine.EtcdRecoverResponse]) error {
	pieces, size := 0, 0
	for {
		piece, err := stream.Recv()
		if err != nil {
			break
		}
		pieces++
		size += len(piece.Bytes)
	}
	n.mu.Lock()
	n.upload = fmt.Sprintf("%d bytes, many pieces: %t", size, pieces > 1)
	n.mu.Unlock()
	return stream.SendAndClose(&machine.EtcdRecoverResponse{
		Messages: []*machine.EtcdRecover{{}},
	})
}

func send(stream grpc.ServerStreamingServer[common.Data], count, size int) error {
	for range count {
		if err := stream.Send(&common.Data{Bytes: bytes.Repeat([]byte("y"), size)}); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) Read(request *machine.ReadRequest,
	stream grpc.ServerStreamingServer[common.Data]) error {
	switch request.Path {
	case "/big":
		return send(stream, 2, 5<<20)
	case "/many":
		return send(stream, 5000, 1024)
	case "/late-error":
		if err := send(stream, 3, 10); err != nil {
			return err
		}
		return status.Error(codes.DataLoss, "the rest is gone")
	case "/forever":
		if err := send(stream, 1, 1); err != nil {
			return err
		}
		<-stream.Context().Done()
		n.cancelled.Add(1)
		return stream.Context().Err()
	case "/leave":
		n.leave()
		for range 10 {
			if err := send(stream, 1, 1); err != nil {
				return err
			}
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	case "/cancelled":
		return stream.Send(&common.Data{Bytes: []byte(strconv.Itoa(int(n.cancelled.Load())))})
	case "/uploaded":
		n.mu.Lock()
		defer n.mu.Unlock()
		return stream.Send(&common.Data{Bytes: []byte(n.upload)})
	}
	return status.Errorf(codes.NotFound, "%s is not there", request.Path)
}

// door is one of the listeners that a port has in turn: closing it leaves the port open.
type door struct {
	net.Listener
	arrivals chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case arrival := <-d.arrivals:
		return arrival, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// endpoint serves on one port; a server that says goodbye is followed by another at once.
func endpoint(config *tls.Config, ready chan<- int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready <- listener.Addr().(*net.TCPAddr).Port
	arrivals := make(chan net.Conn)
	go func() {
		for arrival, err := listener.Accept(); err == nil; arrival, err = listener.Accept() {
			arrivals <- arrival
		}
	}()
	for {
		one := &door{Listener: listener, arrivals: arrivals, closed: make(chan struct{})}
		server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)),
			grpc.MaxRecvMsgSize(limit))
		machine.RegisterMachineServiceServer(server,
			&node{leave: func() { go server.GracefulStop() }})
		go server.Serve(one)
		<-one.closed
	}
}

func serve(arguments []string) error {
	dir := arguments[0]
	own, err := newPapers()
	if err != nil {
		return err
	}
	if err := own.write(dir); err != nil {
		return err
	}
	identity, err := own.sign("", x509.ExtKeyUsageServerAuth)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AddCert(own.ca)
	mutual := &tls.Config{
		Certificates: []tls.Certificate{identity}, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		SessionTicketsDisabled: true,
	}
	maintenance := &tls.Config{
		Certificates: []tls.Certificate{identity}, MinVersion: tls.VersionTLS13,
	}
	ports, failed := make(chan int), make(chan error)
	for _, config := range []*tls.Config{mutual, maintenance} {
		go func() { failed <- endpoint(config, ports) }()
		select {
		case port := <-ports:
			fmt.Println(port)
		case err := <-failed:
			return err
		}
	}
	fmt.Println("ready")
	return <-failed
}
