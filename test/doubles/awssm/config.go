package awssm

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Config is the Secrets Manager that a test lives in: one account in one region.
type Config struct {
	Region     string
	AccessKeys []AccessKey
	Secrets    []Secret
	Now        func() time.Time // nil is time.Now
}

// AccessKey is a long-lived credential that may read every secret.
type AccessKey struct {
	ID     string
	Secret string
}

// Secret is the current version of a secret.
type Secret struct {
	Name  string
	Value string
}

const (
	account  = "123456789012"
	maxValue = 65536 // bytes
)

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

func (c Config) validate() error {
	if c.Region == "" {
		return errors.New("region: required")
	}
	for _, k := range c.AccessKeys {
		if k.ID == "" || k.Secret == "" {
			return fmt.Errorf("access key %q: want an ID and a secret", k.ID)
		}
	}
	seen := map[string]bool{}
	for _, s := range c.Secrets {
		if err := s.validate(); err != nil {
			return err
		}
		if seen[s.Name] {
			return fmt.Errorf("secret %q: declared twice", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

func (s Secret) validate() error {
	if !secretName.MatchString(s.Name) {
		return fmt.Errorf("secret name %q: want 1 to 512 of A-Z a-z 0-9 / _ + = . @ -", s.Name)
	}
	if s.Value == "" || len(s.Value) > maxValue {
		return fmt.Errorf("secret %q: want a value of 1 to %d bytes", s.Name, maxValue)
	}
	return nil
}
