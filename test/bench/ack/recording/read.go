package recording

import (
	"errors"
	"regexp"
	"strings"
)

// Settings make Postgres log what Read reads, when log_statement is "all".
func Settings() []string { return []string{"log_line_prefix=%c %v|", "log_parameter_max_length=-1"} }

// Read finds, in a log of Postgres, the transaction that recorded the request, and returns its statements in their order
// with holes for the request's values.
func Read(log string, r Request) ([]Statement, error) {
	for _, transaction := range transactions(log) {
		if !strings.Contains(transaction.text, r.key()) {
			continue
		}
		statements := transaction.statements
		for i := range statements {
			for j, v := range statements[i].Values {
				if v != nil {
					statements[i].Values[j] = cut(v.Parts[0], r)
				}
			}
		}
		return statements, nil
	}
	return nil, errors.New("no transaction in Postgres' log has the request's key")
}

type transaction struct {
	text       string
	statements []Statement
}

var (
	line     = regexp.MustCompile(`(?m)^([0-9a-f]+\.[0-9a-f]+ [0-9/]+)\|(LOG|DETAIL):  (.*(?:\n\t.*)*)$`)
	executed = regexp.MustCompile(`(?s)^(?:execute [^:]*|statement): (.*)$`)
	value    = regexp.MustCompile(`(?s)\$\d+ = (?:NULL|'((?:[^']|'')*)')`)
)

// transactions returns what was executed, by session and virtual transaction.
func transactions(log string) []*transaction {
	var all []*transaction
	byID := map[string]*transaction{}
	for _, match := range line.FindAllStringSubmatch(log, -1) {
		id, kind, text := match[1], match[2], strings.ReplaceAll(match[3], "\n\t", "\n")
		t := byID[id]
		if t == nil {
			t = &transaction{}
			byID[id] = t
			all = append(all, t)
		}
		t.add(kind, text)
	}
	return all
}

func (t *transaction) add(kind, text string) {
	if found := executed.FindStringSubmatch(text); kind == "LOG" && found != nil {
		t.statements = append(t.statements, Statement{SQL: found[1]})
		return
	}
	parameters, found := strings.CutPrefix(text, "parameters: ")
	if kind != "DETAIL" || !found || len(t.statements) == 0 {
		return
	}
	t.text += parameters
	last := &t.statements[len(t.statements)-1]
	for _, match := range value.FindAllStringSubmatchIndex(parameters, -1) {
		var v *Value // NULL
		if begin, end := match[2], match[3]; begin >= 0 {
			v = &Value{Parts: []string{strings.ReplaceAll(parameters[begin:end], "''", "'")}}
		}
		last.Values = append(last.Values, v)
	}
}
