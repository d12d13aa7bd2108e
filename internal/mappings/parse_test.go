package mappings

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The single-tenant bot's file, as it is.
const seedFile = `{
  "domain_to_account": {"neuronup.com": "NeuronUP", "insightrevenue.com": "Insight Revenue", "tinext.com": "Tinext"},
  "comments": {"tinext.com": "Tinext - Prevents incorrect match to 'Tinexta Innovation Hub'"},
  "note": "Values are company names used for POST /api/v1/Accounts/search (GET by ID endpoint doesn't work reliably)"
}`

func TestParseTakesTheFileAsItIs(t *testing.T) {
	got, err := Parse([]byte(seedFile))
	want := []Mapping{{"neuronup.com", "NeuronUP"}, {"insightrevenue.com", "Insight Revenue"}, {"tinext.com", "Tinext"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestDomainsAreNormalised(t *testing.T) {
	for text, want := range map[string]string{
		"acme.com":              "acme.com",
		"Acme.COM":              "acme.com",
		"\tacme.com\n":          "acme.com",
		"mail.acme.co.uk":       "mail.acme.co.uk",
		"bücher.example":        "xn--bcher-kva.example",
		"BÜCHER.example":        "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example",
		"faß.de":                "xn--fa-hia.de",
		"acme\u3002com":         "acme.com", // an ideographic full stop
		"3m.com":                "3m.com",
	} {
		got, err := New(text, "Acme")
		if err != nil || got.Domain != want {
			t.Errorf("%q: %q, %v; want %q", text, got.Domain, err, want)
		}
	}
}

func TestRefusalsNamePlaceAndFix(t *testing.T) {
	entry := func(domain, account string) string {
		return fmt.Sprintf("{\"domain_to_account\": {\n\"acme.com\": \"Acme\",\n%q: %q}}", domain, account)
	}
	const third = "domain_to_account, entry 2 (line 3): "
	tests := map[string]struct{ raw, want string }{
		"empty":              {"", "line 1: from here on it is not JSON; look for a missing quote, comma or bracket"},
		"cut":                {"{\"domain_to_account\": {\n\"acme.com\":", "line 2: from here on it is not JSON; look for a missing quote, comma or bracket"},
		"a list":             {"[]", `line 1: the file is not a JSON object; write {"...": ...}`},
		"null":               {"null", `line 1: the file is not a JSON object; write {"...": ...}`},
		"misspelt":           {`{"domains": {}}`, `domain_to_account is missing; write {"domain_to_account": {"acme.com": "Acme Inc"}}`},
		"a list of mappings": {`{"domain_to_account": []}`, `line 1: domain_to_account is not a JSON object; write {"...": ...}`},
		"twice the field":    {`{"domain_to_account": {}, "domain_to_account": {}}`, "line 1: domain_to_account is there twice; make it one"},
		"more behind":        {`{"domain_to_account": {}} x`, "line 1: there is more after the JSON object; remove it"},
		"not UTF-8":          {"{\"domain_to_account\": {\"a.b\": \"\xff\"}}", "the file is not text in UTF-8; save it as that"},
		"a number":           {`{"domain_to_account": {"acme.com": 7}}`, `line 1: domain_to_account has a value that is not text; write "acme.com": "Acme Inc"`},
		"broken comments":    {`{"domain_to_account": {}, "comments": {"a" 1}}`, "line 1: from here on it is not JSON; look for a missing quote, comma or bracket"},
		"no domain":          {entry("", "x"), third + "the domain is empty; use one such as acme.com"},
		"scheme":             {entry("https://planted.com", "x"), third + "the domain is an address of the web or has a port; use the domain alone, such as acme.com"},
		"port":               {entry("planted.com:25", "x"), third + "the domain is an address of the web or has a port; use the domain alone, such as acme.com"},
		"path":               {entry("planted.com/x", "x"), third + "the domain is an address of the web or has a port; use the domain alone, such as acme.com"},
		"address":            {entry("ada@planted.com", "x"), third + `the domain has an "@"; use what follows it, such as acme.com`},
		"one label":          {entry("planted", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"blank inside":       {entry("planted acme.com", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"underscore":         {entry("planted_x.com", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"dot at the end":     {entry("planted.com.", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"IP address":         {entry("192.0.2.1", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"label too long":     {entry(strings.Repeat("p", 64)+".com", "x"), third + "the domain is not a domain name; use one such as acme.com"},
		"too long":           {entry(strings.Repeat("p.", 2000)+"com", "x"), third + "the domain is longer than 253 characters; use one such as acme.com"},
		"free mail":          {entry("GMail.com", "x"), third + "the domain is a mail provider's, whose addresses belong to people of any company; remove the entry"},
		"the same":           {entry("ACME.com", "x"), third + "the same domain as entry 1; remove one of the two"},
		"the same key":       {entry("acme.com", "x"), third + "the same domain as entry 1; remove one of the two"},
		"no account":         {entry("planted.com", " "), third + "the account's name is empty; use the company's name as the CRM has it"},
		"long account":       {entry("planted.com", strings.Repeat("é", 201)), third + "the account's name is longer than 200 characters; use the company's name as the CRM has it"},
		"two lines":          {entry("planted.com", "a\nb"), third + "the account's name is not one line of text; remove tabs, line breaks and other control characters"},
		"too large":          {strings.Repeat(" ", maxSize+1), "the file is larger than 1048576 bytes; split it"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(tc.raw))
			if err == nil || err.Error() != tc.want {
				t.Errorf("got %v, %v\nwant %s", got, err, tc.want)
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	file := func(n int) []byte {
		domains := map[string]string{}
		for i := range n {
			domains[fmt.Sprintf("d%d.example", i)] = "x"
		}
		raw, err := json.Marshal(map[string]any{"domain_to_account": domains})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if got, err := Parse(file(MaxEntries)); err != nil || len(got) != MaxEntries {
		t.Errorf("%d mappings, %v", len(got), err)
	}
	if _, err := Parse(file(MaxEntries + 1)); err == nil || err.Error() != "domain_to_account has more than 5000 entries; split the file" {
		t.Errorf("error %v", err)
	}
	deep := `{"domain_to_account": {}, "comments": ` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + "}"
	if _, err := Parse([]byte(deep)); err == nil {
		t.Error("nested 500,000 deep, and taken")
	}
}

func TestTheFirstListWins(t *testing.T) {
	got := Merge([]Mapping{{"a.example", "inline"}}, nil, []Mapping{{"b.example", "first"}, {"a.example", "first"}}, []Mapping{{"b.example", "second"}, {"c.example", "second"}})
	want := []Mapping{{"a.example", "inline"}, {"b.example", "first"}, {"c.example", "second"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDigestIsThatOfTheSet(t *testing.T) {
	a, b := Mapping{"a.example", "A"}, Mapping{"b.example", "B"}
	if Digest([]Mapping{a, b}) != Digest([]Mapping{b, a}) {
		t.Error("the order tells")
	}
	digests := map[string]bool{}
	sets := [][]Mapping{nil, {a}, {b}, {a, b}, {{"a.example", "B"}}, {{"a.example", "Ab.example"}, {"b.example", ""}}}
	for _, set := range sets {
		digests[Digest(set)] = true
	}
	if len(digests) != len(sets) || !digests[""] {
		t.Errorf("digests %v", digests)
	}
}

// Whatever the file says: an error is short, and what is taken is taken again as it is, from a file that a machine writes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(seedFile))
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, err := Parse(raw)
		if err != nil {
			if len(err.Error()) > 250 || len(found) > 0 {
				t.Errorf("%d mappings, error of %d bytes: %v", len(found), len(err.Error()), err)
			}
			return
		}
		domains := map[string]string{}
		for _, mapping := range found {
			domains[mapping.Domain] = mapping.AccountName
			if len(mapping.Domain) > maxDomain || freeMail[mapping.Domain] || mapping.Domain != strings.ToLower(mapping.Domain) {
				t.Errorf("domain %q", mapping.Domain)
			}
			if again, err := New(mapping.Domain, mapping.AccountName); err != nil || again != mapping {
				t.Errorf("%+v becomes %+v, %v", mapping, again, err)
			}
		}
		if len(domains) != len(found) {
			t.Errorf("a domain is there twice in %+v", found)
		}
		written, err := json.Marshal(map[string]any{mappingsField: domains})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil || len(again) != len(found) {
			t.Errorf("%s: %+v, %v", written, again, err)
		}
		for _, mapping := range again {
			if domains[mapping.Domain] != mapping.AccountName {
				t.Errorf("%+v was %q", mapping, domains[mapping.Domain])
			}
		}
	})
}

func TestTheDomainOfAnAddressIsThatOfItsMapping(t *testing.T) {
	for address, want := range map[string]string{
		"ada@acme.com":          "acme.com",
		" Ada@ACME.com ":        "acme.com",
		"ada@bücher.example":    "xn--bcher-kva.example",
		`"a@b"@mail.acme.co.uk`: "mail.acme.co.uk",
		"ada@gmail.com":         "gmail.com",
		"acme.com":              "",
		"ada@":                  "",
		"ada@localhost":         "",
		"ada@192.0.2.1":         "",
		"ada@acme.com>, eve":    "",
		"":                      "",
	} {
		if got := DomainOf(address); got != want {
			t.Errorf("%q: %q; want %q", address, got, want)
		}
	}
}
