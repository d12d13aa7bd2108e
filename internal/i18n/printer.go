package i18n

import (
	"embed"
	"fmt"
	"path"
	"slices"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Languages are those that every catalogue exists in. The first stands in for one that we do not speak.
var Languages = []string{"en", "it"}

//go:embed locales/*.json
var locales embed.FS

var printers = load()

// Printer says things in one language. It is safe for concurrent use.
type Printer struct{ localizer *goi18n.Localizer }

// For returns the printer of a locale ("en", "it"), the English one for any that we do not speak.
func For(locale string) *Printer {
	if p, ok := printers[locale]; ok {
		return p
	}
	return printers[Languages[0]]
}

// Say is the text of an ID; vars are alternately the name of a variable and its value. An ID that is in no catalogue is
// said itself: the catalogues' test keeps that from happening.
func (p *Printer) Say(id string, vars ...any) string {
	return p.localize(&goi18n.LocalizeConfig{MessageID: id, TemplateData: data(vars)})
}

// Count is Say in the plural form for n, which is the variable Count.
func (p *Printer) Count(id string, n int, vars ...any) string {
	return p.localize(&goi18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: data(append(vars, "Count", n))})
}

func (p *Printer) localize(what *goi18n.LocalizeConfig) string {
	text, err := p.localizer.Localize(what) // beside an error there may be a text, in English
	if err != nil && text == "" {
		return what.MessageID
	}
	return text
}

func data(vars []any) map[string]any {
	values := make(map[string]any, len(vars)/2)
	for pair := range slices.Chunk(vars, 2) {
		values[fmt.Sprint(pair[0])] = pair[len(pair)-1]
	}
	return values
}

// load panics on a catalogue that is none: no program starts with one, and no test passes.
func load() map[string]*Printer {
	bundle := goi18n.NewBundle(language.Make(Languages[0]))
	files, err := locales.ReadDir("locales")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		if _, err := bundle.LoadMessageFileFS(locales, path.Join("locales", file.Name())); err != nil {
			panic(fmt.Errorf("catalogue %s: %w", file.Name(), err))
		}
	}
	all := map[string]*Printer{}
	for _, name := range Languages {
		all[name] = &Printer{localizer: goi18n.NewLocalizer(bundle, name)}
	}
	return all
}
