package google

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

func TestADraftIsAsItWasWritten(t *testing.T) {
	w := start(t, nil)
	made, err := w.mailbox().CreateDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	received, err := w.Drafts(ada)
	if err != nil || len(received) != 1 {
		t.Fatalf("received %+v, %v", received, err)
	}
	got := received[0]
	want := Made{ID: got.ID, URL: "https://mail.google.com/mail/u/?authuser=ada%40acme.example#drafts/" + got.Message}
	if made != want {
		t.Errorf("made %+v, want %+v", made, want)
	}
	if diff := cmp.Diff([]string{"zoe@globex.example", "bob@globex.example"}, got.To); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}
	if got.Subject != draft.Subject || got.Text != draft.Body {
		t.Errorf("subject %q, text %q", got.Subject, got.Text)
	}
	if !strings.HasPrefix(got.HTML, "<div dir=\"ltr\">Ciao Zoé,<br>\n<br>\n&lt;b&gt;no&lt;/b&gt; &amp; &#34;yes&#34;<br>\n.<br>\nFrom here") {
		t.Errorf("HTML %q", got.HTML)
	}
	id := got.Header.Get("Message-Id")
	if !strings.HasPrefix(id, "<followup-") || !strings.HasSuffix(id, "@followup.invalid>") {
		t.Errorf("Message-ID %s", id)
	}
	if at, err := got.Header.Date(); err != nil || !at.Equal(noon) {
		t.Errorf("date %s, %v", at, err)
	}
	for name, values := range got.Header {
		if strings.Contains(values[0], "gmail_draft") {
			t.Errorf("header %s tells the key: %q", name, values)
		}
	}
}

func TestADraftOfAnyText(t *testing.T) {
	long := strings.Repeat("Perché no ", 200)
	for name, change := range map[string]func(*Draft){
		"nobody to write to":       func(d *Draft) { d.To = nil },
		"a long subject":           func(d *Draft) { d.Subject = strings.TrimSpace(long) },
		"a long subject in ASCII":  func(d *Draft) { d.Subject = strings.TrimSpace(strings.Repeat("why not ", 300)) },
		"many recipients":          func(d *Draft) { d.To = many(100) },
		"lines that end in CRLF":   func(d *Draft) { d.Body = "a\r\nb" },
		"what looks like an end":   func(d *Draft) { d.Body = "--followup\n.\n\nSubject: other" },
		"a subject with encodings": func(d *Draft) { d.Subject = "=?utf-8?q?x?= and ü" },
		"no body":                  func(d *Draft) { d.Body = "" },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			wanted := draft
			change(&wanted)
			if _, err := w.mailbox().CreateDraft(t.Context(), wanted); err != nil {
				t.Fatal(err)
			}
			received, _ := w.Drafts(ada)
			if received[0].Subject != wanted.Subject || received[0].Text != strings.ReplaceAll(wanted.Body, "\r\n", "\n") || len(received[0].To) != len(wanted.To) {
				t.Errorf("received %+v", received[0])
			}
		})
	}
}

func many(n int) []mail.Address {
	var all []mail.Address
	for i := range n {
		all = append(all, mail.Address{Name: "Jürgen Öde", Address: fmt.Sprintf("j%d@globex.example", i)})
	}
	return all
}

func TestADraftThatMustNotBeMade(t *testing.T) {
	w := start(t, nil)
	for name, change := range map[string]func(*Draft){
		"a header in the subject":     func(d *Draft) { d.Subject = "Hi\r\nBcc: eve@evil.example" },
		"a line feed in the subject":  func(d *Draft) { d.Subject = "Hi\nBcc: eve@evil.example" },
		"a return in the subject":     func(d *Draft) { d.Subject = "Hi\rBcc: eve@evil.example" },
		"a header in a name":          func(d *Draft) { d.To[0].Name = "Zoe\r\nBcc: eve@evil.example" },
		"a header in an address":      func(d *Draft) { d.To[0].Address = "zoe@globex.example\r\nBcc: eve@evil.example" },
		"two addresses in one":        func(d *Draft) { d.To[0].Address = "zoe@globex.example, eve@evil.example" },
		"a name in an address":        func(d *Draft) { d.To[0].Address = "Eve <eve@evil.example>" },
		"no address":                  func(d *Draft) { d.To[0].Address = "zoe" },
		"an endless word as subject":  func(d *Draft) { d.Subject = strings.Repeat("x", 1000) },
		"an endless word as a domain": func(d *Draft) { d.To[0].Address = "x@" + strings.Repeat("x", 1000) },
	} {
		wanted := draft
		wanted.To = append([]mail.Address(nil), draft.To...)
		change(&wanted)
		_, err := w.mailbox().CreateDraft(t.Context(), wanted)
		if outcome.ClassOf(err) != outcome.Permanent || strings.Contains(err.Error(), "eve") {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if n := w.Calls().Total(double.CreateDraft); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}

func TestADraftIsFoundAfterItsAnswerIsLost(t *testing.T) {
	for name, change := range map[string]func(*double.Config){
		"by its Message-ID": nil,
		"by its header":     func(c *double.Config) { c.RewriteMessageIDs = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, change)
			if made, found, err := w.mailbox().FindDraft(t.Context(), draft.Key); err != nil || found {
				t.Fatalf("before: %+v, %v, %v", made, found, err)
			}
			w.strike(t, double.CreateDraft, fault.Fault{Kind: fault.DropAfter})
			if _, err := w.mailbox().CreateDraft(t.Context(), draft); outcome.ClassOf(err) != outcome.UnknownOutcome {
				t.Fatalf("got %v, want an unknown outcome", err)
			}
			other := draft
			other.Key = "another user's"
			if _, err := w.mailbox().CreateDraft(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			received, _ := w.Drafts(ada)
			made, found, err := w.mailbox().FindDraft(t.Context(), draft.Key)
			if err != nil || !found || len(received) != 2 || made.ID != received[1].ID || !strings.HasSuffix(made.URL, "#drafts/"+received[1].Message) {
				t.Errorf("found %+v, %v, %v; received %+v", made, found, err, received)
			}
		})
	}
}

func TestADraftIsDeletedOnce(t *testing.T) {
	w := start(t, nil)
	made, err := w.mailbox().CreateDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it was sent or deleted
		if err := w.mailbox().DeleteDraft(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	if received, _ := w.Drafts(ada); received != nil {
		t.Errorf("still there: %+v", received)
	}
}
