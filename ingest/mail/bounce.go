package mail

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

// The bounds on what is taken of one report, besides those of the walk.
const (
	maxReported     = 100       // recipients
	maxOriginals    = 20        // Message-IDs of the mails that it returns
	maxReportDepth  = 3         // messages within messages
	maxReportText   = 64 << 10  // bytes of its text
	maxReportStatus = 256 << 10 // bytes of one delivery status
)

// Report is what a mail server tells of a mail that it could not deliver, or
// could. Anybody can write one: it proves nothing by itself.
type Report struct {
	Originals  []string // Message-IDs of the mails it returns or names, without angle brackets, each once
	Recipients []Reported
}

// Reported is what became of one recipient.
type Reported struct {
	Address    string // the recipient, lower case; "" when it is no mail address
	Original   string // whom the mail was meant for before it was forwarded, lower case; "" when not told
	Action     string // RFC 3464, section 2.3.3: failed, delayed, delivered, relayed or expanded
	Status     string // RFC 3463: "5.1.1"; "5.0.0" when only the class is known
	Diagnostic string // the words of the server that refused, one line
}

// ParseReport reads a report of any shape: RFC 3464, also wrapped, encoded or
// cut; else what the text of a mail server says beyond doubt. It fails only when
// r does. A mail that is no report gives one without recipients.
func ParseReport(r io.Reader, b Bounds, now func() time.Time) (Report, error) {
	p := reportParser{bounds: b, now: now}
	header, _, err := walk(r, b, now, func(part Part) error { return p.part(part, 0) })
	if err != nil {
		return Report{}, err
	}
	// Some servers thread their report under the mail that it is about.
	for _, name := range []string{"In-Reply-To", "References"} {
		for _, v := range header.Values(name) {
			for _, id := range messageIDs(v) {
				p.original(id)
			}
		}
	}
	if len(p.report.Recipients) == 0 && !p.structured && fromDaemon(header) {
		p.fromText(header)
	}
	return p.report, nil
}

// fromDaemon says whether the mail names a mail server as its author.
func fromDaemon(h message.Header) bool {
	for _, address := range senders(h) {
		if local, _ := split(address); local == "mailer-daemon" || local == "postmaster" {
			return true
		}
	}
	return false
}

// reportParser collects a report from the parts of a mail.
type reportParser struct {
	bounds     Bounds
	now        func() time.Time
	report     Report
	structured bool // it has a part for machines, whatever that says
	text       strings.Builder
}

// part looks at one part; depth is how many messages it is inside of.
func (p *reportParser) part(part Part, depth int) error {
	switch part.MediaType {
	case "message/delivery-status", "message/global-delivery-status":
		p.structured = true
		raw, _ := io.ReadAll(io.LimitReader(part.Body, maxReportStatus)) // the walk tells of errors
		p.status(decodeText(raw, part.Params["charset"]))
	case "message/disposition-notification", "message/feedback-report":
		p.structured = true // of other things than delivery
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		if depth == maxReportDepth {
			return nil
		}
		inner, _, err := walk(part.Body, p.bounds, p.now, func(part Part) error { return p.part(part, depth+1) })
		if err == nil {
			p.original(firstID(inner, "Message-Id"))
		}
		return err
	case "text/plain":
		if room := maxReportText - p.text.Len(); depth == 0 && room > 0 {
			raw, _ := io.ReadAll(io.LimitReader(part.Body, int64(room)))
			p.text.WriteString(decodeText(raw, part.Params["charset"]) + "\n")
		}
	}
	return nil
}

// original notes the Message-ID of a mail that the report is about, perhaps.
func (p *reportParser) original(id string) {
	if id == "" || len(p.report.Originals) == maxOriginals {
		return
	}
	for _, known := range p.report.Originals {
		if known == id {
			return
		}
	}
	p.report.Originals = append(p.report.Originals, id)
}

func (p *reportParser) reported(r Reported) {
	if r.Address == "" && r.Original == "" || len(p.report.Recipients) == maxReported {
		return
	}
	r.Diagnostic = cleanLine(r.Diagnostic, 300)
	told := statusIn(r.Diagnostic)
	switch class, _, _ := strings.Cut(r.Status, "."); {
	case r.Status == "":
		r.Status = told
	case r.Status == class+".0.0" && strings.HasPrefix(told, class+"."):
		r.Status = told // who repeats a refusal often says less than who refused
	}
	if r.Status == "" && r.Action == "failed" {
		r.Status = "5.0.0"
	}
	p.report.Recipients = append(p.report.Recipients, r)
}

// status reads the fields of a delivery status (RFC 3464, section 2; RFC 6533).
// Its groups should be apart by an empty line: where one is missing, a recipient
// begins at the next Final-Recipient.
func (p *reportParser) status(s string) {
	var r Reported
	end := func() {
		p.reported(r)
		r = Reported{}
	}
	for _, line := range unfold(s) {
		if line == "" {
			end()
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "x-original-message-id":
			for _, id := range messageIDs(value) {
				p.original(id)
			}
		case "final-recipient":
			if r.Address != "" {
				end()
			}
			r.Address = recipientOf(value)
		case "original-recipient":
			r.Original = recipientOf(value)
		case "action":
			r.Action = token(value)
		case "status":
			if m := statusPattern.FindString(stripComments(value)); m != "" {
				r.Status = m
			}
		case "diagnostic-code":
			r.Diagnostic = value
		}
	}
	end()
}

// unfold returns the lines of a header, folded ones joined, empty ones kept.
func unfold(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed != "" && (line[0] == ' ' || line[0] == '\t') && len(out) > 0 && out[len(out)-1] != "":
			out[len(out)-1] += " " + trimmed
		default:
			out = append(out, trimmed)
		}
	}
	return out
}

// escaped is a character of an address in a field of ASCII (RFC 6533, section 3).
var escaped = regexp.MustCompile(`\\x\{([0-9A-Fa-f]{2,6})\}`)

// recipientOf reads "rfc822; <ada@creteil.example>".
func recipientOf(v string) string {
	kind, address, typed := strings.Cut(stripComments(v), ";")
	if !typed {
		address = kind
	}
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") {
		address = escaped.ReplaceAllStringFunc(address, func(s string) string {
			n, err := strconv.ParseInt(s[3:len(s)-1], 16, 32)
			if err != nil {
				return s
			}
			return string(rune(n))
		})
	}
	return plausible(strings.Trim(strings.TrimSpace(address), "<>"))
}

var (
	statusPattern = regexp.MustCompile(`[245]\.[0-9]{1,3}\.[0-9]{1,3}`)
	// A status stands after a reply code ("550 5.1.1", "550-5.1.1") or a # ("(#5.1.1)"):
	// elsewhere it may be a version or an address.
	enhancedPattern = regexp.MustCompile(`(?:\b[45][0-9]{2}[ -]#?|#)([45]\.[0-9]{1,3}\.[0-9]{1,3})\b`)
	replyPattern    = regexp.MustCompile(`(?:^|[\s:;(])([45])[0-9]{2}[ -]`)
)

// statusIn returns the status that a server's words hold, the first when there
// are several; only its class when that is all they say; else "".
func statusIn(words string) string {
	if m := enhancedPattern.FindStringSubmatch(words); m != nil {
		return m[1]
	}
	if m := replyPattern.FindStringSubmatch(words); m != nil {
		return m[1] + ".0.0"
	}
	return ""
}

var (
	// returned is the line that the copy of a returned mail begins at: a rule with
	// words, or the first field of a header.
	returned   = regexp.MustCompile(`(?im)^(?:[ \t]*-{3,}.*\b(?:copy|original message|below)\b.*|(?:Return-Path|Received|From|Message-ID):.*)$`)
	returnedID = regexp.MustCompile(`(?im)^[> \t]*Message-ID:\s*(<[^<>\s]{1,250}>)`)
)

// fromText takes what a mail server's text says beyond doubt, where there is
// nothing for machines: an address at the beginning of a paragraph, with a reply
// code or a status in the words on it (qmail's QSBMF, Postfix, sendmail, Exim
// and Exchange write so); Exim's list of failed recipients.
func (p *reportParser) fromText(h message.Header) {
	text := p.text.String()
	for _, m := range returnedID.FindAllStringSubmatch(text, maxOriginals) {
		p.original(strings.Trim(m[1], "<>"))
	}
	if at := returned.FindStringIndex(text); at != nil {
		text = text[:at[0]] // what follows was written by us, or by people
	}
	var r Reported
	end := func() {
		if r.Status = statusIn(r.Diagnostic); r.Status != "" {
			r.Action = "delayed"
			if r.Status[0] == '5' {
				r.Action = "failed"
			}
			p.reported(r)
		}
		r = Reported{}
	}
	for line := range strings.SplitSeq(text, "\n") {
		address, words := leadingAddress(line)
		switch {
		case address != "":
			end()
			r.Address, r.Diagnostic = address, words
		case strings.TrimSpace(line) == "":
			end()
		case r.Address != "" && len(r.Diagnostic) < 4<<10:
			r.Diagnostic += " " + strings.TrimSpace(line)
		}
	}
	end()
	if len(p.report.Recipients) > 0 {
		return
	}
	for _, v := range h.Values("X-Failed-Recipients") {
		for _, address := range scanAddresses(v) {
			p.reported(Reported{Address: address, Action: "failed"})
		}
	}
}

// leadingAddress returns the address that a line is, or begins with before a
// colon or a date, and the words after it; "" for any other line.
func leadingAddress(line string) (address, words string) {
	s := strings.TrimLeft(strings.TrimSpace(line), `<'"`)
	end := strings.IndexAny(s, ">'\": \t")
	if end < 0 {
		end = len(s)
	}
	words = strings.TrimLeft(s[end:], `>'"`)
	switch {
	case words == "", strings.HasPrefix(words, ":"), strings.HasPrefix(words, " on "), strings.HasPrefix(words, " le "):
		return plausible(s[:end]), words
	}
	return "", ""
}
