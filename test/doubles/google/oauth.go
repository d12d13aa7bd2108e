package google

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// tokenLife is Google's.
	tokenLife = 3599 * time.Second
	// clockError is how far off an assertion's time may be.
	clockError = 5 * time.Minute

	jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// grant is what a token is good for.
type grant struct {
	user     *user
	scopes   []string
	clientID string // of a refresh token
	expires  time.Time
}

func consented(u *user, c Consent) *grant {
	scopes := c.Scopes
	if scopes == nil {
		scopes = allScopes
	}
	return &grant{user: u, scopes: scopes, clientID: c.ClientID}
}

// ExpireTokens ends the life of all access tokens.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
}

// Revoke takes back all tokens of a user, as the user can in their Google account.
func (s *Server) Revoke(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, tokens := range []map[string]*grant{s.access, s.refresh} {
		for token, g := range tokens {
			if g.user.email == email {
				delete(tokens, token)
			}
		}
	}
}

func (s *Server) bearer(r *http.Request) (*grant, *refusal) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g := s.access[token]
	if !found || g == nil || !s.now().Before(g.expires) {
		return nil, reasons["authError"]
	}
	return g, nil
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, failure := s.exchange(r)
	if failure != nil {
		failure.write(w)
		return failure.code
	}
	writeJSON(w, http.StatusOK, answer)
	return "ok"
}

func (s *Server) exchange(r *http.Request) (map[string]any, *tokenRefusal) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
		return nil, badTokenRequest("want a form")
	}
	if err := r.ParseForm(); err != nil {
		return nil, badTokenRequest("Bad Request")
	}
	switch form := r.PostForm; form.Get("grant_type") {
	case "refresh_token":
		return s.fromRefreshToken(form)
	case jwtBearer:
		return s.fromAssertion(form)
	default:
		return nil, &tokenRefusal{http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: " + form.Get("grant_type")}
	}
}

func badTokenRequest(description string) *tokenRefusal {
	return &tokenRefusal{http.StatusBadRequest, "invalid_request", description}
}

func invalidGrant(description string) *tokenRefusal {
	return &tokenRefusal{http.StatusBadRequest, "invalid_grant", description}
}

func (s *Server) fromRefreshToken(form url.Values) (map[string]any, *tokenRefusal) {
	if !only(form, "grant_type", "client_id", "client_secret", "refresh_token") {
		return nil, badTokenRequest("a parameter is unknown, or given twice")
	}
	client := Client{ID: form.Get("client_id"), Secret: form.Get("client_secret")}
	if !slices.Contains(s.config.Clients, client) {
		return nil, &tokenRefusal{http.StatusUnauthorized, "invalid_client", "The OAuth client was not found."}
	}
	used := form.Get("refresh_token")
	g := s.refresh[used]
	if g == nil {
		return nil, invalidGrant("Token has been expired or revoked.")
	}
	if g.clientID != client.ID {
		return nil, &tokenRefusal{http.StatusUnauthorized, "unauthorized_client", "Unauthorized"}
	}
	answer := s.issue(g.user, g.scopes)
	answer["scope"] = strings.Join(g.scopes, " ")
	if s.config.RotateRefreshTokens {
		next := "1//" + rand.Text()
		delete(s.refresh, used)
		s.refresh[next] = g
		answer["refresh_token"] = next
	}
	return answer, nil
}

func (s *Server) issue(u *user, scopes []string) map[string]any {
	token := "ya29." + rand.Text()
	s.access[token] = &grant{user: u, scopes: scopes, expires: s.now().Add(tokenLife)}
	return map[string]any{"access_token": token, "expires_in": int(tokenLife / time.Second), "token_type": "Bearer"}
}

func only(form url.Values, names ...string) bool {
	for name, given := range form {
		if !slices.Contains(names, name) || len(given) != 1 {
			return false
		}
	}
	return true
}

// claims are those of an assertion: https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
type claims struct {
	Issuer   string `json:"iss"`
	Scope    string `json:"scope"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

func (s *Server) fromAssertion(form url.Values) (map[string]any, *tokenRefusal) {
	if !only(form, "grant_type", "assertion") {
		return nil, badTokenRequest("a parameter is unknown, or given twice")
	}
	said, account, err := s.verified(form.Get("assertion"))
	if err != nil {
		return nil, invalidGrant(err.Error())
	}
	issued, expires := time.Unix(said.IssuedAt, 0), time.Unix(said.Expires, 0)
	if issued.After(s.now().Add(clockError)) || s.now().After(expires) || expires.Sub(issued) > time.Hour+clockError {
		return nil, invalidGrant("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
			"Check your iat and exp values in the JWT claim.")
	}
	if !strings.HasSuffix(said.Audience, "/token") {
		return nil, invalidGrant("Invalid JWT: Failed audience check.")
	}
	scopes := strings.Fields(said.Scope)
	unknown := func(scope string) bool { return !slices.Contains(allScopes, scope) }
	_, domain, _ := strings.Cut(said.Subject, "@")
	if len(scopes) == 0 || slices.ContainsFunc(scopes, unknown) || !slices.Contains(account.Domains, domain) {
		return nil, &tokenRefusal{http.StatusUnauthorized, "unauthorized_client",
			"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}
	}
	subject, known := s.users[said.Subject]
	if !known {
		return nil, invalidGrant("Not a valid email.")
	}
	return s.issue(subject, scopes), nil
}

// verified returns the claims of an assertion and who signed them.
func (s *Server) verified(assertion string) (claims, ServiceAccount, error) {
	wrong := errors.New("Invalid JWT Signature.") //nolint:staticcheck,revive // Google's words
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return claims{}, ServiceAccount{}, wrong
	}
	var header struct{ Alg, Typ, Kid string }
	var said claims
	signature, signatureErr := base64.RawURLEncoding.DecodeString(parts[2])
	if cmp.Or(part(parts[0], &header), part(parts[1], &said), signatureErr) != nil || header.Alg != "RS256" {
		return claims{}, ServiceAccount{}, wrong
	}
	i := slices.IndexFunc(s.config.ServiceAccounts, func(a ServiceAccount) bool { return a.Email == said.Issuer })
	if i < 0 {
		return claims{}, ServiceAccount{}, errors.New("Invalid grant: account not found") //nolint:staticcheck // Google's words
	}
	account := s.config.ServiceAccounts[i]
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if account.KeyID != header.Kid || rsa.VerifyPKCS1v15(account.Key, crypto.SHA256, digest[:], signature) != nil {
		return claims{}, ServiceAccount{}, wrong
	}
	return said, account, nil
}

func part(encoded string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
