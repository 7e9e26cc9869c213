package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// files are the page and what web developers get.
//
//go:embed assets client
var files embed.FS

// contentTypes are told rather than guessed: what the system takes .ts for
// depends on the system.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json",
	".ts":   "text/plain; charset=utf-8",
}

// asset is one file.
type asset struct {
	content     []byte
	contentType string
	tag         string
}

// loadAssets returns the files by their names below /page/.
func loadAssets() map[string]asset {
	assets := make(map[string]asset)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		sum := sha256.Sum256(content)
		assets[strings.TrimPrefix(name, "assets/")] = asset{
			content: content, contentType: contentTypes[path.Ext(name)], tag: `"` + hex.EncodeToString(sum[:8]) + `"`,
		}
		return err
	})
	if err != nil {
		panic(err) // the program itself is broken
	}
	return assets
}

// serveAsset serves a file. Browsers keep it, and ask each time whether it is
// still the one.
func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	a, found := h.assets[name]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", a.tag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.content))
}
