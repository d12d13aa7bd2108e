// Package writer has the texts of a meeting written by a language model, as followup.Writer: one call with one schema for
// all of them, so that they agree.
//
// What a meeting's participants said is data for the model and may try to be more; what the model answers is raw, and
// followup.Checked says what of it can be trusted.
//
// It imports followup, llm and outcome. Start reading at Writer.Write.
package writer
