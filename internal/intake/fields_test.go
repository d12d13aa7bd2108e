package intake

import (
	"regexp"
	"strings"
	"testing"
)

func TestShapesAreTheseExpressions(t *testing.T) {
	shapes := map[string]struct {
		shape      *shape
		expression string
	}{
		"slackID":     {slackID, `^[A-Z0-9]{2,32}$`},
		"eventID":     {eventID, `^[A-Za-z0-9_-]{2,64}$`},
		"printable":   {printable, `^[[:graph:]]{1,1000}$`},
		"retryReason": {retryReason, `^[a-z_]{1,32}$`},
	}
	values := []string{"", "T0123456789", "Ev0_a-b", "http_timeout", "https://hooks.slack.com/commands/T1/2/x", "two words", "line\n", "è"}
	for b := range 256 {
		values = append(values, "A"+string([]byte{byte(b)}))
	}
	for _, length := range []int{1, 2, 31, 32, 33, 63, 64, 65, 999, 1000, 1001} {
		values = append(values, strings.Repeat("A", length), strings.Repeat("a", length))
	}
	for name, s := range shapes {
		want := regexp.MustCompile(s.expression)
		for _, value := range values {
			if got := s.shape.fits(value); got != want.MatchString(value) {
				t.Errorf("%s fits %q: %v, want %v", name, value, got, !got)
			}
		}
	}
}
