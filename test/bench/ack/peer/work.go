package main

import "github.com/followup-dev/followup-operator/test/bench/ack/recording"

// auditRow is the smallest work that leaves a trace: one row, in a batch behind the setting that row-level security asks for.
var auditRow = recording.Work{Command: auditStatements("command.meetings"), Click: auditStatements("action.meetings")}

func auditStatements(event string) []recording.Statement {
	text := func(value string) *recording.Value { return &recording.Value{Parts: []string{value}} }
	return []recording.Statement{
		{
			SQL:    "SELECT set_config('app.tenant_id', $1, true)",
			Values: []*recording.Value{{Parts: []string{"", ""}, Holes: []recording.Hole{recording.TenantID}}},
		},
		{
			SQL: "INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ($1, $2, 'data_access', $3)",
			Values: []*recording.Value{
				{Parts: []string{"", ""}, Holes: []recording.Hole{recording.TenantID}},
				text(event),
				{Parts: []string{"", ""}, Holes: []recording.Hole{recording.UserID}},
			},
		},
	}
}
