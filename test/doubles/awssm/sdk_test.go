package awssm_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// judged is the double with AWS' own client aimed at it, which tries a call twice.
type judged struct {
	*awssm.Server
	client *secretsmanager.Client
}

func startJudged(t *testing.T, accessKeySecret string) judged {
	t.Helper()
	server, err := awssm.New(awssm.Config{ // its clock is the machine's, as the SDK's is
		Region:     "eu-west-1",
		AccessKeys: []awssm.AccessKey{{ID: "AKIAEXAMPLE", Secret: "very secret"}},
		Secrets:    []awssm.Secret{{Name: "slack-app", Value: "old"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	client := secretsmanager.New(secretsmanager.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(listener.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: accessKeySecret}, nil
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 2, time.Nanosecond }),
	})
	return judged{server, client}
}

// read returns a version of a secret; "" is the current one.
func (j judged) read(t *testing.T, name, stage string) (string, error) {
	t.Helper()
	input := &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)}
	if stage != "" {
		input.VersionStage = aws.String(stage)
	}
	output, err := j.client.GetSecretValue(t.Context(), input)
	if err != nil {
		return "", err
	}
	return aws.ToString(output.SecretString), nil
}

func TestTheSDKReadsVersions(t *testing.T) {
	j := startJudged(t, "very secret")
	if err := j.Put(awssm.Secret{Name: "slack-app", Value: "new"}); err != nil {
		t.Fatal(err)
	}
	for stage, want := range map[string]string{"": "new", "AWSCURRENT": "new", "AWSPREVIOUS": "old"} {
		if got, err := j.read(t, "slack-app", stage); err != nil || got != want {
			t.Errorf("stage %q: %q, %v; want %q", stage, got, err, want)
		}
	}
}

func TestTheSDKKnowsTheErrors(t *testing.T) {
	j := startJudged(t, "very secret")
	var missing *types.ResourceNotFoundException
	if _, err := j.read(t, "nope", ""); !errors.As(err, &missing) {
		t.Errorf("an unknown secret: %v", err)
	}
	if _, err := j.read(t, "slack-app", "AWSPENDING"); !errors.As(err, &missing) {
		t.Errorf("an unknown stage: %v", err)
	}
	code := func(err error) string {
		var known interface{ ErrorCode() string }
		if errors.As(err, &known) {
			return known.ErrorCode()
		}
		return ""
	}
	fail := func(f fault.Fault) {
		t.Helper()
		if err := j.Fail(awssm.GetSecretValue, f); err != nil {
			t.Fatal(err)
		}
	}
	fail(fault.Fault{Kind: fault.Error, Code: "AccessDeniedException"})
	if _, err := j.read(t, "slack-app", ""); code(err) != "AccessDeniedException" {
		t.Errorf("access denied: %v", err)
	}
	fail(fault.Fault{Kind: fault.RateLimited, Times: 2})
	if _, err := j.read(t, "slack-app", ""); code(err) != "ThrottlingException" {
		t.Errorf("throttled twice: %v", err)
	}
	fail(fault.Fault{Kind: fault.RateLimited})
	if got, err := j.read(t, "slack-app", ""); err != nil || got != "old" {
		t.Errorf("throttled once: %q, %v; want the SDK to come back", got, err)
	}
	want := map[string]int{"ResourceNotFoundException": 2, "fault:error": 1, "fault:rate_limited": 3, "ok": 1}
	if diff := cmp.Diff(want, j.Calls()[awssm.GetSecretValue]); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if _, err := startJudged(t, "guessed").read(t, "slack-app", ""); code(err) != "InvalidSignatureException" {
		t.Errorf("a wrong key: %v", err)
	}
}
