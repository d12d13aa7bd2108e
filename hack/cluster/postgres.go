package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/hack/node"
	"github.com/followup-dev/followup-operator/test/debian"
)

// Where Postgres keeps its things, inside the node.
const (
	postgresHome = "/var/lib/postgresql"
	postgresData = postgresHome + "/data"
	postgresHBA  = postgresHome + "/pg_hba.conf"
	postgresPort = "5432"
)

// Postgres is a database server inside the node, with Postgres' own durable settings.
type Postgres struct {
	AdminDSN     string // of the superuser, for pods and processes inside the node
	HostAdminDSN string // of the superuser, for programs on this machine

	cluster *Cluster
	bin     string
	account account
	server  *node.Run
}

type account struct{ uid, gid uint32 }

// StartPostgres makes an empty database cluster and starts a server on the node's address. Neither ever runs as root.
// Passwords are the only way in; the superuser's is random.
func (c *Cluster) StartPostgres(ctx context.Context) (*Postgres, error) {
	bin, err := debian.Postgres(ctx, func() { c.out.Note("debian", "installing postgresql") })
	if err != nil {
		return nil, err
	}
	done := c.out.Start("postgres")
	p := &Postgres{cluster: c, bin: bin}
	if p.account, err = unprivileged(); err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := p.initialise(ctx, password); err != nil {
		return nil, err
	}
	if err := p.Start(ctx); err != nil {
		return nil, err
	}
	local, err := c.Forward(ctx, node.IP+":"+postgresPort)
	if err != nil {
		return nil, err
	}
	p.AdminDSN = adminDSN(password, node.IP+":"+postgresPort)
	p.HostAdminDSN = adminDSN(password, local)
	done("Ready")
	return p, nil
}

func adminDSN(password, address string) string {
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", password), Host: address, Path: "/postgres", RawQuery: "sslmode=disable"}
	return dsn.String()
}

// unprivileged is the account that Debian's package makes; where Postgres came without it, nobody's.
func unprivileged() (account, error) {
	found, err := user.Lookup("postgres")
	if err != nil {
		found, err = user.Lookup("nobody")
	}
	if err != nil {
		return account{}, fmt.Errorf("an account for Postgres, which refuses to run as root: %w", err)
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return account{uid: uint32(uid), gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

func (p *Postgres) initialise(ctx context.Context, password string) error {
	home := p.cluster.node.Path(postgresHome)
	if err := errors.Join(os.MkdirAll(home, 0o700), os.Chown(home, int(p.account.uid), int(p.account.gid))); err != nil {
		return err
	}
	passwordFile := filepath.Join(home, "password")
	if err := p.writeFile(passwordFile, password); err != nil {
		return err
	}
	defer os.Remove(passwordFile)
	anyone := "host all all 0.0.0.0/0 scram-sha-256\n" //nolint:dupword // any database, any user
	if err := p.writeFile(p.cluster.node.Path(postgresHBA), anyone); err != nil {
		return err
	}
	return p.runToEnd(ctx, "initdb", "--pgdata="+postgresData, "--username=postgres", "--pwfile="+postgresHome+"/password",
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
}

func (p *Postgres) writeFile(path, content string) error {
	return errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chown(path, int(p.account.uid), int(p.account.gid)))
}

// Start starts the server on the data that it had, and returns when it accepts connections.
func (p *Postgres) Start(ctx context.Context) (err error) {
	p.server, err = p.cluster.Start(ctx, p.process("postgres", "-D", postgresData,
		"-c", "listen_addresses="+node.IP, "-c", "port="+postgresPort, "-c", "unix_socket_directories=", "-c", "hba_file="+postgresHBA))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.server.Wait(ctx) }()
	for {
		err := p.runToEnd(ctx, "pg_isready", "--host="+node.IP, "--port="+postgresPort)
		if err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return p.cluster.withLog(fmt.Errorf("the Postgres server ended: %w", err), "postgres")
		case <-ctx.Done():
			return p.cluster.withLog(fmt.Errorf("the Postgres server accepts no connections: %w", err), "postgres")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop stops the server, ending its connections, and returns when it is down. Start brings it back.
func (p *Postgres) Stop(ctx context.Context) error {
	if err := p.server.Signal(ctx, syscall.SIGINT); err != nil { // "fast shutdown"
		return err
	}
	return p.server.Wait(ctx)
}

func (p *Postgres) process(program string, args ...string) node.Process {
	return node.Process{
		Name: program, Path: filepath.Join(p.bin, program), Args: args,
		Env: []string{"HOME=" + postgresHome}, UID: p.account.uid, GID: p.account.gid,
	}
}

func (p *Postgres) runToEnd(ctx context.Context, program string, args ...string) error {
	run, err := p.cluster.Start(ctx, p.process(program, args...))
	if err != nil {
		return err
	}
	if err := run.Wait(ctx); err != nil {
		return p.cluster.withLog(err, program)
	}
	return nil
}
