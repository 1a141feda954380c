package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/redis/redistest"
)

// TestServeInTwoProcesses is a site's own installation: a database and a Redis
// of its own, the commands that fill it, the portal in one process, what comes
// in and goes out in another.
func TestServeInTwoProcesses(t *testing.T) {
	t.Parallel()
	d := newDemo(t) // for its free ports and its folder; the demo itself is not started
	chat, err := mattermost.Start(t.Context(), mattermost.Options{Addr: d.addr["CECOIA_MATTERMOST_ADDR"], Seed: mattermost.Seed{
		Teams: []mattermost.Team{{Name: "creteil", Channels: []mattermost.Channel{{Name: "assistance"}, {Name: "supervision"}}}},
		Bots:  []mattermost.Bot{{Username: demoBot, Token: demoBotToken, Channels: []string{"creteil/assistance", "creteil/supervision"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer chat.Close(t.Context())
	post, err := mail.Start(t.Context(), mail.Options{
		SMTPAddr: d.addr["CECOIA_SMTP_ADDR"], IMAPAddr: d.addr["CECOIA_IMAP_ADDR"], PageAddr: d.addr["CECOIA_MAILBOX_ADDR"],
		Accounts: []mail.Account{
			{Address: "demandeur@creteil.example", Password: "x"},
			{Address: "no-reply@creteil.example", Password: "x"}, {Address: "bounce@creteil.example", Password: "x"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close(t.Context())

	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("une clé de trente-deux octets au moins\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	imap := url.URL{Scheme: "imap", User: url.UserPassword("no-reply@creteil.example", "x"), Host: post.IMAPAddr(), RawQuery: "tls=none"}
	env := []string{
		"CECOIA_DATA=" + d.data, "CECOIA_SECRET_KEY_FILE=" + secret,
		"CECOIA_DATABASE_URL=" + postgrestest.New(t, "empty", func(context.Context, string) error { return nil }), "CECOIA_REDIS_URL=" + redistest.New(t).URL(),
		"CECOIA_PORTAL_ADDR=" + d.addr["CECOIA_PORTAL_ADDR"], "CECOIA_HOOKS_ADDR=" + d.addr["CECOIA_HOOKS_ADDR"],
		"CECOIA_MATTERMOST_URL=" + chat.URL(), "CECOIA_MATTERMOST_TOKEN=" + demoBotToken, "CECOIA_SLASH_TOKEN_CRETEIL=un-jeton",
		"CECOIA_SMTP_URL=smtp://" + post.SMTPAddr() + "?tls=none", "CECOIA_IMAP_URL_CRETEIL=" + imap.String(),
	}

	// What an administrator types, in this order; each may be typed again.
	for range 2 {
		for _, step := range []struct {
			args []string
			want string
		}{
			{[]string{"migrate"}, "up to date"},
			{[]string{"apply", "../../deploy/example/desk.yaml", "--dry-run"}, "nothing changed"},
			{[]string{"apply", "../../deploy/example/desk.yaml"}, "of 3 academies changed"},
			{[]string{"people", "import", "../../deploy/example/people.csv", "--academy", "creteil"}, "7 people of creteil imported"},
		} {
			if status, out, stderr := cecoia(t, env, step.args...); status != 0 || !strings.Contains(out, step.want) {
				t.Fatalf("cecoia %v: %d %q %s", step.args, status, out, stderr)
			}
		}
	}
	command := exec.CommandContext(t.Context(), binary, "people", "password", "demandeur@creteil.example", "--academy", "creteil")
	command.Env, command.Stdin = append(os.Environ(), env...), strings.NewReader("un long mot de passe\n")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("people password: %v %s", err, out)
	}
	if status, out, stderr := cecoia(t, env, "people", "import", "../../deploy/example/people.csv", "--academy", "creteil"); status != 0 {
		t.Fatalf("importing again: %q %s", out, stderr) // and the password stays
	}

	endPortal := serveRoles(t, append(env, "CECOIA_OPS_ADDR="+d.addr["CECOIA_OPS_ADDR"]), "web")
	endRest := serveRoles(t, append(env, "CECOIA_OPS_ADDR=127.0.0.1:0"), "ingest,notify,clock")

	person, _ := visitorAs(t, d, "demandeur@creteil.example", "un long mot de passe")
	number := person.sendForm("La connexion ne s’établit pas")
	eventually(t, "the card in the chat", func() (bool, string) {
		posts := fmt.Sprint(chat.Posts(mattermost.ChannelID("creteil", "assistance")))
		for _, p := range chat.Posts(mattermost.ChannelID("creteil", "assistance")) {
			if strings.Contains(p.Message, number) {
				return true, ""
			}
		}
		return false, posts
	})
	if status, a := d.command("un-jeton", mattermost.UserID("agent.creteil"), "liste"); status != http.StatusOK || !strings.Contains(a.Text, "compte") {
		t.Errorf("an account that nobody linked: %d %+v", status, a)
	}
	for _, account := range []string{"short", mattermost.UserID("agent.creteil")} {
		status, _, stderr := cecoia(t, env, "people", "link", "agent@creteil.example", account, "--academy", "creteil")
		if (status == 0) != (account != "short") {
			t.Errorf("linking %s: %d %s", account, status, stderr)
		}
	}
	if status, a := d.command("un-jeton", mattermost.UserID("agent.creteil"), "liste tous"); status != http.StatusOK || !strings.Contains(a.Text, number) {
		t.Errorf("once linked: %d %+v", status, a)
	}
	// Removed meanwhile: the next request leads to the sign-in page, which opens no more.
	if status, out, stderr := cecoia(t, env, "people", "remove", "demandeur@creteil.example", "--academy", "creteil"); status != 0 || !strings.Contains(out, "no longer in the directory") {
		t.Fatalf("people remove: %d %q %s", status, out, stderr)
	}
	if status, _, stderr := cecoia(t, env, "people", "remove", "demandeur@creteil.example", "--academy", "creteil"); status == 0 {
		t.Errorf("removed twice: %s", stderr)
	}
	if _, body := person.get("/incidents"); !strings.Contains(body, "plus dans l’annuaire") {
		t.Errorf("a removed person sees %s", tail(body, 800))
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		eventually(t, path, func() (bool, string) { // a part that is slow to answer counts as away
			res, err := http.Get(d.url("CECOIA_OPS_ADDR", path))
			if err != nil {
				t.Fatal(err)
			}
			body := read(t, res.Body)
			return res.StatusCode == http.StatusOK && (path != "/readyz" || strings.Contains(body, `"status": "ready"`)), tail(body, 300)
		})
	}
	endPortal()
	endRest()
}

// serveRoles runs `cecoia serve` with those roles until the func it returns is
// called, which ends it as a service manager does.
func serveRoles(t *testing.T, env []string, roles string) (end func()) {
	t.Helper()
	command := exec.Command(binary, "serve", "--roles", roles)
	command.Env = append(os.Environ(), env...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr := &lockedBuffer{}
	command.Stderr = stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	t.Cleanup(func() {
		if !ended {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
		if t.Failed() {
			t.Logf("serve --roles %s:\n%s", roles, tail(stderr.String(), 4000))
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready ") {
		t.Fatalf("serve --roles %s says %q: %v", roles, line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return func() {
		t.Helper()
		ended = true
		began := time.Now()
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("serve --roles %s ends with %v", roles, err)
		}
		t.Logf("serve --roles %s ended in %s", roles, time.Since(began))
	}
}
