package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/followup-dev/followup-operator/internal/planreport"
)

// largestAnswer bounds what is read of an operator's answer, in bytes.
const largestAnswer = 64 << 20

// postPlan sends objects to an operator's address and reads its report.
func postPlan(ctx context.Context, caller *http.Client, address string, objects []*unstructured.Unstructured) (planreport.Report, error) {
	var report planreport.Report
	var body bytes.Buffer
	for _, o := range objects { // a stream
		if err := json.NewEncoder(&body).Encode(o); err != nil {
			return report, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, &body)
	if err != nil {
		return report, fmt.Errorf("--operator-url: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := caller.Do(request)
	if err != nil {
		return report, fmt.Errorf("ask the operator for a plan: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return report, fmt.Errorf("read the operator's plan: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return report, fmt.Errorf("the operator does not plan (HTTP %d): %s", response.StatusCode, sentence(response, answer))
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return report, fmt.Errorf("the answer is no plan; is %s the operator's address? %w", address, err)
	}
	return report, nil
}

// sentence is what an answer says in words; a page or an empty answer says nothing.
func sentence(response *http.Response, body []byte) string {
	const longest = 1000
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	text := strings.TrimSpace(string(body))
	if media != "text/plain" || text == "" {
		return "is it the operator's address, and an operator that can plan?"
	}
	return text[:min(len(text), longest)]
}
