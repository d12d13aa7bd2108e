package i18n

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"text/template/parse"

	"github.com/google/go-cmp/cmp"
)

// areas are the catalogues, and the first words of the IDs in them.
var areas = []string{"ack", "card", "form", "problem", "screen"}

// forms are the plural forms of each language.
// Source: https://www.unicode.org/cldr/charts/48/supplemental/language_plural_rules.html
var forms = map[string][]string{"en": {"one", "other"}, "it": {"many", "one", "other"}}

// alike are the IDs whose text may be the same in two languages.
var alike = []string{
	"card.account", "card.email", "card.title", "form.account.title", "form.edit.body",
	"screen.date", "screen.date.short", "screen.date.with_year", "screen.duration.hours", "screen.duration.minutes",
	"screen.notice.title", "screen.time",
}

// message is a text by its plural form; one without plural forms has the form "".
type message map[string]string

func (m message) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		m[""] = text
		return nil
	}
	return json.Unmarshal(raw, (*map[string]string)(&m))
}

func (m message) plural() bool { return m[""] == "" }

// variables are those of all forms together: "one" may do without the number.
func (m message) variables(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, text := range m {
		for _, name := range variablesOf(t, text) {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// variablesOf also holds a text to words and {{.Variable}}: no catalogue has logic.
func variablesOf(t *testing.T, text string) (names []string) {
	t.Helper()
	parsed, err := template.New("").Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if parsed.Tree == nil {
		return nil
	}
	for _, node := range parsed.Root.Nodes {
		if node.Type() == parse.NodeText {
			continue
		}
		name, ok := strings.CutPrefix(node.String(), "{{.")
		name, closed := strings.CutSuffix(name, "}}")
		if !ok || !closed || !regexp.MustCompile(`^[A-Z][A-Za-z]*$`).MatchString(name) {
			t.Errorf("%q: %s is not as {{.Variable}}", text, node)
		}
		names = append(names, name)
	}
	return names
}

// catalogues are the messages of each language by ID.
func catalogues(t *testing.T) map[string]map[string]message {
	t.Helper()
	all := map[string]map[string]message{}
	for _, lang := range Languages {
		all[lang] = map[string]message{}
		for _, area := range areas {
			for id, m := range catalogue(t, area, lang) {
				if !strings.HasPrefix(id, area+".") {
					t.Errorf("%s.%s.json: the ID %s should start with %s.", area, lang, id, area)
				}
				all[lang][id] = m
			}
		}
	}
	return all
}

func catalogue(t *testing.T, area, lang string) map[string]message {
	t.Helper()
	raw, err := locales.ReadFile(path.Join("locales", area+"."+lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatalf("%s.%s.json: %v", area, lang, err)
	}
	messages := map[string]message{}
	for id, entry := range entries {
		messages[id] = message{}
		if err := json.Unmarshal(entry, new(messages[id])); err != nil {
			t.Fatalf("%s.%s.json: %s: %v", area, lang, id, err)
		}
	}
	return messages
}

func TestThereIsNoOtherCatalogue(t *testing.T) {
	files, err := locales.ReadDir("locales")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	for _, area := range areas {
		for _, lang := range Languages {
			want = append(want, area+"."+lang+".json")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalogues (-want +got):\n%s", diff)
	}
}

func TestLanguagesSayTheSame(t *testing.T) {
	all := catalogues(t)
	first := all[Languages[0]]
	for lang, messages := range all {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(messages))); diff != "" {
			t.Errorf("IDs of %s (-%s +%s):\n%s", lang, Languages[0], lang, diff)
		}
		for id, m := range messages {
			if want, got := first[id].variables(t), m.variables(t); !slices.Equal(want, got) {
				t.Errorf("%s in %s has the variables %v, want %v", id, lang, got, want)
			}
			wantForms := []string{""}
			if first[id].plural() {
				wantForms = forms[lang]
			}
			if diff := cmp.Diff(wantForms, slices.Sorted(maps.Keys(m))); diff != "" {
				t.Errorf("plural forms of %s in %s (-want +got):\n%s", id, lang, diff)
			}
			for form, text := range m {
				if text == "" || text != strings.TrimSpace(text) {
					t.Errorf("%s in %s is %q", id, lang, text)
				}
				if (form == "other" || form == "many") && !strings.Contains(text, "{{.Count}}") {
					t.Errorf("%s in %s does not say how many: %q", id, lang, text)
				}
			}
		}
	}
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	all := catalogues(t)
	english := all["en"]
	for _, id := range alike {
		if english[id] == nil {
			t.Errorf("%s may be alike, but is not there", id)
		}
	}
	for _, lang := range Languages[1:] {
		for id, m := range all[lang] {
			for form, text := range m {
				if (text == english[id][form] || text == english[id]["other"]) && !slices.Contains(alike, id) {
					t.Errorf("%s is %q in %s too", id, text, lang)
				}
			}
		}
	}
}

func TestDatesHaveTheirWords(t *testing.T) {
	for _, lang := range Languages {
		for id, want := range map[string]int{"screen.date.weekdays": 7, "screen.date.months": 12} {
			words := strings.Fields(For(lang).Say(id))
			slices.Sort(words)
			if len(slices.Compact(words)) != want {
				t.Errorf("%s in %s: %q, want %d words", id, lang, words, want)
			}
		}
	}
}

// What is said is what stands in the catalogue of that language, with each variable in its place.
func TestEachTextIsSaid(t *testing.T) {
	numbers := map[string]int{"one": 1, "other": 2, "many": 1_000_000}
	for lang, messages := range catalogues(t) {
		for id, m := range messages {
			for form, want := range m {
				var vars []any
				for _, name := range m.variables(t) {
					if name == "Count" && m.plural() {
						want = strings.ReplaceAll(want, "{{.Count}}", fmt.Sprint(numbers[form]))
						continue
					}
					vars = append(vars, name, "<"+name+" & {{.X}}>")
					want = strings.ReplaceAll(want, "{{."+name+"}}", "<"+name+" & {{.X}}>")
				}
				got := For(lang).Say(id, vars...)
				if m.plural() {
					got = For(lang).Count(id, numbers[form], vars...)
				}
				if got != want {
					t.Errorf("%s in %s, %s:\ngot  %q\nwant %q", id, lang, form, got, want)
				}
			}
		}
	}
}

func TestAnUnknownLanguageIsEnglish(t *testing.T) {
	for _, locale := range []string{"", "de", "EN", "it-IT", "../it"} {
		if For(locale) != For("en") {
			t.Errorf("%q is not English", locale)
		}
	}
	if For("it") == For("en") {
		t.Error("Italian is English")
	}
	if got := For("it").Say("screen.nonsense"); got != "screen.nonsense" {
		t.Errorf("an unknown ID says %q", got)
	}
}
