package awssm_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type double struct {
	*awssm.Server
	url string
}

func start(t *testing.T) double {
	t.Helper()
	server, err := awssm.New(awssm.Config{
		Region:     "eu-west-1",
		AccessKeys: []awssm.AccessKey{{ID: "AKIAEXAMPLE", Secret: "very secret"}},
		Secrets:    []awssm.Secret{{Name: "slack-app", Value: `{"signing_secret":"x"}`}, {Name: "slack-app-2", Value: "y"}},
		Now:        func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	return double{Server: server, url: listener.URL}
}

// call is a signed request and what a test spoils of it.
type call struct {
	body            string
	key, secret     string
	region, service string
	at              time.Time
	before, after   func(*http.Request) // signing
}

type answer struct {
	Status        int
	Type          string `json:"__type"`
	Message       string
	ARN           string
	Name          string
	SecretString  string
	VersionID     string `json:"VersionId"`
	VersionStages []string
	CreatedDate   float64
}

func (d double) get(t *testing.T, c call) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if c.before != nil {
		c.before(r)
	}
	hash := sha256.Sum256([]byte(c.body))
	credentials := aws.Credentials{AccessKeyID: orElse(c.key, "AKIAEXAMPLE"), SecretAccessKey: orElse(c.secret, "very secret")}
	if c.at.IsZero() {
		c.at = noon
	}
	err = v4.NewSigner().SignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]),
		orElse(c.service, "secretsmanager"), orElse(c.region, "eu-west-1"), c.at)
	if err != nil {
		t.Fatal(err)
	}
	if c.after != nil {
		c.after(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: response.StatusCode}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return a
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func TestASecretAndItsVersions(t *testing.T) {
	d := start(t)
	first := d.get(t, call{body: `{"SecretId":"slack-app"}`})
	if first.Status != 200 || first.SecretString != `{"signing_secret":"x"}` || first.Name != "slack-app" || first.CreatedDate != float64(noon.Unix()) {
		t.Errorf("answer = %+v", first)
	}
	if err := d.Put(awssm.Secret{Name: "slack-app", Value: "new"}); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"SecretId":"slack-app","VersionStage":"AWSCURRENT"}`:                                        "new",
		`{"SecretId":"slack-app","VersionStage":"AWSPREVIOUS"}`:                                       `{"signing_secret":"x"}`,
		`{"SecretId":"slack-app","VersionId":"` + first.VersionID + `"}`:                              `{"signing_secret":"x"}`,
		`{"SecretId":"slack-app","VersionId":"` + first.VersionID + `","VersionStage":"AWSPREVIOUS"}`: `{"signing_secret":"x"}`,
		`{"SecretId":"` + first.ARN + `"}`:                                                            "new",
		`{"SecretId":"` + first.ARN[:len(first.ARN)-7] + `"}`:                                         "new",
		`{"SecretId":"slack-app-2"}`:                                                                  "y",
		`{"SecretId":"nope"}`:                                                                         "ResourceNotFoundException",
		`{"SecretId":"slack-app","VersionStage":"AWSPENDING"}`:                                        "ResourceNotFoundException",
		`{"SecretId":"slack-app","VersionId":"` + first.VersionID + `","VersionStage":"AWSCURRENT"}`:  "ResourceNotFoundException",
		`{"SecretId":"slack-app-2","VersionStage":"AWSPREVIOUS"}`:                                     "ResourceNotFoundException",
		`{}`:                                "ValidationException",
		`{"SecretId":"slack-app","Tag":""}`: "SerializationException",
		`{"SecretId":"slack-app"} {}`:       "SerializationException",
		`{`:                                 "SerializationException",
	} {
		if got := d.get(t, call{body: body}); got.SecretString+got.Type != want || (got.Type != "") != (got.Status == 400) {
			t.Errorf("%s: answer %+v, want %s", body, got, want)
		}
	}
	if !d.Delete("slack-app") || d.get(t, call{body: `{"SecretId":"slack-app"}`}).Type != "ResourceNotFoundException" {
		t.Error("the secret outlives its deletion")
	}
}

func TestSignatures(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := map[string]struct {
		call call
		want string // exception; "" is none
	}{
		"signed":                 {},
		"five minutes old":       {call: call{at: noon.Add(-5 * time.Minute)}},
		"five minutes ahead":     {call: call{at: noon.Add(5 * time.Minute)}},
		"older":                  {call: call{at: noon.Add(-5*time.Minute - time.Second)}, want: "InvalidSignatureException"},
		"further ahead":          {call: call{at: noon.Add(5*time.Minute + time.Second)}, want: "InvalidSignatureException"},
		"wrong secret":           {call: call{secret: "guess"}, want: "InvalidSignatureException"},
		"unknown key":            {call: call{key: "AKIANOBODY"}, want: "UnrecognizedClientException"},
		"other region":           {call: call{region: "us-east-1"}, want: "InvalidSignatureException"},
		"other service":          {call: call{service: "s3"}, want: "InvalidSignatureException"},
		"more headers":           {call: call{before: header("Amz-Sdk-Request", "attempt=1; max=3")}},
		"changed header":         {call: call{before: header("Amz-Sdk-Request", "attempt=1"), after: header("Amz-Sdk-Request", "attempt=2")}, want: "InvalidSignatureException"},
		"unsigned amz header":    {call: call{after: header("X-Amz-Meta", "x")}, want: "InvalidSignatureException"},
		"changed date":           {call: call{after: header("X-Amz-Date", "20261123T120001Z")}, want: "InvalidSignatureException"},
		"session token":          {call: call{before: header("X-Amz-Security-Token", "x")}, want: "UnrecognizedClientException"},
		"no signature":           {call: call{after: func(r *http.Request) { r.Header.Del("Authorization") }}, want: "MissingAuthenticationTokenException"},
		"garbage":                {call: call{after: header("Authorization", "Bearer x")}, want: "IncompleteSignatureException"},
		"no date":                {call: call{after: func(r *http.Request) { r.Header.Del("X-Amz-Date") }}, want: "IncompleteSignatureException"},
		"changed body":           {call: call{after: func(r *http.Request) { replaceBody(r, `{"SecretId":"slack-app-2"}`) }}, want: "InvalidSignatureException"},
		"changed host":           {call: call{after: func(r *http.Request) { r.Host = "secretsmanager.example" }}, want: "InvalidSignatureException"},
		"other content type":     {call: call{before: header("Content-Type", "application/json")}, want: "SerializationException"},
		"unknown operation":      {call: call{before: header("X-Amz-Target", "secretsmanager.ListSecrets")}, want: "UnknownOperationException"},
		"another vendor's call":  {call: call{before: header("X-Amz-Target", "AmazonSSM.GetParameter")}, want: "UnknownOperationException"},
		"a query beside the API": {call: call{before: func(r *http.Request) { r.URL.RawQuery = "a=b" }}, want: "UnknownOperationException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			tc.call.body = `{"SecretId":"slack-app"}`
			if got := d.get(t, tc.call); got.Type != tc.want {
				t.Errorf("exception %q (%s), want %q", got.Type, got.Message, tc.want)
			}
		})
	}
}

func replaceBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
}

func TestFaults(t *testing.T) {
	d := start(t)
	for _, f := range []fault.Fault{{Kind: fault.RateLimited}, {Kind: fault.Error, Code: "DecryptionFailure"}, {Kind: fault.Error, Code: "InternalServiceError"}} {
		if err := d.Fail(awssm.GetSecretValue, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []answer{{Status: 400, Type: "ThrottlingException"}, {Status: 400, Type: "DecryptionFailure"}, {Status: 500, Type: "InternalServiceError"}, {Status: 200}} {
		got := d.get(t, call{body: `{"SecretId":"slack-app"}`})
		if got.Status != want.Status || got.Type != want.Type {
			t.Errorf("answer = %d %s, want %d %s", got.Status, got.Type, want.Status, want.Type)
		}
	}
	want := calls.Counts{awssm.GetSecretValue: {"fault:rate_limited": 1, "fault:error": 2, "ok": 1}}
	if diff := cmp.Diff(want, d.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if err := d.Fail("PutSecretValue", fault.Fault{Kind: fault.Drop}); err == nil {
		t.Error("a fault for an unknown operation is taken")
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	tests := map[string]awssm.Config{
		"no region":       {},
		"no access key":   {Region: "eu-west-1", AccessKeys: []awssm.AccessKey{{ID: "AKIA"}}},
		"a bad name":      {Region: "eu-west-1", Secrets: []awssm.Secret{{Name: "a b", Value: "x"}}},
		"no value":        {Region: "eu-west-1", Secrets: []awssm.Secret{{Name: "a"}}},
		"a name twice":    {Region: "eu-west-1", Secrets: []awssm.Secret{{Name: "a", Value: "x"}, {Name: "a", Value: "y"}}},
		"a value too big": {Region: "eu-west-1", Secrets: []awssm.Secret{{Name: "a", Value: strings.Repeat("x", 65537)}}},
	}
	for name, c := range tests {
		if _, err := awssm.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
