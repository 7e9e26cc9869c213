package reference

import (
	"bytes"
	"encoding/json"
)

// AsyncAPI returns the table as an AsyncAPI 3 document. What AsyncAPI has no
// word for is in fields that start with x-: x-who may send an event, what it
// x-emits, and the x-errors with what they mean.
func AsyncAPI() []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, compact(document()), "", "  "); err != nil {
		panic(err) // compact returns JSON
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// channel is where all events travel: the namespace.
const channel = "namespace"

func document() pairs {
	references, operations, messages, schemas := pairs{}, pairs{}, pairs{}, pairs{}
	add := func(name string, message pairs) {
		references = append(references, pair{name, ref("components/messages", name)})
		messages = append(messages, pair{name, message})
	}
	for _, t := range types {
		schemas = append(schemas, pair{t.Name, described(t.of.schema(), t.Text)})
	}
	for i := range ClientEvents {
		e := &ClientEvents[i]
		request, answer := title(e.Name)+"Request", title(e.Name)+"Answer"
		schemas = append(schemas, pair{request, e.Payload.schema()}, pair{answer, e.answer().schema()})
		add(request, message(e.Name, e.Summary, request, e.Payload.example()))
		add(answer, message(e.Name, "The ack of "+e.Name+".", answer, e.answer().example()))
		operations = append(operations, pair{title(e.Name), e.operation(request, answer)})
	}
	for i := range ServerEvents {
		e := &ServerEvents[i]
		name := title(e.Name)
		schemas = append(schemas, pair{name, e.Payload.schema()})
		add(name, message(e.Name, e.Summary, name, e.Payload.example()))
		operations = append(operations, pair{"On" + name, pairs{
			{"action", "send"}, {"channel", ref("channels", channel)}, {"title", e.Name}, {"summary", e.Summary},
			{"messages", []any{ref("channels/"+channel+"/messages", name)}},
			{"x-to", e.To}, {"x-notes", e.Notes},
		}})
	}
	schemas = append(schemas, pair{"Relayed", pairs{{"description", "Whatever the backend published."}}})
	for _, event := range Relayed {
		add(title(event), message(event, "Passed on from the backend, with whatever payload.", "Relayed", pairs{}))
	}
	return pairs{
		{"asyncapi", "3.0.0"},
		{"info", pairs{
			{"title", "audioroom"}, {"version", "1.0.0"},
			{"description", "The events of a live audio-room server, over Socket.IO v5. An event is an argument list of one object, and so is its ack."},
		}},
		{"defaultContentType", "application/json"},
		{"servers", pairs{{"development", pairs{
			{"host", "127.0.0.1:3030"}, {"pathname", "/socket.io/"}, {"protocol", "ws"}, {"protocolVersion", "Socket.IO 5, Engine.IO 4"},
			{"description", "`make run`. The token is `auth.token` of the CONNECT packet, a JWT signed with HS256."},
		}}}},
		{"channels", pairs{{channel, pairs{
			{"address", "/"}, {"title", "The main namespace"}, {"messages", references},
		}}}},
		{"operations", operations},
		{"components", pairs{{"messages", messages}, {"schemas", schemas}}},
		{"x-common-errors", meanings(Common)},
		{"x-connect-errors", meanings(ConnectErrors)},
	}
}

func (e *ClientEvent) operation(request, answer string) pairs {
	emits := []any{}
	for _, m := range e.Emits {
		emits = append(emits, pairs{{"event", m.Event}, {"to", m.To}, {"when", m.When}})
	}
	return pairs{
		{"action", "receive"}, {"channel", ref("channels", channel)}, {"title", e.Name}, {"summary", e.Summary},
		{"messages", []any{ref("channels/"+channel+"/messages", request)}},
		{"reply", pairs{
			{"channel", ref("channels", channel)},
			{"messages", []any{ref("channels/"+channel+"/messages", answer)}},
		}},
		{"x-who", e.Who}, {"x-emits", emits}, {"x-errors", meanings(e.Errors)}, {"x-common-errors", e.common()}, {"x-notes", e.Notes},
	}
}

func message(event, summary, schema string, example any) pairs {
	return pairs{
		{"name", event}, {"title", event}, {"summary", summary},
		{"payload", ref("components/schemas", schema)},
		{"examples", []any{pairs{{"payload", example}}}},
	}
}

func ref(where, name string) pairs { return pairs{{"$ref", "#/" + where + "/" + name}} }

func meanings(errors []Error) []any {
	list := []any{}
	for _, e := range errors {
		list = append(list, pairs{{"text", e.Text}, {"meaning", e.Meaning}})
	}
	return list
}
