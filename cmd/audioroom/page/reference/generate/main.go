// Command generate writes what is made from the table of events. It runs in the
// folder of package reference.
package main

import (
	"fmt"
	"os"

	"audioroom/cmd/audioroom/page/reference"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	files, err := reference.Files(os.DirFS("../../../.."))
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile("../../../../"+name, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
