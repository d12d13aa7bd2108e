package awssm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const (
	// GetSecretValue is the operation under which calls fail and are counted.
	GetSecretValue = "GetSecretValue"

	targetPrefix = "secretsmanager."
	contentType  = "application/x-amz-json-1.1"
	maxBody      = 1 << 20
)

// Server is the double. It serves the API at "/".
type Server struct {
	region   string
	now      func() time.Time
	verifier verifier
	faults   fault.Set
	log      calls.Log

	mu      sync.Mutex
	secrets map[string]*secret // by name
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("secrets manager double: %w", err)
	}
	s := &Server{region: c.Region, now: c.Now, secrets: map[string]*secret{}}
	if s.now == nil {
		s.now = time.Now
	}
	s.verifier = newVerifier(c.Region, c.AccessKeys, s.now)
	for _, declared := range c.Secrets {
		if err := s.Put(declared); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Fail queues a fault for an operation: GetSecretValue. The code of fault.Error is an exception's name, such as
// ThrottlingException, DecryptionFailure, InternalServiceError or AccessDeniedException.
func (s *Server) Fail(operation string, f fault.Fault) error {
	if operation != GetSecretValue {
		return fmt.Errorf("secrets manager double: operation %q is unknown", operation)
	}
	return s.faults.Add(operation, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by operation and outcome: "ok", the exception's name, or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as secretsmanager.<region>.amazonaws.com does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		exception{Type: "SerializationException", Message: "Request too large"}.write(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	if !ok || operation != GetSecretValue {
		s.log.Add(cmp.Or(operation, "none"), "UnknownOperationException")
		exception{Type: "UnknownOperationException"}.write(w)
		return
	}
	outcome := s.faults.Serve(w, r, operation, wording{}, func(w http.ResponseWriter, r *http.Request) string {
		answer, failure := s.getSecretValue(r, body)
		if failure != nil {
			failure.write(w)
			return failure.Type
		}
		write(w, http.StatusOK, answer)
		return "ok"
	})
	s.log.Add(operation, outcome)
}

func (s *Server) getSecretValue(r *http.Request, body []byte) (any, *exception) {
	if r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "" {
		return nil, &exception{Type: "UnknownOperationException"}
	}
	if r.Header.Get("Content-Type") != contentType {
		return nil, &exception{Type: "SerializationException", Message: "want Content-Type " + contentType}
	}
	if failure := s.verifier.verify(r, body); failure != nil {
		return nil, failure
	}
	request, failure := parseRequest(body)
	if failure != nil {
		return nil, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.secrets {
		if known.answersTo(request.SecretID) {
			return known.describe(request)
		}
	}
	return nil, notFound("Secrets Manager can't find the specified secret.")
}

// exception is an error of AWS' JSON protocol.
type exception struct {
	Type    string
	Message string
}

func notFound(message string) *exception {
	return &exception{Type: "ResourceNotFoundException", Message: message}
}

func (e exception) write(w http.ResponseWriter) {
	status := http.StatusBadRequest
	if e.Type == "InternalServiceError" || e.Type == "InternalFailure" {
		status = http.StatusInternalServerError
	}
	w.Header().Set("X-Amzn-Errortype", e.Type)
	write(w, status, map[string]string{"__type": e.Type, "Message": e.Message})
}

func write(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("secrets manager double: an answer that cannot be encoded"), err))
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// wording words faults as AWS does.
type wording struct{}

func (wording) WriteError(w http.ResponseWriter, code string) {
	exception{Type: code, Message: "injected by the test double"}.write(w)
}

// WriteRateLimited: AWS throttles with an exception and says nothing of when to come back.
func (wording) WriteRateLimited(w http.ResponseWriter, _ int) {
	exception{Type: "ThrottlingException", Message: "Rate exceeded"}.write(w)
}
