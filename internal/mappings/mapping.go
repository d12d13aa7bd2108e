package mappings

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAccountName is the longest name of an account, in characters.
const maxAccountName = 200

// Mapping says that e-mail addresses of a domain, and not of its subdomains, belong to an account.
type Mapping struct {
	Domain      string // in lower case and ASCII: xn--...
	AccountName string // as the CRM has it
}

// New returns the mapping of a domain, in any case and script, to an account. An error says what is wrong and how to correct
// it; it quotes neither.
func New(domain, accountName string) (Mapping, error) {
	normalised, err := normaliseDomain(domain)
	if err != nil {
		return Mapping{}, err
	}
	name := strings.TrimSpace(accountName)
	switch {
	case name == "":
		return Mapping{}, errors.New("the account's name is empty; use the company's name as the CRM has it")
	case utf8.RuneCountInString(name) > maxAccountName:
		return Mapping{}, errors.New("the account's name is longer than 200 characters; use the company's name as the CRM has it")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return Mapping{}, errors.New("the account's name is not one line of text; remove tabs, line breaks and other control characters")
	}
	return Mapping{Domain: normalised, AccountName: name}, nil
}

// Merge returns the mappings of all lists; of a domain that several have, that of the first.
func Merge(lists ...[]Mapping) []Mapping {
	var merged []Mapping
	seen := map[string]bool{}
	for _, list := range lists {
		for _, mapping := range list {
			if !seen[mapping.Domain] {
				seen[mapping.Domain] = true
				merged = append(merged, mapping)
			}
		}
	}
	return merged
}

// Digest tells one set of mappings from another, whatever their order; "" is that of none.
func Digest(set []Mapping) string {
	if len(set) == 0 {
		return ""
	}
	sorted := slices.SortedFunc(slices.Values(set), func(a, b Mapping) int { return cmp.Compare(a.Domain, b.Domain) })
	hash := sha256.New()
	for _, mapping := range sorted {
		// No domain has a zero byte, and no account's name: each mapping has one place only where it can end.
		_, _ = hash.Write([]byte(mapping.Domain + "\x00" + mapping.AccountName + "\x00"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
