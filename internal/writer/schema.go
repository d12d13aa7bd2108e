package writer

import (
	"maps"
	"slices"
)

// schema is of the answer. It is the same for all meetings, so that the vendor compiles it once. What it can't say, lengths
// and forms, the system prompt asks for and read and followup.Checked see to.
var schema = object(map[string]any{
	"language": text("BCP 47 tag, such as it"),
	"summary":  text("plain text"),
	"email":    object(map[string]any{"subject": text("one line"), "body": text("plain text")}),
	"note":     text("plain text"),
	"next_steps": list(object(map[string]any{
		"what":  text("one sentence, without the owner and the date"),
		"owner": number("in the list of participants, 0 for nobody"),
		"due":   orNull(map[string]any{"type": "string", "format": "date"}),
	})),
	"event": orNull(object(map[string]any{
		"title":       text("one line"),
		"description": text("plain text"),
		"date":        map[string]any{"type": "string", "format": "date"},
		"time":        text("hours and minutes of 24, such as 15:30"),
		"minutes":     number("how long it takes, 30 if it was not said"),
	})),
	"insights": object(map[string]any{"pain_points": list(insight), "objections": list(insight), "roadblocks": list(insight)}),
})

var insight = object(map[string]any{
	"text":      text("one sentence"),
	"quote":     text("copied from one line of the transcript, or empty"),
	"timestamp": text("of that line, such as 00:05:32, or empty"),
})

// object has all of its properties.
func object(properties map[string]any) map[string]any {
	required := make([]any, 0, len(properties))
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		required = append(required, name)
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func list(of map[string]any) map[string]any {
	return map[string]any{"type": "array", "items": of}
}

func text(description string) map[string]any {
	return map[string]any{"type": "string", "description": description}
}

func number(description string) map[string]any {
	return map[string]any{"type": "integer", "description": description}
}

func orNull(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{schema, map[string]any{"type": "null"}}}
}
