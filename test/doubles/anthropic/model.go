package anthropic

import (
	"net/http"
	"slices"
)

// serveModel is https://platform.claude.com/docs/en/api/models/retrieve
func (s *Server) serveModel(w http.ResponseWriter, r *http.Request) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, failure := s.admitted(w, r)
	model := r.PathValue("model")
	switch {
	case failure != nil:
	case !slices.Contains(versions, r.Header.Get("Anthropic-Version")):
		failure = invalid("anthropic-version: %q is not a valid version", r.Header.Get("Anthropic-Version"))
	case s.models != nil && !slices.Contains(s.models, model):
		failure = &refusal{kind: notFound, message: "model: " + model}
	}
	if failure != nil {
		writeError(w, failure)
		return failure.kind.name
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"type": "model", "id": model, "display_name": model, "created_at": "2026-01-01T00:00:00Z",
	})
	return "ok"
}
