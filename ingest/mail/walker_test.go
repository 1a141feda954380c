package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

func crlf(s string) io.Reader { return strings.NewReader(strings.ReplaceAll(s, "\n", "\r\n")) }

// leaf is what a walk showed of a part.
type leaf struct {
	media, name, body string
	alternative       int
	related           bool
}

func leaves(t *testing.T, raw io.Reader, b Bounds) ([]leaf, []string) {
	t.Helper()
	var out []leaf
	_, notes, err := walk(raw, b, stopped, func(p Part) error {
		body, err := io.ReadAll(p.Body)
		out = append(out, leaf{p.MediaType, p.FileName, string(body), p.Alternative, p.Related})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, notes
}

const nested = `From: a@creteil.example
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain

Bonjour,

--not a boundary
--inner 
Content-Type: multipart/related; boundary=third

--third
Content-Type: text/html

<p>Bonjour</p>
--third
Content-Type: image/png; name="=?utf-8?q?=C3=A9cran.png?="
Content-Transfer-Encoding: base64

aGVs
bG8=
--third--
--inner--
between
--outer
Content-Disposition: attachment; filename*=UTF-8''re%C3%A7u.pdf
Content-Type: application/pdf

%PDF
--outer--
epilogue
`

func TestWalk(t *testing.T) {
	for name, raw := range map[string]io.Reader{"CRLF": crlf(nested), "LF": strings.NewReader(nested)} {
		got, notes := leaves(t, raw, defaultBounds)
		for i := range got {
			got[i].body = strings.ReplaceAll(got[i].body, "\r\n", "\n")
		}
		want := []leaf{
			{"text/plain", "", "Bonjour,\n\n--not a boundary", 1, false},
			{"text/html", "", "<p>Bonjour</p>", 1, true},
			{"image/png", "écran.png", "hello", 1, true},
			{"application/pdf", "reçu.pdf", "%PDF", 0, false},
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(notes) != 0 {
			t.Errorf("%s:\n%+v\nwant\n%+v\nnotes %q", name, got, want, notes)
		}
	}
}

// What is broken in the wild costs at most what is broken.
func TestWalkDegrades(t *testing.T) {
	for _, c := range []struct{ name, raw, text string }{
		{"nothing at all", "", ""},
		{"header only", "From: a@creteil.example", ""},
		{"mbox line", "From a@creteil.example Sat Nov 21 10:00:00 2026\nSubject: x\n\nBonjour\n", "Bonjour"},
		{"junk in the header", "Subject: x\njunk\n folded junk\nX-Y: z\n\nBonjour\n", "Bonjour"},
		{"no final boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour\n", "Bonjour"},
		{"inner boundary left open", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nBonjour\n--b\n\nEncore\n--b--\n", "Bonjour\n\nEncore"},
		{"no boundary parameter", "Content-Type: multipart/mixed\n\nBonjour\n", "Bonjour"},
		{"empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\nBonjour\n-- \nAda\n", "Bonjour\n-- \nAda"},
		{"boundary that never comes", "Content-Type: multipart/mixed; boundary=b\n\nBonjour\n", ""},
		{"part without an empty line", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nBonjour à tous\n--b--\n", "Bonjour à tous"},
		{"part without a header", "Content-Type: multipart/mixed; boundary=b\n\n--b\nBonjour à tous\n--b--\n", "Bonjour à tous"},
		{"part without a header that begins with a rule", "Content-Type: multipart/mixed; boundary=b\n\n--b\n- un\n- deux\n--b--\n", "- un\n- deux"},
		{"bad base64", "Content-Transfer-Encoding: base64\n\nQm9u!?am91\n cg\n", "Bonjour"},
		{"base64 with its padding lost", "Content-Transfer-Encoding: BASE64 (comment)\n\nQm9uam91cg\n", "Bonjour"},
		{"base64 that stops in the middle", "Content-Transfer-Encoding: base64\n\nQm9uam91c", "Bonjou"},
		{"bad quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\nCo=C3=BBt = 3 =E2=82=AC, a=b=\nc=ZZ=\n", "Coût = 3 €, a=bc=ZZ"},
		{"unknown transfer encoding", "Content-Transfer-Encoding: x-magic\n\nBonjour\n", "Bonjour"},
		{"latin 1", "Content-Type: text/plain; charset=iso-8859-1\n\n\xe9t\xe9\n", "été"},
		{"unknown charset", "Content-Type: text/plain; charset=x-mystery\n\n\xe9t\xe9 \x80\n", "été €"},
		{"charset that lies", "Content-Type: text/plain; charset=utf-8\n\n\xe9t\xe9\n", "été"},
		{"no charset", "\n\xe9t\xe9\n", "été"},
		{"undeclared UTF-8", "Content-Type: text/plain; charset=us-ascii\n\nété\n", "été"},
		{"control characters", "\nBon\x00jo\x07ur\n", "Bonjour"},
		{"malformed parameters", "Content-Type: text/plain; charset=iso-8859-1; name=a b; ;;=\n\n\xe9\n", ""}, // named: a document
		{"malformed type", "Content-Type: text\n\nBonjour\n", "Bonjour"},
		{"boundary with a stray parameter", "Content-Type: multipart/mixed; boundary=b; boundary=c; x\n\n--b\n\nBonjour\n--b--\n", "Bonjour"},
		{"HTML only", "Content-Type: text/html; charset=iso-8859-1\n\n<p>\xe9t\xe9<br>ou hiver", "été\nou hiver"},
		{"empty plain text", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\nBonjour\n--b--\n", "Bonjour"},
		{"text around a picture", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nAvant\n--b\nContent-Type: image/png\n\nx\n--b\n\nAprès\n--b--\n", "Avant\n\nAprès"},
		{"attached text", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour\n--b\nContent-Disposition: attachment; filename=journal.txt\n\njournal\n--b--\n", "Bonjour"},
		{"flowed text", "Content-Type: text/plain; format=flowed\n\nUne phrase \nlongue.\n> citée \n> ici\n-- \nAda\n", "Une phrase longue.\n> citée ici\n-- \nAda"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m := parse(t, c.raw); m.Text != c.text {
				t.Errorf("text %q, want %q (%s)", m.Text, c.text, m.Notes)
			}
		})
	}
}

// towers is a mail of n multiparts, each inside the one before.
func towers(n int) []byte {
	var b bytes.Buffer
	b.WriteString("From: a@creteil.example\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\nau fond\r\n")
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.Bytes()
}

func TestManyNestedParts(t *testing.T) {
	raw := towers(10_000)
	now := processorClock(t)
	began := now()
	m, err := Parse(bytes.NewReader(raw), defaultBounds, stopped)
	if took := now().Sub(began); err != nil || took > time.Second {
		t.Fatalf("took %s, error %v", took, err)
	}
	if !contains(m.Notes, "nested too deep") {
		t.Errorf("notes %q", m.Notes)
	}
}

func TestManyParts(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "--b\r\nContent-Type: application/x\r\n\r\n%d\r\n", i)
	}
	got, notes := leaves(t, &b, defaultBounds)
	if len(got) != defaultBounds.Parts-1 || !contains(notes, "too many parts") {
		t.Errorf("%d leaves, notes %q", len(got), notes)
	}
}

func TestLongHeaders(t *testing.T) {
	long := "X-Long: " + strings.Repeat("x", 1<<20) + "\n"
	part := "Content-Type: text/plain\n" + long + "Content-Transfer-Encoding: base64\n\nQm9uam91cg==\n"
	m := parse(t, "From: a@creteil.example\n"+long+"Content-Type: multipart/mixed; boundary=b\n\n--b\n"+part+"--b--\n")
	if m.Author != "a@creteil.example" || len(m.Header.Get("X-Long")) > defaultBounds.Header || !contains(m.Notes, "header too long") {
		t.Errorf("author %q, notes %q", m.Author, m.Notes)
	}
	got, notes := leaves(t, crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n"+part+"--b\n\nEncore\n--b--\n"), defaultBounds)
	if len(got) != 2 || got[1].body != "Encore" || !contains(notes, "header too long") {
		t.Errorf("%d leaves, notes %q", len(got), notes)
	}
}

func TestWalkHasADeadline(t *testing.T) {
	for _, header := range []string{"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n", "Subject: x\r\n\r\n"} {
		now := time.Now()
		clock := func() time.Time { now = now.Add(time.Second); return now }
		b := defaultBounds
		b.Duration = 5 * time.Second
		m, err := Parse(strings.NewReader(header+strings.Repeat("ligne\r\n", 100_000)), b, clock)
		if err != nil || !contains(m.Notes, "out of time") {
			t.Errorf("%.12s: notes %q, error %v", header, m.Notes, err)
		}
	}
}

func TestWalkTellsOfItsReader(t *testing.T) {
	broken := errors.New("disk gone")
	_, err := Parse(io.MultiReader(strings.NewReader("Subject: x\r\n\r\nBon"), errReader{broken}), defaultBounds, stopped)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// bigMail is about 25 MB: a text, and a document in base64.
func bigMail() io.Reader {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("0123456789abcdef"), 3)[:57-9]) + "\r\n"
	return io.MultiReader(
		strings.NewReader("From: ada.exemple@creteil.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n--b\r\n"+
			"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=gros.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
		io.LimitReader(&repeat{line: line}, 25_000_000/int64(len(line))*int64(len(line))),
		strings.NewReader("--b--\r\n"))
}

type repeat struct {
	line string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m := copy(p[n:], r.line[r.at:])
		r.at = (r.at + m) % len(r.line)
		n += m
	}
	return n, nil
}

func TestBigMailStreams(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var size int64
	_, _, err := walk(bigMail(), defaultBounds, stopped, func(p Part) error {
		n, err := io.Copy(io.Discard, p.Body)
		size += n
		return err
	})
	runtime.ReadMemStats(&after)
	if err != nil || size < 18_000_000 {
		t.Fatalf("%d bytes of parts, error %v", size, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4<<20 {
		t.Errorf("%d bytes were allocated in all for one pass", allocated)
	}
}

func TestNothingBeyondTheLimitIsRead(t *testing.T) {
	source := &repeat{line: "ligne\r\n"}
	b := defaultBounds
	b.Message = 1 << 20
	m, err := Parse(io.MultiReader(strings.NewReader("\r\n"), source), b, stopped)
	if err != nil || len(m.Text) > 1<<20 {
		t.Errorf("%d bytes of text, error %v", len(m.Text), err)
	}
}

func contains(notes []string, want string) bool {
	for _, n := range notes {
		if n == want {
			return true
		}
	}
	return false
}

// Nothing a stranger writes costs more than its length: four times as much of
// it takes about four times as long, where a square would take sixteen.
func TestNothingIsSlow(t *testing.T) {
	now := processorClock(t)
	check := func(what string, work func(size int)) {
		took := func(size int) time.Duration {
			began := now()
			work(size)
			return now().Sub(began)
		}
		if small, large := took(24<<10), took(96<<10); large > 10*small+500*time.Millisecond {
			t.Errorf("%s: %s, then %s for four times as much", what, small, large)
		}
	}
	for _, line := range []string{
		"Envoyé de mon iPhone\n", "--\n", "-- \n", "De : x\n", "Le 1 x a écrit :\n", "Le 1\n", "On 1 wrote:\n\n", ">\n", "> x\ny\n", "\n", " ", "a@", "-", "<a>", "<blockquote>", "<br>", "&",
	} {
		for _, media := range []string{"text/plain; format=flowed", "text/html"} {
			check(fmt.Sprintf("%q as %s", line, media), func(size int) {
				newWords(parse(t, "Content-Type: "+media+"\n\n"+strings.Repeat(line, size/len(line))).Text)
			})
		}
	}
	for _, field := range []string{"To: ", "From: ", "References: ", "In-Reply-To: ", "Subject: ", "Content-Type: ", "Authentication-Results: mx.creteil.example;", "Auto-Submitted: "} {
		for _, s := range []string{"a", "a@", "<", "<a", "(", "\"", "=?utf-8?q?", "=?utf-8?q?a?= ", ";", ";a=", "a,", ":", "\\"} {
			check(fmt.Sprintf("%s%q…", field, s), func(size int) {
				m := parse(t, field+strings.Repeat(s, size/len(s))+"\n\n")
				classify(Evidence{Message: m, Academy: testAcademy, Authentication: authenticate(m.Header, "mx.creteil.example", "creteil.example")})
			})
		}
	}
}
