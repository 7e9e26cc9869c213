package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's table of settings is that of the program: names, flags, defaults.
func TestReadme_tells_of_every_setting(t *testing.T) {
	type setting struct{ flag, standard string }
	program := make(map[string]setting)
	dashes := regexp.MustCompile(`([a-z])([A-Z])`)
	for field := range reflect.TypeFor[config]().Fields() {
		flag := field.Tag.Get("name")
		if flag == "" {
			flag = strings.ToLower(dashes.ReplaceAllString(field.Name, "$1-$2"))
		}
		program[field.Tag.Get("env")] = setting{"--" + flag, field.Tag.Get("default")}
	}

	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| variable | flag | default | meaning |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	readme := make(map[string]setting)
	list := func(cell string) []string {
		return strings.Split(strings.ReplaceAll(strings.TrimSpace(cell), "`", ""), ", ")
	}
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		names := list(cells[1])
		if strings.HasPrefix(names[0], "-") {
			continue
		}
		flags, standards := list(cells[2]), list(cells[3])
		require.Len(t, flags, len(names), row)
		for i, name := range names {
			standard := standards[min(i, len(standards)-1)]
			if standard == "required" || standard == "none" {
				standard = ""
			}
			readme[name] = setting{flags[i], standard}
		}
	}
	require.Equal(t, program, readme)
}
