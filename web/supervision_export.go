package web

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"cecoia.example/tickets"
)

// trendsCSV exports the figures of a period, a day a row and the total last, as
// lists are exported (list_export.go).
func (s *server) trendsCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.exportTrends(w, r, v, "csv", "text/csv; charset=utf-8", func(to *bytes.Buffer, f tickets.Figures) error {
		out := newSheet(to, v.words.Lang)
		out.head(figureTitles(v, "web.supervision.export.day", f))
		row := func(title string, c tickets.Counts) {
			cells := []string{title}
			for _, column := range figureColumns {
				cell := ""
				if n, ok := column.number(c).(int); ok {
					cell = strconv.Itoa(n)
				}
				cells = append(cells, cell)
			}
			out.row(cells)
		}
		for _, d := range f.Days {
			row(string(d.Day), d.Counts)
		}
		row(v.words.T("web.supervision.total"), f.Total)
		return out.flush()
	})
}

// trendsXLSX exports them as a workbook: a sheet of days and one of groups.
func (s *server) trendsXLSX(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.exportTrends(w, r, v, "xlsx", workbookType, func(to *bytes.Buffer, f tickets.Figures) error {
		row := func(title any, c tickets.Counts) []any {
			cells := []any{title}
			for _, column := range figureColumns {
				cells = append(cells, column.number(c))
			}
			return cells
		}
		days := worksheet{Name: v.words.T("web.supervision.export.days"), Titles: figureTitles(v, "web.supervision.export.day", f)}
		for _, d := range f.Days {
			day, err := time.Parse(time.DateOnly, string(d.Day))
			if err != nil {
				return err
			}
			days.Rows = append(days.Rows, row(day, d.Counts))
		}
		days.Rows = append(days.Rows, row(v.words.T("web.supervision.total"), f.Total))
		groups := worksheet{Name: v.words.T("web.supervision.export.groups"), Titles: figureTitles(v, "web.supervision.group", f)}
		for _, g := range f.Groups {
			groups.Rows = append(groups.Rows, row(groupName(v, g.Group), g.Counts))
		}
		return writeWorkbook(to, days, groups)
	})
}

// figureTitles are the titles of an export, with their units.
func figureTitles(v *visit, first string, f tickets.Figures) []string {
	titles := []string{v.words.T(first)}
	for _, column := range figureColumns {
		title := figureTitle(v.words, column.name, f.Target)
		if unit := figureUnits[column.name]; unit != "" {
			title += " " + v.words.T("web.supervision.export.unit."+unit)
		}
		titles = append(titles, title)
	}
	return titles
}

// figureUnits are those of the columns that count something else than things.
var figureUnits = map[string]string{
	"take_median": "minutes", "take_p90": "minutes", "resolve_median": "minutes", "resolve_p90": "minutes", "in_time": "percent",
}

// exportTrends sends figures as a file, whole or not at all.
func (s *server) exportTrends(w http.ResponseWriter, r *http.Request, v *visit, ending, media string, write func(*bytes.Buffer, tickets.Figures) error) error {
	t := readTrends(r)
	f, err := s.desk.Figures(r.Context(), v.caller(), t.query(v, s.now()))
	if refusal(err) != nil {
		return &movedError{t.address(supervisionTabs[1].path)} // the page says what is wrong
	}
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := write(&file, f); err != nil {
		return fmt.Errorf("web.exportTrends(%s): %w", ending, err)
	}
	name := fmt.Sprintf("%s-%s-%s.%s", v.words.T("web.supervision.export.file"), f.From, f.Until, ending)
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(file.Len()))
	_, err = w.Write(file.Bytes())
	if err != nil {
		s.log.Debug("export not taken", "trace", traceID(r.Context()), "err", err)
	}
	return nil
}
