package reconciler

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

func TestContains(t *testing.T) {
	tests := map[string]struct {
		live, want any
		contains   bool
	}{
		"same":                    {object{"a": "x", "n": int64(1)}, object{"a": "x", "n": int64(1)}, true},
		"defaults beside":         {object{"a": "x", "default": true}, object{"a": "x"}, true},
		"another value":           {object{"a": "y"}, object{"a": "x"}, false},
		"missing":                 {object{}, object{"a": "x"}, false},
		"object where text was":   {object{"a": "x"}, object{"a": object{"b": "x"}}, false},
		"deep default":            {object{"a": object{"b": "x", "c": "y"}}, object{"a": object{"b": "x"}}, true},
		"deep difference":         {object{"a": object{"b": "y"}}, object{"a": object{"b": "x"}}, false},
		"list":                    {object{"l": []any{"a", "b"}}, object{"l": []any{"a", "b"}}, true},
		"list in another order":   {object{"l": []any{"b", "a"}}, object{"l": []any{"a", "b"}}, false},
		"item added to a list":    {object{"l": []any{"a", "b"}}, object{"l": []any{"a"}}, false},
		"item with defaults":      {object{"l": []any{object{"p": int64(1), "d": "TCP"}}}, object{"l": []any{object{"p": int64(1)}}}, true},
		"text where a list was":   {object{"l": "a"}, object{"l": []any{"a"}}, false},
		"nothing where a list is": {object{}, object{"l": []any{"a"}}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := contains(tc.live, tc.want); got != tc.contains {
				t.Errorf("contains(%v, %v) = %v", tc.live, tc.want, got)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	m := object{
		"keep": "x", "zero": int64(0), "null": nil, "empty": object{}, "emptied": object{"a": object{"b": nil}},
		"list": []any{object{"null": nil, "keep": "x"}, "text"},
	}
	prune(m)
	want := object{"keep": "x", "zero": int64(0), "list": []any{object{"keep": "x"}, "text"}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
