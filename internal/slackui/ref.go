package slackui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Ref is what a button of a card says that it is about.
type Ref struct {
	Session  uuid.UUID
	Revision int    // that the user saw
	Subject  string // of a form: a deal's ID, or the followup.Kind to be done next; else ""
}

// maxRef is the size of a Ref in bytes.
const maxRef = 255

// String is "<session>.<revision>.<subject>", and "" of the zero Ref.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	return r.Session.String() + "." + strconv.Itoa(r.Revision) + "." + r.Subject
}

// ParseRef reads what String wrote. It comes back by way of the client, so anything else is an error.
func ParseRef(s string) (Ref, error) {
	if s == "" {
		return Ref{}, nil
	}
	session, rest, _ := strings.Cut(s, ".")
	number, subject, complete := strings.Cut(rest, ".")
	id, err := uuid.Parse(session)
	revision, numberErr := strconv.Atoi(number)
	if err != nil || numberErr != nil || !complete || revision < 0 || len(s) > maxRef {
		return Ref{}, fmt.Errorf("reference of %d bytes: want <session>.<revision>.<subject>", len(s))
	}
	return Ref{Session: id, Revision: revision, Subject: subject}, nil
}

// Metadata is the private_metadata of our modals. Those with a list, or with a card, have the Tenant only.
type Metadata struct {
	Tenant string // its ID
	Ref
	Key string // makes what the form asks for the same if it is submitted twice
}

// String is the tenant alone, or "<tenant>|<key>|<reference>".
func (m Metadata) String() string {
	if m.Ref == (Ref{}) && m.Key == "" {
		return m.Tenant
	}
	return m.Tenant + "|" + m.Key + "|" + m.Ref.String()
}

// ParseMetadata reads what String wrote.
func ParseMetadata(s string) (Metadata, error) {
	tenant, rest, more := strings.Cut(s, "|")
	if !more {
		return Metadata{Tenant: tenant}, nil
	}
	key, reference, complete := strings.Cut(rest, "|")
	ref, err := ParseRef(reference)
	if err != nil || !complete {
		return Metadata{}, fmt.Errorf("private_metadata of %d bytes: want <tenant>|<key>|<reference>", len(s))
	}
	return Metadata{Tenant: tenant, Ref: ref, Key: key}, nil
}
