package reference

import (
	"fmt"
	"strings"
)

// TypeScript returns the table as declarations for socket.io-client.
func TypeScript() []byte {
	var b strings.Builder
	b.WriteString(`// Types of the events between clients and an audioroom server.
// Written by go generate ./cmd/audioroom/page/reference; do not edit.
//
//   import { io, type Socket } from "socket.io-client";
//   import type { ServerToClientEvents, ClientToServerEvents } from "./events";
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> =
//     io(url, { transports: ["websocket"], auth: { token } });
//
// Every event that clients send has an ack: use socket.emitWithAck, or give
// emit a callback.

`)
	for _, t := range types {
		declare(&b, t.Name, t.Text, t.of)
	}
	for i := range ClientEvents {
		e := &ClientEvents[i]
		declare(&b, title(e.Name)+"Request", "What `"+e.Name+"` carries. "+e.Summary, e.Payload)
		declare(&b, title(e.Name)+"Answer", "The ack of `"+e.Name+"`.", e.answer())
	}
	for i := range ServerEvents {
		e := &ServerEvents[i]
		declare(&b, title(e.Name), "What `"+e.Name+"` carries. "+e.Summary, e.Payload)
	}
	declare(&b, "ConnectError", "The messages of `connect_error` that come from the server.", choice(texts(ConnectErrors)))

	b.WriteString("/** What clients send: the second type argument of Socket. */\nexport interface ClientToServerEvents {\n")
	for _, e := range ClientEvents {
		fmt.Fprintf(&b, "  /** %s */\n  %q: (payload: %sRequest, ack: (answer: %sAnswer) => void) => void;\n",
			sentence(e), e.Name, title(e.Name), title(e.Name))
	}
	b.WriteString("}\n\n/** What clients hear: the first type argument of Socket. */\nexport interface ServerToClientEvents extends RelayedEvents {\n")
	for _, e := range ServerEvents {
		fmt.Fprintf(&b, "  /** %s */\n  %q: (payload: %s) => void;\n", e.Summary, e.Name, title(e.Name))
	}
	b.WriteString("}\n\n/** What the backend publishes and the server passes on as it is. */\nexport interface RelayedEvents {\n")
	for _, event := range Relayed {
		fmt.Fprintf(&b, "  %q: (payload: unknown) => void;\n", event)
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

// sentence says what an event does and who may send it.
func sentence(e ClientEvent) string { return e.Summary + " For " + e.Who + "." }

// declare writes a type with its name and its documentation.
func declare(b *strings.Builder, name, doc string, t Type) {
	fmt.Fprintf(b, "/** %s */\n", doc)
	o, isObject := t.(Object)
	if !isObject || len(o.Fields) == 0 {
		fmt.Fprintf(b, "export type %s =%s;\n\n", name, alternatives(t))
		return
	}
	fmt.Fprintf(b, "export interface %s {\n", name)
	for _, f := range o.Fields {
		if f.Text != "" {
			fmt.Fprintf(b, "  /** %s */\n", f.Text)
		}
		fmt.Fprintf(b, "  %s;\n", f.declaration())
	}
	b.WriteString("}\n\n")
}

// alternatives writes a union with a line for each type in it.
func alternatives(t Type) string {
	var b strings.Builder
	if u, ok := t.(union); ok {
		for _, one := range u {
			b.WriteString("\n  | " + one.script())
		}
		return b.String()
	}
	return " " + t.script()
}
