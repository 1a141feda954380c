package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// periods are the periods offered, in days; the second is shown first.
var periods = []int{7, 30, 90}

// trendsView is which figures are asked for.
type trendsView struct {
	days     int    // 0 for a period of one's own
	from, to string // as typed, of a period of one's own
	group    string
}

func readTrends(r *http.Request) trendsView {
	q := r.URL.Query()
	t := trendsView{days: periods[1], from: q.Get("du"), to: q.Get("au"), group: q.Get("groupe")}
	if n, err := strconv.Atoi(q.Get("jours")); err == nil && slices.Contains(periods, n) {
		t.days = n
	}
	if t.from+t.to != "" {
		t.days = 0
	}
	return t
}

// address is that of a page of the same figures.
func (t trendsView) address(path string) string {
	q := url.Values{}
	if t.days == 0 {
		q.Set("du", t.from)
		q.Set("au", t.to)
	} else if t.days != periods[1] {
		q.Set("jours", strconv.Itoa(t.days))
	}
	if t.group != "" {
		q.Set("groupe", t.group)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// query is the period until today, or the one that was typed; of one without
// an end, until today.
func (t trendsView) query(v *visit, now time.Time) tickets.FiguresQuery {
	today := now.In(v.academy.Location())
	q := tickets.FiguresQuery{From: tickets.Date(t.from), Until: tickets.Date(t.to), Group: t.group}
	if t.days > 0 {
		q.From = tickets.DateOf(today.AddDate(0, 0, 1-t.days))
	}
	if t.to == "" {
		q.Until = tickets.DateOf(today)
	}
	return q
}

type trendsBody struct {
	Tabs    []choice
	Periods []choice
	Path    string
	Filter  []field
	Head    []standingCount
	Charts  []chart
	Columns []string
	Days    [][]string // each begins with its title
	Groups  [][]string
	Total   []string
	Period  string
	Exports []link
}

// trends shows what happened in a period, drawn and as tables.
func (s *server) trends(w http.ResponseWriter, r *http.Request, v *visit) error {
	t := readTrends(r)
	f, err := s.desk.Figures(r.Context(), v.caller(), t.query(v, s.now()))
	refused := refusal(err)
	if err != nil && refused == nil {
		return err
	}
	fm := v.form(refused)
	body := trendsBody{Tabs: tabsOf(v, supervisionTabs[1].path), Path: supervisionTabs[1].path}
	for _, n := range periods {
		view := trendsView{days: n, group: t.group}
		body.Periods = append(body.Periods, choice{link{view.address(body.Path), v.words.N("web.supervision.days", n)}, n == t.days})
	}
	groups := []option{{Label: v.words.T("web.supervision.all_groups")}}
	for _, g := range v.academy.Groups {
		if !g.Supervises {
			groups = append(groups, option{Value: g.Code, Label: g.Name.In(v.words.Lang)})
		}
	}
	q := t.query(v, s.now())
	body.Filter = []field{
		fm.field(field{Name: "du", Kind: "date", Label: v.words.T("web.supervision.from"), Value: string(q.From)}),
		fm.field(field{Name: "au", Kind: "date", Label: v.words.T("web.supervision.to"), Value: string(q.Until)}),
		fm.field(field{Name: "groupe", Kind: "select", Label: v.words.T("web.supervision.group"), Value: t.group, Groups: []optionGroup{{Options: groups}}}),
	}
	if refused == nil {
		s.showFigures(v, f, &body)
		for _, ending := range []string{"csv", "xlsx"} {
			body.Exports = append(body.Exports, link{t.address(body.Path + "/export." + ending), v.words.T("web.supervision.export." + ending)})
		}
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "supervision_trends", title: v.words.T("web.supervision.trends.title"),
		problems: fm.problems(nil), body: body,
	})
}

// figureColumns are the columns of the figures' tables, by the end of their
// words' key; value writes one of them, and number is it for a spreadsheet: an
// int, or nil for none. Durations are in minutes there.
var figureColumns = []struct {
	name   string
	value  func(words locale.Printer, c tickets.Counts) string
	number func(c tickets.Counts) any
}{
	count("opened", func(c tickets.Counts) int { return c.Opened }),
	count("taken", func(c tickets.Counts) int { return c.Taken }),
	duration("take_median", func(c tickets.Counts) (time.Duration, int) { return c.TakeUp.Median, c.Taken }),
	duration("take_p90", func(c tickets.Counts) (time.Duration, int) { return c.TakeUp.P90, c.Taken }),
	{
		"in_time",
		func(words locale.Printer, c tickets.Counts) string {
			if c.Taken == 0 {
				return none
			}
			return words.T("web.supervision.percent", percent(c))
		},
		func(c tickets.Counts) any {
			if c.Taken == 0 {
				return nil
			}
			return percent(c)
		},
	},
	count("resolved", func(c tickets.Counts) int { return c.Resolved }),
	duration("resolve_median", func(c tickets.Counts) (time.Duration, int) { return c.Resolution.Median, c.Resolved }),
	duration("resolve_p90", func(c tickets.Counts) (time.Duration, int) { return c.Resolution.P90, c.Resolved }),
	count("refusals", func(c tickets.Counts) int { return c.Refusals }),
	count("reopened", func(c tickets.Counts) int { return c.Reopened }),
	count("mails", func(c tickets.Counts) int { return c.Mails }),
}

// none is what a table shows for what there is none of.
const none = "–"

type figureColumn = struct {
	name   string
	value  func(words locale.Printer, c tickets.Counts) string
	number func(c tickets.Counts) any
}

func count(name string, of func(tickets.Counts) int) figureColumn {
	return figureColumn{
		name,
		func(words locale.Printer, c tickets.Counts) string { return words.Number(of(c)) },
		func(c tickets.Counts) any { return of(c) },
	}
}

// duration is a column of durations of so many tickets.
func duration(name string, of func(tickets.Counts) (time.Duration, int)) figureColumn {
	return figureColumn{
		name,
		func(words locale.Printer, c tickets.Counts) string {
			d, n := of(c)
			if n == 0 {
				return none
			}
			return length(words, d)
		},
		func(c tickets.Counts) any {
			d, n := of(c)
			if n == 0 {
				return nil
			}
			return minutes(d)
		},
	}
}

// percent is the share taken in time, of those taken: rounded down, as what is
// nearly all is not all.
func percent(c tickets.Counts) int { return c.InTime * 100 / max(c.Taken, 1) }

// minutes are whole minutes, rounded up: what took a moment took a minute, and
// what is over a limit is seen to be.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// length writes open time: "12 min", "3 h 05", with no days: an open day is as
// long as a desk has it.
func length(words locale.Printer, d time.Duration) string {
	m := minutes(d)
	switch {
	case m < 60:
		return words.T("web.supervision.length.minutes", m)
	case m%60 == 0:
		return words.T("web.supervision.length.hours", m/60)
	}
	return words.T("web.supervision.length.both", m/60, string([]byte{byte('0' + m%60/10), byte('0' + m%10)}))
}

// figureRow is a row of a table of figures.
func figureRow(words locale.Printer, title string, c tickets.Counts) []string {
	row := []string{title}
	for _, column := range figureColumns {
		row = append(row, column.value(words, c))
	}
	return row
}

// showFigures fills in the page.
func (s *server) showFigures(v *visit, f tickets.Figures, body *trendsBody) {
	words := v.words
	day := func(d tickets.Date) string {
		t, _ := time.ParseInLocation(time.DateOnly, string(d), v.academy.Location()) // made by the desk
		return words.Date(t)
	}
	body.Period = words.T("web.supervision.period", day(f.From), day(f.Until))
	for _, column := range figureColumns {
		body.Columns = append(body.Columns, figureTitle(words, column.name, f.Target))
	}
	body.Total = figureRow(words, words.T("web.supervision.total"), f.Total)
	for _, g := range f.Groups {
		body.Groups = append(body.Groups, figureRow(words, groupName(v, g.Group), g.Counts))
	}
	for _, d := range f.Days {
		body.Days = append(body.Days, figureRow(words, day(d.Day), d.Counts))
	}
	c := f.Total
	head := func(name, value, hint string) {
		body.Head = append(body.Head, standingCount{ID: "figure-" + name, Label: words.T("web.supervision.figure." + name), Value: value, Hint: hint})
	}
	value := func(name string) string {
		i := slices.IndexFunc(figureColumns, func(of figureColumn) bool { return of.name == name })
		return body.Total[i+1]
	}
	head("opened", value("opened"), words.N("web.supervision.resolved", c.Resolved))
	head("in_time", value("in_time"), words.T("web.supervision.in_time", length(words, f.Target)))
	p90 := func(name string) string {
		if value(name) == none {
			return ""
		}
		return words.T("web.supervision.p90", value(name))
	}
	head("take", value("take_median"), p90("take_p90"))
	head("resolve", value("resolve_median"), p90("resolve_p90"))
	body.Charts = charts(words, f, day)
}

// figureTitle is the title of a column of figures.
func figureTitle(words locale.Printer, name string, target time.Duration) string {
	if name == "in_time" {
		return words.T("web.supervision.column.in_time", length(words, target))
	}
	return words.T("web.supervision.column." + name)
}

// groupName names a group of figures.
func groupName(v *visit, code string) string {
	if g, ok := v.academy.Group(code); ok {
		return g.Name.In(v.words.Lang)
	}
	if code == "" {
		return v.words.T("web.supervision.no_group")
	}
	return code
}

// charts draws the figures of the days.
func charts(words locale.Printer, f tickets.Figures, day func(tickets.Date) string) []chart {
	of := func(value func(tickets.Counts) int) []float64 {
		out := make([]float64, len(f.Days))
		for i, d := range f.Days {
			out[i] = float64(value(d.Counts))
		}
		return out
	}
	counts := func(name string, total int, value func(tickets.Counts) int) strip {
		values := of(value)
		said := words.N("web.supervision.chart.total", total)
		if most := slices.Max(values); most > 0 {
			said = words.T("web.supervision.chart.said", said, int(most), day(f.Days[slices.Index(values, most)].Day))
		}
		s := strip{ID: "chart-" + name, Title: words.T("web.supervision.column." + name), Said: said}
		return drawStrip(s, values, nil, roundCount, func(v float64) string { return words.Number(int(v)) })
	}
	minute := func(v float64) string { return length(words, time.Duration(v)*time.Minute) }
	times := func(name string, goal time.Duration, all tickets.Spread, n int, value func(tickets.Counts) (tickets.Spread, int)) strip {
		medians, ends := make([]float64, len(f.Days)), make([]float64, len(f.Days))
		for i, d := range f.Days {
			s, many := value(d.Counts)
			if medians[i], ends[i] = s.Median.Minutes(), s.P90.Minutes(); many == 0 {
				medians[i], ends[i] = -1, -1
			}
		}
		s := strip{ID: "chart-" + name, Title: words.T("web.supervision.chart." + name), Said: words.T("web.supervision.chart.none")}
		if n > 0 {
			s.Said = words.T("web.supervision.chart.spread", length(words, all.Median), length(words, all.P90))
		}
		if goal > 0 {
			s.Goal, s.GoalLabel = goal.Minutes(), length(words, goal)
		}
		return drawStrip(s, medians, ends, roundMinutes, minute)
	}
	share := strip{ID: "chart-in_time", Title: figureTitle(words, "in_time", f.Target), Said: words.T("web.supervision.chart.none")}
	if f.Total.Taken > 0 {
		share.Said = words.T("web.supervision.chart.share", percent(f.Total))
	}
	share = drawStrip(share, of(percent), nil, whole, func(v float64) string { return words.T("web.supervision.percent", int(v)) })
	out := []chart{
		{ID: "flow", Strips: []strip{
			counts("opened", f.Total.Opened, func(c tickets.Counts) int { return c.Opened }),
			counts("taken", f.Total.Taken, func(c tickets.Counts) int { return c.Taken }),
			counts("resolved", f.Total.Resolved, func(c tickets.Counts) int { return c.Resolved }),
		}},
		{ID: "times", Legend: words.T("web.supervision.chart.legend"), Strips: []strip{
			times("take", f.Target, f.Total.TakeUp, f.Total.Taken, func(c tickets.Counts) (tickets.Spread, int) { return c.TakeUp, c.Taken }),
			share,
			times("resolve", 0, f.Total.Resolution, f.Total.Resolved, func(c tickets.Counts) (tickets.Spread, int) { return c.Resolution, c.Resolved }),
		}},
		{ID: "wrong", Strips: []strip{
			counts("refusals", f.Total.Refusals, func(c tickets.Counts) int { return c.Refusals }),
			counts("reopened", f.Total.Reopened, func(c tickets.Counts) int { return c.Reopened }),
			counts("mails", f.Total.Mails, func(c tickets.Counts) int { return c.Mails }),
		}},
	}
	for i := range out {
		out[i].Title = words.T("web.supervision.chart.title." + out[i].ID)
		out[i].First, out[i].Last = day(f.From), day(f.Until)
	}
	return out
}
