package anthropic

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What a schema may have: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
var (
	keywords = []string{
		"$ref", "$defs", "type", "anyOf", "allOf", "description", "title", "enum", "const", "properties", "required", "items",
		"additionalProperties", "format", "minItems",
	}
	formats = []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
	types   = []string{"object", "array", "string", "integer", "number", "boolean", "null"}
)

func checkSchema(schema map[string]any) error { return checker{root: schema}.check(schema, nil) }

type checker struct{ root map[string]any }

// check walks through a schema; refs are the references that it went through.
func (c checker) check(schema map[string]any, refs []string) error {
	for word := range schema {
		if !slices.Contains(keywords, word) {
			return fmt.Errorf("property %q is not supported", word)
		}
	}
	if err := checkKeywords(schema); err != nil {
		return err
	}
	if ref, given := schema["$ref"].(string); given {
		if slices.Contains(refs, ref) {
			return fmt.Errorf("%s: recursive definitions are not supported", ref)
		}
		target, found := c.resolve(ref)
		if !found {
			return fmt.Errorf("%s: not found", ref)
		}
		return c.check(target, append(slices.Clone(refs), ref))
	}
	return c.checkParts(schema, refs)
}

func checkKeywords(schema map[string]any) error {
	if name, given := schema["type"]; given {
		if text, ok := name.(string); !ok || !slices.Contains(types, text) {
			return fmt.Errorf("type: %v is not supported", name)
		}
	}
	if format, given := schema["format"]; given && !slices.Contains(formats, fmt.Sprint(format)) {
		return fmt.Errorf("format: %v is not supported", format)
	}
	if n, given := schema["minItems"]; given && n != 0.0 && n != 1.0 {
		return fmt.Errorf("minItems: %v is not supported, only 0 and 1", n)
	}
	if schema["type"] == "object" && schema["additionalProperties"] != false {
		return errors.New("for 'object' type, 'additionalProperties' must be explicitly set to false")
	}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, found := properties[fmt.Sprint(name)]; !found {
			return fmt.Errorf("required: %v is no property", name)
		}
	}
	return nil
}

func (c checker) checkParts(schema map[string]any, refs []string) error {
	parts := map[string]any{"items": schema["items"]}
	for _, word := range []string{"properties", "$defs"} {
		members, _ := schema[word].(map[string]any)
		for name, part := range members {
			parts[word+"."+name] = part
		}
	}
	for _, word := range []string{"anyOf", "allOf"} {
		members, _ := schema[word].([]any)
		for i, part := range members {
			parts[fmt.Sprintf("%s.%d", word, i)] = part
		}
	}
	for name, part := range parts {
		if part == nil {
			continue
		}
		object, ok := part.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: want a schema", name)
		}
		if err := c.check(object, refs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c checker) resolve(ref string) (map[string]any, bool) {
	name, found := strings.CutPrefix(ref, "#/$defs/")
	definitions, _ := c.root["$defs"].(map[string]any)
	target, ok := definitions[name].(map[string]any)
	return target, found && ok
}
