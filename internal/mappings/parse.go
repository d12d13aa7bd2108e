package mappings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// maxSize is that of a ConfigMap, in bytes.
	maxSize = 1 << 20
	// MaxEntries is how many mappings a file may have.
	MaxEntries = 5000

	// mappingsField is the one that counts; "comments" and "note", which the file has for people, may say anything.
	mappingsField = "domain_to_account"
)

// Parse reads a file of the form
//
//	{"domain_to_account": {"acme.com": "Acme Inc"}, "comments": {"acme.com": "why"}, "note": "..."}
//
// and returns its mappings in their order. An error names the entry and its line, says how to correct it, and is at most 250
// bytes long.
func Parse(raw []byte) ([]Mapping, error) {
	if len(raw) > maxSize {
		return nil, fmt.Errorf("the file is larger than %d bytes; split it", maxSize)
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("the file is not text in UTF-8; save it as that")
	}
	p := &parser{raw: raw, decoder: json.NewDecoder(bytes.NewReader(raw))}
	if err := p.file(); err != nil {
		return nil, err
	}
	return p.found, nil
}

type parser struct {
	raw     []byte
	decoder *json.Decoder
	found   []Mapping
}

// line is where the decoder stands.
func (p *parser) line() int { return 1 + bytes.Count(p.raw[:p.decoder.InputOffset()], []byte("\n")) }

func (p *parser) file() error {
	if err := p.open("the file"); err != nil {
		return err
	}
	present := false
	for p.decoder.More() {
		field, err := p.text()
		if err != nil {
			return err
		}
		switch {
		case field != mappingsField:
			var ignored json.RawMessage
			if err := p.decoder.Decode(&ignored); err != nil {
				return p.notJSON()
			}
		case present:
			return fmt.Errorf("line %d: %s is there twice; make it one", p.line(), mappingsField)
		default:
			present = true
			if err := p.mappings(); err != nil {
				return err
			}
		}
	}
	if err := p.close(); err != nil {
		return err
	}
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: there is more after the JSON object; remove it", p.line())
	}
	if !present {
		return fmt.Errorf(`%s is missing; write {"%s": {"acme.com": "Acme Inc"}}`, mappingsField, mappingsField)
	}
	return nil
}

func (p *parser) mappings() error {
	if err := p.open(mappingsField); err != nil {
		return err
	}
	first := map[string]int{} // the entry that has a domain
	for entry := 1; p.decoder.More(); entry++ {
		if entry > MaxEntries {
			return fmt.Errorf("%s has more than %d entries; split the file", mappingsField, MaxEntries)
		}
		domain, err := p.text()
		if err != nil {
			return err
		}
		account, err := p.text()
		if err != nil {
			return err
		}
		mapping, err := New(domain, account)
		if err != nil {
			return fmt.Errorf("%s, entry %d (line %d): %w", mappingsField, entry, p.line(), err)
		}
		if earlier, twice := first[mapping.Domain]; twice {
			return fmt.Errorf("%s, entry %d (line %d): the same domain as entry %d; remove one of the two", mappingsField, entry, p.line(), earlier)
		}
		first[mapping.Domain] = entry
		p.found = append(p.found, mapping)
	}
	return p.close()
}

// open reads the beginning of an object.
func (p *parser) open(what string) error {
	token, err := p.decoder.Token()
	if err != nil {
		return p.notJSON()
	}
	if token != json.Delim('{') {
		return fmt.Errorf(`line %d: %s is not a JSON object; write {"...": ...}`, p.line(), what)
	}
	return nil
}

// close reads an object's end.
func (p *parser) close() error {
	if _, err := p.decoder.Token(); err != nil {
		return p.notJSON()
	}
	return nil
}

// text reads a key, or a value that has to be a string.
func (p *parser) text() (string, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return "", p.notJSON()
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf(`line %d: %s has a value that is not text; write "acme.com": "Acme Inc"`, p.line(), mappingsField)
	}
	return text, nil
}

// notJSON keeps the decoder's words to itself: they quote the file.
func (p *parser) notJSON() error {
	return fmt.Errorf("line %d: from here on it is not JSON; look for a missing quote, comma or bracket", p.line())
}
