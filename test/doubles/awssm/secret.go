package awssm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// secret is a name with the versions that have a staging label.
type secret struct {
	name     string
	arn      string
	current  version
	previous *version
}

type version struct {
	id      string
	value   string
	created time.Time
}

// Put gives a secret a new current version, creating the secret if there is none; the last current version becomes
// AWSPREVIOUS.
func (s *Server) Put(declared Secret) error {
	if err := declared.validate(); err != nil {
		return fmt.Errorf("secrets manager double: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := version{id: uuid.NewString(), value: declared.Value, created: s.now()}
	known, ok := s.secrets[declared.Name]
	if !ok {
		s.secrets[declared.Name] = &secret{name: declared.Name, arn: s.newARN(declared.Name), current: v}
		return nil
	}
	last := known.current
	known.previous, known.current = &last, v
	return nil
}

// Delete removes a secret, with its versions. It reports whether there was one.
func (s *Server) Delete(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.secrets[name]
	delete(s.secrets, name)
	return ok
}

// newARN ends with a hyphen and six random letters, as Secrets Manager's do.
func (s *Server) newARN(name string) string {
	return fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", s.region, account, name, uuid.NewString()[:6])
}

// answersTo: a secret is named by its name, its ARN, or its ARN without the suffix.
func (k *secret) answersTo(id string) bool {
	return id == k.name || id == k.arn || id == k.arn[:len(k.arn)-len("-AbCdEf")]
}

// request is the input of GetSecretValue.
type request struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string `json:"VersionStage"`
}

func parseRequest(body []byte) (request, *exception) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var r request
	if err := d.Decode(&r); err != nil {
		return request{}, &exception{Type: "SerializationException", Message: err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return request{}, &exception{Type: "SerializationException", Message: "want one JSON document"}
	}
	if r.SecretID == "" || len(r.SecretID) > 2048 {
		return request{}, &exception{Type: "ValidationException", Message: "SecretId: want 1 to 2048 characters"}
	}
	return r, nil
}

// describe is the output of GetSecretValue.
func (k *secret) describe(r request) (any, *exception) {
	versions, stages := []*version{&k.current, k.previous}, []string{"AWSCURRENT", "AWSPREVIOUS"}
	wanted := r.VersionStage
	if wanted == "" && r.VersionID == "" {
		wanted = stages[0]
	}
	i := slices.IndexFunc(versions, func(v *version) bool { return v != nil && v.id == r.VersionID })
	if r.VersionID == "" {
		i = slices.Index(stages, wanted)
	}
	if i < 0 || versions[i] == nil || (wanted != "" && stages[i] != wanted) {
		return nil, notFound("Secrets Manager can't find the specified secret value for " + strings.TrimSpace(
			"VersionId: "+r.VersionID+" staging label: "+wanted))
	}
	v := versions[i]
	return map[string]any{
		"ARN": k.arn, "Name": k.name, "VersionId": v.id, "VersionStages": []string{stages[i]},
		"SecretString": v.value, "CreatedDate": float64(v.created.UnixMilli()) / 1000,
	}, nil
}
