package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/ack/recording"
	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

// patience bounds each wait for something that should happen at once.
const patience = 30 * time.Second

// peer is a process that acknowledges requests.
type peer struct {
	name    string
	address string
	want    rows // of one request
	process *os.Process
	exited  chan struct{}
	log     string
}

// The peers, in the order of the table.
const (
	webhook  = "webhook"
	floor    = "(a) bare, same SQL"
	auditRow = "(b) bare, one audit row"
	boltPeer = "(c) Bolt, one audit row"
)

var (
	allRows = rows{Deliveries: 1, AuditLogs: 1, Jobs: 1, Runtime: 1}
	oneRow  = rows{AuditLogs: 1}
)

// startAll starts the webhook, records what it sends, starts the others, and checks that each leaves the rows it should.
func (b *bed) startAll(ctx context.Context, withBolt bool) ([]*peer, error) {
	served, err := b.startWebhook(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.record(ctx, served); err != nil {
		return nil, fmt.Errorf("record what the webhook sends: %w", err)
	}
	_, errA := b.start(ctx, floor, allRows, b.goPeer("-recording", b.file("recording.json")))
	_, errB := b.start(ctx, auditRow, oneRow, b.goPeer())
	if err := errors.Join(errA, errB); err != nil {
		return nil, err
	}
	if withBolt {
		if err := b.startBolt(ctx); err != nil {
			return nil, err
		}
	}
	for _, p := range b.peers {
		if err := b.check(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return b.peers, nil
}

func (b *bed) startWebhook(ctx context.Context) (*peer, error) {
	p, err := b.start(ctx, webhook, allRows, func(address string) *exec.Cmd {
		return exec.CommandContext(ctx, b.file("webhook"), "--workers=0", "--listen="+address, "--metrics-listen=127.0.0.1:0",
			"--app-id="+traffic.AppID, "--signing-secret-ref=app/credentials", "--credentials-dir="+b.file("credentials"),
			"--webhook-dsn-file="+b.file("dsn/webhook"), "--worker-dsn-file="+b.file("dsn/worker"))
	})
	if err != nil {
		return nil, err
	}
	return p, p.await(ctx, func() error {
		answer, err := http.Get("http://" + p.address + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("not ready: %s", answer.Status)
		}
		return nil
	})
}

func (b *bed) goPeer(args ...string) func(address string) *exec.Cmd {
	return func(address string) *exec.Cmd {
		args := append([]string{"-listen", address, "-dsn-file", b.file("dsn/webhook"), "-connections", strconv.Itoa(poolSize)}, args...)
		return exec.Command(b.file("peer"), args...)
	}
}

func boltDir(ctx context.Context) (string, error) {
	found, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", module+"test/bench/ack").Output()
	return filepath.Join(strings.TrimSpace(string(found)), "bolt"), err
}

// startBolt installs what package-lock.json names, unless it is there, and starts the app with the Node of that lock.
func (b *bed) startBolt(ctx context.Context) error {
	dir, err := boltDir(ctx)
	if err != nil {
		return err
	}
	notef("looking for Bolt and its Node, from npm the first time")
	install := exec.CommandContext(ctx, filepath.Join(dir, "../../../vendors/install.sh"), dir)
	install.Stderr = os.Stderr
	node, err := install.Output()
	if err != nil {
		return fmt.Errorf("install Bolt: %w", err)
	}
	_, err = b.start(ctx, boltPeer, oneRow, func(address string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(address)
		cmd := exec.Command(strings.TrimSpace(string(node)), "app.mjs")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PORT="+port, "DSN_FILE="+b.file("dsn/admin"), "POOL_SIZE="+strconv.Itoa(poolSize),
			"SLACK_SIGNING_SECRET="+traffic.SigningSecret, "NODE_ENV=production")
		return cmd
	})
	return err
}

// start runs a peer on a free port and returns when it listens.
func (b *bed) start(ctx context.Context, name string, want rows, command func(address string) *exec.Cmd) (*peer, error) {
	probe, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := probe.Addr().String()
	probe.Close()
	p := &peer{name: name, address: address, want: want, exited: make(chan struct{}), log: b.file(fmt.Sprintf("log-%d", len(b.peers)))}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := command(address)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for us, who end it
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.process = cmd.Process
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // how it ended is in its log
	}()
	b.peers = append(b.peers, p)
	return p, p.await(ctx, func() error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			connection.Close()
		}
		return err
	})
}

// await tries until it works.
func (p *peer) await(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("%s ended: %s", p.name, text)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", p.name, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *peer) stop() {
	_ = p.process.Kill()
	<-p.exited
}

// record has the webhook serve a command and a click while Postgres logs all statements.
func (b *bed) record(ctx context.Context, p *peer) error {
	if err := b.logStatements(ctx, "ALTER SYSTEM SET log_statement = 'all'", "all"); err != nil {
		return err
	}
	source := traffic.New(p.address, tenants, uint64(time.Now().UnixNano()), time.Now())
	command, click := source.Command(), source.Click()
	if err := p.ask(command, click); err != nil {
		return err
	}
	log, err := b.server.ReadLog()
	if err != nil {
		return err
	}
	var work recording.Work
	for _, r := range []struct {
		request traffic.Request
		into    *[]recording.Statement
	}{{command, &work.Command}, {click, &work.Click}} {
		values := recording.Request{TeamID: r.request.TeamID, UserID: r.request.UserID, TriggerID: r.request.TriggerID}
		const id = `SELECT id::text FROM followup.tenants WHERE slack_team_id = $1`
		if err := b.admin.QueryRow(ctx, id, values.TeamID).Scan(&values.TenantID); err != nil {
			return err
		}
		if *r.into, err = recording.Read(log, values); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(work, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(b.file("recording.json"), text, 0o600), b.logStatements(ctx, "ALTER SYSTEM RESET log_statement", "none"))
}

// logStatements changes the setting and returns when sessions have it.
func (b *bed) logStatements(ctx context.Context, statement, want string) error {
	for _, s := range []string{statement, "SELECT pg_reload_conf()"} {
		if _, err := b.admin.Exec(ctx, s); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for have := ""; have != want; {
		if err := b.admin.QueryRow(ctx, "SHOW log_statement").Scan(&have); err != nil {
			return err
		}
	}
	return nil
}

// check has a peer serve a command and a click, and looks at the rows.
func (b *bed) check(ctx context.Context, p *peer) error {
	source := traffic.New(p.address, tenants, uint64(time.Now().UnixNano()), time.Now())
	for kind, request := range map[string]traffic.Request{"command": source.Command(), "click": source.Click()} {
		if err := b.clear(ctx); err != nil {
			return err
		}
		if err := p.ask(request); err != nil {
			return fmt.Errorf("a %s: %w", kind, err)
		}
		got, err := b.rows(ctx)
		if err != nil {
			return err
		}
		if got != p.want {
			return fmt.Errorf("a %s left the rows %+v, want %+v", kind, got, p.want)
		}
	}
	return nil
}

// ask sends requests one after the other.
func (p *peer) ask(requests ...traffic.Request) error {
	connection, err := net.Dial("tcp", p.address)
	if err != nil {
		return err
	}
	defer connection.Close()
	answers := bufio.NewReader(connection)
	for _, r := range requests {
		if err := r.Send(connection, answers); err != nil {
			return err
		}
	}
	return nil
}
