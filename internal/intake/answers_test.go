package intake

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Users look a text up as they read it.
func TestEachTextIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/user/answers.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, language := range i18n.Languages {
		r := &request{tenant: tenancy.Tenant{Locale: language}, log: slog.New(slog.DiscardHandler)}
		for _, n := range []news{
			r.wrongApp(), r.foreign(errOtherPerson), r.disconnected(), r.unknownCommand(), r.held(), r.limited(23 * time.Second), r.unavailable(),
			r.notServed(tenancy.ErrNotFound),
		} {
			texts[n.text] = true
			if !strings.Contains(string(page), n.text) {
				t.Errorf("docs/user/answers.md does not have %q", n.text)
			}
		}
	}
	if len(texts) != 16 {
		t.Errorf("%d different texts, want 8 in each of two languages: is one in no catalogue?", len(texts))
	}
}

func TestLimitSaysTheSeconds(t *testing.T) {
	for wait, want := range map[time.Duration][2]string{
		-time.Minute:            {"in a second.", "tra un secondo."},
		0:                       {"in a second.", "tra un secondo."},
		time.Second:             {"in a second.", "tra un secondo."},
		1001 * time.Millisecond: {"in 2 seconds.", "tra 2 secondi."},
		time.Minute:             {"in 60 seconds.", "tra 60 secondi."},
	} {
		for i, language := range []string{"en", "it"} {
			r := &request{tenant: tenancy.Tenant{Locale: language}}
			if got := r.limited(wait).text; !strings.HasSuffix(got, want[i]) {
				t.Errorf("%v in %s: %q, want %q", wait, language, got, want[i])
			}
		}
	}
}
