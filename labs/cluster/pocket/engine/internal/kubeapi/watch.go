package kubeapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const pause = 100 * time.Millisecond

// Meta is what every object has.
type Meta struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	UID       string            `json:"uid"`
	Labels    map[string]string `json:"labels"`
}

type header struct {
	Metadata struct {
		Meta
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
}

type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// Watch keeps changed informed of all objects at path, by namespace/name, until ctx ends: at once, and after each change. The
// map is changed's own to keep only until it returns. The path may have a query that selects.
func Watch[T any](ctx context.Context, client *Client, path string, changed func(map[string]T)) {
	for ctx.Err() == nil {
		if found, version, err := list[T](ctx, client, path); err == nil {
			changed(found)
			_ = follow(ctx, client, path, version, found, changed)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func list[T any](ctx context.Context, client *Client, path string) (map[string]T, string, error) {
	response, err := client.call(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	var answer struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, "", err
	}
	found := map[string]T{}
	for _, item := range answer.Items {
		if _, err := put(found, item); err != nil {
			return nil, "", err
		}
	}
	return found, answer.Metadata.ResourceVersion, nil
}

func follow[T any](ctx context.Context, client *Client, path, version string, found map[string]T, changed func(map[string]T)) error {
	response, err := client.call(ctx, http.MethodGet, watchPath(path, version), "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	events := json.NewDecoder(response.Body)
	for {
		var next event
		if err := events.Decode(&next); err != nil {
			return err
		}
		if next.Type == "ERROR" {
			return nil
		}
		key, err := put(found, next.Object)
		if err != nil {
			return err
		}
		if next.Type == "DELETED" {
			delete(found, key)
		}
		changed(found)
	}
}

func watchPath(path, version string) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "watch=1&resourceVersion=" + version
}

func put[T any](found map[string]T, data json.RawMessage) (string, error) {
	var named header
	var object T
	if err := json.Unmarshal(data, &named); err != nil {
		return "", err
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return "", err
	}
	key := named.Metadata.Namespace + "/" + named.Metadata.Name
	found[key] = object
	return key, nil
}
