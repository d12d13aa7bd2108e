package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/schema"
)

// The files in the directory of logins; each holds one DSN.
const (
	operatorLogin = "operator"
	webhookLogin  = "webhook"
	workerLogin   = "worker"
)

// logins are the DSNs that the operator works with and hands on.
type logins struct{ operator, webhook, worker credentials.Secret }

func readLogins(dir string) (logins, error) {
	var l logins
	for name, login := range map[string]*credentials.Secret{
		operatorLogin: &l.operator, webhookLogin: &l.webhook, workerLogin: &l.worker,
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return logins{}, fmt.Errorf("read a login (has `operator migrate` run?): %w", err)
		}
		*login = credentials.NewSecret(strings.TrimSpace(string(text)))
	}
	return l, nil
}

// writeLogins puts each file in place whole: a reader sees the old one or the new one. The group may read, which is the
// pod's fsGroup.
func writeLogins(dir string, dsns schema.LoginDSNs) error {
	for name, dsn := range map[string]string{
		operatorLogin: dsns.Operator, webhookLogin: dsns.Webhook, workerLogin: dsns.Worker,
	} {
		if err := writeFile(filepath.Join(dir, name), dsn); err != nil {
			return fmt.Errorf("write a login: %w", err)
		}
	}
	return nil
}

func writeFile(path, text string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	if err := file.Chmod(0o640); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
