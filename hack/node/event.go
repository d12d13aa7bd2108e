package node

import (
	"encoding/json"
	"io"
)

// event is one line that the keeper or pid 1 sends the caller.
type event struct {
	PID   int    `json:",omitempty"` // of pid 1, outside its namespace
	Ready string `json:",omitempty"` // the name of a component
	Error string `json:",omitempty"` // why the node ends
}

func send(w io.Writer, e event) {
	_ = json.NewEncoder(w).Encode(e) // the caller may be gone, which is for the keeper to notice
}
