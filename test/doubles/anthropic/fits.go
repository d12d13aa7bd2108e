package anthropic

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// fits says why a value is not of a schema: the model's never is not.
func (c checker) fits(schema map[string]any, value any) error {
	if ref, given := schema["$ref"].(string); given {
		target, _ := c.resolve(ref)
		return c.fits(target, value)
	}
	if options, given := schema["anyOf"].([]any); given {
		ok := func(option any) bool { return c.fits(option.(map[string]any), value) == nil }
		if !slices.ContainsFunc(options, ok) {
			return fmt.Errorf("%v is none of anyOf", value)
		}
		return nil
	}
	if allowed, given := schema["enum"].([]any); given && !slices.Contains(allowed, value) {
		return fmt.Errorf("%v is not in the enum", value)
	}
	switch schema["type"] {
	case "object":
		return c.fitsObject(schema, value)
	case "array":
		return c.fitsArray(schema, value)
	default:
		return fitsPlain(schema, value)
	}
}

func (c checker) fitsObject(schema map[string]any, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", value)
	}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, found := object[fmt.Sprint(name)]; !found {
			return fmt.Errorf("%v is missing", name)
		}
	}
	for name, member := range object {
		part, known := properties[name].(map[string]any)
		if !known {
			return fmt.Errorf("%s is no property", name)
		}
		if err := c.fits(part, member); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c checker) fitsArray(schema map[string]any, value any) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%v is no array", value)
	}
	items, given := schema["items"].(map[string]any)
	for i, item := range list {
		if !given {
			break
		}
		if err := c.fits(items, item); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func fitsPlain(schema map[string]any, value any) error {
	ok := true
	switch schema["type"] {
	case "string":
		_, ok = value.(string)
	case "boolean":
		_, ok = value.(bool)
	case "null":
		ok = value == nil
	case "number":
		_, ok = value.(float64)
	case "integer":
		n, isNumber := value.(float64)
		ok = isNumber && n == math.Trunc(n)
	}
	if ok && schema["format"] == "date" {
		_, err := time.Parse(time.DateOnly, fmt.Sprint(value))
		ok = err == nil
	}
	if !ok {
		return fmt.Errorf("%v is no %v %v", value, schema["type"], schema["format"])
	}
	return nil
}
