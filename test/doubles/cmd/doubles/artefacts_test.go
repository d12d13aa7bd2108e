package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhatAVendorReceivedThroughTheControlAPI(t *testing.T) {
	p := launch(t)
	body := `{"data":{"Description":"They like it.","AccountId":"25995825_1","OpportunityId":null,"ProspectIds":[]}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.address["crono"]+"/api/v1/Notes", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"X-Api-Key": "cpk_acme", "X-Api-Secret": "csk_acme", "Content-Type": "application/json", "Accept": "application/json",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	made, err := p.Artefacts(t.Context(), "ada@acme.example", "cpk_acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Crono.Notes) != 1 || made.Crono.Notes[0].Text != "They like it." || made.Drafts != nil || made.Events != nil {
		t.Errorf("answered %s, made %+v, want the note alone", resp.Status, made)
	}
	if _, err := p.Artefacts(t.Context(), "nobody@acme.example", ""); err == nil || !strings.Contains(err.Error(), "user is not in the configuration") {
		t.Errorf("error = %v, want it to say that Google does not know the user", err)
	}
}
