package intake

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"
)

// Texts that only the user who typed the command sees. docs/user/answers.md explains each.
const (
	textUnknownWorkspace = "This workspace isn't set up for Followup yet. Ask the person who installed the app to finish its setup."
	textUnknownCommand   = "Followup doesn't know this command. Type `/followup` or `/meetings` to see your recent meetings."
	textHeld             = "Followup is paused for this workspace. Ask your Followup administrator when it will be back."
	textLimited          = "This workspace has asked Followup too often in the last minute. Try again in %s."
	textUnavailable      = "Followup can't take requests right now. Please try again in a minute."
	textWrongApp         = "This command reached the wrong app. Ask the person who installed it to check its request URL."
)

// answer is a response of ours: a status, and perhaps a text for the user.
type answer struct {
	status  int
	text    string // shown to the user who typed the command
	plain   string // a protocol answer, or a reason for whoever is not Slack
	outcome string // a telemetry.Outcome
}

// message is what Slack shows of an answer.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
type message struct {
	ResponseType string `json:"response_type"`
	Text         string `json:"text"`
}

func (a answer) write(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if a.text == "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(a.status)
		_, err := io.WriteString(w, a.plain)
		return err
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	return json.NewEncoder(w).Encode(message{ResponseType: "ephemeral", Text: a.text})
}

func limitedText(wait time.Duration) string {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	if seconds == 1 {
		return fmt.Sprintf(textLimited, "a second")
	}
	return fmt.Sprintf(textLimited, fmt.Sprintf("%d seconds", seconds))
}
