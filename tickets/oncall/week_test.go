package oncall

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var update = flag.Bool("update", false, "write what was told in the week as what is expected")

// A week of a desk, from Monday, 9 November 2026: three thousand tickets that
// are taken and resolved in time, and, among them, an outage of mail on Monday
// that makes a storm, the clock down over Tuesday's noon, Armistice Day on
// Wednesday, a critical ticket that nobody wants on Thursday, a loop of mails
// that night, and a chat that stops on Friday. The file has every telling of it:
// when, how, of what; and what each button did.
func TestAWeek(t *testing.T) {
	w := newWorld(t)
	w.scene.Now = at(t, "2026-11-09 07:55")
	week := &week{world: w, plan: map[time.Time][]func(){}}
	week.everyday(3000)
	week.outage(at(t, "2026-11-09 10:00"))
	week.buttons()
	for end := at(t, "2026-11-14 08:00"); w.scene.Now.Before(end); {
		w.scene.Now = w.scene.Now.Add(30 * time.Second)
		for _, do := range week.plan[w.scene.Now] {
			do()
		}
		if week.down(w.scene.Now) {
			continue
		}
		c := w.read().Decide()
		w.keep(c)
		week.lines = append(week.lines, w.told(c)...)
	}
	got := strings.Join(week.lines, "\n") + "\n"
	file := filepath.Join("testdata", "week.golden.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the week was told as (go test -update keeps it)\n%s", got)
	}
	week.check(t)
}

// week is what happens in it, by the half minute.
type week struct {
	*world
	plan  map[time.Time][]func()
	lines []string
}

func (w *week) at(when time.Time, do func()) {
	when = when.Truncate(30 * time.Second)
	w.plan[when] = append(w.plan[when], do)
}

// say notes what is not a telling.
func (w *week) say(format string, args ...any) {
	w.lines = append(w.lines, w.clock()+" -- "+fmt.Sprintf(format, args...))
}

// down says whether the clock is stopped: over Tuesday's noon.
func (w *week) down(now time.Time) bool {
	return now.After(at(w.t, "2026-11-10 11:00")) && now.Before(at(w.t, "2026-11-10 14:30"))
}

// everyday has tickets come in the open hours, be taken within nine minutes and
// resolved within three hours.
func (w *week) everyday(count int) {
	chance := rand.New(rand.NewPCG(2026, 11)) // the same week each time
	hours := w.scene.hours("")
	begin := at(w.t, "2026-11-09 08:00")
	themes := []string{"messagerie", "poste"}
	for i := range count {
		open := time.Duration(chance.Int64N(int64(4*10*time.Hour - 3*time.Hour))) // of the four open days
		when := hours.Add(begin, open)
		taken := hours.Add(when, time.Duration(chance.Int64N(int64(9*time.Minute))))
		resolved := hours.Add(taken, time.Duration(chance.Int64N(int64(3*time.Hour))))
		entity := []string{"0941234F", "0750001U", ""}[i%3]
		var id uuid.UUID
		w.at(when, func() {
			id = w.ticket(func(x *tickets.Ticket) {
				x.Category, x.Entity, x.Urgency = themes[i%2], entity, tickets.Urgency(2+i%2)
				x.ID = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, "everyday ", i)) // no storm of numbers
			})
		})
		w.at(taken.Add(30*time.Second), func() { w.take(id) })
		w.at(resolved.Add(time.Minute), func() { w.close(id) })
	}
}

// outage has forty people of one département write about mail within five
// minutes; the desk takes them in the afternoon.
func (w *week) outage(from time.Time) {
	for i := range 40 {
		when := from.Add(time.Duration(i) * 8 * time.Second)
		var id uuid.UUID
		w.at(when, func() {
			id = w.ticket(func(x *tickets.Ticket) {
				x.Category, x.Entity, x.ID = "messagerie", "0770001H", uuid.NewSHA1(uuid.Nil, fmt.Append(nil, "outage ", i))
			})
		})
		w.at(from.Add(4*time.Hour), func() { w.take(id) })
		w.at(from.Add(5*time.Hour), func() { w.close(id) })
	}
}

// buttons is what goes wrong later in the week, and what supervisors do.
func (w *week) buttons() {
	button := func(when string, by tickets.Person, rule tickets.AlertRule, name string, do func(*decision, *Alert)) {
		w.at(at(w.t, when), func() {
			i := slices.IndexFunc(w.scene.Alerts, func(a Alert) bool { return a.Rule == rule })
			if i < 0 {
				w.t.Errorf("%s: no alert of %s", when, rule)
				return
			}
			w.say("%s: %s", by.GivenName, name)
			w.lines = append(w.lines, w.act(w.scene.Alerts[i].Rank, do)...)
		})
	}
	see := func(by tickets.Person) func(*decision, *Alert) {
		return func(d *decision, a *Alert) { d.acknowledge(a, by) }
	}
	button("2026-11-09 10:05", lead, tickets.AlertStorm, "J’ai vu", see(lead))

	var forgotten, late uuid.UUID
	w.at(at(w.t, "2026-11-10 10:45"), func() { // while the clock is down it becomes late
		w.say("a ticket that nobody takes")
		forgotten = w.ticket(func(x *tickets.Ticket) { x.Category, x.Entity = "poste", "" })
	})
	w.at(at(w.t, "2026-11-10 15:00"), func() { w.take(forgotten); w.say("taken") })
	w.at(at(w.t, "2026-11-10 17:50"), func() {
		w.say("a ticket at the eve of Armistice Day")
		late = w.ticket(func(x *tickets.Ticket) { x.Category, x.Entity = "poste", "" })
	})
	w.at(at(w.t, "2026-11-12 08:20"), func() { w.take(late); w.say("taken") })

	var critical uuid.UUID
	w.at(at(w.t, "2026-11-12 09:00"), func() {
		w.say("a critical ticket")
		critical = w.ticket(func(x *tickets.Ticket) { x.Urgency, x.Entity = tickets.Critical, "" })
	})
	button("2026-11-12 09:06", second, tickets.AlertUnassigned, "30 min", func(d *decision, a *Alert) {
		d.hold(a, second, Snoozed, d.Now.Add(30*time.Minute))
	})
	button("2026-11-12 09:40", lead, tickets.AlertUnassigned, "Escalader", func(d *decision, a *Alert) { d.hasten(a, lead) })
	w.at(at(w.t, "2026-11-12 10:30"), func() { w.take(critical); w.say("taken") })
	w.at(at(w.t, "2026-11-12 11:30"), func() { w.close(critical); w.say("resolved") })

	w.at(at(w.t, "2026-11-12 23:00"), func() {
		w.say("mails come back")
		w.scene.Signals = []Signal{{Rule: tickets.AlertMailLoop, Count: 4, Since: w.scene.Now, Until: w.scene.Now.Add(time.Hour)}}
	})
	w.at(at(w.t, "2026-11-13 11:00"), func() {
		w.say("the chat stops")
		w.scene.Lines = []Line{{Channel: tickets.Chat, Pending: 7, Oldest: w.scene.Now}}
	})
	w.at(at(w.t, "2026-11-13 10:00"), func() { w.close(forgotten); w.close(late); w.say("both resolved") })
	w.at(at(w.t, "2026-11-13 11:20"), func() { w.say("the chat is back"); w.scene.Lines = nil })
}

// check looks at the week as a whole: each firing stood for what was so, and
// nothing was told twice.
func (w *week) check(t *testing.T) {
	if len(w.scene.Alerts) != 0 {
		t.Errorf("%d alerts stand after the week: %+v", len(w.scene.Alerts), w.scene.Alerts)
	}
	for _, f := range w.firings {
		if !w.scene.hours("").Open(f.FiredAt) && !technical(f.Rule) {
			t.Errorf("%s fired at night: %s", f.Rule, f.FiredAt)
		}
		if f.Rule == tickets.AlertUntaken && f.FiredAt.Before(f.Deadline) {
			t.Errorf("%s fired before its time", f.Ticket)
		}
	}
	seen := map[string]bool{}
	for _, d := range w.deliveries {
		key := fmt.Sprint(d.Ticket, d.Cause, d.Channel, d.Recipient)
		if seen[key] {
			t.Errorf("owed twice: %s", key)
		}
		seen[key] = true
	}
}
