// Package redact takes secrets and e-mail addresses out of text that leaves a cluster, such as logs in a support bundle.
//
// It knows them by their looks, so it rather takes too much. It imports nothing of the project.
package redact

import "regexp"

// mask stands where something was.
const mask = "REDACTED"

// secret is how one sort of secret looks, and what stands in its place.
type secret struct {
	looks   *regexp.Regexp
	instead string
}

var secrets = []secret{
	// Whole blocks and URLs first: what they hold looks like other things.
	{regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), mask + " PRIVATE KEY"},
	{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s"'<>/]*:[^\s"'<>]*@`), "${1}" + mask + "@"}, // user:password@host
	{regexp.MustCompile(`(?i)\bhooks\.slack\.com/[^\s"'<>\\]+`), "hooks.slack.com/" + mask},
	{regexp.MustCompile(`(?i)\b(bearer|basic)(\\?["']?\s*:?\s+\\?["']?)[\w.~+/=-]{6,}`), "${1}${2}" + mask},
	// Tokens by how they begin: Slack's, Anthropic's and others', webhooks', Google's, AWS', GitHub's, JWTs.
	{regexp.MustCompile(`(?i)\bxox[a-z](?:\.xox[a-z])?-[\w.%-]+`), mask},
	{regexp.MustCompile(`(?i)\bxapp-[\w-]+`), mask},
	{regexp.MustCompile(`\bsk-ant-[\w-]+`), mask},
	{regexp.MustCompile(`\bsk-[\w-]{16,}`), mask},
	{regexp.MustCompile(`\bwhsec_[\w+/=-]+`), mask},
	{regexp.MustCompile(`\bya29\.[\w.-]+|\b1//[\w-]{16,}|\bGOCSPX-[\w-]+|\bAIza[\w-]{30,}`), mask},
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`), mask},
	{regexp.MustCompile(`\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}`), mask},
	{regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`), mask},
	// Values by what they are called: password=..., "client_secret": "...", api-key: ...
	{
		regexp.MustCompile(`(?i)((?:password|passwd|pwd|secret|token|api[_-]?key|(?:private|encryption|secret|access|previous)[_-]?key)` +
			`(?:\\?["'])?\s*(?:=|:)\s*)(?:\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"'{}\[\]\\]+)`),
		"${1}" + mask,
	},
	{regexp.MustCompile(`(?i)[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`), mask + "@" + mask},
}

// Text returns text without what looks like a secret or an e-mail address.
func Text(text string) string {
	for _, s := range secrets {
		text = s.looks.ReplaceAllString(text, s.instead)
	}
	return text
}

// Value redacts all strings of a decoded JSON value, keys aside, in place where it can, and returns it.
func Value(value any) any {
	switch v := value.(type) {
	case string:
		return Text(v)
	case map[string]any:
		for key := range v {
			v[key] = Value(v[key])
		}
	case []any:
		for i := range v {
			v[i] = Value(v[i])
		}
	}
	return value
}
