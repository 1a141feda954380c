package mail

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"cecoia.example/deploy/local/dovecot"
)

// The folders are where the server wants them, named in its encoding and
// subscribed to, and the mailbox's own may be written as people know it.
func TestFoldersOfANamespace(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{Prefix: "INBOX.", Separator: "."})
	if err := box.client.Create("INBOX.Aide.Réponses", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	box.putInto(t, "INBOX.Aide.Réponses", w.reply(1, "Un"))
	box.put(t, w.reply(2, "Deux"))
	start(t, w.options(strings.Replace(box.url(), "?", "/Aide/R%C3%A9ponses?", 1)))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if box.count("INBOX") != 1 {
		t.Error("a mail of another folder was touched")
	}
	found, err := box.client.List("", "INBOX.*", &imap.ListOptions{SelectSubscribed: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, f.Mailbox)
	}
	for _, f := range []string{folderRefused, folderQuarantine, folderAutomatic, folderBounces} {
		if !strings.Contains(strings.Join(names, " "), "INBOX."+f) {
			t.Errorf("%s is not subscribed to, but %v", f, names)
		}
	}
}

// Dovecot without MOVE copies; with neither it is left as it is, and told so.
func TestDovecotWithoutMove(t *testing.T) {
	for caps, moves := range map[string]bool{"IMAP4rev1 LITERAL+ IDLE NAMESPACE UIDPLUS": true, "IMAP4rev1 LITERAL+ IDLE NAMESPACE": false} {
		w := newWorld(t)
		box := newDovebox(t, dovecot.Options{Capabilities: caps})
		box.put(t, w.reply(1, "Un"))
		stop := start(t, w.options(box.url()))
		if moves {
			w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })
			stop()
			continue
		}
		w.eventually(t, "the worker says so", func() bool { return w.log.count("enable one of them") > 0 })
		stop()
		if box.count("INBOX") != 1 || box.count(folderRefused) != -1 || w.guidances(t) != 0 {
			t.Error("something happened")
		}
		if n := w.log.count("level=WARN"); n != 1 {
			t.Errorf("%d warnings", n)
		}
	}
}

// A mail that Dovecot itself cannot read, and cuts the connection over, is set
// aside; the others are handled.
func TestPoisonOnDovecot(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{})
	const mails = 12
	for i := range mails {
		box.put(t, w.reply(i, "Texte"))
	}
	found, err := filepath.Glob(filepath.Join(box.server.Mailbox("no-reply@creteil.example"), "*", "*.M*"))
	if err != nil || len(found) != mails {
		t.Fatalf("%d files, %v", len(found), err)
	}
	// Longer than its name and the index say: Dovecot notices within the answer.
	if err := os.WriteFile(found[7], append(w.reply(7, "Texte"), strings.Repeat("trop long\r\n", 200)...), 0o600); err != nil {
		t.Fatal(err)
	}
	o := w.options(box.url())
	o.Ceilings = Ceilings{Day: 1000, Hour: 1000}
	o.Poll = 20 * time.Millisecond
	start(t, o)
	w.eventually(t, "the others are handled", func() bool { return box.count(folderRefused) == mails-1 })
	w.eventually(t, "it is set aside", func() bool { return box.count("INBOX") == 0 && w.log.count("set aside without being handled") == 1 })
}

// Somebody else with the mailbox open may remove mails and folders at any time.
func TestOthersInTheMailbox(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{})
	for i := range 6 {
		box.put(t, w.reply(i, "Texte"))
	}
	other := box.connect(t)
	if _, err := other.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	expunge := func(uid imap.UID) {
		set := imap.UIDSetNum(uid)
		if err := other.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			t.Error(err)
		}
		if err := other.UIDExpunge(set).Close(); err != nil {
			t.Error(err)
		}
	}
	fetches, moves := 0, 0
	var mu sync.Mutex
	p := newProxy(t, serverOf(t, box.url()), func(what string) bool {
		mu.Lock()
		defer mu.Unlock()
		switch what {
		case "before UID FETCH":
			if fetches++; fetches <= 2 { // between the search and the sizes, the sizes and the mails
				expunge(imap.UID(fetches))
			}
		case "before UID MOVE":
			if moves++; moves == 1 {
				expunge(3)
				if err := other.Delete(folderRefused).Wait(); err != nil {
					t.Error(err)
				}
			}
		}
		return false
	})
	o := w.options(p.through(box.url()))
	o.Ceilings = Ceilings{Day: 1000, Hour: 1000}
	start(t, o)
	w.eventually(t, "those that are left are filed", func() bool { return box.count(folderRefused) == 3 && box.count("INBOX") == 0 })
	if n := w.log.count("mail: mailbox"); n != 0 {
		t.Errorf("%d connections ended over it", n)
	}
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails"); n != 4 || w.guidances(t) != 1 {
		t.Errorf("%d records, %d answers", n, w.guidances(t))
	}
}

// The folder that is read may be removed and made again: its mails have other
// numbers then, and are still known.
func TestTheFolderIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{})
	raw := w.reply(1, "Un")
	if err := box.client.Create("Support", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	box.putInto(t, "Support", raw)
	o := w.options(strings.Replace(box.url(), "?", "/Support?", 1))
	o.Poll = 20 * time.Millisecond
	start(t, o)
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if err := box.client.Delete("Support").Wait(); err != nil {
		t.Fatal(err)
	}
	w.eventually(t, "the worker says so", func() bool { return w.log.count("level=WARN msg=\"mail: mailbox\"") > 0 })
	if err := box.client.Create("Support", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	box.putInto(t, "Support", raw)
	box.putInto(t, "Support", w.reply(2, "Deux"))
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 3 })
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails"); n != 2 || w.guidances(t) != 1 {
		t.Errorf("%d records, %d answers", n, w.guidances(t))
	}
	w.eventually(t, "the log says so, once", func() bool {
		return w.log.count("the mailbox was renumbered") == 1 && w.log.count("the mailbox is read again") == 1
	})
}

// A mailbox that is full takes no copies: the mails are handled all the same,
// later ones too, and moved once there is room.
func TestFullMailbox(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{Quota: 20, Capabilities: "IMAP4rev1 LITERAL+ IDLE NAMESPACE UIDPLUS QUOTA"})
	ballast := []byte("Subject: ballast\r\n\r\n" + strings.Repeat("x", 16<<10) + "\r\n")
	if err := box.client.Create("Lest", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	box.putInto(t, "Lest", ballast)
	box.put(t, w.reply(1, strings.Repeat("C'est la salle 204. ", 100)))
	o := w.options(box.url())
	o.Poll = 20 * time.Millisecond
	start(t, o)
	w.eventually(t, "the mail is answered", func() bool { return w.guidances(t) == 1 })
	w.eventually(t, "the log says why it stays", func() bool { return w.log.count("the server refuses to move them") == 1 })
	if box.count("INBOX") != 1 {
		t.Errorf("%d mails in the mailbox", box.count("INBOX"))
	}
	box.remove(t, "Lest")
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })
	if n := w.guidances(t); n != 1 || w.log.count("the server refuses to move them") != 1 {
		t.Errorf("%d answers, said %d times", n, w.log.count("the server refuses to move them"))
	}
}

// Whatever command the server answers with silence, the worker leaves and tries
// again; and a connection that ends there is no different.
func TestSilenceAndCutsAtEachCommand(t *testing.T) {
	for _, kind := range []string{"silence", "cut"} {
		onBothServers(t, func(t *testing.T, w *world, box postbox) {
			t.Parallel() // it waits, most of the time
			box.put(t, w.reply(1, "Un"))
			end := make(chan struct{})
			var mu sync.Mutex
			met := map[string]bool{}
			p := newProxy(t, serverOf(t, box.url()), func(what string) bool {
				mu.Lock()
				again := met[what]
				met[what] = true
				mu.Unlock()
				if again || strings.HasSuffix(what, "LOGIN") && kind == "cut" {
					return false
				}
				if kind == "silence" {
					<-end
				}
				return true
			})
			t.Cleanup(func() { close(end) }) // before the proxy waits
			o := w.options(p.through(box.url()))
			o.Timeouts.Connect, o.Timeouts.Command, o.Timeouts.Fetch = time.Second, 400*time.Millisecond, 400*time.Millisecond
			start(t, o)
			steps := func() int { mu.Lock(); defer mu.Unlock(); return len(met) }
			filed := func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 }
			for !filed() { // each takes its time to be left
				before := steps()
				w.eventually(t, "the worker comes further", func() bool { return steps() > before || filed() })
			}
			// The server has moved it a moment before its answer has passed here.
			w.eventually(t, "each command was met", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return met["after UID MOVE"] && met["before UID SEARCH"]
			})
			if n := w.guidances(t); n != 1 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

// A refused password is said once, and not tried again soon: it might lock the
// account.
func TestRefusedPassword(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{})
	tries := 0
	var mu sync.Mutex
	count := func(what string) bool {
		mu.Lock()
		defer mu.Unlock()
		if what == "after LOGIN" {
			tries++
		}
		return false
	}
	p := newProxy(t, serverOf(t, box.url()), count)
	o := w.options(p.through(box.server.URL("no-reply@creteil.example", "wrong")))
	o.Timeouts.Refused = 500 * time.Millisecond
	start(t, o)
	w.eventually(t, "it was tried thrice", func() bool { mu.Lock(); defer mu.Unlock(); return tries >= 3 })
	if n := w.log.count("check the user and the password"); n != 1 || strings.Contains(w.log.String(), "wrong") {
		t.Errorf("said %d times: %s", n, w.log)
	}
}

// Encryption as sites have it: from the first byte, or by STARTTLS.
func TestEncryptedDovecot(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{TLS: true})
	for i, server := range []string{"imaps://%s@" + box.server.TLSAddr(), "imap://%s@" + box.server.Addr()} {
		o := w.options(fmt.Sprintf(server, url.UserPassword("no-reply@creteil.example", dovePassword)))
		o.TLS = &tls.Config{RootCAs: box.server.Roots(), MinVersion: tls.VersionTLS12}
		stop := start(t, o)
		box.put(t, w.reply(i, "Texte"))
		w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == i+1 })
		stop()
	}
}

// A mail of 25 MB passes through the worker, from the server to the ticket's
// documents, within 64 MB of heap.
func TestBigMailThroughTheWorker(t *testing.T) {
	w := newWorld(t)
	box := newDovebox(t, dovecot.Options{})
	content := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("%PDF-1.7 une longue notice. "), 660_000))
	var lines bytes.Buffer
	for len(content) > 76 {
		lines.WriteString(content[:76] + "\n")
		content = content[76:]
	}
	raw := w.reply(1, "--b\n\nVoici la notice.\n--b\nContent-Type: application/pdf; name=notice.pdf\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n"+
		lines.String()+"--b--", "Content-Type: multipart/mixed; boundary=b")
	if len(raw) < 24<<20 || len(raw) > MaxMessage {
		t.Fatalf("%d bytes", len(raw))
	}
	box.put(t, raw)
	content = ""
	lines = bytes.Buffer{}
	runtime.GC()
	var peak uint64
	start(t, w.options(box.url()))
	w.eventually(t, "the mail is filed", func() bool {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
		return box.count(folderRefused) == 1 && box.count("INBOX") == 0
	})
	t.Logf("%d MB at most", peak>>20)
	if peak > 64<<20 {
		t.Errorf("%d MB of heap", peak>>20)
	}
	if v := w.view(t); len(v.Attachments) != 1 || w.guidances(t) != 1 {
		t.Errorf("documents %v, %d answers", v.Attachments, w.guidances(t))
	}
}
