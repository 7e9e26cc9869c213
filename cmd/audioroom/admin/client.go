package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client calls the API. No proxy is between two ends of one machine.
var client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Call sends a request to the admin API at an address and returns the answer,
// whose body the caller closes.
func Call(ctx context.Context, addr, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+addr+"/"+strings.TrimPrefix(path, "/"), body)
	if err != nil {
		return nil, err
	}
	return client.Do(request)
}

// RoomPath is where the API has a room.
func RoomPath(id string) string {
	if strings.Trim(id, ".") == "" { // . and .. would mean another path
		return "/rooms/" + strings.ReplaceAll(id, ".", "%2E")
	}
	return "/rooms/" + url.PathEscape(id)
}

// FetchRoom asks the admin API at an address for a room. It returns nil if the
// room is not open there.
func FetchRoom(ctx context.Context, addr, id string) (*Room, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout+time.Second)
	defer cancel()
	response, err := Call(ctx, addr, http.MethodGet, RoomPath(id), nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body := json.NewDecoder(response.Body)
	switch response.StatusCode {
	case http.StatusOK:
		room := new(Room)
		return room, body.Decode(room)
	case http.StatusNotFound:
		return nil, nil
	}
	var fault Fault
	_ = body.Decode(&fault) // the status says enough
	return nil, fmt.Errorf("%s: %s", response.Status, fault.Error)
}
