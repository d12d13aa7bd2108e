package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/google"
	"github.com/followup-dev/followup-operator/test/doubles/seed"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// servers are the doubles, listening.
type servers struct{ listeners []listener }

type listener struct {
	net.Listener
	name    string
	handler http.Handler
}

// start reads the seed and listens everywhere, or nowhere.
func start(ctx context.Context, o options) (*servers, error) {
	doubles, err := load(o.seed)
	if err != nil {
		return nil, err
	}
	s := &servers{}
	for _, l := range []struct {
		name, address string
		handler       http.Handler
	}{
		{"slack", o.slack, doubles.Slack},
		{"fathom", o.fathom, doubles.Fathom},
		{"aws", o.aws, doubles.AWS},
		{"anthropic", o.anthropic, doubles.Anthropic},
		{"crono", o.crono, doubles.Crono},
		{"google", o.google, doubles.Google},
		{"control", o.control, control.NewHandler(doubles)},
	} {
		open, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		s.listeners = append(s.listeners, listener{Listener: open, name: l.name, handler: l.handler})
	}
	if o.hooksURL == "" {
		_, port, _ := net.SplitHostPort(s.listeners[0].Addr().String()) // a TCP listener has a port
		o.hooksURL = "http://127.0.0.1:" + port
	}
	doubles.Slack.SetHooksURL(o.hooksURL)
	return s, nil
}

func load(path string) (control.Doubles, error) {
	file, err := os.Open(path)
	if err != nil {
		return control.Doubles{}, err
	}
	defer file.Close()
	f, err := seed.Read(file)
	if err != nil {
		return control.Doubles{}, fmt.Errorf("%s: %w", path, err)
	}
	var d control.Doubles
	if d.Slack, err = slack.New(f.SlackConfig()); err != nil {
		return control.Doubles{}, err
	}
	if d.Fathom, err = fathom.New(f.FathomConfig(time.Now())); err != nil {
		return control.Doubles{}, err
	}
	if d.AWS, err = awssm.New(f.AWSConfig()); err != nil {
		return control.Doubles{}, err
	}
	if d.Anthropic, err = anthropic.New(f.AnthropicConfig()); err != nil {
		return control.Doubles{}, err
	}
	if d.Crono, err = crono.New(f.CronoConfig()); err != nil {
		return control.Doubles{}, err
	}
	d.Google, err = google.New(f.GoogleConfig())
	return d, err
}

func (s *servers) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

// serve answers until ctx ends, and then ends at once: a client that hangs by a fault must not hold the process.
func (s *servers) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range s.listeners {
		server := &http.Server{Handler: l.handler, ReadHeaderTimeout: 10 * time.Second}
		group.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			return server.Close()
		})
	}
	return group.Wait()
}
