package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// describe writes an operation as a person reads it.
func describe(input, output any) string {
	c := input.(*call)
	what := c.Method
	if c.second {
		what = "… " + what
	}
	return fmt.Sprintf("%s(%s) → %s", what, brief(c.Ask), outcome(c, output))
}

func outcome(c *call, output any) string {
	switch answer := output.(type) {
	case nil:
		return "?"
	case reason:
		return string(answer)
	case begun:
		return "…"
	default:
		return brief(c.Answer)
	}
}

// brief writes proto JSON without the fields that are not set, and bytes as text.
func brief(message json.RawMessage) string {
	var fields any
	if json.Unmarshal(message, &fields) != nil {
		return string(message)
	}
	written := short("", fields)
	return strings.TrimSuffix(strings.TrimPrefix(written, "{"), "}")
}

func short(name string, value any) string {
	switch v := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text := short(key, v[key]); key != "instance" && !isUnset(text) {
				parts = append(parts, key+"="+text)
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	case []any:
		var parts []string
		for _, one := range v {
			parts = append(parts, short(name, one))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return textOf(name, v)
	default:
		return fmt.Sprint(v)
	}
}

// textOf undoes the base64 of the one field of bytes that a history has.
func textOf(name, text string) string {
	if data, err := base64.StdEncoding.DecodeString(text); name == "data" && err == nil {
		return string(data)
	}
	return text
}

func isUnset(text string) bool {
	return slices.Contains([]string{"", "0", "false", "[]", "{}"}, text)
}
