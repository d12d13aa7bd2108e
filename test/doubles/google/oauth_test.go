package google_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"github.com/followup-dev/followup-operator/test/doubles/google"
)

func TestTokensOfOneWhoConsented(t *testing.T) {
	w := start(t, nil)
	token, err := w.consent(t.Context(), app, "1//ada").Token()
	if err != nil || token.RefreshToken != "1//ada" || time.Until(token.Expiry) < 59*time.Minute || token.Extra("scope") == "" {
		t.Fatalf("token %+v, %v", token, err)
	}
	for name, tc := range map[string]struct {
		client  google.Client
		refresh string
		want    string
	}{
		"no such token":           {app, "1//eve", "invalid_grant"},
		"no such client":          {google.Client{ID: "client-1", Secret: "x"}, "1//ada", "invalid_client"},
		"another client's token":  {google.Client{ID: "client-2", Secret: "secret-2"}, "1//ada", "unauthorized_client"},
		"the user took it back":   {app, "1//bob", "invalid_grant"},
		"nobody's empty one":      {app, " ", "invalid_grant"},
		"a user without consent ": {app, "1//cem", "invalid_grant"},
	} {
		if name == "the user took it back" {
			w.Revoke("bob@acme.example")
		}
		_, err := w.consent(t.Context(), tc.client, tc.refresh).Token()
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func TestRefreshTokensThatRotate(t *testing.T) {
	w := start(t, func(c *google.Config) { c.RotateRefreshTokens = true })
	first, err := w.consent(t.Context(), app, "1//ada").Token()
	if err != nil || first.RefreshToken == "1//ada" {
		t.Fatalf("token %+v, %v", first, err)
	}
	if _, err := w.consent(t.Context(), app, "1//ada").Token(); err == nil {
		t.Error("a refresh token is taken twice")
	}
	if _, err := w.consent(t.Context(), app, first.RefreshToken).Token(); err != nil {
		t.Error(err)
	}
}

func TestTokensOfAServiceAccount(t *testing.T) {
	w := start(t, nil)
	if token, err := w.assertion(t.Context(), t, ada, nil).Token(); err != nil || token.AccessToken == "" {
		t.Fatalf("token %+v, %v", token, err)
	}
	other := start(t, nil)
	for name, tc := range map[string]struct {
		subject string
		change  func(*jwt.Config)
		want    string
	}{
		"nobody":            {"eve@acme.example", nil, "Not a valid email."},
		"another domain's":  {"cem@other.example", nil, "unauthorized_client"},
		"itself":            {"", nil, "unauthorized_client"},
		"another scope":     {ada, func(c *jwt.Config) { c.Scopes = append(c.Scopes, "https://mail.google.com/") }, "unauthorized_client"},
		"another account":   {ada, func(c *jwt.Config) { c.Email = "eve@x.iam.gserviceaccount.com" }, "account not found"},
		"another key's ID":  {ada, func(c *jwt.Config) { c.PrivateKeyID = "other" }, "Invalid JWT Signature."},
		"too long":          {ada, func(c *jwt.Config) { c.Expires = 3 * time.Hour }, "short-lived"},
		"another audience":  {ada, func(c *jwt.Config) { c.Audience = "https://evil.example/" }, "audience"},
		"another key":       {ada, func(c *jwt.Config) { c.PrivateKey = keyOf(t, other) }, "Invalid JWT Signature."},
		"what is no client": {ada, func(c *jwt.Config) { c.TokenURL += "?x=1" }, "invalid_request"},
	} {
		_, err := w.assertion(t.Context(), t, tc.subject, tc.change).Token()
		refused, ok := errors.AsType[*oauth2.RetrieveError](err)
		if !ok || !strings.Contains(string(refused.Body), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func keyOf(t *testing.T, w world) []byte {
	t.Helper()
	var file struct {
		Key string `json:"private_key"`
	}
	if err := json.Unmarshal(w.key, &file); err != nil {
		t.Fatal(err)
	}
	return []byte(file.Key)
}

func TestTokensEnd(t *testing.T) {
	for name, end := range map[string]func(world){
		"when they are told to": func(w world) { w.ExpireTokens() },
		"after an hour":         func(w world) { w.clock.Advance(time.Hour) },
		"with the consent":      func(w world) { w.Revoke(ada) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			drafts, _ := w.sdk(t, "1//ada") // which keeps its token until it thinks it is over
			if _, err := drafts.List("me").Do(); err != nil {
				t.Fatal(err)
			}
			end(w)
			if _, err := drafts.List("me").Do(); reason(t, err) != "authError" {
				t.Errorf("%v, want authError", err)
			}
		})
	}
}
