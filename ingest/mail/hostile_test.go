package mail

import (
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// peak runs work and returns how many bytes the heap grew to above what it was,
// garbage included.
func peak(work func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	base := read()
	done, highest := make(chan struct{}), make(chan int64)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	go func() {
		most := base
		for {
			most = max(most, read())
			select {
			case <-done:
				highest <- max(most, read())
				return
			case <-tick.C:
			}
		}
	}()
	work()
	close(done)
	return <-highest - base
}

// A mail of 25 MB, whatever fills it, is read within 64 MB of heap and its time.
func TestLargeMailsAreReadInLittleMemory(t *testing.T) {
	multipart := "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	for name, c := range map[string]struct{ before, line string }{
		"a document":            {multipart + "--b\r\n\r\nBonjour\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm\r\n"},
		"text":                  {"\r\n", "une ligne de texte\r\n"},
		"text on one line":      {"\r\n", "une ligne de texte "},
		"HTML, nested":          {"Content-Type: text/html\r\n\r\n", "<blockquote>"},
		"a header, folded":      {"References:", " <a@b.example>\r\n"},
		"encoded words":         {"Subject:", " =?utf-8?q?=C3=A9?=\r\n"},
		"boundaries of no part": {multipart, "--c\r\n"},
		"newlines, and no mail": {"", "\n\n\n\n\n\n\n\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := func() io.Reader {
				return io.MultiReader(strings.NewReader("From: ada@creteil.example\r\n"+c.before), io.LimitReader(&repeat{line: c.line}, MaxMessage-int64(len(c.before))-100))
			}
			now := processorClock(t)
			began := now()
			used := peak(func() {
				m, err := Parse(raw(), defaultBounds, now)
				if err != nil {
					t.Error(err)
				}
				newWords(m.Text)
				classify(Evidence{Message: m, Academy: testAcademy, Authentication: authenticate(m.Header, "mx.creteil.example", "creteil.example")})
				if _, _, err := walk(raw(), defaultBounds, now, func(p Part) error {
					_, err := io.Copy(io.Discard, p.Body)
					return err
				}); err != nil {
					t.Error(err)
				}
			})
			if took := now().Sub(began); used > 64<<20 || took > 2*defaultBounds.Duration+5*time.Second {
				t.Errorf("%d MB of heap, %s", used>>20, took)
			} else {
				t.Logf("%d MB of heap, %s", used>>20, took.Round(time.Millisecond))
			}
		})
	}
}
