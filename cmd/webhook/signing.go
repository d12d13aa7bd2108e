package main

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// errNotConfigured is what callers are told; the log says what is wrong, which names Secrets.
var errNotConfigured = errors.New("not configured")

// signingAge is how long signing secrets are used without another look. Reading files for each request is a tenth of its CPU.
const signingAge = time.Second

// signing knows the secrets that Slack signs the app's requests with. It goes on with the last good ones when their Secret
// is lost or broken: users are served while somebody repairs it, or while another one takes its place.
type signing struct {
	source credentials.Source
	owner  credentials.Owner
	ref    tenancy.SecretRef
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	good    []credentials.Secret
	asked   time.Time // when the source was last asked
	problem string    // logged last
}

// secrets returns those of the last second, else the last good ones, or errNotConfigured.
func (s *signing) secrets() ([]credentials.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.good != nil && now.Sub(s.asked) < signingAge {
		return s.good, nil
	}
	s.asked = now
	current, err := s.read()
	s.tell(err)
	if err == nil {
		s.good = current
	}
	if s.good == nil {
		return nil, errNotConfigured
	}
	return s.good, nil
}

// ready returns nil when requests can be verified.
func (s *signing) ready() error {
	_, err := s.secrets()
	return err
}

func (s *signing) read() ([]credentials.Secret, error) {
	raw, err := s.source.Get(s.owner, s.ref)
	if err != nil {
		return nil, err
	}
	app, err := credentials.ParseSlackApp(raw)
	return app.SigningSecrets, err
}

// tell logs a problem when it begins and when it ends, and not with each request and probe in between.
func (s *signing) tell(err error) {
	var problem string
	if err != nil {
		problem = err.Error()
	}
	if problem == s.problem {
		return
	}
	s.problem = problem
	if err == nil {
		s.log.Info("signing secret is readable", "secret", s.ref.String())
		return
	}
	s.log.Error("signing secret not readable", "secret", s.ref.String(), "error", err, "last_good_is_used", s.good != nil)
}
