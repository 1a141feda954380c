package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// decodeTransfer undoes a transfer encoding (RFC 2045, section 6). Unknown ones
// are passed as they are; in bad ones what can be read is.
func decodeTransfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.Trim(stripComments(encoding), ` "`)) {
	case "base64":
		return &tolerant{base64.NewDecoder(base64.RawStdEncoding, &base64Letters{r: r})}
	case "quoted-printable":
		return &quotedPrintable{in: bufio.NewReader(r)}
	}
	return r
}

// tolerant turns a decoder's error into the end of what could be read.
type tolerant struct{ r io.Reader }

func (t *tolerant) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// base64Letters passes only the letters of the base64 alphabet: all other
// characters must be ignored (RFC 2045, section 6.8), the padding may be.
type base64Letters struct{ r io.Reader }

func (b *base64Letters) Read(p []byte) (int, error) {
	for {
		n, err := b.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}

// quotedPrintable decodes RFC 2045, section 6.7; an equals sign that encodes
// nothing stands for itself, where the standard library's reader would give up.
type quotedPrintable struct{ in *bufio.Reader }

func (q *quotedPrintable) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c, err := q.in.ReadByte()
		if err != nil {
			return n, err
		}
		if c == '=' {
			ahead, _ := q.in.Peek(2)
			switch {
			case bytes.HasPrefix(ahead, []byte("\n")):
				_, _ = q.in.Discard(1)
				continue
			case bytes.Equal(ahead, []byte("\r\n")):
				_, _ = q.in.Discard(2)
				continue
			case len(ahead) == 2 && unhex(ahead[0]) >= 0 && unhex(ahead[1]) >= 0:
				_, _ = q.in.Discard(2)
				c = byte(unhex(ahead[0])<<4 | unhex(ahead[1]))
			}
		}
		p[n] = c
		n++
	}
	return n, nil
}

// unhex returns the value of a hexadecimal digit, -1 for any other character.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeText turns the bytes of a text part into clean UTF-8. When they are not
// of the charset they claim, or claim none or an unknown one, they are taken
// for UTF-8 if they can be, else for Windows-1252, which is what French mail is
// written in when it is not UTF-8.
func decodeText(b []byte, label string) string {
	label = strings.ToLower(strings.TrimSpace(label))
	if label != "" && label != "utf-8" && label != "us-ascii" {
		if r, err := charset.Reader(label, bytes.NewReader(b)); err == nil {
			if decoded, err := io.ReadAll(r); err == nil {
				return cleanText(string(decoded))
			}
		}
	}
	if !utf8.Valid(trimRune(b)) {
		if decoded, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return cleanText(string(b))
}

// trimRune leaves out a last character that a bound cut in two.
func trimRune(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// cleanText makes a text acceptable as a person's words: valid UTF-8, newlines
// as \n, no control characters but newline and tab.
func cleanText(s string) string {
	clean := dirtAt(s)
	if clean < 0 {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for clean >= 0 {
		out.WriteString(s[:clean])
		s = s[clean:]
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			for size < len(s) && brokenRune(s[size:]) { // one mark for all of them
				size++
			}
			out.WriteRune(utf8.RuneError)
		case r == '\r':
			if !strings.HasPrefix(s, "\r\n") {
				out.WriteByte('\n')
			}
		}
		s = s[size:]
		clean = dirtAt(s)
	}
	out.WriteString(s)
	return out.String()
}

// dirtAt returns where the first character is that cleanText does not keep, -1
// when all are kept.
func dirtAt(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
			i++
			continue
		case c < utf8.RuneSelf:
			return i
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\uFEFF' || unicode.IsControl(r) {
			return i
		}
		i += size
	}
	return -1
}

// brokenRune says whether s begins with a byte that is no character's.
func brokenRune(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return r == utf8.RuneError && size == 1
}

// cleanLine is cleanText on one line, at most limit characters of it.
func cleanLine(s string, limit int) string {
	return cut(strings.Join(strings.Fields(cleanText(s)), " "), limit)
}

// cut shortens s to at most limit characters, the last of which then is "…".
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	last := 0
	for i := range s {
		if n == limit-1 {
			last = i
		}
		if n++; n > limit {
			return s[:last] + "…"
		}
	}
	return s
}

// cutBytes shortens s to at most limit bytes, between characters.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// words decodes encoded words (RFC 2047) of any charset known to go-message.
var words = mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return strings.NewReader(decodeText(b, label)), nil
}}

// decodeWords decodes the encoded words of a header's text; what is malformed
// stays as it is.
func decodeWords(s string) string {
	if decoded, err := words.DecodeHeader(s); err == nil {
		s = decoded
	}
	return cleanLine(s, 1000)
}
