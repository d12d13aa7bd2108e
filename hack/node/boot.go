package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/hack/progress"
)

const (
	componentPatience = 80 * time.Second // for one component to answer, on a machine that is busy otherwise
	pollEvery         = 50 * time.Millisecond
	tailLines         = 15
)

// boot is pid 1 of the node. It reads its Spec from standard input, whose end before that means that the keeper is dead,
// and sends events to standard output.
func boot() {
	disregard(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE) // it ends by the keeper's SIGKILL
	var spec Spec
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		return
	}
	if err := run(spec); err != nil {
		send(os.Stdout, event{Error: err.Error()})
	}
}

// run returns only when the node cannot go on.
func run(spec Spec) error {
	if err := setUpMounts(spec); err != nil {
		return err
	}
	if err := setUpNetwork(); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(spec.Name)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	children := newProcesses(spec.log, os.NewFile(lockFD, "lock"))
	go children.collect()
	if err := serveControl(children); err != nil {
		return fmt.Errorf("listen on the control socket: %w", err)
	}
	c := &components{spec: spec, children: children, died: make(chan error)}
	if err := c.startAll(); err != nil {
		return err
	}
	return <-c.died
}

// components are the programs that the node cannot be without.
type components struct {
	spec     Spec
	children *processes
	died     chan error
}

func (c *components) startAll() error {
	if err := c.start(firstComponents(c.spec)); err != nil {
		return err
	}
	if err := c.await("containerd", containerdAnswers); err != nil {
		return err
	}
	apiServer, err := apiServerAnswers(c.spec)
	if err != nil {
		return err
	}
	if err := c.await("kube-apiserver", apiServer); err != nil {
		return err
	}
	return c.start(laterComponents(c.spec))
}

func (c *components) start(list []Process) error {
	for _, process := range list {
		_, started, err := c.children.start(process)
		if err != nil {
			return err
		}
		go func() {
			<-started.exited
			c.died <- fmt.Errorf("%s ended (%s)\n%s", started.name, describe(started.status), c.tail(started.name))
		}()
	}
	return nil
}

// await polls until the component answers, any component dies, or patience ends.
func (c *components) await(name string, answers func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), componentPatience)
	defer cancel()
	for {
		err := answers(ctx)
		if err == nil {
			send(os.Stdout, event{Ready: name})
			return nil
		}
		select {
		case died := <-c.died:
			return died
		case <-ctx.Done():
			return fmt.Errorf("%s not ready after %s: %w\n%s", name, componentPatience, err, c.tail(name))
		case <-time.After(pollEvery):
		}
	}
}

func (c *components) tail(name string) string {
	log, err := os.ReadFile(c.spec.log(name))
	if err != nil {
		return err.Error()
	}
	return progress.Tail(log, tailLines)
}

func containerdAnswers(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", containerdSocket)
	if err != nil {
		return err
	}
	return conn.Close()
}

func apiServerAnswers(spec Spec) (func(context.Context) error, error) {
	ca, err := os.ReadFile(spec.pki("ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + spec.pki("ca.crt"))
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+IP+":"+apiPort+"/readyz", nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New("/readyz answers " + answer.Status)
		}
		return nil
	}, nil
}
