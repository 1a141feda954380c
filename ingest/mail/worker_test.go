package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

func TestReplyIsRefusedWithGuidance(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove, imap.CapUIDPlus)
	start(t, w.options(box.url()))
	raw := w.reply(1, "C'est la salle 204.\n\nLe 21/11/2026 à 10:12, Assistance a écrit :\n> Quelle salle ?",
		"References: <root@creteil.example> <last@creteil.example>")
	box.put(t, raw)
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })

	var recipient string
	var data []byte
	err := w.db.Pool().QueryRow(t.Context(), "SELECT recipient, data FROM deliveries WHERE template = 'guidance' AND ticket = $1", w.ticket.ID).Scan(&recipient, &data)
	if err != nil {
		t.Fatal(err)
	}
	var g tickets.Guidance
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if recipient != "address:ada.exemple@creteil.example" || g.Lang != tickets.English || g.MessageID != "reply-1@creteil.example" ||
		strings.Join(g.References, " ") != "root@creteil.example last@creteil.example" ||
		g.Subject != "Re: ["+w.ticket.Number.String()+"]" || g.Quoted != "C'est la salle 204." || g.Generic {
		t.Errorf("to %s: %+v", recipient, g)
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "C'est la salle 204." || len(v.Events) != 1 {
		t.Errorf("draft %+v, %d events", v.Draft, len(v.Events))
	}
	var sum []byte
	if err := w.db.Pool().QueryRow(t.Context(), "SELECT hash FROM inbound_mails").Scan(&sum); err != nil {
		t.Fatal(err)
	}
	f, err := w.files.Open(t.Context(), testAcademy.ID, [32]byte(sum))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if kept, _ := io.ReadAll(f); !bytes.Equal(kept, raw) {
		t.Errorf("the raw message is not what came: %q", kept)
	}
	if n := w.log.count("row=12 verdict=answer"); n != 1 {
		t.Errorf("%d log lines", n)
	}
	if strings.Contains(w.log.String(), "la salle") || strings.Contains(w.log.String(), "hunter2") {
		t.Error("content or a password in the log")
	}
}

func TestWithoutATicketTheGuidanceIsGeneric(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	box.put(t, []byte("Return-Path: <eve@elsewhere.example>\r\nAuthentication-Results: mx.creteil.example; dmarc=pass\r\n"+
		"From: eve@elsewhere.example\r\nTo: no-reply@creteil.example\r\nSubject: ["+w.ticket.Number.String()+"]\r\n\r\nBonjour\r\n"))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if n := w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance' AND ticket IS NULL AND data->>'generic' = 'true' AND data->>'lang' = 'fr'"); n != 1 {
		t.Errorf("%d generic guidances", n)
	}
}

// Somebody to whom a mail was forwarded answers it: no draft waits for them, and
// the link to the ticket would be a dead end.
func TestToAStrangerTheGuidanceIsGeneric(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	box.put(t, bytes.ReplaceAll(w.reply(1, "C'est la salle 204."), []byte("ada.exemple@creteil.example"), []byte("eve@elsewhere.example")))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if n := w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance' AND recipient = 'address:eve@elsewhere.example' AND data->>'generic' = 'true'"); n != 1 {
		t.Errorf("%d generic guidances", n)
	}
}

// An answer goes to the envelope's sender, whatever From and Reply-To say.
func TestTheGuidanceGoesToTheReturnPath(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	box.put(t, []byte("Return-Path: <ada+retours@creteil.example>\r\nAuthentication-Results: mx.creteil.example; dmarc=pass\r\n"+
		"From: ada.exemple@creteil.example\r\nReply-To: eve@elsewhere.example\r\nTo: no-reply@creteil.example\r\n\r\nBonjour\r\n"))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if n := w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance' AND recipient = 'address:ada+retours@creteil.example'"); n != 1 {
		t.Errorf("%d guidances to the Return-Path", n)
	}
}

func TestSubjectLinksParticipantsOnly(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	for _, who := range []string{"ada.exemple", "bob.exemple"} {
		box.put(t, []byte("Return-Path: <"+who+"@creteil.example>\r\nAuthentication-Results: mx.creteil.example; dmarc=pass\r\n"+
			"From: "+who+"@creteil.example\r\nTo: no-reply@creteil.example\r\nSubject: Re: ["+w.ticket.Number.String()+"] x\r\n\r\nDe "+who+"\r\n"))
	}
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 2 })
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails WHERE ticket = $1", w.ticket.ID); n != 1 {
		t.Errorf("%d mails linked to the ticket", n)
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "De ada.exemple" {
		t.Errorf("draft %+v", v.Draft)
	}
}

// A participant's words are kept in every row in which they may be theirs.
func TestDraftsWithoutAnAnswer(t *testing.T) {
	for _, c := range []struct {
		name, field, folder string
		draft               bool
	}{
		{"automatic by its stamp", "Auto-Submitted: auto-replied", folderAutomatic, true},
		{"no answer wished", "X-Auto-Response-Suppress: All", folderRefused, true},
		{"our own loop", "X-Cecoia-Loop: creteil", folderAutomatic, false},
		{"a report", "Content-Type: multipart/report; boundary=b", folderBounces, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			box := newMailbox(t, imap.CapMove)
			start(t, w.options(box.url()))
			box.put(t, w.reply(1, "C'est la salle 204.", c.field))
			w.eventually(t, "the mail is filed", func() bool { return box.count(c.folder) == 1 })
			if v := w.view(t); (v.Draft != nil) != c.draft {
				t.Errorf("draft %+v", v.Draft)
			}
			if n := w.guidances(t); n != 0 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

func TestOurOwnMailGetsNoAnswer(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	for i, header := range []string{
		"From: no-reply@creteil.example\r\nTo: no-reply@creteil.example\r\n",
		"From: ada.exemple@creteil.example\r\nTo: no-reply@creteil.example\r\nX-Cecoia-Loop: creteil\r\n",
		"Return-Path: <>\r\nFrom: bounce@creteil.example\r\nTo: no-reply@creteil.example\r\n",
	} {
		box.put(t, fmt.Appendf(nil, "%sAuthentication-Results: mx.creteil.example; dmarc=pass\r\n\r\n%d\r\n", header, i))
	}
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderAutomatic) == 3 })
	if n := w.guidances(t); n != 0 {
		t.Errorf("%d answers to ourselves", n)
	}
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails WHERE row = 1"); n != 3 {
		t.Errorf("%d rows 1", n)
	}
}

// Two who answer each other cannot make more than one guidance a day.
func TestASecondReplyIsHeld(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	box.put(t, w.reply(1, "Un"))
	box.put(t, w.reply(2, "Deux"))
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 2 })
	if n := w.guidances(t); n != 1 {
		t.Errorf("%d answers", n)
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "Un\n\nDeux" {
		t.Errorf("draft %+v", v.Draft)
	}
}

// withDocuments is a reply with a picture, a program and a logo in the HTML.
func (w *world) withDocuments(n int) []byte {
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
	part := func(header string, content []byte) string {
		return "--b\n" + header + "Content-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(content) + "\n"
	}
	shot := append(bytes.Clone(png), make([]byte, minInline)...)
	return w.reply(n, "--b\n\nVoici.\n"+
		part("Content-Type: image/png; name=ecran.png\nContent-Disposition: attachment; filename=ecran.png\n", png)+
		part("Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=virus.pdf\n", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"))+
		"--b\nContent-Type: multipart/related; boundary=r\n\n"+
		strings.ReplaceAll(part("Content-Type: image/png; name=logo.png\nContent-ID: <logo>\n", png)+
			part("Content-Type: image/png; name=collage.png\nContent-ID: <shot>\n", shot), "--b\n", "--r\n")+
		"--r--\n--b--", "Content-Type: multipart/mixed; boundary=b")
}

func TestDocumentsWaitOnTheTicket(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	raw := w.withDocuments(1)
	box.put(t, raw)
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	box.put(t, raw) // delivered again
	w.eventually(t, "the second is filed", func() bool { return box.count(folderRefused) == 2 })
	if n := w.guidances(t); n != 1 {
		t.Errorf("%d answers", n)
	}
	box.put(t, w.withDocuments(2)) // sent again
	w.eventually(t, "the third is filed", func() bool { return box.count(folderRefused) == 3 })
	var names []string
	for _, a := range w.view(t).Attachments {
		names = append(names, a.Name+" "+a.MediaType)
	}
	if got := strings.Join(names, ", "); got != "ecran.png image/png, collage.png image/png" {
		t.Errorf("documents: %s\n%s", got, w.log)
	}
}

// A document whose reading takes too long is not kept in part.
func TestDocumentsAreKeptWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	var seconds atomic.Int64
	start(t, w.options(box.url()), func(w *Worker) {
		w.bounds.Duration = 5 * time.Second
		w.now = func() time.Time { return stopped().Add(time.Duration(seconds.Add(1)) * time.Second) }
	})
	box.put(t, w.reply(1, "--b\n\nVoici.\n--b\nContent-Type: text/plain; name=journal.txt\nContent-Disposition: attachment\n\n"+
		strings.Repeat("une ligne du journal\n", 10_000)+"--b--", "Content-Type: multipart/mixed; boundary=b"))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	if v := w.view(t); len(v.Attachments) != 0 || v.Draft == nil || v.Draft.Text != "Voici." {
		t.Errorf("documents %v, draft %+v", v.Attachments, v.Draft)
	}
	if !strings.Contains(w.log.String(), errCut.Error()) {
		t.Errorf("nothing is said of it:\n%s", w.log)
	}
}

func TestForgedSendersLeaveNoDocuments(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	box.put(t, bytes.Replace(w.withDocuments(1), []byte("dmarc=pass"), []byte("dmarc=fail"), 1))
	w.eventually(t, "the mail is set aside", func() bool { return box.count(folderQuarantine) == 1 })
	if v := w.view(t); len(v.Attachments) != 0 || w.guidances(t) != 0 {
		t.Errorf("documents %v, %d answers", v.Attachments, w.guidances(t))
	}
}

// Of a mail that is too large the beginning is read: its author's words wait for
// them, they are told that the documents do not, and the mail itself stays in
// the mailbox. The table decides as ever.
func TestTooLargeMailsAreAnswered(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	var whole atomic.Int32
	box.hook(func(h *hooks) {
		h.fetch = func(_ imap.NumSet, o *imap.FetchOptions) error {
			for _, s := range o.BodySection {
				if s.Partial == nil {
					whole.Add(1)
				}
			}
			return nil
		}
	})
	large := w.reply(1, "--b\n\nVoici la vidéo.\n--b\nContent-Type: video/mp4; name=panne.mp4\nContent-Disposition: attachment\n\n"+
		strings.Repeat("beaucoup trop long\n", 1000)+"--b--", "Content-Type: multipart/mixed; boundary=b")
	box.put(t, large)
	box.put(t, bytes.Replace(bytes.Replace(large, []byte("dmarc=pass"), []byte("dmarc=fail"), 1), []byte("reply-1@"), []byte("reply-2@"), 1))
	box.put(t, bytes.Replace(large, []byte("Message-ID: <reply-1@"), []byte("Auto-Submitted: auto-replied\r\nMessage-ID: <reply-3@"), 1))
	start(t, w.options(box.url()), func(w *Worker) { w.bounds.Message = 8 << 10 })
	w.eventually(t, "each is in its folder", func() bool {
		return box.count(folderRefused) == 1 && box.count(folderQuarantine) == 1 && box.count(folderAutomatic) == 1
	})
	if n := w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance' AND data->>'too_large' = 'true' AND data->>'quoted' = 'Voici la vidéo.'"); n != 1 || w.guidances(t) != 1 {
		t.Errorf("%d guidances that say so, of %d", n, w.guidances(t))
	}
	if v := w.view(t); v.Draft == nil || !strings.HasPrefix(v.Draft.Text, "Voici la vidéo.") || len(v.Attachments) != 0 {
		t.Errorf("draft %+v, documents %v", v.Draft, v.Attachments)
	}
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails WHERE row IN (3, 10, 12)"); n != 3 || whole.Load() != 0 {
		t.Errorf("%d records, read whole %d times", n, whole.Load())
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	check := leavesNothing(t)
	stop := start(t, w.options(box.url()))
	box.put(t, w.reply(1, "Un"))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })
	stop()
	box.cut()
	check()
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	w := &world{log: &logs{}, keys: testKeyring(t)}
	if _, err := New(w.options("imaps://u:hunter2@imap.creteil.example")); err == nil {
		t.Error("a worker without a desk")
	}
	o := w.options("imaps://u:hunter2@imap.creteil.example")
	o.Desk, o.Files, o.Registerer = tickets.NewDesk(tickets.Options{}), killed{}, prometheus.NewRegistry()
	if _, err := New(o); err != nil {
		t.Error(err)
	}
	o.Academy.ID = "paris" // one worker an academy, one registry
	if _, err := New(o); err != nil {
		t.Error(err)
	}
	o.URL = "imaps://u:hun/ter2@x"
	if _, err := New(o); err == nil || strings.Contains(err.Error(), "hun") {
		t.Errorf("error %v", err)
	}
}

// A 25 MB mail is kept and read within a few megabytes of memory.
func TestBigMailStaysSmallInMemory(t *testing.T) {
	w := newWorld(t)
	worker, err := New(w.options("imap://u@127.0.0.1?tls=none"))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	raw, err := worker.keep(t.Context(), bigMail())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := worker.handle(t.Context(), origin{}, raw); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<20 {
		t.Errorf("%d bytes allocated in all", allocated)
	}
}

func TestALargerMailIsNotKept(t *testing.T) {
	w := newWorld(t)
	worker, err := New(w.options("imap://u@127.0.0.1?tls=none"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = worker.keep(t.Context(), io.LimitReader(&repeat{line: "x\r\n"}, MaxMessage+1))
	if tickets.CodeOf(err) != tickets.Invalid {
		t.Errorf("error %v", err)
	}
}
