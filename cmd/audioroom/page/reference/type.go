package reference

import (
	"fmt"
	"strconv"
	"strings"
)

// Type is the type of a value on the wire.
type Type interface {
	// schema is the JSON Schema of the values.
	schema() any
	// script is the TypeScript of the type.
	script() string
	// words describe the values to people, in Markdown.
	words() string
	// example is one of the values.
	example() any
}

// Field is a field of an object.
type Field struct {
	Name string
	Type Type
	// Optional fields may be absent.
	Optional bool
	// Text says what the field is, where its type does not.
	Text string
	// Example replaces the type's own.
	Example any
}

func (f Field) example() any {
	if f.Example != nil {
		return f.Example
	}
	return f.Type.example()
}

// Object is a type with exactly these fields; an open one may have others,
// which nobody looks at.
type Object struct {
	Fields []Field
	Open   bool
}

func (o Object) schema() any {
	properties, required := pairs{}, []string{}
	for _, f := range o.Fields {
		properties = append(properties, pair{f.Name, described(f.Type.schema(), f.Text)})
		if !f.Optional {
			required = append(required, f.Name)
		}
	}
	s := pairs{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		s = append(s, pair{"required", required})
	}
	if !o.Open {
		s = append(s, pair{"additionalProperties", false})
	}
	return s
}

// described puts a description over a schema's own. Beside a reference it has
// its say through allOf.
func described(schema any, text string) any {
	if text == "" {
		return schema
	}
	s := schema.(pairs)
	if len(s) == 1 && s[0].key == "$ref" {
		return pairs{{"description", text}, {"allOf", []any{s}}}
	}
	out := pairs{{"description", text}}
	for _, p := range s {
		if p.key != "description" {
			out = append(out, p)
		}
	}
	return out
}

func (o Object) script() string {
	if len(o.Fields) == 0 {
		return "Record<string, never>"
	}
	parts := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		parts[i] = f.declaration()
	}
	return "{ " + strings.Join(parts, "; ") + " }"
}

// declaration is the field in TypeScript.
func (f Field) declaration() string {
	if f.Optional {
		return f.Name + "?: " + f.Type.script()
	}
	return f.Name + ": " + f.Type.script()
}

func (o Object) words() string {
	parts := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		parts[i] = f.Name
		if l, ok := f.Type.(literal); ok {
			parts[i] += ": " + l.script()
		}
		if f.Optional {
			parts[i] += "?"
		}
	}
	return "`{" + strings.Join(parts, ", ") + "}`"
}

func (o Object) example() any {
	values := pairs{}
	for _, f := range o.Fields {
		if !f.Optional || f.Example != nil {
			values = append(values, pair{f.Name, f.example()})
		}
	}
	return values
}

// largest is the largest whole number that JavaScript can tell from its
// neighbours.
const largest = 1<<53 - 1

// whole is a whole number within bounds; most 0: no upper bound.
type whole struct {
	least, most int
	sample      int
}

func (t whole) schema() any {
	s := pairs{{"type", "integer"}, {"minimum", t.least}}
	if t.most > 0 {
		s = append(s, pair{"maximum", t.most})
	}
	return s
}
func (whole) script() string { return "number" }
func (t whole) words() string {
	if t.most == 0 || t.most == largest {
		return "whole number from " + strconv.Itoa(t.least)
	}
	return fmt.Sprintf("whole number, %d–%d", t.least, t.most)
}
func (t whole) example() any { return t.sample }

// measure is a number, a string or null: what a token may say of experience.
type measure struct{}

func (measure) schema() any    { return pairs{{"type", []string{"number", "string", "null"}}} }
func (measure) script() string { return "number | string | null" }
func (measure) words() string  { return "number, string or null" }
func (measure) example() any   { return 120 }

// text is a string of so many characters; most 0: any number.
type text struct {
	least, most int
	unit        string // what is counted, "" for characters
	pattern     string // a regular expression, "" for none
	sample      string
}

func (t text) schema() any {
	s := pairs{{"type", "string"}}
	if t.least > 0 {
		s = append(s, pair{"minLength", t.least})
	}
	if t.most > 0 {
		s = append(s, pair{"maxLength", t.most})
	}
	if t.pattern != "" {
		s = append(s, pair{"pattern", t.pattern})
	}
	return s
}
func (text) script() string { return "string" }
func (t text) words() string {
	unit := t.unit
	if unit == "" {
		unit = "characters"
	}
	if t.most > 0 {
		return fmt.Sprintf("string, %d–%d %s", t.least, t.most, unit)
	}
	return "string"
}
func (t text) example() any { return t.sample }

// boolean is true or false.
type boolean struct{}

func (boolean) schema() any    { return pairs{{"type", "boolean"}} }
func (boolean) script() string { return "boolean" }
func (boolean) words() string  { return "boolean" }
func (boolean) example() any   { return true }

// literal is one value: a string, a boolean or nil.
type literal struct{ value any }

func (t literal) schema() any {
	if t.value == nil {
		return pairs{{"type", "null"}}
	}
	return pairs{{"const", t.value}}
}
func (t literal) script() string {
	if t.value == nil {
		return "null"
	}
	return string(compact(t.value))
}
func (t literal) words() string { return "`" + t.script() + "`" }
func (t literal) example() any  { return t.value }

// choice is one of these strings.
type choice []string

func (t choice) schema() any { return pairs{{"type", "string"}, {"enum", []string(t)}} }
func (t choice) script() string {
	quoted := make([]string, len(t))
	for i, s := range t {
		quoted[i] = strconv.Quote(s)
	}
	return strings.Join(quoted, " | ")
}
func (t choice) words() string { return "`" + strings.Join(t, "` `") + "`" }
func (t choice) example() any  { return t[0] }

// nullable is a value or null.
type nullable struct{ of Type }

func (t nullable) schema() any {
	s := t.of.schema().(pairs)
	if kind, ok := s.get("type").(string); ok && s.get("enum") == nil && kind != "object" {
		out := pairs{{"type", []string{kind, "null"}}}
		for _, p := range s {
			if p.key != "type" {
				out = append(out, p)
			}
		}
		return out
	}
	return pairs{{"oneOf", []any{s, pairs{{"type", "null"}}}}}
}
func (t nullable) script() string { return t.of.script() + " | null" }
func (t nullable) words() string  { return t.of.words() + " or null" }
func (t nullable) example() any   { return t.of.example() }

// list is any number of values.
type list struct{ of Type }

func (t list) schema() any    { return pairs{{"type", "array"}, {"items", t.of.schema()}} }
func (t list) script() string { return t.of.script() + "[]" }
func (t list) words() string  { return "list of " + t.of.words() }
func (t list) example() any   { return []any{t.of.example()} }

// union is a value of one of the types.
type union []Type

func (t union) schema() any {
	list := make([]any, len(t))
	for i, of := range t {
		list[i] = of.schema()
	}
	return pairs{{"oneOf", list}}
}
func (t union) script() string { return joined(t, Type.script, " | ") }
func (t union) words() string  { return joined(t, Type.words, " or ") }
func (t union) example() any   { return t[0].example() }

func joined(types []Type, how func(Type) string, sep string) string {
	parts := make([]string, len(types))
	for i, t := range types {
		parts[i] = how(t)
	}
	return strings.Join(parts, sep)
}

// named is a type with a name of its own, in all that is made from the table.
type named struct {
	Name string
	Text string
	of   Type
}

func (t *named) schema() any    { return pairs{{"$ref", "#/components/schemas/" + t.Name}} }
func (t *named) script() string { return t.Name }
func (t *named) words() string {
	if _, isObject := t.of.(Object); isObject {
		return "`" + t.Name + "`"
	}
	return t.of.words()
}
func (t *named) example() any { return t.of.example() }
