package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// FetchRoom asks the admin API at an address for a room. It returns nil if the
// room is not open there.
func FetchRoom(ctx context.Context, addr, id string) (*Room, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout+time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/rooms/"+url.PathEscape(id), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
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
