package reference

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
	"audioroom/laravel"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

// root is the module's folder.
const root = "../../../.."

func TestFiles_are_those_of_the_table(t *testing.T) {
	files, err := Files(os.DirFS(root))
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(root + "/" + name)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is out of date: go generate ./cmd/audioroom/page/reference", name)
	}
}

// declared returns what a package-level variable of the server's source is
// initialised with.
func declared(t *testing.T, file, name string) *ast.CompositeLit {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), root+"/"+file, nil, 0)
	require.NoError(t, err)
	for _, d := range parsed.Decls {
		general, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == name && len(v.Values) == 1 {
				return v.Values[0].(*ast.CompositeLit)
			}
		}
	}
	t.Fatalf("%s declares no %s", file, name)
	return nil
}

// literals returns all strings below a node of the server's source.
func literals(t *testing.T, node ast.Node) (all []string) {
	t.Helper()
	ast.Inspect(node, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			s, err := strconv.Unquote(l.Value)
			require.NoError(t, err)
			all = append(all, s)
		}
		return true
	})
	return all
}

// The gateway's own table says which events there are and which fields each has.
func TestClientEvents_are_those_of_the_gateway(t *testing.T) {
	names := func(fields ast.Expr) (list []string) {
		if fields == nil {
			return nil
		}
		ast.Inspect(fields, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				field := strings.TrimPrefix(name.Name, "field")
				field = strings.ToLower(field[:1]) + field[1:]
				list = append(list, strings.Replace(field, "ID", "Id", 1))
			}
			return true
		})
		return slices.Sorted(slices.Values(list))
	}
	type fields struct{ need, may []string }
	gateway := make(map[string]fields)
	for _, element := range declared(t, "wsconn/event.go", "events").Elts {
		entry := element.(*ast.KeyValueExpr)
		var f fields
		for _, part := range entry.Value.(*ast.CompositeLit).Elts {
			switch kv := part.(*ast.KeyValueExpr); kv.Key.(*ast.Ident).Name {
			case "need":
				f.need = names(kv.Value)
			case "may":
				f.may = names(kv.Value)
			}
		}
		gateway[literals(t, entry.Key)[0]] = f
	}
	table := make(map[string]fields)
	for _, e := range ClientEvents {
		var f fields
		for _, one := range e.Payload.Fields {
			if one.Optional {
				f.may = append(f.may, one.Name)
			} else {
				f.need = append(f.need, one.Name)
			}
		}
		slices.Sort(f.need)
		slices.Sort(f.may)
		table[e.Name] = f
	}
	require.Equal(t, gateway, table)
}

func TestErrors_are_those_of_the_gateway(t *testing.T) {
	want := []string{"INVALID_PAYLOAD", "INTERNAL_ERROR", "Too many requests"}
	want = append(want, literals(t, declared(t, "wsconn/encode.go", "errorTexts"))...)
	got := texts(Common)
	for _, e := range ClientEvents {
		for _, text := range texts(e.Errors) {
			if !slices.Contains(got, text) {
				got = append(got, text)
			}
		}
	}
	require.ElementsMatch(t, want, got)

	refused := append(literals(t, declared(t, "wsconn/gateway.go", "authTexts")), "Too many requests", "Invalid namespace")
	slices.Sort(refused)
	require.ElementsMatch(t, slices.Compact(refused), texts(ConnectErrors))
}

func TestErrors_say_what_they_mean(t *testing.T) {
	all := slices.Concat(Common, ConnectErrors)
	for _, e := range ClientEvents {
		all = append(all, e.Errors...)
	}
	for _, e := range all {
		require.True(t, strings.HasSuffix(e.Meaning, "."), "%s: %q is a sentence", e.Text, e.Meaning)
	}
}

// spoken returns what the server says of an event: its name and its payload.
func spoken(t *testing.T, e *room.Event) (name string, payload map[string]any) {
	t.Helper()
	frame := string(wsconn.Encode("42", e).(transport.Frame).Payload())
	_, args, found := strings.Cut(frame, "2[")
	require.True(t, found, "%q", frame)
	var both []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte("["+args), &both), "%q", frame)
	require.Len(t, both, 2)
	require.NoError(t, json.Unmarshal(both[0], &name))
	require.NoError(t, json.Unmarshal(both[1], &payload))
	return name, payload
}

// fieldNames returns the fields of each of a payload's forms.
func fieldNames(t Type) (forms [][]string) {
	switch p := t.(type) {
	case *named:
		return fieldNames(p.of)
	case union:
		for _, one := range p {
			forms = append(forms, fieldNames(one)...)
		}
		return forms
	}
	var list []string
	for _, f := range t.(Object).Fields {
		list = append(list, f.Name)
	}
	return [][]string{slices.Sorted(slices.Values(list))}
}

// Every event that a room can tell is encoded by the gateway and looked up in
// the table.
func TestServerEvents_are_those_of_the_gateway(t *testing.T) {
	unheard := map[string]bool{}
	for _, e := range ServerEvents {
		unheard[e.Name] = true
	}
	for kind := room.SeatUpdated; kind <= room.Closed; kind++ {
		name, payload := spoken(t, &room.Event{
			Kind: kind, User: 7, By: 1, Seat: 3, At: 1767225600000, Reason: room.CloseIdle, Profile: []byte(`{}`),
			Chat: &room.Message{ID: "1", Name: []byte(`"Ada"`), Avatar: []byte(`null`), Content: []byte(`"hello"`), Type: "text"},
		})
		i := slices.IndexFunc(ServerEvents, func(e ServerEvent) bool { return e.Name == name })
		require.GreaterOrEqual(t, i, 0, "%s is not in the table", name)
		require.Contains(t, fieldNames(ServerEvents[i].Payload), slices.Sorted(maps.Keys(payload)), name)
		delete(unheard, name)
	}
	require.Equal(t, map[string]bool{"auth:expired": true}, unheard, "what no room tells")
}

func TestServerEvents_reasons_of_a_closing_are_those_of_the_gateway(t *testing.T) {
	i := slices.IndexFunc(ServerEvents, func(e ServerEvent) bool { return e.Name == "room:closed" })
	reasons := ServerEvents[i].Payload.(Object).Fields[1].Type.(choice)
	require.ElementsMatch(t, literals(t, declared(t, "wsconn/encode.go", "closeReasons")), []string(reasons))
}

func TestRelayed_is_what_the_backend_may_have_passed_on(t *testing.T) {
	require.ElementsMatch(t, literals(t, declared(t, "laravel/event.go", "relayed")), Relayed)
	for _, name := range Relayed {
		require.True(t, (&laravel.Event{Name: name}).Relayed(), name)
	}
}

func TestClientEvents_emit_what_there_is(t *testing.T) {
	for _, e := range ClientEvents {
		for _, m := range e.Emits {
			require.True(t, slices.ContainsFunc(ServerEvents, func(s ServerEvent) bool { return s.Name == m.Event }),
				"%s emits %s", e.Name, m.Event)
		}
	}
}

func TestSplice_wants_its_marks(t *testing.T) {
	_, err := Splice([]byte("# A document without them\n"))
	require.Error(t, err)
	_, err = Splice([]byte(end + begin))
	require.Error(t, err)
	got, err := Splice([]byte("before\n" + begin + "stale\n" + end + "after\n"))
	require.NoError(t, err)
	require.False(t, strings.Contains(string(got), "stale"))
	require.True(t, strings.HasPrefix(string(got), "before\n"+begin) && strings.HasSuffix(string(got), end+"after\n"))
}
