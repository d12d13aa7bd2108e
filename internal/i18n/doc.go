// Package i18n says things in the language of a tenant: texts are looked up by an ID in catalogues, which are embedded.
//
// A catalogue is locales/AREA.LANGUAGE.json, in go-i18n's format: an ID to a text, or to the text's plural forms as CLDR
// names them. An ID starts with its area. Variables are written {{.Name}}. Each ID stands in the Go code as a literal,
// so that a test can hold the code and the catalogues to each other.
//
// A new language is one more file for each area, its name in Languages, and its plural forms in the test; and, so that a
// Tenant can ask for it, the enum of v1alpha1.Locale (make generate), the CHECK of tenants.locale in migrations, and docs/user.
//
// It imports nothing of this module. Start reading at For.
//
// Source: https://github.com/nicksnyder/go-i18n and https://cldr.unicode.org/index/cldr-spec/plural-rules
package i18n
