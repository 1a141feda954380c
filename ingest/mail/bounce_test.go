package mail

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// returnedMail is the Message-ID of the mail that the reports of
// testdata/bounces are about.
const returnedMail = "cecoia.agkaaaaaabyabaaaaaaaaaaabe.agkaaaaaabyabaaaaaaaaaaaa4@creteil.example"

// reports are the files of testdata/bounces: what each says of whom, as
// "address<original action status", and whether the mail is named.
var reports = map[string]struct {
	says    []string
	unnamed bool
}{
	"postfix":                    {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.1.1"}},
	"postfix-headers-only":       {says: []string{"ada.exemple@creteil.example< failed 5.2.2"}},
	"postfix-delayed":            {says: []string{"ada.exemple@creteil.example< delayed 4.4.1"}},
	"postfix-utf8":               {says: []string{"zoé.exemple@creteil.example<zoé.exemple@creteil.example failed 5.1.1"}},
	"exim":                       {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"exim-text":                  {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"exim-warning-text":          {says: []string{"ada.exemple@creteil.example< delayed 4.7.1"}, unnamed: true},
	"exchange":                   {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.1.10"}},
	"exchange-2003-text":         {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"gmail":                      {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"sendmail":                   {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"sendmail-text":              {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"qmail":                      {says: []string{"ada.exemple@creteil.example< failed 5.1.1", "bob.exemple@creteil.example< failed 5.2.2"}},
	"zimbra":                     {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.2.2"}},
	"mbox-and-no-final-boundary": {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.2.2"}},
	"without-report-type":        {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.1.1"}},
	"truncated":                  {says: []string{"ada.exemple@creteil.example<ada.exemple@creteil.example failed 5.1.1"}},
	"encoded":                    {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"nested":                     {says: []string{"ada.exemple@creteil.example< failed 5.1.1"}},
	"forwarded-mailbox":          {says: []string{"ada.perso@ailleurs.example<ada.exemple@creteil.example failed 5.0.0"}},
	"several-recipients": {says: []string{
		"ada.exemple@creteil.example< delivered 2.0.0", "bob.exemple@creteil.example< relayed 2.0.0",
		"liste@creteil.example< expanded 2.0.0", "eve.exemple@creteil.example< failed 4.4.7",
	}},
	// No reports on delivery: whatever they look like, they say nothing.
	"away-null-path": {}, "read-receipt": {unnamed: true}, "complaint": {}, "person": {unnamed: true},
}

func parseReport(t testing.TB, raw []byte) Report {
	t.Helper()
	r, err := ParseReport(bytes.NewReader(raw), defaultBounds, stopped)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r Report) says() (out []string) {
	for _, to := range r.Recipients {
		out = append(out, to.Address+"<"+to.Original+" "+to.Action+" "+to.Status)
	}
	return out
}

// Whatever server wrote a report, and in whatever state it came, it says whom
// the mail did not reach, and which mail.
func TestReportsOfEveryServer(t *testing.T) {
	files, err := filepath.Glob("testdata/bounces/*.eml")
	if err != nil || len(files) != len(reports) {
		t.Fatalf("%d files, %d expected, %v", len(files), len(reports), err)
	}
	named := 0
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".eml")
		want, known := reports[name]
		if !known {
			t.Errorf("%s: nothing says what is in it", name)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for ending, raw := range map[string][]byte{"LF": raw, "CRLF": bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))} {
			got := parseReport(t, raw)
			if says := got.says(); !slices.Equal(says, want.says) {
				t.Errorf("%s, %s: says %q, want %q", name, ending, says, want.says)
			}
			if found := slices.Contains(got.Originals, returnedMail); found == want.unnamed {
				t.Errorf("%s, %s: names %q", name, ending, got.Originals)
			} else if found && ending == "LF" && len(want.says) > 0 {
				named++
			}
		}
	}
	t.Logf("the mail is named in %d reports", named)
}

// What the desk or a person wrote in the returned mail is not the server's word.
func TestTheReturnedMailIsNotTheReport(t *testing.T) {
	raw, err := os.ReadFile("testdata/bounces/qmail.eml")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, "\n<eve.exemple@creteil.example>:\n550 5.1.1 voici ce que j'ai reçu\n"...)
	if says := parseReport(t, raw).says(); len(says) != 2 {
		t.Errorf("says %q", says)
	}
}

func TestStatusInWords(t *testing.T) {
	for words, want := range map[string]string{
		"smtp; 550 5.1.1 <x>: unknown": "5.1.1", "550-5.7.26 unauthenticated": "5.7.26", "(#5.1.1)": "5.1.1",
		"#5.2.2#SMTP": "5.2.2", "smtp;552 mailbox full": "5.0.0", "452-4.2.2 over quota": "4.2.2",
		"Exim 4.94.2 at 192.5.1.1": "", "5.1.1": "", "room 550": "", "": "", "host 203.0.113.5 said: 421 busy": "4.0.0",
	} {
		if got := statusIn(words); got != want {
			t.Errorf("%q holds %q, want %q", words, got, want)
		}
	}
}

// A hostile report costs no more than any mail, and says no more than the bounds.
func TestReportsAreBounded(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n")
	for range 20_000 {
		b.WriteString("Final-Recipient: rfc822; ada.exemple@creteil.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; " + strings.Repeat("x", 500) + "\n\n")
	}
	for i := range 100 {
		b.WriteString("--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + strings.Repeat("y", i) + "@x.example>\n\n")
	}
	b.WriteString("--b--\n")
	r := parseReport(t, b.Bytes())
	if len(r.Recipients) != maxReported || len(r.Originals) != maxOriginals || len(r.Recipients[0].Diagnostic) > 400 {
		t.Errorf("%d recipients, %d originals, %d bytes of words", len(r.Recipients), len(r.Originals), len(r.Recipients[0].Diagnostic))
	}
	// Messages within messages.
	deep := strings.Repeat("Content-Type: message/rfc822\n\n", 10_000)
	now := processorClock(t)
	began := now()
	parseReport(t, []byte("From: MAILER-DAEMON@x.example\n"+deep))
	parseReport(t, []byte("From: MAILER-DAEMON@x.example\nContent-Type: text/plain\n\n"+strings.Repeat("<a@b.example>:\n550 ", 100_000)))
	if took := now().Sub(began); took > 2*time.Second {
		t.Errorf("%v for two hostile reports", took)
	}
}

// FuzzReport: whatever the bytes, what is taken can be kept and compared.
func FuzzReport(f *testing.F) {
	files, err := filepath.Glob("testdata/bounces/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	b := defaultBounds
	b.Header, b.Parts = 8<<10, 50
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseReport(bytes.NewReader(raw), b, stopped)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Recipients) > maxReported || len(r.Originals) > maxOriginals {
			t.Fatalf("%d recipients, %d originals", len(r.Recipients), len(r.Originals))
		}
		for _, to := range r.Recipients {
			clean(t, "address", to.Address, false)
			clean(t, "address", to.Original, false)
			clean(t, "diagnostic", to.Diagnostic, false)
			if to.Address == "" && to.Original == "" || to.Status != "" && statusPattern.FindString(to.Status) != to.Status {
				t.Fatalf("recipient %+v", to)
			}
		}
		for _, id := range r.Originals {
			clean(t, "identifier", id, false)
		}
	})
}
