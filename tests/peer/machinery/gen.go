package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	sideronet "github.com/siderolabs/net"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/bundle"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"go.yaml.in/yaml/v4"
)

// Random options of `gen config`.
type request struct {
	name, endpoint, contract, kubernetes, disk, image, domain string
	sans, mirrors                                             []string
	discovery, kubespan                                       bool
	patches, control, worker                                  []string
	bundle                                                    string // its file
}

var (
	contracts = []string{"v1.9", "1.10", "v1.11.3", "v1.12", "v1.13", "1.13.9", "v1.8", "v1.7.0-alpha.1",
		"v1.6", "v1.5", "v1.3", "v1.2", "v1.1", "v1.0", "1", "v1.13-alpha", "v2.0", "v0.14", "vx"}
	endpoints = []string{"https://10.0.0.1:6443", "https://Host.example", "HTTPS://a:1/path/",
		"https://[fd00::1]:6443", "http://a:6443", "a:6443", "10.0.0.1", "https://fd00::1:6443",
		"https://:6443", "https://a:0", "https://a:70000", "https://", "https://a b:1", "fd00::1",
		"https://u:p@a:1/?q=1#f", "https://cp.example:6443"}
	hosts = []string{"docker.io", "ghcr.io", "*", "a.example:5000", "b", "k8s.gcr.io"}
)

func (m *maker) some(from []string, most int) []string {
	out := []string{}
	for range m.IntN(most + 1) {
		out = append(out, pick(m, from))
	}
	return out
}

func (m *maker) request(bundles []string) *request {
	m.wild = 0
	r := &request{
		name:       pick(m, []string{"c", "Cluster-1", "a b", "yes", "1", "ü"}),
		endpoint:   endpoints[0],
		contract:   contracts[m.IntN(6)],
		kubernetes: pick(m, []string{"1.36.3", "v1.31.0", "1.30.0-rc.1", ""}),
		disk:       pick(m, []string{"/dev/sda", "", "/dev/disk/by-id/x", "yes"}),
		image:      pick(m, []string{"ghcr.io/siderolabs/installer:v1.13.9", "", "x"}),
		domain:     pick(m, []string{"cluster.local", "example.org"}),
		sans:       m.some([]string{"a.example", "10.0.0.9", "fd00::9", "no"}, 3),
		discovery:  m.chance(0.7),
		kubespan:   m.chance(0.3),
		bundle:     pick(m, bundles),
	}
	if m.chance(0.5) {
		r.endpoint = pick(m, endpoints)
	}
	if m.chance(0.4) {
		r.contract = pick(m, contracts)
	}
	for range m.IntN(3) {
		r.mirrors = append(r.mirrors, pick(m, hosts)+"="+pick(m, []string{"http://m:1", "https://n/v2", "x", ""}))
	}
	for _, list := range []*[]string{&r.patches, &r.control, &r.worker} {
		if m.chance(0.25) {
			docs := m.strategic(m.config())
			*list = append(*list, documents(docs))
		}
	}
	return r
}

func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	if u.Scheme != "https" {
		return errors.New("not https")
	}
	return sideronet.ValidateEndpointURI(text)
}

func loadAll(texts []string) ([]configpatcher.Patch, error) {
	list := []configpatcher.Patch{}
	for _, text := range texts {
		patch, err := configpatcher.LoadPatch([]byte(text))
		if err != nil {
			return nil, err
		}
		list = append(list, patch)
	}
	return list, nil
}

func (r *request) options() ([]generate.Option, error) {
	out := []generate.Option{}
	for _, mirror := range r.mirrors {
		host, address, _ := strings.Cut(mirror, "=")
		out = append(out, generate.WithRegistryMirror(host, address))
	}
	contract, err := config.ParseContractFromVersion(r.contract)
	if err != nil {
		return nil, err
	}
	out = append(out, generate.WithVersionContract(contract))
	if r.kubespan {
		out = append(out, generate.WithKubeSpanEnabled(true))
	}
	loaded, err := secrets.LoadBundle(r.bundle)
	if err != nil {
		return nil, err
	}
	return append(out, generate.WithSecretsBundle(loaded), generate.WithInstallDisk(r.disk),
		generate.WithInstallImage(r.image), generate.WithAdditionalSubjectAltNames(r.sans),
		generate.WithDNSDomain(r.domain), generate.WithClusterDiscovery(r.discovery)), nil
}

func (r *request) theirs() outcome {
	return caught(func() (string, error) {
		if err := checkEndpoint(r.endpoint); err != nil {
			return "", err
		}
		options, err := r.options()
		if err != nil {
			return "", err
		}
		all := []bundle.Option{bundle.WithVerbose(false), bundle.WithInputOptions(&bundle.InputOptions{
			ClusterName: r.name,
			Endpoint:    r.endpoint,
			KubeVersion: strings.TrimPrefix(r.kubernetes, "v"),
			GenOptions:  options,
		})}
		for i, texts := range [][]string{r.patches, r.control, r.worker} {
			patches, err := loadAll(texts)
			if err != nil {
				return "", err
			}
			with := []func([]configpatcher.Patch) bundle.Option{bundle.WithPatch,
				bundle.WithPatchControlPlane, bundle.WithPatchWorker}
			all = append(all, with[i](patches))
		}
		made, err := bundle.NewBundle(all...)
		if err != nil {
			return "", err
		}
		text := ""
		for _, kind := range []machine.Type{machine.TypeControlPlane, machine.TypeWorker} {
			part, err := made.Serialize(encoder.CommentsDisabled, kind)
			if err != nil {
				return "", err
			}
			text += "##### " + kind.String() + "\n" + string(part)
		}
		return text, nil
	})
}

func (r *request) arguments(folder string) ([]string, error) {
	out := []string{"gen", "config", r.name, r.endpoint, "--talos-version", r.contract, "--kubernetes-version",
		r.kubernetes, "--install-disk", r.disk, "--install-image", r.image, "--dns-domain", r.domain,
		"--with-secrets", r.bundle, fmt.Sprintf("--with-cluster-discovery=%v", r.discovery),
		fmt.Sprintf("--with-kubespan=%v", r.kubespan), "--with-docs=false", "--with-examples=false", "-o", folder,
		"--output-types", "controlplane,worker", "--force"}
	for _, san := range r.sans {
		out = append(out, "--additional-sans", san)
	}
	for _, mirror := range r.mirrors {
		out = append(out, "--registry-mirror", mirror)
	}
	flags := []string{"--config-patch", "--config-patch-control-plane", "--config-patch-worker"}
	for i, texts := range [][]string{r.patches, r.control, r.worker} {
		for k, text := range texts {
			path := filepath.Join(folder, fmt.Sprintf("patch-%d-%d.yaml", i, k))
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				return nil, err
			}
			out = append(out, flags[i], "@"+path)
		}
	}
	return out, nil
}

func (r *request) ours(talforge, as, folder string) outcome {
	arguments, err := r.arguments(folder)
	if err != nil {
		return outcome{"crash", err.Error()}
	}
	said, err := exec.Command(talforge, append(arguments, "--as", as)...).CombinedOutput()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() > 0:
		return outcome{"error", string(said)}
	case err != nil:
		return outcome{"crash", err.Error()}
	}
	text := ""
	for _, kind := range []string{"controlplane", "worker"} {
		part, err := os.ReadFile(filepath.Join(folder, kind+".yaml"))
		if err != nil {
			return outcome{"crash", err.Error()}
		}
		text += "##### " + kind + "\n" + string(part)
	}
	return outcome{"ok", text}
}

// One bundle as old contracts have it, one as today's.
func makeBundles(folder string) ([]string, error) {
	out := []string{}
	for _, version := range []string{"v1.2", "v1.13"} {
		contract, err := config.ParseContractFromVersion(version)
		if err != nil {
			return nil, err
		}
		made, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), contract)
		if err != nil {
			return nil, err
		}
		text, err := yaml.Marshal(made)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(folder, version+".yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, err
		}
		out = append(out, path)
	}
	return out, nil
}

// The lines of two texts from the first that differs.
func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range left {
		if i >= len(right) || left[i] != right[i] {
			to := min(i+6, len(left))
			other := ""
			if i < len(right) {
				other = strings.Join(right[i:min(i+6, len(right))], "\n")
			}
			return fmt.Sprintf("line %d\n--- ours\n%s\n--- theirs\n%s", i+1, strings.Join(left[i:to], "\n"), other)
		}
	}
	return "theirs goes on"
}

func anyUnreadable(text string) bool {
	for _, part := range strings.Split(text, "##### ")[1:] {
		_, config, _ := strings.Cut(part, "\n")
		if unreadable(config) {
			return true
		}
	}
	return false
}

func runGen(talforge, as string, count uint64, limit int, deadline time.Time) (tally, error) {
	var t tally
	folder, err := os.MkdirTemp("", "talforge-peer-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(folder)
	bundles, err := makeBundles(folder)
	if err != nil {
		return t, err
	}
	kinds := allKinds()
	for seed := uint64(1); seed <= count && t.different < limit && time.Now().Before(deadline); seed++ {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 2)), kinds: kinds}
		r := m.request(bundles)
		theirs, mine := r.theirs(), r.ours(talforge, as, folder)
		switch {
		case theirs.verdict == "crash":
			t.crashed++
		case theirs.verdict == "ok" && anyUnreadable(theirs.text):
			t.unreadable++
		case !mine.equal(theirs):
			t.different++
			arguments, _ := r.arguments(folder)
			fmt.Printf("=== gen, seed %d: talforge %q\n%q\n--- ours: %s\n--- theirs: %s\n", seed, arguments,
				[][]string{r.patches, r.control, r.worker}, mine.verdict, theirs.verdict)
			if mine.verdict == theirs.verdict {
				fmt.Println(firstDifference(mine.text, theirs.text))
			} else if mine.verdict == "ok" {
				fmt.Println(theirs.text)
			} else {
				fmt.Println(mine.text)
			}
		case mine.verdict == "ok":
			t.equal++
		default:
			t.refused++
		}
	}
	return t, nil
}
