package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/followup-dev/followup-operator/test/doubles/seed"
)

// secretsStaySecret looks for every credential of seed.json and of the database where none belongs.
func (s *stack) secretsStaySecret(ctx context.Context) error {
	planted, err := s.plantedSecrets(ctx)
	if err != nil {
		return err
	}
	s.keepPodLogs(ctx)
	dump, err := s.psql(ctx, `SELECT to_jsonb(x) FROM followup.tenants x UNION ALL SELECT to_jsonb(x) FROM followup.crm_connections x
		UNION ALL SELECT to_jsonb(x) FROM followup.users x UNION ALL SELECT to_jsonb(x) FROM followup.meeting_sessions x
		UNION ALL SELECT to_jsonb(x) FROM followup.session_revisions x UNION ALL SELECT to_jsonb(x) FROM followup.meeting_actions x
		UNION ALL SELECT to_jsonb(x) FROM followup.connection_tokens x UNION ALL SELECT to_jsonb(x) FROM followup.account_mappings x
		UNION ALL SELECT to_jsonb(x) FROM followup.audit_logs x UNION ALL SELECT to_jsonb(x) FROM river.river_job x`, "-At")
	if err != nil {
		return err
	}
	places := map[string]string{"rows": dump}
	for _, name := range []string{"operator.pods", "webhook.pods", "followup.yaml", "events.yaml"} {
		text, err := os.ReadFile(s.cluster.LogFile(name))
		if err != nil {
			return err
		}
		if len(text) == 0 {
			return fmt.Errorf("%s is empty: nothing was looked at", name)
		}
		places[name] = string(text)
	}
	for place, text := range places {
		for what, secret := range planted {
			if strings.Contains(text, secret) {
				return fmt.Errorf("%s hold %s", place, what)
			}
		}
	}
	return nil
}

// plantedSecrets are the values that must be nowhere, by what they are: those of seed.json and the logins' passwords.
func (s *stack) plantedSecrets(ctx context.Context) (map[string]string, error) {
	file, err := os.Open(filepath.Join(s.root, seedFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, err := seed.Read(file)
	if err != nil {
		return nil, err
	}
	planted := map[string]string{}
	for _, w := range known.Slack.Workspaces {
		planted["the bot token of "+w.Name] = w.Token
	}
	for i, key := range known.Fathom.Keys {
		planted[fmt.Sprintf("Fathom key %d", i)] = key.Key
	}
	for _, key := range known.AWS.AccessKeys {
		planted["the AWS access key "+key.ID] = key.Secret
	}
	for _, secret := range known.AWSConfig().Secrets {
		plant(planted, secret.Name, secret.Value)
	}
	return planted, s.plantPasswords(ctx, planted)
}

// plant adds a credential that is a plain text, or each member of one that is JSON but those that only say whose it is.
func plant(planted map[string]string, name, value string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value), &members); err != nil {
		planted[name] = value
		return
	}
	for member, raw := range members {
		if member == "email" || member == "client_id" {
			continue
		}
		text := string(raw)
		_ = json.Unmarshal(raw, &text) // an object stays as it is
		plant(planted, name+"/"+member, text)
	}
}

// plantPasswords adds the database passwords that Secrets hold: the administrator's, the webhook's and the worker's. The
// operator's stands in the memory of its pod alone.
func (s *stack) plantPasswords(ctx context.Context, planted map[string]string) error {
	for _, login := range []struct{ namespace, secret, key string }{
		{systemNamespace, "followup-database", "dsn"},
		{appNamespace, "followup-webhook-dsn", "webhook"},
		{appNamespace, "followup-webhook-dsn", "worker"},
	} {
		encoded, err := s.kubectl(ctx, "get", "secret", login.secret, "-n", login.namespace, "-o", "jsonpath={.data."+login.key+"}")
		if err != nil {
			return err
		}
		dsn, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return err
		}
		parsed, err := url.Parse(string(dsn))
		if err != nil {
			return fmt.Errorf("the DSN in %s/%s is no URL", login.secret, login.key)
		}
		password, set := parsed.User.Password()
		if !set {
			return fmt.Errorf("the DSN in %s/%s has no password", login.secret, login.key)
		}
		planted["the password in "+login.secret+"/"+login.key] = password
	}
	return nil
}
