package google

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

const (
	keyHeader = "X-Followup-Key"
	// maxLine is RFC 5322's, without the line's end.
	maxLine = 998
	// foldedLine is how long it asks lines to be.
	foldedLine = 78
)

// Draft is an e-mail for its user to look at. Gmail adds the From.
type Draft struct {
	Key     string // makes its Message-ID; unique among the user's drafts
	To      []mail.Address
	Subject string
	Body    string // plain; "\n" ends a line
	At      time.Time
}

// hash stands for a key in what is made: a key may name people, and headers go out with an e-mail.
func hash(key string) string {
	digest := sha256.Sum256([]byte(key))
	return hex.EncodeToString(digest[:20])
}

// messageID has no angle brackets. Its domain is one that nobody can own: RFC 2606.
func messageID(key string) string { return "followup-" + hash(key) + "@followup.invalid" }

// message is the draft as RFC 5322 has it: a plain text, and the same as HTML.
func (d Draft) message() ([]byte, error) {
	to, err := recipients(d.To)
	if err != nil {
		return nil, err
	}
	if broken(d.Subject) {
		return nil, invalid("line_break_in_subject")
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	if err := parts.SetBoundary("followup-" + hash("boundary "+d.Key)); err != nil {
		return nil, err
	}
	for _, header := range [][2]string{
		{"To", to},
		{"Subject", mime.QEncoding.Encode("utf-8", d.Subject)},
		{"Date", d.At.Format(time.RFC1123Z)},
		{"Message-ID", "<" + messageID(d.Key) + ">"},
		{keyHeader, hash(d.Key)},
		{"MIME-Version", "1.0"},
		{"Content-Type", mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": parts.Boundary()})},
	} {
		if err := writeHeader(&b, header[0], header[1]); err != nil {
			return nil, err
		}
	}
	_, _ = b.WriteString("\r\n")
	lines := strings.Split(strings.ReplaceAll(d.Body, "\r\n", "\n"), "\n")
	if err := writePart(parts, "text/plain", strings.Join(lines, "\r\n")); err != nil {
		return nil, err
	}
	if err := writePart(parts, "text/html", page(lines)); err != nil {
		return nil, err
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// page is the text as Gmail itself writes a plain one as HTML: nothing in it is markup.
func page(lines []string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = html.EscapeString(line)
	}
	return `<div dir="ltr">` + strings.Join(escaped, "<br>\r\n") + "</div>\r\n"
}

func recipients(to []mail.Address) (string, error) {
	var all []string
	for _, address := range to {
		plain, err := mail.ParseAddress(address.Address)
		if err != nil || plain.Address != address.Address || broken(address.Name) {
			return "", invalid("invalid_recipient")
		}
		all = append(all, address.String())
	}
	return strings.Join(all, ", "), nil
}

// writeHeader leaves out an empty one: To of a draft without recipients. Nothing in a value breaks its line.
func writeHeader(w *bytes.Buffer, name, value string) error {
	if value == "" {
		return nil
	}
	folded := fold(name + ": " + value)
	for line := range strings.SplitSeq(folded, "\r\n") {
		if len(line) > maxLine {
			return invalid("header_too_long")
		}
	}
	_, _ = fmt.Fprintf(w, "%s\r\n", folded)
	return nil
}

// broken says that a text would begin another header.
func broken(s string) bool { return strings.ContainsAny(s, "\r\n") }

// fold breaks a header at spaces, where that changes nothing of what it says.
func fold(header string) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.SplitAfter(header, " ") {
		if i > 1 && length+len(word) > foldedLine {
			// The space belongs to the line that it begins.
			kept := strings.TrimSuffix(b.String(), " ")
			b.Reset()
			_, _ = b.WriteString(kept + "\r\n ")
			length = 1
		}
		_, _ = b.WriteString(word)
		length += len(word)
	}
	return b.String()
}

func writePart(parts *multipart.Writer, mediaType, text string) error {
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {mediaType + "; charset=UTF-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	encoder := quotedprintable.NewWriter(part)
	if _, err := io.WriteString(encoder, text); err != nil {
		return err
	}
	return encoder.Close()
}

// invalid is the refusal of what Gmail would refuse, or worse, take.
func invalid(code string) error {
	return &outcome.Error{Vendor: vendor, Operation: createDraft.Name, Class: outcome.Permanent, Code: code}
}
