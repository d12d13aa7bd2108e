package google

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"strings"
)

const maxLine = 998 // RFC 5322, section 2.1.1

var messageIDForm = regexp.MustCompile(`^<[^<>@\s]+@[^<>@\s]+>$`)

func validMessageID(id string) bool { return messageIDForm.MatchString(id) }

// message is an e-mail as its reader sees it.
type message struct {
	header    mail.Header
	to        []string
	subject   string
	mediaType string
	order     []string          // of texts
	texts     map[string]string // by media type, with "\n" at the end of lines
}

// readMessage refuses what is not as RFC 5322 and RFC 2045 have it.
func readMessage(raw []byte) (message, error) {
	if err := checkLines(raw); err != nil {
		return message{}, err
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return message{}, fmt.Errorf("invalid message: %w", err)
	}
	for name, values := range parsed.Header {
		if len(values) > 1 {
			return message{}, fmt.Errorf("header %s is given twice", name)
		}
	}
	read := message{header: parsed.Header, texts: map[string]string{}}
	for _, name := range []string{"To", "Cc", "Bcc"} {
		addresses, err := parsed.Header.AddressList(name)
		if err != nil && !errors.Is(err, mail.ErrHeaderNotPresent) {
			return message{}, fmt.Errorf("Invalid %s header", name) //nolint:staticcheck // Google's words
		}
		for _, address := range addresses {
			read.to = append(read.to, address.Address)
		}
	}
	if read.subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return message{}, fmt.Errorf("Invalid Subject header: %w", err) //nolint:staticcheck // as Google would word it
	}
	return read, read.readBody(parsed)
}

func checkLines(raw []byte) error {
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	if strings.Contains(text, "\r") || strings.Count(text, "\n") != strings.Count(string(raw), "\r\n") {
		return errors.New("invalid message: a line that does not end in CRLF")
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > maxLine {
			return errors.New("invalid message: a line that is too long")
		}
	}
	return nil
}

func (m *message) readBody(parsed *mail.Message) error {
	mediaType, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/alternative" || parsed.Header.Get("Mime-Version") != "1.0" {
		return errors.New("invalid message: the double takes MIME-Version 1.0 and multipart/alternative")
	}
	m.mediaType = mediaType
	parts := multipart.NewReader(parsed.Body, parameters["boundary"])
	for {
		part, err := parts.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("invalid message: %w", err)
		}
		mediaType, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || !strings.EqualFold(parameters["charset"], "utf-8") {
			return errors.New("invalid message: a part without a charset of UTF-8")
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("invalid message: %w", err)
		}
		m.order = append(m.order, mediaType)
		m.texts[mediaType] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}
