package crono

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Codes of ours for what Crono says in words.
const (
	codeNotSuccess = "not_success"
	codeKeys       = "keys_refused"
	codeNotFound   = "not_found"
	codeInvalid    = "invalid_" // and the property
)

// envelope is around each answer. Whether errors are texts or objects is not documented.
type envelope struct {
	Data      json.RawMessage `json:"data"`
	IsSuccess *bool           `json:"isSuccess"`
	Errors    json.RawMessage `json:"errors"`
}

// read takes the data out of an answer of 2xx, which is a failure if it says so itself.
func read(resp *http.Response, data any) error {
	var e envelope
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		return err
	}
	if e.IsSuccess != nil && !*e.IsSuccess {
		class, code := e.failure()
		return &outcome.Error{Class: class, Status: resp.StatusCode, Code: code}
	}
	if len(e.Data) == 0 {
		return nil
	}
	return json.Unmarshal(e.Data, data)
}

// failure looks for the few words that make a difference. They are not passed on: they may quote what they refuse.
func (e envelope) failure() (outcome.Class, string) {
	said := strings.ToLower(string(e.Errors))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(said, word) })
	}
	switch {
	case has("unauthorized", "api key", "apikey", "api secret", "x-api-"):
		return outcome.Unauthorized, codeKeys
	case has("not found", "notfound"):
		return outcome.Permanent, codeNotFound
	default:
		return outcome.Permanent, codeNotSuccess
	}
}

// refused reads an answer that is not 2xx: the usual envelope, or what ASP.NET says of a request that does not fit its model
// (https://learn.microsoft.com/aspnet/core/web-api/#automatic-http-400-responses), whose errors are by property. The class stays
// the status's.
func refused(_ int, _ http.Header, body []byte) vendorhttp.Refusal {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return vendorhttp.Refusal{}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Errors, &fields); err == nil && len(fields) > 0 {
		return vendorhttp.Refusal{Code: codeInvalid + property(slices.Min(slices.Collect(maps.Keys(fields))))}
	}
	if e.IsSuccess != nil && !*e.IsSuccess {
		_, code := e.failure()
		return vendorhttp.Refusal{Code: code}
	}
	return vendorhttp.Refusal{}
}

// property is the last name of a path such as "$.Data.AccountId", as a word for outcome.Code.
func property(path string) string {
	return strings.ToLower(path[strings.LastIndex(path, ".")+1:])
}

// notFound says that Crono denied what was asked for.
func notFound(err error) bool {
	failed, ok := errors.AsType[*outcome.Error](err)
	return ok && (failed.Status == http.StatusNotFound || failed.Code == codeNotFound)
}

// text is a value that is a text, or can be taken for one: IDs and amounts come as either. Anything else is "".
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	var n json.Number
	switch raw = bytes.TrimSpace(raw); {
	case json.Unmarshal(raw, &s) == nil:
		*t = text(strings.TrimSpace(s))
	case json.Unmarshal(raw, &n) == nil:
		*t = text(n)
	default:
		*t = ""
	}
	return nil
}

// accountURL is where people see an account. Notes, tasks and deals have no known pages of their own.
func accountURL(id string) string {
	if id == "" {
		return ""
	}
	return "https://app.crono.one/accounts/" + url.PathEscape(id)
}
