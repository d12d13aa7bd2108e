package chaos

import "strings"

// Bytes are what a fuzzer decides. When they are used up every decision is the first choice.
type Bytes struct{ left []byte }

// NewBytes returns those of a fuzzer's input.
func NewBytes(data []byte) *Bytes { return &Bytes{left: data} }

// Pick returns a number below n.
func (b *Bytes) Pick(n int) int {
	if len(b.left) == 0 {
		return 0
	}
	picked := int(b.left[0]) % n
	b.left = b.left[1:]
	return picked
}

// Text returns up to 15 bytes of UTF-8, which is all that the API server lets through.
func (b *Bytes) Text() string {
	n := min(b.Pick(16), len(b.left))
	text := strings.ToValidUTF8(string(b.left[:n]), "?")
	b.left = b.left[n:]
	return text
}

// OneOf returns one of the choices.
func OneOf[T any](b *Bytes, choices ...T) T { return choices[b.Pick(len(choices))] }
