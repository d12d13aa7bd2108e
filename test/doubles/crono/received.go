package crono

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Received is what a workspace was sent, oldest first.
type Received struct {
	Notes   []Note       `json:"notes"`
	Tasks   []Task       `json:"tasks"`
	Changes []DealChange `json:"deal_changes"`
}

// Note is a note as it was created.
type Note struct {
	ID        string    `json:"id"`
	AccountID string    `json:"account_id"`
	Text      string    `json:"text"`
	At        time.Time `json:"at"`
}

// Task is a task as it was created.
type Task struct {
	ID          string    `json:"id"`
	AccountID   string    `json:"account_id"`
	ContactID   string    `json:"contact_id"`
	Type        string    `json:"type"` // by name
	Due         time.Time `json:"due"`
	Subject     string    `json:"subject"`
	Description string    `json:"description"`
}

// DealChange is what a deal was made; nil is as it was.
type DealChange struct {
	DealID      string       `json:"deal_id"`
	Stage       *string      `json:"stage,omitempty"`
	Amount      *json.Number `json:"amount,omitempty"`
	Description *string      `json:"description,omitempty"`
}

// workspace is a Workspace at work.
type workspace struct {
	Workspace

	received Received
}

// Received returns what the workspace of a public key was sent.
func (s *Server) Received(publicKey string) Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, known := s.workspaces[publicKey]
	if !known {
		return Received{}
	}
	return Received{slices.Clone(w.received.Notes), slices.Clone(w.received.Tasks), slices.Clone(w.received.Changes)}
}

// nextID is of Crono's form.
func (w *workspace) nextID() string {
	return fmt.Sprintf("25995825_9%05d", len(w.received.Notes)+len(w.received.Tasks)+1)
}

func (w *workspace) has(accountID string) bool {
	return slices.ContainsFunc(w.Accounts, func(a Account) bool { return a.ID == accountID })
}

// createNote answers without the note's ID.
func (s *Server) createNote(w *workspace, in input) (any, *refusal) {
	if !w.has(in.values.text("accountid")) {
		return nil, notSuccess("Account not found")
	}
	note := Note{ID: w.nextID(), AccountID: in.values.text("accountid"), Text: in.values.text("description"), At: s.now().UTC()}
	w.received.Notes = append(w.received.Notes, note)
	return object{"accountId": note.AccountID, "opportunityId": nil, "prospectIds": []string{}}, nil
}

func (s *Server) createTask(w *workspace, in input) (any, *refusal) {
	contactID := in.values.text("prospectid")
	if !w.has(in.values.text("accountid")) {
		return nil, notSuccess("Account not found")
	}
	if !slices.ContainsFunc(w.Contacts, func(c Contact) bool { return c.ID == contactID }) {
		return nil, notSuccess("Prospect not found")
	}
	due, _ := time.Parse(time.RFC3339, in.values.text("activitydate")) // it fits
	task := Task{
		ID: w.nextID(), AccountID: in.values.text("accountid"), ContactID: contactID, Type: taskType(in.values["type"]), Due: due.UTC(),
		Subject: in.values.text("subject"), Description: in.values.text("description"),
	}
	w.received.Tasks = append(w.received.Tasks, task)
	return task.describe(), nil
}

func (s *Server) updateDeal(w *workspace, in input) (any, *refusal) {
	i := slices.IndexFunc(w.Deals, func(d Deal) bool {
		return d.ID == in.values.text("opportunityid") && d.AccountID == in.values.text("accountid")
	})
	if i < 0 {
		return nil, notSuccess("Opportunity not found")
	}
	change, deal := DealChange{DealID: w.Deals[i].ID}, &w.Deals[i]
	if stage, given := in.values["stage"].(string); given {
		change.Stage, deal.Stage = &stage, stage
	}
	if amount, given := in.values["amount"].(json.Number); given {
		change.Amount, deal.Amount = &amount, amount
	}
	if description, given := in.values["description"].(string); given {
		change.Description, deal.Description = &description, description
	}
	w.received.Changes = append(w.received.Changes, change)
	return deal.describe(), nil
}
