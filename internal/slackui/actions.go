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

// Names of a follow-up's controls.
const (
	// ActionStart is a button; its value is a followup.Position: follow that meeting up.
	ActionStart = "followup_start"
	// ActionForm and the name of a form is a button; its value is a Ref: open that form.
	ActionForm = "followup_form_"
	// ActionAct and a followup.Kind is a button; its value is a Ref: do it without asking more.
	ActionAct = "followup_act_"
	// ActionRetry, ActionUndo, ActionWasDone and ActionWasNotDone are buttons; their value is an action's UUID.
	ActionRetry      = "followup_retry"
	ActionUndo       = "followup_undo"
	ActionWasDone    = "followup_was_done"
	ActionWasNotDone = "followup_was_not_done"
	// ActionContact is an external_select in a form; the value of an option is "<contact ID>|<account ID>".
	ActionContact = "followup_contact"
	// ActionAccount is an external_select in a form; the value of an option is an account's ID.
	ActionAccount = "followup_account_find"

	// CallbackCard is the callback_id of a modal with a card.
	CallbackCard = "followup_card"
	// CallbackForm and the name of a form is the callback_id of a form's modal.
	CallbackForm = "followup_form_"
)

// Names of inputs in forms: block_id, action_id and the field of what is submitted.
const (
	InputSummary     = "summary"
	InputSubject     = "subject"
	InputBody        = "body"
	InputNote        = "note"
	InputLength      = "length"
	InputLanguage    = "language"
	InputTone        = "tone"
	InputTitle       = "title"
	InputDescription = "description"
	InputDate        = "date"
	InputTime        = "time"
	InputMinutes     = "minutes"
	InputOptions     = "options" // checkboxes: OptionInvite, OptionMeet
	InputCandidate   = "candidate"
	InputType        = "type"
	InputStage       = "stage"
	InputAmount      = "amount"

	OptionInvite = "invite"
	OptionMeet   = "meet"
)
