package awssm

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	service    = "secretsmanager"
	maxSkew    = 5 * time.Minute
	timeFormat = "20060102T150405Z"
)

// verifier checks signatures of version 4:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type verifier struct {
	region string
	keys   map[string]string // secrets by access key ID
	now    func() time.Time
}

func newVerifier(region string, keys []AccessKey, now func() time.Time) verifier {
	v := verifier{region: region, keys: map[string]string{}, now: now}
	for _, k := range keys {
		v.keys[k.ID] = k.Secret
	}
	return v
}

var authorizationFormat = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/, ]+)/[^/, ]+/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// authorization is a parsed Authorization header.
type authorization struct {
	keyID, date, region string
	signedHeaders       []string
	signature           string
}

func (v verifier) verify(r *http.Request, body []byte) *exception {
	header := r.Header.Get("Authorization")
	if header == "" {
		return &exception{Type: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	}
	m := authorizationFormat.FindStringSubmatch(header)
	if m == nil {
		return &exception{Type: "IncompleteSignatureException", Message: "Authorization header is malformed"}
	}
	a := authorization{keyID: m[1], date: m[2], region: m[3], signedHeaders: strings.Split(m[4], ";"), signature: m[5]}
	secretKey, known := v.keys[a.keyID]
	if !known || r.Header.Get("X-Amz-Security-Token") != "" { // long-lived keys have no session token
		return &exception{Type: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	signedAt, failure := v.signingTime(r, a)
	if failure != nil {
		return failure
	}
	if failure := v.checkScope(r, a); failure != nil {
		return failure
	}
	expected, err := sign(r, body, a, aws.Credentials{AccessKeyID: a.keyID, SecretAccessKey: secretKey}, signedAt)
	if err != nil {
		return &exception{Type: "IncompleteSignatureException", Message: err.Error()}
	}
	if subtle.ConstantTimeCompare([]byte(expected), []byte(a.signature)) != 1 {
		return badSignature("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method.")
	}
	return nil
}

// signingTime reads X-Amz-Date and compares it with the clock.
func (v verifier) signingTime(r *http.Request, a authorization) (time.Time, *exception) {
	signedAt, err := time.Parse(timeFormat, r.Header.Get("X-Amz-Date"))
	if err != nil {
		return time.Time{}, &exception{Type: "IncompleteSignatureException", Message: "Authorization header requires existence of a valid 'X-Amz-Date' header."}
	}
	now := v.now().UTC()
	if signedAt.Before(now.Add(-maxSkew)) {
		return time.Time{}, badSignature(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)",
			signedAt.Format(timeFormat), now.Add(-maxSkew).Format(timeFormat), now.Format(timeFormat)))
	}
	if signedAt.After(now.Add(maxSkew)) {
		return time.Time{}, badSignature(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)",
			signedAt.Format(timeFormat), now.Add(maxSkew).Format(timeFormat), now.Format(timeFormat)))
	}
	if a.date != signedAt.Format("20060102") {
		return time.Time{}, badSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	}
	return signedAt, nil
}

// checkScope demands our region, and that Host and every X-Amz header are signed.
func (v verifier) checkScope(r *http.Request, a authorization) *exception {
	if a.region != v.region {
		return badSignature("Credential should be scoped to a valid region.")
	}
	required := []string{"host"}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			required = append(required, lower)
		}
	}
	for _, name := range required {
		if !slices.Contains(a.signedHeaders, name) {
			return badSignature(fmt.Sprintf("'%s' must be a 'SignedHeader' in the AWS Authorization.", name))
		}
	}
	return nil
}

// sign signs what the client says it has signed: nothing but its signed headers, and the body as it has arrived; for this
// service, whatever the client says.
func sign(r *http.Request, body []byte, a authorization, credentials aws.Credentials, at time.Time) (string, error) {
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return "", err
	}
	for _, name := range a.signedHeaders {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), service, a.region, at); err != nil {
		return "", err
	}
	_, signature, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
	return signature, nil
}

func badSignature(message string) *exception {
	return &exception{Type: "InvalidSignatureException", Message: message}
}
