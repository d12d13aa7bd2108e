package writer

import (
	"context"
	"log/slog"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/llm"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

// maxTokens is some three times what the texts take; the rest is for thinking. An answer that is cut off gets twice as many.
const maxTokens = 8000

// Writer implements followup.Writer.
type Writer struct {
	client *llm.Client
	log    *slog.Logger
}

// New returns a writer that logs what each text took, never a text.
func New(client *llm.Client, log *slog.Logger) *Writer {
	return &Writer{client: client, log: log}
}

// Write implements followup.Writer. Texts are as the model wrote them.
func (w *Writer) Write(ctx context.Context, brief followup.Brief) (followup.Texts, string, error) {
	answer, err := w.client.Generate(ctx, llm.Request{
		System: system, Cached: []string{record(brief)}, User: task(brief), Schema: schema, MaxTokens: maxTokens,
	})
	log := w.log.With(
		"model", answer.Model, "input_tokens", answer.Usage.Input, "cache_write_input_tokens", answer.Usage.CacheWrite,
		"cache_read_input_tokens", answer.Usage.CacheRead, "output_tokens", answer.Usage.Output,
	)
	if err != nil {
		log.WarnContext(ctx, "texts not written", "error", err)
		return followup.Texts{}, "", explain(err)
	}
	texts, ok := read(answer.JSON, brief)
	if !ok {
		log.WarnContext(ctx, "texts not readable")
		return followup.Texts{}, "", &followup.Problem{Reason: followup.WriterDown}
	}
	log.InfoContext(ctx, "texts written")
	return texts, answer.Model, nil
}

// explain makes a Problem of what waiting, as the vendor asks for it, does not help.
func explain(err error) error {
	class, code := outcome.ClassOf(err), outcome.CodeOf(err)
	switch {
	case class == outcome.Throttled:
		return err
	case class == outcome.Unauthorized, code == llm.CodeNoModel:
		return &followup.Problem{Reason: followup.WriterNotSetUp}
	case code == llm.CodeRefusal, code == llm.CodeMaxTokens, code == llm.CodeTooLong: // and would again, for the same money
		return &followup.Problem{Reason: followup.WriterRefused}
	default:
		return &followup.Problem{Reason: followup.WriterDown}
	}
}
