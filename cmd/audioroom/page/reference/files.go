package reference

import "io/fs"

// Files returns all files that are made from the table, by their paths in the
// module. Of root, the module's folder, it reads the document that is written in
// part only.
func Files(root fs.FS) (map[string][]byte, error) {
	const events = "wsconn/EVENTS.md"
	document, err := fs.ReadFile(root, events)
	if err != nil {
		return nil, err
	}
	spliced, err := Splice(document)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		events:                                  spliced,
		"cmd/audioroom/page/client/events.d.ts": TypeScript(),
		"cmd/audioroom/page/client/asyncapi.json": AsyncAPI(),
	}, nil
}
