package mail

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // without it even iso-8859-1 is refused
	"github.com/emersion/go-message/mail"
)

// Bounds of what the page reads of a message; the source shows the rest.
const (
	maxHeaderBytes = 256 << 10
	maxDepth       = 20
	maxParts       = 500
	maxTextBytes   = 1 << 20
)

// A view is what the page shows of a message. Whatever cannot be read is left
// out: a view is always there.
type view struct {
	From, ReplyTo, To, Cc []*mail.Address
	Subject               string
	Date                  time.Time // of the header, else of the delivery
	MessageID             string    // without <>
	References            []string  // In-Reply-To included, oldest first
	AutoSubmitted         string
	Authentication        string

	Preview     string // in lists
	Text        string
	HTML        string
	Attachments []attachment
	Incomplete  bool // beyond the bounds, or broken
}

type attachment struct {
	Name    string
	Type    string
	Content []byte
}

// readHeaders fills a view from the header only.
func readHeaders(m Message) view {
	v, _ := openMessage(m)
	return v
}

// readShort fills a view from the header and, of a message of the usual size,
// with its first words.
func readShort(m Message) view {
	const usual = 128 << 10
	if len(m.Raw) > usual {
		return readHeaders(m)
	}
	v := readMessage(m)
	v.Preview = preview(v.Text)
	v.Text, v.HTML, v.Attachments = "", "", nil
	return v
}

// preview is the first line of somebody's own words.
func preview(text string) string {
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" || strings.HasPrefix(line, ">") {
			continue
		}
		const enough = 140
		if r := []rune(line); len(r) > enough {
			return string(r[:enough]) + "…"
		}
		return line
	}
	return ""
}

// readMessage fills a view with the parts too.
func readMessage(m Message) view {
	v, entity := openMessage(m)
	if entity == nil {
		v.Text, v.Incomplete = strings.ToValidUTF8(string(m.Raw[:min(len(m.Raw), maxTextBytes)]), "\uFFFD"), true
		return v
	}
	w := walker{view: &v}
	w.walk(entity, 0)
	return v
}

func openMessage(m Message) (view, *message.Entity) {
	raw := m.Raw
	if bytes.HasPrefix(raw, []byte("From ")) { // an mbox line
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	v := view{Date: m.Received}
	entity, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeaderBytes})
	if !readable(err) || entity == nil {
		v.Incomplete = true
		return v, nil
	}
	h := mail.Header{Header: entity.Header}
	v.From, v.ReplyTo = addresses(h, "From"), addresses(h, "Reply-To")
	v.To, v.Cc = addresses(h, "To"), addresses(h, "Cc")
	v.Subject = text(h, "Subject")
	if date, err := h.Date(); err == nil && !date.IsZero() {
		v.Date = date
	}
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		v.MessageID = ids[0]
	}
	v.References = messageIDs(h.Get("References") + " " + h.Get("In-Reply-To"))
	v.AutoSubmitted = text(h, "Auto-Submitted")
	v.Authentication = text(h, "Authentication-Results")
	return v, entity
}

// readable reports whether an error still leaves something to read.
func readable(err error) bool {
	return err == nil || message.IsUnknownCharset(err) || message.IsUnknownEncoding(err)
}

func text(h mail.Header, field string) string {
	value, err := h.Text(field)
	if err != nil {
		value = h.Get(field)
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(value, "\uFFFD")), " ")
}

// addresses returns the addresses of a field; an unreadable field is shown as
// the name of nobody.
func addresses(h mail.Header, field string) []*mail.Address {
	list, err := h.AddressList(field)
	if err != nil {
		return []*mail.Address{{Name: text(h, field)}}
	}
	return list
}

var messageID = regexp.MustCompile(`<([^<>\s]{1,998})>`)

// messageIDs is tolerant: real References hold anything.
func messageIDs(field string) []string {
	var ids []string
	seen := make(map[string]bool)
	for _, match := range messageID.FindAllStringSubmatch(field, 100) {
		if id := match[1]; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// A walker reads the parts of a message, within bounds.
type walker struct {
	view  *view
	parts int
}

func (w *walker) walk(entity *message.Entity, depth int) {
	parts := entity.MultipartReader()
	if parts == nil {
		w.leaf(entity)
		return
	}
	defer parts.Close()
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if !readable(err) || part == nil {
			w.view.Incomplete = true // for instance no final boundary
			return
		}
		if w.parts++; w.parts > maxParts || depth >= maxDepth {
			w.view.Incomplete = true
			return
		}
		w.walk(part, depth+1)
	}
}

func (w *walker) leaf(entity *message.Entity) {
	kind, params, err := entity.Header.ContentType()
	if err != nil {
		kind = "text/plain" // RFC 2045 §5.2
	}
	disposition, dispositionParams, err := entity.Header.ContentDisposition()
	if err != nil {
		disposition = ""
	}
	name := dispositionParams["filename"]
	if name == "" {
		name = params["name"]
	}
	isText := disposition != "attachment" && name == ""
	switch {
	case isText && kind == "text/plain":
		if w.view.Text != "" {
			w.view.Text += "\n"
		}
		w.view.Text += w.text(entity.Body)
	case isText && kind == "text/html":
		w.view.HTML += w.text(entity.Body)
	default:
		content, err := io.ReadAll(io.LimitReader(entity.Body, maxMessageBytes))
		if err != nil {
			w.view.Incomplete = true
		}
		w.view.Attachments = append(w.view.Attachments, attachment{Name: name, Type: kind, Content: content})
	}
}

func (w *walker) text(r io.Reader) string {
	content, err := io.ReadAll(io.LimitReader(r, maxTextBytes+1))
	if err != nil || len(content) > maxTextBytes {
		w.view.Incomplete = true
		content = content[:min(len(content), maxTextBytes)]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(content), "\uFFFD"), "\r\n", "\n")
}
