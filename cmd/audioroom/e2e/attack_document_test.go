package e2e_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The document has every attack, and no test in it that there is not.
func TestSecurity_document(t *testing.T) {
	t.Parallel()
	const root = "../../.."
	page, err := os.ReadFile(root + "/SECURITY.md")
	require.NoError(t, err)
	text := string(page)

	assert.NotRegexp(t, `(?m)^[A-Z_]+$`, text, "a place for what is to come")
	_, table, found := strings.Cut(text, "| attack | what happens |\n| --- | --- |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for row := range strings.Lines(table) {
		listed = append(listed, strings.TrimSpace(strings.Split(row, "|")[1]))
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(attacks)), listed)

	tests := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".cache") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range declared.FindAllSubmatch(source, -1) {
			tests[string(match[1])] = true
		}
		return err
	}))
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, named)
	for _, match := range named {
		assert.True(t, tests[match[1]], "there is no test %s", match[1])
	}

	limits, err := os.ReadFile(root + "/cmd/audioroom/config.go")
	require.NoError(t, err)
	for _, match := range regexp.MustCompile("`([A-Z]+(?:_[A-Z]+)+)`").FindAllStringSubmatch(text, -1) {
		if match[1] != "INVALID_PAYLOAD" && match[1] != "INTERNAL_ERROR" {
			assert.Contains(t, string(limits), `env:"`+match[1]+`"`)
		}
	}
}
