package slack

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// hook is a response_url.
type hook struct {
	request *Request
	actor   actor
	source  *post // the message in which the person acted; nil for a command or a shortcut
	expires time.Time
	uses    int
}

// serveHook takes a message posted to a response_url. The limits are those of
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses; the page does not give the answers
// beyond them. Those here are what is seen: 404 and JSON whose error is "used_url" or "Expired url".
func (s *Server) serveHook(w http.ResponseWriter, r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(status int, code string) string {
		writeJSON(w, status, result{"ok": false, "error": code})
		return code
	}
	h, known := s.hooks[r.URL.Path]
	if !known {
		return refuse(http.StatusNotFound, "no_service")
	}
	if s.now().After(h.expires) {
		return refuse(http.StatusNotFound, "Expired url")
	}
	if h.uses >= hookUses {
		return refuse(http.StatusNotFound, "used_url")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.RawQuery != "" || !isJSON(r) {
		return refuse(http.StatusBadRequest, "invalid_payload")
	}
	message, code := parseMessage(body)
	if code != "" {
		return refuse(http.StatusBadRequest, code)
	}
	h.uses++
	s.take(h, message)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, `{"ok":true}`)
	return "ok"
}

// take shows a message, in place of the one in which the person acted if it says so. Where there is none (a command's
// response_url), Slack posts a new one.
func (s *Server) take(h *hook, m hookMessage) {
	switch {
	case h.source != nil && m.DeleteOriginal:
		h.source.message.Deleted = true
	case h.source != nil && m.ReplaceOriginal && !h.source.message.Deleted:
		h.source.replace(m.Body, s.now())
	case !m.DeleteOriginal:
		channel := channelID
		if h.source != nil {
			channel = h.source.channel
		}
		h.request.Messages = append(h.request.Messages, s.post(h.actor, channel, m.Message))
	}
}

func isJSON(r *http.Request) bool {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && contentType == jsonType
}

// hookMessage is a message as posted to a response_url, with what it does to the original.
type hookMessage struct {
	Message
	ReplaceOriginal, DeleteOriginal bool
}

// parseMessage reads a message as a response_url or an acknowledgement takes it; code is Slack's error, or "".
func parseMessage(body []byte) (m hookMessage, code string) {
	if !json.Valid(body) {
		return hookMessage{}, "invalid_payload"
	}
	var content struct {
		Text            string            `json:"text"`
		Blocks          []json.RawMessage `json:"blocks"`
		ResponseType    string            `json:"response_type"`
		ReplaceOriginal bool              `json:"replace_original"`
		DeleteOriginal  bool              `json:"delete_original"`
	}
	if problems := blockkit.CheckMessage(body); problems != nil {
		return hookMessage{Message: Message{Problems: messagesOf(problems)}}, "invalid_blocks"
	}
	if err := json.Unmarshal(body, &content); err != nil {
		return hookMessage{}, "invalid_payload"
	}
	if content.Text == "" && len(content.Blocks) == 0 && !content.DeleteOriginal {
		return hookMessage{}, "no_text"
	}
	return hookMessage{
		Message:         Message{Ephemeral: content.ResponseType != "in_channel", Body: body},
		ReplaceOriginal: content.ReplaceOriginal, DeleteOriginal: content.DeleteOriginal,
	}, ""
}

// hookWording words faults as hooks.slack.com does.
type hookWording struct{}

func (hookWording) WriteError(w http.ResponseWriter, code string) {
	writeJSON(w, http.StatusNotFound, result{"ok": false, "error": code})
}

func (hookWording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, "rate_limited")
}

// textMessage is the message that plain text means.
func textMessage(text string) json.RawMessage {
	return encoded(map[string]string{"text": text})
}
