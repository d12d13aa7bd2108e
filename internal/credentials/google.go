package credentials

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/mail"
)

// OAuthClient is what an OAuth provider knows the app by.
type OAuthClient struct {
	ID     string
	Secret Secret
}

// ParseOAuthClient reads JSON {"client_id", "client_secret"}.
func ParseOAuthClient(raw []byte) (OAuthClient, error) {
	values, err := parse(raw, "", "client_id", "client_secret")
	if err != nil {
		return OAuthClient{}, err
	}
	id, err := values.required("client_id")
	if err != nil {
		return OAuthClient{}, err
	}
	secret, err := values.required("client_secret")
	if err != nil {
		return OAuthClient{}, err
	}
	return OAuthClient{ID: id, Secret: NewSecret(secret)}, nil
}

// Google is how mailboxes and calendars of Google Workspace are reached; exactly one of the two is set.
type Google struct {
	ServiceAccount *ServiceAccount
	Mailbox        *GoogleMailbox
}

// ServiceAccount acts for each user of a domain that delegated its authority to it.
//
// Source: https://developers.google.com/identity/protocols/oauth2/service-account
type ServiceAccount struct {
	Email      string
	KeyID      string
	PrivateKey Secret // PEM of a PKCS #8 RSA key
}

// GoogleMailbox acts for the one user who consented to it. The refresh token is one of the app's OAuthClient.
type GoogleMailbox struct {
	Email        string
	RefreshToken Secret
}

// ParseGoogle reads the key file of a service account as Google gives it, or JSON {"email", "refresh_token"}. Of the key
// file nothing that says where to send requests is read: whoever writes the Secret must not aim them elsewhere.
func ParseGoogle(raw []byte) (Google, error) {
	values, err := parseObject(raw, "type", "client_email", "private_key_id", "private_key", "email", "refresh_token")
	if err != nil {
		return Google{}, err
	}
	if err := values.checkText("type", "client_email", "private_key_id", "email", "refresh_token"); err != nil {
		return Google{}, err
	}
	account := values["type"] == "service_account"
	mailbox := values["email"] != "" || values["refresh_token"] != ""
	switch {
	case account && mailbox:
		return Google{}, &ShapeError{Problem: "must be either a service account's key file or email and refresh_token, not both"}
	case account:
		return values.serviceAccount()
	case mailbox:
		return values.mailbox()
	default:
		return Google{}, &ShapeError{Key: "type", Problem: `must be "service_account", as in the key file of one; or give email and refresh_token`}
	}
}

func (v values) serviceAccount() (Google, error) {
	for _, key := range []string{"client_email", "private_key_id", "private_key"} {
		if _, err := v.required(key); err != nil {
			return Google{}, err
		}
	}
	if problem := rsaKeyProblem(v["private_key"]); problem != "" {
		return Google{}, &ShapeError{Key: "private_key", Problem: problem}
	}
	if err := v.checkEmail("client_email"); err != nil {
		return Google{}, err
	}
	return Google{ServiceAccount: &ServiceAccount{
		Email: v["client_email"], KeyID: v["private_key_id"], PrivateKey: NewSecret(v["private_key"]),
	}}, nil
}

func (v values) mailbox() (Google, error) {
	for _, key := range []string{"email", "refresh_token"} {
		if _, err := v.required(key); err != nil {
			return Google{}, err
		}
	}
	if err := v.checkEmail("email"); err != nil {
		return Google{}, err
	}
	return Google{Mailbox: &GoogleMailbox{Email: v["email"], RefreshToken: NewSecret(v["refresh_token"])}}, nil
}

func (v values) checkEmail(key string) error {
	address, err := mail.ParseAddress(v[key])
	if err != nil || address.Address != v[key] {
		return &ShapeError{Key: key, Problem: "must be an e-mail address"}
	}
	return nil
}

// rsaKeyProblem says what keeps a text from being a PEM of a PKCS #8 RSA key, "" if nothing does.
func rsaKeyProblem(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return `must be a PEM block: it begins with "-----BEGIN PRIVATE KEY-----", and its lines end with \n as the key file has them`
	}
	if block.Type != "PRIVATE KEY" {
		return `must be a PKCS #8 key, which begins with "-----BEGIN PRIVATE KEY-----"`
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "must be a PKCS #8 key; what is inside the PEM block is not one, or not all of it"
	}
	if _, ok := key.(*rsa.PrivateKey); !ok {
		return "must be an RSA key, as those of service accounts are"
	}
	return ""
}
