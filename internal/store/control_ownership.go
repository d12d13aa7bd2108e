package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// ClaimedError says that what an object declares belongs to another.
type ClaimedError struct {
	Owner    Owner  // whose it is; its Cluster is "" where that is the same
	Retained bool   // the owner is deleted; its rows are kept for when it comes back
	TakeOver string // what the object has to name to take it over, "" if it can't
}

func (e *ClaimedError) Error() string {
	if e.Retained {
		return fmt.Sprintf("kept for %s, which was deleted", e.Owner)
	}
	return fmt.Sprintf("claimed by %s", e.Owner)
}

// claimedBy is the refusal of what belongs to have, as an operator of cluster tells it. A live owner of the same cluster can't be
// dispossessed; whether one of another cluster is alive nobody here can tell.
func claimedBy(have Owner, retained bool, cluster string) *ClaimedError {
	refusal := &ClaimedError{Owner: have, Retained: retained}
	refusal.Owner.UID = ""
	if have.Cluster == cluster {
		refusal.Owner.Cluster = ""
	}
	if retained || have.Cluster != cluster {
		refusal.TakeOver = refusal.Owner.String()
	}
	return refusal
}

// mayTakeOver says whether word, which an object names, is that of the refusal: the owner, or its cluster alone where the object
// is called the same.
func (e *ClaimedError) mayTakeOver(word string, by Owner) bool {
	if e.TakeOver == "" || word == "" {
		return false
	}
	sameName := e.Owner.Namespace == by.Namespace && e.Owner.Name == by.Name
	return word == e.TakeOver || sameName && word == e.Owner.Cluster
}

// columns are a row's declared values by column.
type columns map[string]string

// digest is the same for the same values.
func (c columns) digest() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "%s=%q\n", name, c[name])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// created is what a new row comes to, if it was not refused.
func created(id uuid.UUID, row columns, refused error) Synced {
	if refused != nil {
		return Synced{ID: id}
	}
	return Synced{ID: id, Changed: true, Created: true, Changes: columns{}.to(row)}
}

// to lists what differs in want.
func (c columns) to(want columns) (changes []Change) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if c[name] != want[name] {
			changes = append(changes, Change{Column: name, From: c[name], To: want[name]})
		}
	}
	return changes
}
