package vendors

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

func TestAnthropicSDK(t *testing.T) {
	double, err := anthropic.New(anthropic.Config{Keys: []string{"k"}, Models: []string{"claude-sonnet-5-5"}})
	if err != nil {
		t.Fatal(err)
	}
	works := http.NewServeMux()
	works.HandleFunc("POST /reply", func(w http.ResponseWriter, r *http.Request) {
		var reply anthropic.Reply
		err := json.NewDecoder(r.Body).Decode(&reply)
		done(w, errors.Join(err, double.Reply(reply)))
	})
	works.HandleFunc("POST /fail", func(w http.ResponseWriter, r *http.Request) {
		var f fault.Fault
		err := json.NewDecoder(r.Body).Decode(&f)
		done(w, errors.Join(err, double.Fail(anthropic.Messages, f)))
	})
	run(t, "anthropic.mjs", map[string]string{"ANTHROPIC_URL": serve(t, double), "WORKS_URL": serve(t, works)})

	for _, operation := range []string{anthropic.Messages, anthropic.CountTokens} {
		if double.Calls()[operation]["ok"] == 0 {
			t.Errorf("%s never succeeded", operation)
		}
	}
}
