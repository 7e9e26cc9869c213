package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the project's folder, seen from here.
const root = "../../.."

// document is DURABILITY.md with its references.
type document struct {
	lines      []string
	files      map[string]string // reference → file
	tests      map[string]string // refLine of a column → its test
	promiseRef [][2]string       // test, reference
}

var (
	refLine  = regexp.MustCompile(`^\[(\w+)\]: (\S+_test\.go)(?: "(\w+)")?$`)
	mention  = regexp.MustCompile(`\[(Test\w+)\]\[(\w+)\]`)
	cell     = regexp.MustCompile(`^\[(.+)\]\[(\w+)\]$`)
	legend   = regexp.MustCompile(`\*\*(\w+)\*\*:`)
	function = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

func readDocument(t *testing.T) *document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "DURABILITY.md"))
	require.NoError(t, err)
	d := &document{lines: strings.Split(string(text), "\n"), files: map[string]string{}, tests: map[string]string{}}
	for _, line := range d.lines {
		if m := refLine.FindStringSubmatch(line); m != nil {
			d.files[m[1]] = m[2]
			if m[3] != "" {
				d.tests[m[1]] = m[3]
			}
		}
		for _, m := range mention.FindAllStringSubmatch(line, -1) {
			d.promiseRef = append(d.promiseRef, [2]string{m[1], m[2]})
		}
	}
	return d
}

// testsIn returns the names of a file's tests.
func testsIn(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	var names []string
	for _, m := range function.FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	return names
}

// cells returns a table's row, without what is before the first and behind the
// last bar.
func cells(line string) []string {
	parts := strings.Split(strings.Trim(line, "|"), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func TestDurability_every_test_that_is_named_exists(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for ref, file := range d.files {
		names := testsIn(t, file)
		if test := d.tests[ref]; test != "" {
			assert.Contains(t, names, test, file)
		}
	}
	assert.Greater(t, len(d.promiseRef), 40)
	for _, m := range d.promiseRef {
		if assert.Contains(t, d.files, m[1], "the refLine of %s", m[0]) {
			assert.Contains(t, testsIn(t, d.files[m[1]]), m[0], d.files[m[1]])
		}
	}
}

// The matrix has every operation as a row and every TestMatrix_… as a column, and
// no cell is empty.
func TestDurability_the_matrix_is_complete(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	at := slices.IndexFunc(d.lines, func(line string) bool { return strings.HasPrefix(line, "| | [killed]") })
	require.GreaterOrEqual(t, at, 0)
	var columns, tests []string
	for _, head := range cells(d.lines[at])[1:] {
		m := cell.FindStringSubmatch(head)
		require.NotNil(t, m, head)
		columns = append(columns, m[2])
		tests = append(tests, d.tests[m[2]])
	}
	var all []string
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		for _, name := range testsIn(t, filepath.Join("cmd/audioroom/e2e", file)) {
			if strings.HasPrefix(name, "TestMatrix_") {
				all = append(all, name)
			}
		}
	}
	assert.ElementsMatch(t, all, tests, "the columns")

	var words []string
	for _, line := range d.lines[:at] {
		for _, m := range legend.FindAllStringSubmatch(line, -1) {
			words = append(words, m[1])
		}
	}
	rows := d.lines[at+2:]
	for i, op := range operations {
		row := cells(rows[i])
		require.Equal(t, op.name, row[0], "row %d", i)
		require.Len(t, row, 1+len(columns), op.name)
		for j, text := range row[1:] {
			m := cell.FindStringSubmatch(text)
			require.NotNil(t, m, "%s, %s: %q", op.name, columns[j], text)
			assert.Equal(t, columns[j], m[2], op.name)
			assert.Contains(t, words, m[1], "%s, %s", op.name, columns[j])
		}
	}
	assert.Empty(t, rows[len(operations)], "no other rows")
}
