package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web"
)

// The period of the test: the clocks change on 25 October 2026, 1 and 11 November
// are public holidays.
const (
	figuresFrom  = tickets.Date("2026-10-12")
	figuresUntil = tickets.Date("2026-11-15")
)

// TestThePageAgreesWithTheEvents compares the figures on the page, and in both
// exports, with what a slow computation finds in the events: minute by minute, of
// thousands of tickets whose lives are drawn, over a change of clocks and public
// holidays, in two groups with hours of their own.
func TestThePageAgreesWithTheEvents(t *testing.T) {
	t.Parallel()
	p := newPortalIn(t, calendar.OpenTime, func(*web.Options) {})
	a := academy("creteil", "Créteil", "")
	a.Groups[1].Hours = &tickets.Hours{OpenOnPublicHolidays: true, Week: tickets.Week{
		Monday: spans(7, 21), Tuesday: spans(0, 24), Wednesday: spans(7, 12), Saturday: spans(1, 4), Sunday: spans(1, 4),
	}}
	a.Groups = append(a.Groups, tickets.Group{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true})
	if _, err := p.db.Apply(t.Context(), []tickets.Academy{a}, noon); err != nil {
		t.Fatal(err)
	}
	if err := p.db.ImportPeople(t.Context(), a.ID, []postgres.Entry{{Person: lou(a.ID), PasswordHash: demoHash()}}); err != nil {
		t.Fatal(err)
	}
	lives := drawLives(a, 2500)
	p.write(t, lives)
	mails := p.refusedMails(t, lives)
	open := openMinutes(a)
	b := p.as(t, lou(a.ID))
	for _, group := range []string{"", "reseau"} {
		want := slowFigures(a, lives, mails, open, group)
		if c := want[""]; group == "" && (c.Taken < 1000 || c.Refusals < 100 || c.Reopened < 50 || c.Mails < 50 || c.InTime < 100 || c.Resolution.P90 < time.Hour) {
			t.Errorf("too little happens to mean much: %+v", c)
		}
		query := "?du=" + string(figuresFrom) + "&au=" + string(figuresUntil) + "&groupe=" + group
		page := tableOf(b.get("/supervision/tendances"+query).want(http.StatusOK, "").one("#days"))
		sheet := csvOf(t, b.get("/supervision/tendances/export.csv"+query).want(http.StatusOK, ""))
		book := workbookOf(t, b.get("/supervision/tendances/export.xlsx"+query).want(http.StatusOK, ""))
		if len(page) != len(want)+1 || len(sheet) != len(page) || len(book) != len(page) {
			t.Fatalf("%q: %d days and a total: %d rows on the page, %d of CSV, %d of XLSX", group, len(want)-1, len(page), len(sheet), len(book))
		}
		day := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
		for i := range page[1:] {
			of := tickets.DateOf(day.AddDate(0, 0, i))
			if i == len(page)-2 {
				of = ""
			}
			shown, cells := written(want[of])
			if got := page[i+1][1:]; !slices.Equal(got, shown) {
				t.Errorf("%q %s: the page says %q, want %q", group, of, got, shown)
			}
			if got := sheet[i+1][1:]; !slices.Equal(got, cells) {
				t.Errorf("%q %s: CSV says %q, want %q", group, of, got, cells)
			}
			if got := book[i+1][1:]; !slices.Equal(got, cells) {
				t.Errorf("%q %s: XLSX says %q, want %q", group, of, got, cells)
			}
		}
		if sheet[1][0] != string(figuresFrom) || book[1][0] != "46307" { // days since 30 December 1899
			t.Errorf("the first day is %s in CSV, %s in XLSX", sheet[1][0], book[1][0])
		}
	}
}

// refusedMails writes mails that came to the no-reply address, and returns when
// those came that count, with the group of the ticket they are about.
func (p *portal) refusedMails(t *testing.T, lives []life) map[time.Time]string {
	t.Helper()
	counted := map[time.Time]string{}
	for i := range 240 {
		at := time.Date(2026, 10, 9, 22, 30, 0, 0, time.UTC).Add(time.Duration(i) * 233 * time.Minute)
		verdict := []string{"answer", "portal", "hold", "file", "quarantine", "silent", "bounce"}[i%7]
		var about *uuid.UUID
		group := ""
		if i%4 != 0 {
			about, group = &lives[i].events[0].Ticket, lives[i].group
		}
		if i%7 < 3 {
			counted[at] = group
		}
		if _, err := p.db.Pool().Exec(t.Context(), `INSERT INTO inbound_mails (academy, id, mailbox, uidvalidity, uid, hash, message_id, sender, ticket, row, verdict, received_at)
			VALUES ('creteil', $1, '', 0, 0, sha256($2::bytea), '', 'x@creteil.example', $3, 12, $4, $5)`, uuid.New(), []byte(verdict+at.String()), about, verdict, at); err != nil {
			t.Fatal(err)
		}
	}
	return counted
}

// openMinutes are the minutes in which each group is there, by the clock on the
// wall alone.
func openMinutes(a tickets.Academy) map[string]map[int64]bool {
	holidays := []string{"2026-11-01", "2026-11-11"}
	out := map[string]map[int64]bool{}
	for _, g := range a.Groups {
		week, always := tickets.DefaultWeek(), false
		if g.Hours != nil {
			week, always = g.Hours.Week, g.Hours.OpenOnPublicHolidays
		}
		out[g.Code] = map[int64]bool{}
		for m := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC); m.Year() == 2026; m = m.Add(time.Minute) {
			wall := m.In(a.Location())
			if !always && slices.Contains(holidays, wall.Format(time.DateOnly)) {
				continue
			}
			for _, s := range week.On(wall.Weekday()) {
				if now := tickets.Minute(wall.Hour()*60 + wall.Minute()); s.From <= now && now < s.To {
					out[g.Code][m.Unix()/60] = true
				}
			}
		}
	}
	return out
}

// slowFigures computes the figures of each day, and in all under "".
func slowFigures(a tickets.Academy, lives []life, mails map[time.Time]string, open map[string]map[int64]bool, only string) map[tickets.Date]tickets.Counts {
	out := map[tickets.Date]tickets.Counts{"": {}}
	for d := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC); tickets.DateOf(d) <= figuresUntil; d = d.AddDate(0, 0, 1) {
		out[tickets.DateOf(d)] = tickets.Counts{}
	}
	takeUps, resolutions := map[tickets.Date][]int{}, map[tickets.Date][]int{}
	for _, l := range lives {
		group, has, status := "assistance", false, tickets.Status("")
		waited, spent := 0, 0
		for i, e := range l.events {
			if i > 0 {
				for m := l.events[i-1].At.Unix() / 60; m < e.At.Unix()/60; m++ {
					if running := status == tickets.StatusNew || status == tickets.StatusInProgress; running && open[group][m] {
						spent++
						waited++
					}
				}
			}
			wasFree, was := (status == tickets.StatusNew || status == tickets.StatusInProgress) && !has, group
			if status == tickets.StatusClosed {
				spent = 0
			}
			status = e.To
			switch e.Action {
			case tickets.ActionTake, tickets.ActionAsk, tickets.ActionResolve:
				has = true
			case tickets.ActionRelease:
				has = false
			case tickets.ActionAssign:
				group, has = e.Detail.Group, e.Detail.Assignee != uuid.Nil
			}
			count := func(group string, what func(tickets.Date, *tickets.Counts)) {
				day := tickets.DateOf(e.At.In(a.Location()))
				if day < figuresFrom || day > figuresUntil || only != "" && only != group {
					return
				}
				for _, d := range []tickets.Date{day, ""} {
					c := out[d]
					what(d, &c)
					out[d] = c
				}
			}
			if wasFree && has {
				count(was, func(d tickets.Date, c *tickets.Counts) {
					c.Taken++
					if waited <= 10 {
						c.InTime++
					}
					takeUps[d] = append(takeUps[d], waited)
				})
			}
			if !wasFree || group != was {
				waited = 0
			}
			switch e.Action {
			case tickets.ActionOpen:
				count(group, func(_ tickets.Date, c *tickets.Counts) { c.Opened++ })
			case tickets.ActionResolve:
				count(was, func(d tickets.Date, c *tickets.Counts) {
					c.Resolved++
					resolutions[d] = append(resolutions[d], spent)
				})
			case tickets.ActionRefuse:
				count(group, func(_ tickets.Date, c *tickets.Counts) { c.Refusals++ })
			case tickets.ActionReopen:
				count(group, func(_ tickets.Date, c *tickets.Counts) { c.Reopened++ })
			}
		}
	}
	for at, group := range mails {
		if d := tickets.DateOf(at.In(a.Location())); d >= figuresFrom && d <= figuresUntil && (only == "" || only == group) {
			day, all := out[d], out[""]
			day.Mails++
			all.Mails++
			out[d], out[""] = day, all
		}
	}
	for d, c := range out {
		c.TakeUp, c.Resolution = slowSpread(takeUps[d]), slowSpread(resolutions[d])
		out[d] = c
	}
	return out
}

// slowSpread tries each length: the least that half, and nine of ten, do not
// exceed.
func slowSpread(of []int) tickets.Spread {
	least := func(tenths int) time.Duration {
		for _, v := range slices.Sorted(slices.Values(of)) {
			within := 0
			for _, o := range of {
				if o <= v {
					within++
				}
			}
			if within*10 >= len(of)*tenths {
				return time.Duration(v) * time.Minute
			}
		}
		return 0
	}
	return tickets.Spread{Median: least(5), P90: least(9)}
}

// written are the figures as the page and as spreadsheets have them.
func written(c tickets.Counts) (shown, cells []string) {
	number := func(n int) { shown, cells = append(shown, strconv.Itoa(n)), append(cells, strconv.Itoa(n)) }
	length := func(d time.Duration, n int) {
		m := int(d.Minutes())
		switch {
		case n == 0:
			shown, cells = append(shown, "–"), append(cells, "")
			return
		case m < 60:
			shown = append(shown, fmt.Sprintf("%d min", m))
		case m%60 == 0:
			shown = append(shown, fmt.Sprintf("%d h", m/60))
		default:
			shown = append(shown, fmt.Sprintf("%d h %02d", m/60, m%60))
		}
		cells = append(cells, strconv.Itoa(m))
	}
	number(c.Opened)
	number(c.Taken)
	length(c.TakeUp.Median, c.Taken)
	length(c.TakeUp.P90, c.Taken)
	if c.Taken == 0 {
		shown, cells = append(shown, "–"), append(cells, "")
	} else {
		share := strconv.Itoa(100 * c.InTime / c.Taken)
		shown, cells = append(shown, share+" %"), append(cells, share)
	}
	number(c.Resolved)
	length(c.Resolution.Median, c.Resolved)
	length(c.Resolution.P90, c.Resolved)
	number(c.Refusals)
	number(c.Reopened)
	number(c.Mails)
	return shown, cells
}

// tableOf returns the words of a table's cells.
func tableOf(table *html.Node) (rows [][]string) {
	for n := range table.Descendants() {
		switch n.Data {
		case "tr":
			rows = append(rows, nil)
		case "th", "td":
			rows[len(rows)-1] = append(rows[len(rows)-1], words(n))
		}
	}
	return rows
}

func csvOf(t *testing.T, pg *page) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(pg.raw, []byte("\ufeff"))))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// workbookOf returns the cells of the first sheet; what is empty is "".
func workbookOf(t *testing.T, pg *page) (rows [][]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(pg.raw), int64(len(pg.raw)))
	if err != nil {
		t.Fatal(err)
	}
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Ref  string `xml:"r,attr"`
				V    string `xml:"v"`
				Text string `xml:"is>t"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	for _, part := range z.File {
		f, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		var any struct{ XMLName xml.Name }
		if err := xml.Unmarshal(content, &any); err != nil {
			t.Errorf("%s: %v", part.Name, err)
		}
		if part.Name == "xl/worksheets/sheet1.xml" {
			if err := xml.Unmarshal(content, &sheet); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range sheet.Rows {
		row := make([]string, len(sheet.Rows[0].Cells))
		for _, c := range r.Cells {
			row[c.Ref[0]-'A'] = c.V + c.Text
		}
		rows = append(rows, row)
	}
	return rows
}

// spans is one opening, of whole hours.
func spans(from, to int) []tickets.Span {
	return []tickets.Span{{From: tickets.Minute(from * 60), To: tickets.Minute(to * 60)}}
}

// life is a ticket as drawn: the group that it is with at the end, and its events.
type life struct {
	group  string
	events []tickets.Event
}

// drawLives draws tickets' lives, of what the rules allow, at whole minutes.
func drawLives(a tickets.Academy, n int) []life {
	random := rand.New(rand.NewPCG(7, 23))
	loc := a.Location()
	begin := time.Date(2026, 10, 5, 0, 0, 0, 0, loc)
	alix, robin := person("creteil", "alix").ID, person("creteil", "robin").ID
	out := make([]life, n)
	for i := range out {
		l := life{group: "assistance"}
		at := begin.Add(time.Duration(random.IntN(42*24*60)) * time.Minute)
		id, status := uuid.New(), tickets.Status("")
		add := func(action tickets.Action, to tickets.Status, detail tickets.Detail) {
			by := alix
			if l.group == "reseau" {
				by = robin
			}
			l.events = append(l.events, tickets.Event{
				Academy: a.ID, ID: uuid.New(), Ticket: id, Seq: len(l.events) + 1, Action: action, Actor: by,
				Origin: tickets.FromPortal, At: at.UTC(), From: status, To: to, Detail: detail,
			})
			status = to
			at = at.Add(time.Duration(random.IntN(1+[]int{12, 60, 600, 4000}[random.IntN(4)])) * time.Minute)
		}
		add(tickets.ActionOpen, tickets.StatusNew, tickets.Detail{})
		had := false
		for range 1 + random.IntN(12) {
			switch r := random.IntN(12); {
			case status == tickets.StatusClosed && r < 4:
				add(tickets.ActionReopen, tickets.StatusInProgress, tickets.Detail{})
			case status == tickets.StatusClosed:
			case status == tickets.StatusResolved && r < 4:
				add(tickets.ActionRefuse, tickets.StatusInProgress, tickets.Detail{})
			case status == tickets.StatusResolved && r < 10:
				add(tickets.ActionValidate, tickets.StatusClosed, tickets.Detail{})
			case status == tickets.StatusResolved:
				add(tickets.ActionComplement, status, tickets.Detail{})
			case !had && r < 5:
				to := tickets.StatusInProgress
				if status == tickets.StatusWaiting {
					to = status
				}
				add(tickets.ActionTake, to, tickets.Detail{})
				had = true
			case had && r < 2:
				to := tickets.StatusNew
				if status == tickets.StatusWaiting {
					to = status
				}
				add(tickets.ActionRelease, to, tickets.Detail{})
				had = false
			case r < 6:
				other := map[string]string{"assistance": "reseau", "reseau": "assistance"}[l.group]
				d := tickets.Detail{Group: other, FromGroup: l.group}
				if had = random.IntN(3) == 0; had {
					d.Assignee = map[string]uuid.UUID{"assistance": alix, "reseau": robin}[other]
				}
				add(tickets.ActionAssign, status, d)
				l.group = other
			case r < 8:
				add(tickets.ActionAsk, tickets.StatusWaiting, tickets.Detail{})
				had = true
			case r < 9 && status == tickets.StatusWaiting:
				add(tickets.ActionComplement, tickets.StatusInProgress, tickets.Detail{})
			case r < 9:
				add(tickets.ActionNote, status, tickets.Detail{})
			case r < 11:
				add(tickets.ActionResolve, tickets.StatusResolved, tickets.Detail{})
				had = true
			default:
				add(tickets.ActionClose, tickets.StatusClosed, tickets.Detail{})
			}
		}
		out[i] = l
	}
	return out
}

// write puts lives into the register, whose proof they are then.
func (p *portal) write(t *testing.T, lives []life) {
	t.Helper()
	like := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne"})
	var ids []uuid.UUID
	var groups []string
	var events []tickets.Event
	for _, l := range lives {
		ids, groups, events = append(ids, l.events[0].Ticket), append(groups, l.group), append(events, l.events...)
	}
	if _, err := p.db.Pool().Exec(t.Context(), `INSERT INTO tickets
		SELECT (jsonb_populate_record(t, jsonb_build_object('id', n.id, 'rank', 1000 + n.nth, 'group_code', n.code))).*
		FROM tickets t, unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS n (id, code, nth) WHERE t.academy = 'creteil' AND t.id = $1`, like.ID, ids, groups); err != nil {
		t.Fatal(err)
	}
	for chunk := range slices.Chunk(events, 500) {
		var rows []string
		for _, e := range chunk {
			assignee := `null`
			if e.Detail.Assignee != uuid.Nil {
				assignee = `"` + e.Detail.Assignee.String() + `"`
			}
			rows = append(rows, fmt.Sprintf(`('creteil', '%s', '%s', %d, '%s', '%s', 'portal', '%s', '%s', '%s', '', false, '', '',
				jsonb_strip_nulls('{"group": "%s", "from_group": "%s", "assignee": %s}'))`,
				e.ID, e.Ticket, e.Seq, e.Action, e.Actor, e.At.Format(time.RFC3339), e.From, e.To, e.Detail.Group, e.Detail.FromGroup, assignee))
		}
		if _, err := p.db.Pool().Exec(t.Context(), `INSERT INTO events (academy, id, ticket, seq, action, actor, origin, at, from_status, to_status,
			text, internal, command, fingerprint, detail) VALUES `+strings.Join(rows, ", ")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.db.Pool().Exec(t.Context(), `DELETE FROM deliveries WHERE academy = 'creteil'`); err != nil {
		t.Fatal(err)
	}
}
