package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	maxNotices = 256 // that wait
	notifying  = 4   // at once
	// noticeLimit bounds one; a trigger_id works for 3 s anyway.
	noticeLimit = 3 * time.Second
)

// Notifier tells people what the answer to their click or shortcut cannot carry. It does so after the answer, from
// memory, once, and as far as it can: what is lost is a sentence, never work.
type Notifier struct {
	NotifierConfig
	waiting chan queued
}

// NotifierConfig is what a Notifier needs.
type NotifierConfig struct {
	// Bot acts in the tenant's workspace; beside an error there is one without a token, as adapters.Adapters.Bot has it.
	Bot     func(tenancy.Tenant) (*slackapi.Bot, error)
	Metrics *telemetry.Webhook
	// Drain bounds what Run does after its end is asked for.
	Drain time.Duration
}

// notice is a text for a person, and the ways to them. A response_url needs no tenant; a modal does.
type notice struct {
	tenant      tenancy.Tenant // the zero value if the workspace has none
	text        string
	responseURL string // "" if the request had none
	triggerID   string
	inModal     bool // a modal is open, on top of which another can be
}

type queued struct {
	notice
	log *slog.Logger
}

// NewNotifier makes a Notifier; Run makes it work.
func NewNotifier(c NotifierConfig) *Notifier {
	return &Notifier{NotifierConfig: c, waiting: make(chan queued, maxNotices)}
}

// enqueue never blocks: with too many waiting, the notice is dropped.
func (n *Notifier) enqueue(what notice, log *slog.Logger) {
	select {
	case n.waiting <- queued{what, log}:
	default:
		n.Metrics.Notice(telemetry.NoticeDropped)
		log.Warn("notice dropped: too many wait")
	}
}

// Run delivers until ctx ends; then those that wait, within Drain.
func (n *Notifier) Run(ctx context.Context) {
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(n.Drain, cancel) })
	defer stop()
	var all sync.WaitGroup
	for range notifying {
		all.Go(func() { n.work(ctx, working) })
	}
	all.Wait()
}

func (n *Notifier) work(ctx, working context.Context) {
	for {
		select {
		case next := <-n.waiting:
			n.deliver(working, next)
		case <-ctx.Done():
			n.drain(working)
			return
		}
	}
}

func (n *Notifier) drain(ctx context.Context) {
	for {
		select {
		case next := <-n.waiting:
			n.deliver(ctx, next)
		default:
			return
		}
	}
}

// deliver turns a panic into a failure: it would end the process, and with it the requests under way.
func (n *Notifier) deliver(ctx context.Context, q queued) {
	defer func() {
		if value := recover(); value != nil {
			n.Metrics.Notice(telemetry.NoticeFailed)
			logPanic(q.log, "notice", value)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, noticeLimit)
	defer cancel()
	if err := n.send(limited, q.notice); err != nil {
		n.Metrics.Notice(telemetry.NoticeFailed)
		q.log.Warn("notice not delivered", "error", err)
		return
	}
	n.Metrics.Notice(telemetry.NoticeDelivered)
}

func (n *Notifier) send(ctx context.Context, what notice) error {
	bot, err := n.Bot(what.tenant)
	switch {
	case what.responseURL != "":
		return bot.Respond(ctx, what.responseURL, slackui.NoticeMessage(what.text))
	case what.tenant.ID == tenancy.ID{}:
		return errors.New("a workspace without tenant has no token to open a window with")
	case err != nil:
		return err
	}
	modal := slackui.NoticeModal(what.tenant.Locale, what.text)
	if what.inModal {
		return bot.PushView(ctx, what.triggerID, modal)
	}
	return bot.OpenView(ctx, what.triggerID, modal)
}
