package crono_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const acme, ada, renewal = "25995825_1", "25995825_101", "25995825_201"

func start(t *testing.T) (*crono.Server, string) {
	t.Helper()
	double, err := crono.New(crono.Config{
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) },
		Workspaces: []crono.Workspace{
			{
				PublicKey: "cpk_1", PrivateKey: "csk_1",
				Accounts: []crono.Account{
					{ID: acme, Name: "Acme", Website: "https://www.acme.com"},
					{ID: "25995825_2", Name: "Acme Labs"},
					{ID: "25995825_3", Name: "Hooli", Website: "hooli.example", Denied: true},
				},
				Contacts: []crono.Contact{
					{ID: ada, FirstName: "Ada", LastName: "Lovelace", Email: "ada@acme.com", AccountID: acme},
					{ID: "25995825_102", FirstName: "Ada", LastName: "Byron"},
				},
				Deals: []crono.Deal{
					{ID: renewal, AccountID: acme, Name: "Renewal", Stage: "proposal", Amount: "3564.50"},
					{ID: "25995825_202", AccountID: acme, Name: "Lost", Closed: true},
				},
				Pipelines: []crono.Pipeline{{Name: "Sales", Stages: []string{"proposal", "won"}}},
			},
			{PublicKey: "cpk_2", PrivateKey: "csk_2", Accounts: []crono.Account{{ID: "7_1", Name: "Acme"}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)
	return double, server.URL
}

type headers map[string]string

var usual = headers{"X-Api-Key": "cpk_1", "X-Api-Secret": "csk_1", "Accept": "application/json", "Content-Type": "application/json"}

func send(t *testing.T, url, call, body string, with headers) (status int, answer string) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range with {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// What Crono's own n8n node sends, with its form filled in and left as it comes, and what the bot sent whose users we take over.
var official = map[string][2]string{
	"users":                {"GET /api/v1/Users?limit=50&offset=0", ""},
	"users, as a test":     {"GET /api/v1/Users", ""},
	"companies":            {"GET /api/v1/Accounts?limit=50&offset=0", ""},
	"companies, 200":       {"GET /api/v1/Accounts?Limit=200&Offset=0&WithExternalValuesNoTags=true&WithTags=true&WithTasks=true", ""},
	"company":              {"GET /api/v1/Accounts/" + acme, ""},
	"company search":       {"POST /api/v1/Accounts/search", `{"Name":"Acme","CleanEmptyName":true,"Pagination":{"Limit":50,"Offset":0}}`},
	"company filters":      {"POST /api/v1/Accounts/search", `{"Status":["Inactive"],"HasWebsite":true,"NumberOfEmployeesMin":5,"CreatedDateMin":"2026-01-01T00:00:00Z","Sort":"Name","Includes":{"WithTags":true},"CleanEmptyName":true}`},
	"company, by the bot":  {"POST /api/v1/Accounts/search", `{"name":"Acme"}`},
	"contact search":       {"POST /api/v1/Prospects/search", `{"Name":"Ada","HasEmail":true,"AccountId":"` + acme + `","Pagination":{"Limit":50,"Offset":0}}`},
	"contacts, by the bot": {"POST /api/v1/Prospects/search", `{"pagination":{"limit":50,"offset":50},"name":"Ada"}`},
	"deal search":          {"POST /api/v1/Opportunities/search", `{"AccountId":"` + acme + `","Pagination":{"Limit":50,"Offset":0},"Includes":{"WithAccount":true}}`},
	"deals, by the bot":    {"POST /api/v1/Opportunities/search", `{"pagination":{"limit":100,"offset":0},"includes":{"withAccount":null},"objectIds":[],"createdDateMin":null,"isWon":null,"isClosed":null,"amountMin":null,"name":null,"stage":null,"pipeline":null,"active":null,"accountId":"` + acme + `","userId":null,"year":null,"externalProperties":[],"sort":null}`},
	"deal update":          {"PATCH /api/v1/Opportunities", `{"data":{"AccountId":"` + acme + `","OpportunityId":"` + renewal + `","Name":"Renewal","Amount":10,"Stage":"won","IsClosed":true}}`},
	"note":                 {"POST /api/v1/Notes", `{"data":{"Description":"Hi","AccountId":"` + acme + `","ProspectIds":["` + ada + `"]}}`},
	"note, by the bot":     {"POST /api/v1/Notes", `{"data":{"description":"Hi","accountId":"` + acme + `","opportunityId":null,"prospectIds":[]}}`},
	"note search":          {"POST /api/v1/Notes/search", `{"DescriptionContains":"Hi","AccountId":"` + acme + `","Pagination":{"Limit":50,"Offset":0},"Active":true,"Includes":{"WithAccount":true,"WithOpportunity":true,"WithProspects":true}}`},
	"task":                 {"POST /api/v1/Tasks", `{"data":{"AccountId":"` + acme + `","ProspectId":"` + ada + `","Type":"Generic","Subtype":"LinkedinInvitation","ActivityDate":"2026-11-30T09:00:00.000+01:00","Subject":"Call","Description":"them"}}`},
	"task, by the bot":     {"POST /api/v1/Tasks", `{"data":{"accountId":"` + acme + `","prospectId":"` + ada + `","opportunityId":null,"type":1,"subtype":null,"activityDate":"2026-11-30T09:00:00Z","templateId":null,"automatic":false,"subject":"Call","description":""}}`},
	"task search":          {"POST /api/v1/Tasks/search?withOpportunities=true", `{"Limit":50,"Offset":0,"Type":"Generic","Types":["Call"],"AccountId":"` + acme + `","ProspectId":"` + ada + `","Since":"2026-11-01T00:00:00Z","SortBy":"CreatedDateDesc","Completed":true}`},
	"pipelines":            {"GET /api/v1/Pipelines", ""},
}

func TestWhatOthersSendIsTaken(t *testing.T) {
	for name, call := range official {
		t.Run(name, func(t *testing.T) {
			_, url := start(t)
			status, answer := send(t, url, call[0], call[1], usual)
			var e struct{ IsSuccess bool }
			if err := json.Unmarshal([]byte(answer), &e); err != nil || status != 200 || !e.IsSuccess {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	without := func(name string) headers {
		some := headers{}
		for n, v := range usual {
			if n != name {
				some[n] = v
			}
		}
		return some
	}
	with := func(name, value string) headers {
		h := without(name)
		h[name] = value
		return h
	}
	const note = `{"data":{"Description":"Hi","AccountId":"` + acme + `"}}`
	tests := map[string]struct {
		call, body string
		headers    headers
		want       int
		says       string
	}{
		"no public key":                    {"GET /api/v1/Users", "", without("X-Api-Key"), 401, ""},
		"no private key":                   {"GET /api/v1/Users", "", without("X-Api-Secret"), 401, ""},
		"another's private key":            {"GET /api/v1/Users", "", with("X-Api-Secret", "csk_2"), 401, ""},
		"a bearer token":                   {"GET /api/v1/Users", "", with("Authorization", "Bearer cpk_1"), 401, ""},
		"no Accept":                        {"GET /api/v1/Users", "", with("Accept", "*/*"), 406, ""},
		"a form":                           {"POST /api/v1/Notes", note, with("Content-Type", "application/x-www-form-urlencoded"), 415, ""},
		"no content type":                  {"POST /api/v1/Notes", note, without("Content-Type"), 415, ""},
		"another version's path":           {"GET /v1/Accounts", "", usual, 404, ""},
		"a property nobody knows":          {"POST /api/v1/Notes", `{"data":{"Description":"Hi","AccountId":"x","Title":"Hi"}}`, usual, 400, `"title":["is no property`},
		"search, which finds anything":     {"POST /api/v1/Accounts/search", `{"search":"Acme"}`, usual, 400, `"search":`},
		"a website, which is no filter":    {"POST /api/v1/Accounts/search", `{"Website":"acme.com"}`, usual, 400, `"website":`},
		"a write that is not wrapped":      {"POST /api/v1/Notes", `{"Description":"Hi","AccountId":"x"}`, usual, 400, `"Data":`},
		"a search that is wrapped":         {"POST /api/v1/Accounts/search", `{"data":{"Name":"Acme"}}`, usual, 400, `"data":`},
		"a note without its text":          {"POST /api/v1/Notes", `{"data":{"AccountId":"x"}}`, usual, 400, `"description":`},
		"a task without a contact":         {"POST /api/v1/Tasks", `{"data":{"AccountId":"x","Type":"Call","ActivityDate":"2026-11-30T09:00:00Z"}}`, usual, 400, `"prospectid":`},
		"a task of no type":                {"POST /api/v1/Tasks", `{"data":{"AccountId":"x","ProspectId":"y","Type":"Lunch","ActivityDate":"2026-11-30T09:00:00Z"}}`, usual, 400, `"type":`},
		"a task at no time":                {"POST /api/v1/Tasks", `{"data":{"AccountId":"x","ProspectId":"y","Type":"Call","ActivityDate":"tomorrow"}}`, usual, 400, `"activitydate":`},
		"an amount that is a text":         {"PATCH /api/v1/Opportunities", `{"data":{"AccountId":"x","OpportunityId":"y","Amount":"10"}}`, usual, 400, `"amount":`},
		"a deal's ID in the path":          {"PATCH /api/v1/Opportunities/" + renewal, `{"data":{}}`, usual, 405, ""},
		"a deal replaced":                  {"PUT /api/v1/Opportunities/" + renewal, `{"data":{}}`, usual, 405, ""},
		"more contacts than Crono gives":   {"POST /api/v1/Prospects/search", `{"Pagination":{"Limit":51}}`, usual, 400, `"Pagination.Limit":`},
		"more accounts than Crono gives":   {"GET /api/v1/Accounts?limit=201", "", usual, 400, `"Pagination.Limit":`},
		"tasks' paging as of others":       {"POST /api/v1/Tasks/search", `{"Pagination":{"Limit":50}}`, usual, 400, `"pagination":`},
		"a parameter nobody knows":         {"GET /api/v1/Accounts?name=Acme", "", usual, 400, `"name":`},
		"two objects":                      {"POST /api/v1/Notes", note + note, usual, 400, `"$":`},
		"the same property twice":          {"POST /api/v1/Accounts/search", `{"Name":"a","name":"b"}`, usual, 400, `"name":`},
		"an account that is not there":     {"GET /api/v1/Accounts/25995825_404", "", usual, 404, ""},
		"an account that is denied":        {"GET /api/v1/Accounts/25995825_3", "", usual, 404, ""},
		"another workspace's account":      {"GET /api/v1/Accounts/7_1", "", usual, 404, ""},
		"a note to nobody":                 {"POST /api/v1/Notes", `{"data":{"Description":"Hi","AccountId":"7_1"}}`, usual, 200, `"isSuccess":false`},
		"a change of another's deal":       {"PATCH /api/v1/Opportunities", `{"data":{"AccountId":"25995825_2","OpportunityId":"` + renewal + `"}}`, usual, 200, `"isSuccess":false`},
		"a task for a contact of no one's": {"POST /api/v1/Tasks", `{"data":{"AccountId":"` + acme + `","ProspectId":"y","Type":"Call","ActivityDate":"2026-11-30T09:00:00Z"}}`, usual, 200, `"isSuccess":false`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			double, url := start(t)
			status, answer := send(t, url, tc.call, tc.body, tc.headers)
			if status != tc.want || !strings.Contains(answer, tc.says) {
				t.Errorf("%d %s; want %d, %s", status, answer, tc.want, tc.says)
			}
			if diff := cmp.Diff(crono.Received{}, double.Received("cpk_1")); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatItFinds(t *testing.T) {
	tests := map[string]struct {
		call, body string
		want       []string // IDs
	}{
		"accounts by a part of the name": {"POST /api/v1/Accounts/search", `{"Name":"acme"}`, []string{acme, "25995825_2"}},
		"accounts with a website":        {"POST /api/v1/Accounts/search", `{"HasWebsite":true}`, []string{acme, "25995825_3"}},
		"a page of them":                 {"GET /api/v1/Accounts?limit=1&offset=1", "", []string{"25995825_2"}},
		"past the end":                   {"GET /api/v1/Accounts?limit=1&offset=9", "", nil},
		"anything by search":             {"GET /api/v1/Accounts?search=Hooli&limit=2", "", []string{acme, "25995825_2"}},
		"people by name":                 {"POST /api/v1/Prospects/search", `{"Name":"ada"}`, []string{ada, "25995825_102"}},
		"people of an account":           {"POST /api/v1/Prospects/search", `{"AccountId":"` + acme + `"}`, []string{ada}},
		"open deals":                     {"POST /api/v1/Opportunities/search", `{"AccountId":"` + acme + `","IsClosed":false}`, []string{renewal}},
		"all deals":                      {"POST /api/v1/Opportunities/search", `{"AccountId":"` + acme + `"}`, []string{renewal, "25995825_202"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, url := start(t)
			_, answer := send(t, url, tc.call, tc.body, usual)
			if diff := cmp.Diff(tc.want, ids(t, answer)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func ids(t *testing.T, answer string) []string {
	t.Helper()
	var e struct {
		Data []struct{ ObjectID string }
	}
	if err := json.Unmarshal([]byte(answer), &e); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	var found []string
	for _, o := range e.Data {
		found = append(found, o.ObjectID)
	}
	return found
}

func TestWhatItIsSentIsKeptAndFound(t *testing.T) {
	double, url := start(t)
	for _, name := range []string{"note", "task", "task, by the bot", "deal update"} {
		send(t, url, official[name][0], official[name][1], usual)
	}
	stage, amount := "won", json.Number("10")
	want := crono.Received{
		Notes: []crono.Note{{ID: "25995825_900001", AccountID: acme, Text: "Hi", At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}},
		Tasks: []crono.Task{
			{ID: "25995825_900002", AccountID: acme, ContactID: ada, Type: "Generic", Due: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), Subject: "Call", Description: "them"},
			{ID: "25995825_900003", AccountID: acme, ContactID: ada, Type: "Call", Due: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC), Subject: "Call"},
		},
		Changes: []crono.DealChange{{DealID: renewal, Stage: &stage, Amount: &amount}},
	}
	if diff := cmp.Diff(want, double.Received("cpk_1")); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(crono.Received{}, double.Received("cpk_2")); diff != "" {
		t.Errorf("another's (-want +got):\n%s", diff)
	}
	for call, body := range map[string]string{
		"POST /api/v1/Notes/search": `{"DescriptionContains":"hi","AccountId":"` + acme + `"}`,
		"POST /api/v1/Tasks/search": `{"Type":"Generic","ProspectId":"` + ada + `"}`,
	} {
		_, answer := send(t, url, call, body, usual)
		if found := ids(t, answer); len(found) != 1 {
			t.Errorf("%s: %v", call, found)
		}
	}
	_, answer := send(t, url, "POST /api/v1/Tasks/search", `{"SortBy":"CreatedDateDesc"}`, usual)
	if diff := cmp.Diff([]string{"25995825_900003", "25995825_900002"}, ids(t, answer)); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}
}

func TestFaultsLookAsCronosDo(t *testing.T) {
	tests := map[string]struct {
		fault  fault.Fault
		status int
		says   string
	}{
		"nothing done":      {fault.Fault{Kind: fault.Error, Code: crono.NotSuccess}, 200, `{"data":null,"errors":["Something went wrong"],"isSuccess":false}`},
		"keys refused":      {fault.Fault{Kind: fault.Error, Code: crono.KeysRefused}, 200, `Unauthorized`},
		"a refused model":   {fault.Fault{Kind: fault.Error, Code: "400"}, 400, `"errors":{"Data.Description":["The Description field is required."]}`},
		"down":              {fault.Fault{Kind: fault.Error, Code: "500"}, 500, `"title":"Internal Server Error"`},
		"limits":            {fault.Fault{Kind: fault.RateLimited, RetryAfter: 7}, 429, `"title":"Too Many Requests"`},
		"before the server": {fault.Fault{Kind: fault.HTML}, 503, `<html>`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			double, url := start(t)
			if err := double.Fail(crono.CreateNote, tc.fault); err != nil {
				t.Fatal(err)
			}
			status, answer := send(t, url, official["note"][0], official["note"][1], usual)
			if status != tc.status || !strings.Contains(answer, tc.says) || len(double.Received("cpk_1").Notes) > 0 {
				t.Errorf("%d %s", status, answer)
			}
			if got := double.Calls()[crono.CreateNote]["fault:"+string(tc.fault.Kind)]; got != 1 {
				t.Errorf("counted %v", double.Calls())
			}
		})
	}
	double, _ := start(t)
	if err := double.Fail("delete_note", fault.Fault{Kind: fault.Drop}); err == nil {
		t.Error("an operation that nobody knows can fail")
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	for name, w := range map[string][]crono.Workspace{
		"no keys":         {{}},
		"the same key":    {{PublicKey: "a", PrivateKey: "b"}, {PublicKey: "a", PrivateKey: "c"}},
		"the same ID":     {{PublicKey: "a", PrivateKey: "b", Accounts: []crono.Account{{ID: "1"}}, Deals: []crono.Deal{{ID: "1"}}}},
		"a nameless deal": {{PublicKey: "a", PrivateKey: "b", Deals: []crono.Deal{{Name: "x"}}}},
	} {
		if _, err := crono.New(crono.Config{Workspaces: w}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
