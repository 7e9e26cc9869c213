package page

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxRequest = 4 << 10   // bytes of a request for a token
	maxName    = 64        // characters of a name
	maxUser    = 1<<53 - 1 // the largest user id
)

// serveToken mints a token for whoever asks from the page itself.
func (h *Handler) serveToken(w http.ResponseWriter, r *http.Request) {
	if !own(r) {
		refuse(w, http.StatusForbidden, "tokens are for this page only")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "a request is JSON")
		return
	}
	var who struct {
		User int64  `json:"user"`
		Name string `json:"name"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&who); err != nil {
		refuse(w, http.StatusBadRequest, "a request is an object with user and name")
		return
	}
	name := strings.TrimSpace(who.Name)
	if who.User < 1 || who.User > maxUser {
		refuse(w, http.StatusBadRequest, "user is no user id")
		return
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		refuse(w, http.StatusBadRequest, "name has 1 to 64 characters")
		return
	}
	token, err := h.config.Mint(who.User, name)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "no token could be made")
		return
	}
	answer(w, http.StatusOK, map[string]string{"token": token})
}
