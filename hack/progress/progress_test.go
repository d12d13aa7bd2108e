package progress

import (
	"strings"
	"testing"
	"time"
)

func TestStartPrintsPartResultAndTime(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	p := &Printer{out: &out, now: func() time.Time { return clock }}

	done := p.Start("node")
	clock = clock.Add(5100 * time.Millisecond)
	done("Ready")
	p.Note("runc", "installed")

	want := "  node             Ready                                           5.1 s\n  runc             installed\n"
	if out.String() != want {
		t.Errorf("got\n%q, want\n%q", out.String(), want)
	}
}

func TestWithoutWriterNothingIsPrinted(*testing.T) {
	New(nil).Start("node")("Ready")
	var none *Printer
	none.Note("node", "Ready")
	none.Start("node")("Ready")
}

func TestTail(t *testing.T) {
	tests := map[string]struct {
		log  string
		n    int
		want string
	}{
		"shorter than asked": {log: "a\n", n: 3, want: "    a"},
		"longer than asked":  {log: "a\nb\nc\n", n: 2, want: "    b\n    c"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Tail([]byte(tc.log), tc.n); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
