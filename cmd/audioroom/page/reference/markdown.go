package reference

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The marks between which Markdown's text stands in a document.
const (
	begin = "<!-- Written by go generate ./cmd/audioroom/page/reference; do not edit up to the end mark. -->\n"
	end   = "<!-- End of what is written by go generate. -->\n"
)

// Splice puts Markdown's text between the marks of a document.
func Splice(document []byte) ([]byte, error) {
	head, rest, found := bytes.Cut(document, []byte(begin))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return nil, errors.New("reference: the marks are not in the document")
	}
	return bytes.Join([][]byte{head, []byte(begin), Markdown(), []byte(end), tail}, nil), nil
}

// Markdown returns the table as chapters of a document, each event in the same
// form.
func Markdown() []byte {
	var b strings.Builder
	b.WriteString("## Types\n\n| name | type | |\n| --- | --- | --- |\n")
	for _, t := range types {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name, t.of.words(), t.Text)
	}
	b.WriteString("\n## Client to server\n\n| event | who | does |\n| --- | --- | --- |\n")
	for _, e := range ClientEvents {
		fmt.Fprintf(&b, "| [`%s`](#client-%s) | %s | %s |\n", e.Name, anchor(e.Name), e.Who, e.Summary)
	}
	b.WriteString("\nErrors that any of them may answer, where nothing else is said:\n\n")
	writeErrors(&b, Common)
	for i := range ClientEvents {
		ClientEvents[i].markdown(&b)
	}
	b.WriteString("## Server to client\n\n| event | when |\n| --- | --- |\n")
	for _, e := range ServerEvents {
		fmt.Fprintf(&b, "| [`%s`](#server-%s) | %s |\n", e.Name, anchor(e.Name), e.Summary)
	}
	b.WriteString("\n")
	for i := range ServerEvents {
		ServerEvents[i].markdown(&b)
	}
	return []byte(b.String())
}

func (e *ClientEvent) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### <a id=\"client-%s\"></a>`%s`\n\n%s\n\n", anchor(e.Name), e.Name, e.Summary)
	writeFields(b, e.Payload)
	wrap(b, "- ", "**Who:** "+e.Who)
	wrap(b, "- ", "**Ack:** "+e.answer().words())
	wrap(b, "- ", "**Emits:** "+emitted(e.Emits))
	if len(e.Common) > 0 {
		wrap(b, "- ", "**Common errors:** `"+strings.Join(e.Common, "` `")+"`")
	}
	b.WriteString("\n")
	if len(e.Errors) > 0 {
		writeErrors(b, e.Errors)
	}
	writeNotes(b, e.Notes)
	fmt.Fprintf(b, "```js\nawait socket.emitWithAck(%q, %s);\n%s\n```\n\n",
		e.Name, example(e.Payload.example()), comment(example(e.answer().example())))
}

func (e *ServerEvent) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### <a id=\"server-%s\"></a>`%s`\n\n%s\n\n", anchor(e.Name), e.Name, e.Summary)
	switch p := e.Payload.(type) {
	case *named:
		writeFields(b, p.of.(Object))
	case Object:
		writeFields(b, p)
	case union:
		fmt.Fprintf(b, "%s\n\n", p.words())
	}
	wrap(b, "- ", "**To:** "+e.To)
	b.WriteString("\n")
	writeNotes(b, e.Notes)
	fmt.Fprintf(b, "```js\nsocket.on(%q, (payload) => {\n%s\n});\n```\n\n",
		e.Name, indent(comment(example(e.Payload.example()))))
}

func (a Audience) words() string {
	switch a {
	case ToRoom:
		return "the room"
	case ToOthers:
		return "the others"
	}
	return string(a)
}

// emitted says what an event causes.
func emitted(emits []Emit) string {
	if len(emits) == 0 {
		return "nothing"
	}
	parts := make([]string, len(emits))
	for i, m := range emits {
		parts[i] = fmt.Sprintf("`%s` to %s", m.Event, m.To.words())
		if m.When != "" {
			parts[i] += " (" + m.When + ")"
		}
	}
	return strings.Join(parts, ", then ")
}

func writeFields(b *strings.Builder, o Object) {
	if len(o.Fields) == 0 {
		b.WriteString("An empty object.\n\n")
		return
	}
	b.WriteString("| field | type | |\n| --- | --- | --- |\n")
	for _, f := range o.Fields {
		name := "`" + f.Name + "`"
		if f.Optional {
			name += ", optional"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, f.Type.words(), f.Text)
	}
	b.WriteString("\n")
}

func writeErrors(b *strings.Builder, errors []Error) {
	b.WriteString("| error | meaning |\n| --- | --- |\n")
	for _, e := range errors {
		fmt.Fprintf(b, "| `%s` | %s |\n", e.Text, e.Meaning)
	}
	b.WriteString("\n")
}

func writeNotes(b *strings.Builder, notes []string) {
	for _, note := range notes {
		wrap(b, "", note)
		b.WriteString("\n")
	}
}

// anchor makes an event's name fit for a link.
func anchor(event string) string { return strings.ToLower(strings.ReplaceAll(event, ":", "-")) }

// columns is where the lines of a document are broken.
const columns = 140

// wrap writes a paragraph, or with a bullet an item of a list.
func wrap(b *strings.Builder, bullet, text string) {
	line := bullet
	for _, word := range strings.Fields(text) {
		if line != bullet && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", len(bullet))
			bullet = line
		}
		if line != bullet {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

// comment makes a comment of an example, indent moves one to the right.
func comment(text string) string { return "// " + strings.ReplaceAll(text, "\n", "\n// ") }

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
