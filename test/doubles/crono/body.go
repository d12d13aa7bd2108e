package crono

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// kind is what a property may be. null is as if it were not there.
type kind string

const (
	aText    kind = "a text"
	aNumber  kind = "a number"
	aFlag    kind = "true or false"
	texts    kind = "a list of texts"
	numbers  kind = "a list of numbers"
	anObject kind = "an object"
	aTime    kind = "a date and time"
	aUser    kind = "a user's ID" // a number or a text: Crono's own client sends both
	aType    kind = "a task's type"
)

// taskTypes are by name as Crono's n8n node sends them. Others send numbers: 0 Email, 1 Call, 2 Linkedin, 3 InMail.
var taskTypes = []string{"Email", "Call", "Linkedin", "InMail", "Generic"}

// body is what a call may send: properties in any case, by their names in lower case.
type body struct {
	wrapped  bool // in {"data": ...}: a write
	known    map[string]kind
	required []string
}

// values are the properties that a body has.
type values map[string]any

func (v values) text(name string) string { s, _ := v[name].(string); return s }
func (v values) number(name string) (int, bool) {
	n, ok := v[name].(json.Number)
	i, err := n.Int64()
	return int(i), ok && err == nil
}

func (b *body) read(raw []byte) (values, *refusal) {
	given, failure := properties(raw)
	if failure != nil {
		return nil, failure
	}
	if b.wrapped {
		data, isObject := given["data"].(map[string]any)
		if !isObject || len(given) != 1 {
			return nil, badRequest("Data", "The Data field is required.")
		}
		if given, failure = lower(data); failure != nil {
			return nil, failure
		}
	}
	for name, value := range given {
		switch is, known := b.known[name]; {
		case !known:
			return nil, badRequest(name, "is no property of this request")
		case value == nil:
			delete(given, name)
		case !is.fits(value):
			return nil, badRequest(name, "want "+string(is))
		}
	}
	for _, name := range b.required {
		if given[name] == nil || given[name] == "" {
			return nil, badRequest(name, "The field is required.")
		}
	}
	return given, nil
}

func properties(raw []byte) (values, *refusal) {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || object == nil || decoder.More() {
		return nil, badRequest("$", "want a JSON object")
	}
	return lower(object)
}

func lower(object map[string]any) (values, *refusal) {
	given := values{}
	for name, value := range object {
		name = strings.ToLower(name)
		if _, twice := given[name]; twice {
			return nil, badRequest(name, "is there twice")
		}
		given[name] = value
	}
	return given, nil
}

func (k kind) fits(value any) bool {
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	list, isList := value.([]any)
	switch k {
	case aNumber:
		return isNumber
	case aFlag:
		_, ok := value.(bool)
		return ok
	case texts:
		return isList && !slices.ContainsFunc(list, func(v any) bool { return !aText.fits(v) })
	case numbers:
		return isList && !slices.ContainsFunc(list, func(v any) bool { return !aNumber.fits(v) })
	case anObject:
		_, ok := value.(map[string]any)
		return ok || isList
	case aTime:
		_, err := time.Parse(time.RFC3339, text)
		return isText && err == nil
	case aUser:
		return isText || isNumber
	case aType:
		i, err := number.Int64()
		return slices.Contains(taskTypes, text) || (isNumber && err == nil && i >= 0 && i < 4)
	default:
		return isText
	}
}

// taskType is the name of a type that fits.
func taskType(value any) string {
	if number, ok := value.(json.Number); ok {
		i, _ := number.Int64()
		return taskTypes[i]
	}
	name, _ := value.(string)
	return name
}
