package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// maxListExports is how many exports of lists are written at once: each holds a
// connection of the database while its reader takes it.
const maxListExports = 2

// exportColumns are the columns of an export, by the end of their words' key.
var exportColumns = []string{
	"number", "opened", "due", "urgency", "status", "theme", "summary", "description",
	"entity", "place", "author", "beneficiary", "group", "assignee", "private", "solution",
}

// incidentsCSV exports the list of incidents.
func (s *server) incidentsCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.exportList(w, r, v, tickets.Incident)
}

// servicesCSV exports the list of service requests.
func (s *server) servicesCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.exportList(w, r, v, tickets.Service)
}

// exportList sends the whole of a list as its page filters and sorts it, in CSV
// (RFC 4180) as the reader's spreadsheet opens it: UTF-8 that says so, and in
// French a semicolon, as the comma is in the numbers. A failure on the way cuts
// the file, so that it does not look whole.
func (s *server) exportList(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind) error {
	l := readList(r, v, kind)
	q, refused := l.query(v, s.now())
	q.Limit = s.most
	if refused != nil {
		return &movedError{l.href()} // the page says what is wrong
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	case <-r.Context().Done():
		return fmt.Errorf("web.exportList: waiting for its turn: %w", context.DeadlineExceeded)
	}
	name := v.words.T("web.list.export.file."+string(kind)) + "-" + s.now().In(v.academy.Location()).Format(time.DateOnly) + ".csv"
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	sent := &sentWriter{ResponseWriter: w}
	rows, more, err := s.writeList(r.Context(), sent, v, q)
	switch {
	case err == nil:
		s.log.Info("list exported", "trace", traceID(r.Context()), "academy", v.academy.ID, "person", v.person.ID, "rows", rows, "cut", more)
		return nil
	case sent.begun:
		s.log.Error("export of a list cut", "trace", traceID(r.Context()), "rows", rows, "err", err)
		panic(http.ErrAbortHandler)
	}
	h.Del("Content-Disposition")
	if inFilter(err) != nil {
		return &movedError{l.href()}
	}
	return fmt.Errorf("web.exportList: %w", err)
}

// writeList writes the tickets of a query, and whether there were more.
func (s *server) writeList(ctx context.Context, to io.Writer, v *visit, q tickets.Query) (rows int, more bool, err error) {
	out := newSheet(to, v.words.Lang)
	more, err = s.desk.ExportList(ctx, v.caller(), q, func(cases []tickets.Case) error {
		if rows == 0 {
			out.titles(v.words)
		}
		for _, c := range cases {
			rows++
			out.row(s.exportRow(v, c))
		}
		return out.flush()
	})
	if err != nil {
		return rows, more, err
	}
	if rows == 0 {
		out.titles(v.words)
	}
	if more {
		out.row([]string{v.words.T("web.list.export.cut", s.most)})
	}
	return rows, more, out.flush()
}

// exportRow is a ticket in the order of exportColumns.
func (s *server) exportRow(v *visit, c tickets.Case) []string {
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(v.academy.Location()).Format("2006-01-02 15:04") // a date in any spreadsheet
	}
	group := ""
	if g, ok := v.academy.Group(c.Group); ok {
		group = g.Name.In(v.words.Lang)
	}
	private := v.words.T("web.no")
	if c.Private {
		private = v.words.T("web.yes")
	}
	return []string{
		c.Number.String(), moment(c.OpenedAt), moment(c.Due), v.words.Urgency(c.Urgency), v.words.State(c.Ticket),
		v.words.Theme(v.academy, c.Category), c.Summary, c.Description, c.Entity, c.Place,
		c.Who(c.Requester).Name(), c.Who(c.Beneficiary).Name(), group, c.Who(c.Assignee).Name(), private, c.Solution,
	}
}

// csvSheet writes CSV for spreadsheets; titles come first.
type csvSheet struct {
	to   io.Writer
	rows *csv.Writer
	err  error
}

func newSheet(to io.Writer, lang tickets.Lang) *csvSheet {
	rows := csv.NewWriter(to)
	rows.UseCRLF = true
	if lang == tickets.French {
		rows.Comma = ';'
	}
	return &csvSheet{to: to, rows: rows}
}

// titles writes the first row of a list.
func (x *csvSheet) titles(words locale.Printer) {
	titles := make([]string, len(exportColumns))
	for i, name := range exportColumns {
		titles[i] = words.T("web.list.export." + name)
	}
	x.head(titles)
}

// head writes the mark of UTF-8 and these titles.
func (x *csvSheet) head(titles []string) {
	_, x.err = io.WriteString(x.to, "\ufeff")
	x.row(titles)
}

// row writes one row; flush says what went wrong.
func (x *csvSheet) row(cells []string) {
	for i, c := range cells {
		cells[i] = harmless(c)
	}
	if x.err == nil {
		x.err = x.rows.Write(cells)
	}
}

// flush sends what was written.
func (x *csvSheet) flush() error {
	x.rows.Flush()
	if x.err != nil {
		return x.err
	}
	return x.rows.Error()
}

// harmless keeps a spreadsheet from taking what somebody wrote for a formula:
// an apostrophe before what could begin one makes it text (OWASP, CSV injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
