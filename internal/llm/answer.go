package llm

import (
	"encoding/json"
	"strings"

	"github.com/anthropics/anthropic-sdk-go/v2"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// Answer is a JSON object, which is meant to be of the schema.
type Answer struct {
	JSON  []byte
	Model string // that answered
	Usage Usage
}

// Usage is what an answer took, in tokens, together with the try that was too short if there was one.
type Usage struct {
	Input      int64 // neither written to the cache nor read from it
	CacheWrite int64
	CacheRead  int64
	Output     int64
}

func (u *Usage) add(other Usage) {
	u.Input += other.Input
	u.CacheWrite += other.CacheWrite
	u.CacheRead += other.CacheRead
	u.Output += other.Output
}

// read takes the JSON out of a message: all of its texts, which may stand after thinking.
func read(message *anthropic.Message) (Answer, error) {
	answer := Answer{Model: message.Model, Usage: Usage{
		Input:      message.Usage.InputTokens,
		CacheWrite: message.Usage.CacheCreationInputTokens,
		CacheRead:  message.Usage.CacheReadInputTokens,
		Output:     message.Usage.OutputTokens,
	}}
	switch message.StopReason { //nolint:exhaustive // all others mean that the answer is there
	case anthropic.StopReasonRefusal:
		return answer, &outcome.Error{Class: outcome.Permanent, Code: CodeRefusal}
	case anthropic.StopReasonMaxTokens:
		return answer, &outcome.Error{Class: outcome.Permanent, Code: CodeMaxTokens}
	case anthropic.StopReasonModelContextWindowExceeded:
		return answer, &outcome.Error{Class: outcome.Permanent, Code: CodeTooLong}
	}
	var text strings.Builder
	for _, block := range message.Content {
		if block.Type == "text" {
			text.WriteString(block.Text)
		}
	}
	object, found := objectIn(text.String())
	if !found {
		return answer, &outcome.Error{Class: outcome.Transient, Code: CodeUnreadable}
	}
	answer.JSON = object
	return answer, nil
}

// objectIn leaves out what models like to put around JSON.
func objectIn(text string) ([]byte, bool) {
	from, to := strings.Index(text, "{"), strings.LastIndex(text, "}")
	if from < 0 || to < from {
		return nil, false
	}
	object := []byte(text[from : to+1])
	return object, json.Valid(object)
}
