package google

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
)

// Draft is one that was made, decoded.
type Draft struct {
	ID      string // r-...
	Message string // the message's own, by which Gmail's page knows it
	Header  mail.Header
	To      []string // addresses
	Subject string
	Text    string // with "\n" at the end of lines
	HTML    string
}

type draft struct {
	id, message string
	raw         []byte
	read        message
}

// Drafts returns a user's drafts, newest first.
func (s *Server) Drafts(email string) ([]Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.ofUser(email)
	if err != nil {
		return nil, err
	}
	var all []Draft
	for _, d := range u.drafts {
		all = append(all, Draft{
			ID: d.id, Message: d.message, Header: d.read.header, To: d.read.to, Subject: d.read.subject,
			Text: d.read.texts["text/plain"], HTML: d.read.texts["text/html"],
		})
	}
	return all, nil
}

func (s *Server) createDraft(u *user, r *http.Request) (answer, *refusal) {
	var wanted struct {
		Message struct {
			Raw      string `json:"raw"`
			ThreadID string `json:"threadId"`
		} `json:"message"`
	}
	if err := decode(r, &wanted); err != nil {
		return answer{}, invalidArgument(err.Error())
	}
	if wanted.Message.ThreadID != "" {
		return answer{}, invalidArgument("threadId: the double has no threads")
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(wanted.Message.Raw, "="))
	if err != nil {
		return answer{}, invalidArgument("Invalid value at 'message.raw'")
	}
	read, err := readMessage(raw)
	if err != nil {
		return answer{}, invalidArgument(err.Error())
	}
	if from := read.header.Get("From"); from != "" && !strings.Contains(from, u.email) {
		return answer{}, invalidArgument("Invalid From header")
	}
	read.header["From"] = []string{u.email}
	if s.config.RewriteMessageIDs || !validMessageID(read.header.Get("Message-Id")) {
		read.header["X-Google-Original-Message-Id"] = read.header["Message-Id"]
		read.header["Message-Id"] = []string{fmt.Sprintf("<CAD%d@mail.gmail.com>", s.made)}
	}
	s.made++
	made := &draft{id: fmt.Sprintf("r-%d", 7000000000000000000+s.made), message: fmt.Sprintf("18f%013x", s.made), raw: raw, read: read}
	u.drafts = slices.Insert(u.drafts, 0, made)
	return ok(made.described("minimal"))
}

// described is a draft as drafts.get answers in a format.
func (d *draft) described(format string) map[string]any {
	content := map[string]any{"id": d.message, "threadId": d.message, "labelIds": []string{"DRAFT"}}
	switch format {
	case "raw":
		content["raw"] = base64.URLEncoding.EncodeToString(d.raw)
	case "metadata", "full":
		var headers []map[string]string
		for name, values := range d.read.header {
			for _, value := range values {
				headers = append(headers, map[string]string{"name": name, "value": value})
			}
		}
		payload := map[string]any{"mimeType": d.read.mediaType, "headers": headers}
		if format == "full" {
			payload["parts"] = d.parts()
		}
		content["payload"] = payload
	}
	return map[string]any{"id": d.id, "message": content}
}

func (d *draft) parts() []map[string]any {
	var parts []map[string]any
	for _, mediaType := range d.read.order {
		text := d.read.texts[mediaType]
		body := map[string]any{"size": len(text), "data": base64.URLEncoding.EncodeToString([]byte(text))}
		parts = append(parts, map[string]any{"mimeType": mediaType, "body": body})
	}
	return parts
}

func (s *Server) listDrafts(u *user, r *http.Request) (answer, *refusal) {
	query := r.URL.Query()
	matches, err := search(query.Get("q"))
	if err != nil {
		return answer{}, invalidArgument(err.Error())
	}
	most, from := 100, 0
	if most, err = number(query.Get("maxResults"), most); err != nil || most < 1 || most > 500 {
		return answer{}, invalidArgument("Invalid maxResults")
	}
	found := slices.DeleteFunc(slices.Clone(u.drafts), func(d *draft) bool { return !matches(d) })
	if from, err = number(query.Get("pageToken"), from); err != nil || from < 0 || from > len(found) {
		return answer{}, invalidArgument("Invalid pageToken")
	}
	page := found[from:min(from+most, len(found))]
	listed := map[string]any{"resultSizeEstimate": len(found)}
	if from+most < len(found) {
		listed["nextPageToken"] = strconv.Itoa(from + most)
	}
	var items []map[string]any
	for _, d := range page {
		items = append(items, map[string]any{"id": d.id, "message": map[string]any{"id": d.message, "threadId": d.message}})
	}
	if items != nil { // absent when there are none
		listed["drafts"] = items
	}
	return ok(listed)
}

func number(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}

// search reads what we use of Gmail's query language.
func search(query string) (func(*draft) bool, error) {
	var wanted []string
	for term := range strings.FieldsSeq(query) {
		id, byID := strings.CutPrefix(term, "rfc822msgid:")
		switch {
		case byID && validMessageID("<"+id+">"):
			wanted = append(wanted, "<"+id+">")
		case term == "in:drafts":
		default:
			return nil, fmt.Errorf("q: the double does not know %q", term)
		}
	}
	return func(d *draft) bool {
		return !slices.ContainsFunc(wanted, func(id string) bool { return d.read.header.Get("Message-Id") != id })
	}, nil
}

func (s *Server) getDraft(u *user, r *http.Request) (answer, *refusal) {
	format := r.URL.Query().Get("format")
	if format == "" {
		format = "full"
	}
	if !slices.Contains([]string{"minimal", "full", "raw", "metadata"}, format) {
		return answer{}, invalidArgument("Invalid format")
	}
	i := u.draft(r.PathValue("id"))
	if i < 0 {
		return answer{}, notFound()
	}
	return ok(u.drafts[i].described(format))
}

func (s *Server) deleteDraft(u *user, r *http.Request) (answer, *refusal) {
	i := u.draft(r.PathValue("id"))
	if i < 0 {
		return answer{}, notFound()
	}
	u.drafts = slices.Delete(u.drafts, i, i+1)
	return answer{http.StatusNoContent, nil}, nil
}

func (u *user) draft(id string) int {
	return slices.IndexFunc(u.drafts, func(d *draft) bool { return d.id == id })
}
