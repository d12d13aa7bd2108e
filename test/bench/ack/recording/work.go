package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Work is what is sent for a command and for a click.
type Work struct{ Command, Click []Statement }

// Statement is an SQL text with its values.
type Statement struct {
	SQL    string
	Values []*Value // nil: NULL
}

// Value is a value in Postgres' text format, with holes between its parts where the values of a request belong.
type Value struct {
	Parts []string // one more than holes
	Holes []Hole
}

// Hole says which value of a request belongs there.
type Hole string

// Holes.
const (
	TenantID   Hole = "tenant_id"
	TeamID     Hole = "team_id"
	UserID     Hole = "user_id"
	TriggerID  Hole = "trigger_id"
	RequestKey Hole = "request_key"
)

// Request is the values of one request.
type Request struct{ TenantID, TeamID, UserID, TriggerID string }

// key is the request's name in the database, as the webhook makes it of the trigger_id.
func (r Request) key() string {
	sum := sha256.Sum256([]byte(r.TriggerID))
	return hex.EncodeToString(sum[:16])
}

// Args are the statement's values for a request, as pgx takes them.
func (s Statement) Args(r Request) []any {
	args := make([]any, len(s.Values))
	for i, v := range s.Values {
		if v != nil {
			args[i] = v.fill(r)
		}
	}
	return args
}

func (v *Value) fill(r Request) string {
	if len(v.Holes) == 0 {
		return v.Parts[0]
	}
	var text strings.Builder
	for i, hole := range v.Holes {
		text.WriteString(v.Parts[i])
		text.WriteString(r.value(hole))
	}
	text.WriteString(v.Parts[len(v.Holes)])
	return text.String()
}

func (r Request) value(hole Hole) string {
	switch hole {
	case TenantID:
		return r.TenantID
	case TeamID:
		return r.TeamID
	case UserID:
		return r.UserID
	case TriggerID:
		return r.TriggerID
	default:
		return r.key()
	}
}

// cut makes holes in a value wherever it has one of the request's.
func cut(text string, r Request) *Value {
	v := &Value{}
	for text != "" {
		at, hole := len(text), Hole("")
		for _, candidate := range []Hole{TenantID, TeamID, UserID, TriggerID, RequestKey} {
			if i := strings.Index(text, r.value(candidate)); i >= 0 && i < at {
				at, hole = i, candidate
			}
		}
		v.Parts = append(v.Parts, text[:at])
		if hole == "" {
			return v
		}
		v.Holes = append(v.Holes, hole)
		text = text[at+len(r.value(hole)):]
	}
	v.Parts = append(v.Parts, "")
	return v
}
