package slackui

// Names in what a user sends back, by which it is told what they want.
const (
	// CallbackMeetings is the callback_id of a modal with meetings.
	CallbackMeetings = "meetings"
	// ShortcutMeetings is the callback_id of the shortcuts that open it, global and on a message.
	ShortcutMeetings = "meetings"
	// ActionOlder is a button; its value is a followup.Position: show what is older than that.
	ActionOlder = "meetings_older"
	// ActionNewest is a button without a value.
	ActionNewest = "meetings_newest"
	// ActionFind is an external_select; the value of an option is a followup.Position: show that one meeting.
	ActionFind = "meetings_find"
)
