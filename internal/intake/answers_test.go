package intake

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Users look a text up as they read it.
func TestEachTextIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/user/answers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		textUnknownWorkspace, textUnknownCommand, textHeld, limitedText(23 * time.Second), textUnavailable, textWrongApp,
	} {
		if !strings.Contains(string(page), "| "+text+" |") {
			t.Errorf("docs/user/answers.md does not have %q", text)
		}
	}
}

func TestLimitedText(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		-time.Minute:            "a second",
		0:                       "a second",
		time.Second:             "a second",
		1001 * time.Millisecond: "2 seconds",
		time.Minute:             "60 seconds",
	} {
		if got := limitedText(wait); !strings.HasSuffix(got, "Try again in "+want+".") {
			t.Errorf("limitedText(%v) = %q, want %q", wait, got, want)
		}
	}
}
