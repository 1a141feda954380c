package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // go-message knows only UTF-8 and ASCII without it
	"github.com/emersion/go-message/textproto"
)

// MaxMessage is the largest mail that is read whole, in bytes; of a larger one
// only the header is looked at.
const MaxMessage = 25 << 20

// Bounds limits what one mail may cost. Beyond a bound the rest is left out:
// a mail is never rejected for its shape.
type Bounds struct {
	Message  int64         // bytes read in all
	Header   int           // bytes of each header, the parts' too
	Depth    int           // nested multiparts
	Parts    int           // parts in all
	Text     int64         // bytes of text read from all parts, their transfer encoding undone
	Duration time.Duration // of one walk
}

// defaultBounds fit what people send; every one is far above it.
var defaultBounds = Bounds{
	Message: MaxMessage, Header: 256 << 10, Depth: 20, Parts: 500,
	Text: 1 << 20, Duration: 30 * time.Second,
}

// Part is one leaf of a mail's MIME tree (RFC 2045).
type Part struct {
	Header    message.Header
	MediaType string            // lower case; text/plain when absent or unreadable
	Params    map[string]string // of the Content-Type; keys in lower case
	FileName  string            // decoded; "" when the part has none
	Attached  bool              // Content-Disposition: attachment
	// Alternative numbers the outermost multipart/alternative around the part,
	// from 1; 0 when there is none.
	Alternative int
	Related     bool // directly inside a multipart/related: a picture of the HTML

	// Body is the content with its transfer encoding undone; it is valid until
	// the visit returns, and never fails for bad encodings.
	Body io.Reader
	// Cut says, once Body is read, whether it ended because the walk did: its time
	// was up, or reading the mail failed.
	Cut func() bool
}

// errStop ends a walk early without being an error.
var errStop = errors.New("mail: walk stopped")

// walker takes a mail apart in one pass over its lines. A stack of the open
// boundaries decides at each line where it belongs, so nesting costs nothing:
// 10,000 nested parts are as fast as their bytes.
type walker struct {
	bounds   Bounds
	now      func() time.Time
	deadline time.Time
	visit    func(Part) error

	in    *bufio.Reader
	stack []string // open boundaries, outermost first
	hit   *delimiter
	begun bool  // the current line was begun by an earlier fragment
	err   error // how reading ended; io.EOF at the end
	lines int   // read so far
	ended bool  // the time was up
	parts int   // leaves and multiparts seen
	alts  int   // outermost alternatives seen
	notes []string
}

// delimiter is a boundary line: which boundary of the stack, and if it is the last.
type delimiter struct {
	level int
	final bool
}

// The bounds of what is read ahead, in bytes.
const (
	smallBuffer = 1 << 10
	largeBuffer = 16 << 10
)

// walk reads a mail from r and calls visit for each leaf, in order. It returns
// the mail's own header, and notes on what was left out or mended, for the log.
// The only errors are those of visit and of reading r itself.
func walk(r io.Reader, b Bounds, now func() time.Time, visit func(Part) error) (message.Header, []string, error) {
	buffer := largeBuffer
	if small, ok := r.(interface{ Len() int }); ok { // it is in memory
		buffer = min(max(small.Len(), smallBuffer), buffer)
	}
	w := &walker{
		bounds: b, now: now, deadline: now().Add(b.Duration), visit: visit,
		in: bufio.NewReaderSize(io.LimitReader(r, b.Message), buffer),
	}
	header := w.header(true)
	err := w.entity(header, 0, around{})
	switch {
	case errors.Is(err, errStop):
		err = nil
	case err == nil && !errors.Is(w.err, io.EOF) && w.err != nil:
		err = fmt.Errorf("mail: walk: %w", w.err)
	}
	return header, w.notes, err
}

// around is what a part inherits from the multiparts around it.
type around struct {
	alternative int
	related     bool
}

func (w *walker) note(s string) {
	for _, n := range w.notes {
		if n == s {
			return
		}
	}
	w.notes = append(w.notes, s)
}

// entity walks what follows a header, up to a boundary of the stack or the end.
func (w *walker) entity(h message.Header, depth int, in around) error {
	w.parts++
	switch {
	case w.parts > w.bounds.Parts:
		w.note("too many parts")
		return errStop
	case w.late():
		return errStop
	}
	mediaType, params := contentType(h.Get("Content-Type"))
	if !strings.Contains(mediaType, "/") {
		mediaType = "text/plain" // RFC 2045, section 5.2
	}
	boundary := strings.TrimRight(params["boundary"], " \t")
	if !strings.HasPrefix(mediaType, "multipart/") {
		return w.leaf(h, mediaType, params, in)
	}
	switch {
	case boundary == "" || len(boundary) > 200:
		w.note("multipart without a boundary")
		return w.leaf(h, "text/plain", params, in)
	case depth >= w.bounds.Depth:
		w.note("nested too deep")
		return w.skip()
	}
	in.related = mediaType == "multipart/related"
	if mediaType == "multipart/alternative" && in.alternative == 0 {
		w.alts++
		in.alternative = w.alts
	}
	level := len(w.stack)
	w.stack = append(w.stack, boundary)
	err := w.skip() // the preamble
	for err == nil && w.hit != nil && w.hit.level == level && !w.hit.final {
		w.hit = nil
		err = w.entity(w.header(false), depth+1, in)
	}
	w.stack = w.stack[:level]
	switch {
	case err != nil:
		return err
	case w.hit == nil:
		w.note("no final boundary")
		return nil
	case w.hit.level < level: // the outer multipart went on without closing this one
		w.note("no final boundary")
		return nil
	}
	w.hit = nil
	return w.skip() // the epilogue
}

// leaf hands a part to the visitor, then passes what the visitor left unread.
func (w *walker) leaf(h message.Header, mediaType string, params map[string]string, in around) error {
	disposition, dparams := contentType(h.Get("Content-Disposition"))
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	err := w.visit(Part{
		Header: h, MediaType: mediaType, Params: params,
		FileName: decodeWords(name), Attached: disposition == "attachment",
		Alternative: in.alternative, Related: in.related,
		Body: decodeTransfer(h.Get("Content-Transfer-Encoding"), &body{w: w}),
		Cut:  func() bool { return w.ended || w.err != nil && !errors.Is(w.err, io.EOF) },
	})
	if err != nil {
		return err
	}
	return w.skip()
}

// skip passes lines up to the next boundary of the stack or the end.
func (w *walker) skip() error {
	for w.hit == nil {
		if w.late() {
			return errStop
		}
		if _, ok := w.piece(); !ok {
			return nil
		}
	}
	return nil
}

// late says whether the walk has used up its time. The clock is read at times
// only: a call for each line would cost more than the line.
func (w *walker) late() bool {
	if w.lines%256 == 0 && w.now().After(w.deadline) {
		w.note("out of time")
		w.err, w.ended = io.EOF, true
		return true
	}
	return false
}

// line returns the next line with its ending, or a fragment of one longer than
// the buffer; false at a boundary (then w.hit is set) and at the end. The slice
// is valid until the next call.
func (w *walker) line() ([]byte, bool) {
	if w.hit != nil || w.err != nil {
		return nil, false
	}
	line, err := w.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		w.err = err
	}
	w.lines++
	fragment := w.begun
	w.begun = errors.Is(err, bufio.ErrBufferFull)
	if len(line) == 0 {
		return nil, false
	}
	if !fragment && len(w.stack) > 0 && bytes.HasPrefix(line, []byte("--")) {
		if w.hit = w.match(bytes.TrimRight(line[2:], " \t\r\n")); w.hit != nil {
			return nil, false
		}
	}
	return line, true
}

// piece returns what comes next of a body: a line where a boundary may follow it,
// as much as has been read where none can.
func (w *walker) piece() ([]byte, bool) {
	if len(w.stack) > 0 {
		return w.line()
	}
	if w.hit != nil || w.err != nil {
		return nil, false
	}
	if _, w.err = w.in.Peek(1); w.err != nil {
		return nil, false
	}
	piece, _ := w.in.Peek(w.in.Buffered()) // it is there
	_, _ = w.in.Discard(len(piece))
	w.lines += 64 - w.lines%64 // it may hold as many, and more: the clock is looked at in time
	return piece, true
}

// match finds the innermost open boundary that a line (without its two hyphens) is.
func (w *walker) match(s []byte) *delimiter {
	for level := len(w.stack) - 1; level >= 0; level-- {
		rest, ok := bytes.CutPrefix(s, []byte(w.stack[level]))
		if ok && (len(rest) == 0 || string(rest) == "--") {
			return &delimiter{level: level, final: len(rest) > 0}
		}
	}
	return nil
}

// header reads a header up to its empty line. Lines that are no field are left
// out of the mail's own header (an mbox "From " line, junk by a relay); in a
// part's they are taken for the body's first, whose empty line was forgotten.
func (w *walker) header(top bool) message.Header {
	var kept bytes.Buffer
	total, field := 0, false
	for !w.late() {
		if !top && !w.begun && w.err == nil {
			if ahead, _ := w.in.Peek(512); !w.inHeader(ahead) {
				w.note("header without an end")
				break
			}
		}
		fragment := w.begun
		line, ok := w.line()
		if !ok || !fragment && len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if total += len(line); total > w.bounds.Header {
			w.note("header too long")
			continue
		}
		switch {
		case fragment || line[0] == ' ' || line[0] == '\t':
		case isField(line):
			field = true
		default:
			field = false
			w.note("header line that is no field")
		}
		if field {
			kept.Write(line)
		}
	}
	if kept.Len() > 0 && kept.Bytes()[kept.Len()-1] != '\n' {
		kept.WriteByte('\n')
	}
	kept.WriteString("\r\n")
	h, err := textproto.ReadHeader(bufio.NewReaderSize(&kept, min(kept.Len(), largeBuffer)))
	if err != nil {
		w.note("header unreadable in part")
	}
	return message.Header{Header: h}
}

// inHeader says whether a part's next bytes may still belong to its header: an
// empty line, a continuation, a field; or a boundary, which ends it anyway.
func (w *walker) inHeader(ahead []byte) bool {
	line, _, _ := bytes.Cut(ahead, []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	switch {
	case len(line) == 0, ahead[0] == ' ', ahead[0] == '\t':
		return true
	case bytes.HasPrefix(line, []byte("--")) && w.match(line[2:]) != nil:
		return true
	}
	return isField(line)
}

// isField says whether a line begins a header field (RFC 5322, section 2.2).
func isField(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// body reads the lines of a leaf. The line break before a boundary belongs to
// the boundary (RFC 2046, section 5.1.1): each is held back until what follows
// is known.
type body struct {
	w     *walker
	held  string // the line break held back: "", "\n" or "\r\n"
	first string // to return next, before rest
	rest  []byte // a slice of the walker's buffer
}

func (b *body) Read(p []byte) (int, error) {
	for len(b.first) == 0 && len(b.rest) == 0 {
		if b.w.late() {
			return 0, io.EOF
		}
		line, ok := b.w.piece()
		if !ok {
			if b.w.hit != nil || b.held == "" {
				return 0, io.EOF
			}
			b.first, b.held = b.held, ""
			break
		}
		b.first, b.held = b.held, ""
		switch {
		case bytes.HasSuffix(line, []byte("\r\n")):
			b.held = "\r\n"
		case bytes.HasSuffix(line, []byte("\n")):
			b.held = "\n"
		}
		b.rest = line[:len(line)-len(b.held)]
	}
	n := copy(p, b.first)
	b.first = b.first[n:]
	m := copy(p[n:], b.rest)
	b.rest = b.rest[m:]
	return n + m, nil
}

// contentType reads a Content-Type or a Content-Disposition (RFC 2045 and 2183;
// parameters by RFC 2231). What [mime.ParseMediaType] refuses is read again
// with less care.
func contentType(v string) (string, map[string]string) {
	if t, params, err := mime.ParseMediaType(v); err == nil {
		return t, params
	}
	params := map[string]string{}
	fields := splitQuoted(v, ';')
	for _, f := range fields[1:] {
		key, value, ok := strings.Cut(f, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		if _, seen := params[key]; ok && !seen {
			params[key] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return strings.ToLower(strings.TrimSpace(fields[0])), params
}

// splitQuoted splits at sep outside of quoted strings; there is at least one.
func splitQuoted(s string, sep byte) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}
