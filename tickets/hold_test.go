package tickets

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// paris reads a moment on the clock of Paris.
func paris(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func owed(ch Channel, tpl Template) Delivery {
	return Delivery{ID: newID(), Ticket: newID(), Seq: 2, Channel: ch, Recipient: ToPerson(newID()), Template: tpl, Attempts: 1}
}

func TestTheWindowOfMail(t *testing.T) {
	told := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	const window = 20 * time.Second
	end := told.Add(window)
	for name, c := range map[string]struct {
		change func(*Notice)
		at     time.Time
		window time.Duration
		want   time.Time
	}{
		"the first goes at once":                  {change: func(n *Notice) { n.Told = time.Time{} }, at: told, window: window},
		"the next waits":                          {at: told.Add(time.Second), window: window, want: end},
		"up to the end":                           {at: end.Add(-1), window: window, want: end},
		"and no longer":                           {at: end, window: window},
		"no window":                               {at: told.Add(time.Second), window: -1},
		"nor longer than that by any clock":       {at: told.Add(-time.Hour), window: window, want: end.Add(-time.Hour)},
		"a question is not held":                  {change: func(n *Notice) { n.Template = TemplateAsked }, at: told, window: window},
		"neither is what is to be validated":      {change: func(n *Notice) { n.Template = TemplateResolved }, at: told, window: window},
		"neither is what may have arrived":        {change: func(n *Notice) { n.Attempts = 2 }, at: told, window: window},
		"neither is guidance, which has no event": {change: func(n *Notice) { n.Template, n.Seq = TemplateGuidance, 0 }, at: told, window: window},
		"neither is a mail about no ticket":       {change: func(n *Notice) { n.Template, n.Ticket = TemplateLinkCode, uuid.Nil }, at: told, window: window},
		"a card is not a mail":                    {change: func(n *Notice) { n.Channel, n.Template = Chat, TemplateCard }, at: told, window: window},
	} {
		n := Notice{Delivery: owed(Mail, TemplateInformed), Told: told}
		if c.change != nil {
			c.change(&n)
		}
		if got := n.Hold(c.at, c.window); !got.Until.Equal(c.want) || got.Digest || got.Never != "" {
			t.Errorf("%s: %+v, want until %s", name, got, c.want)
		}
	}
}

func TestPacesAndQuietHours(t *testing.T) {
	night := Quiet{From: 22 * 60, To: 7 * 60}
	digest := func(at ...Minute) DirectMessages {
		return DirectMessages{Paces: map[Template]Pace{TemplateComplement: PaceDigest}, Digest: at}
	}
	with := func(d DirectMessages, q Quiet) DirectMessages { d.Quiet = q; return d }
	for name, c := range map[string]struct {
		how           DirectMessages
		created, at   string
		change        func(*Notice)
		until         string
		digest, never bool
	}{
		"at once unless chosen":                            {at: "2026-11-21 03:00"},
		"quiet before midnight":                            {how: DirectMessages{Quiet: night}, at: "2026-11-21 22:00", until: "2026-11-22 07:00"},
		"quiet after midnight":                             {how: DirectMessages{Quiet: night}, at: "2026-11-21 06:59", until: "2026-11-21 07:00"},
		"the quiet is over":                                {how: DirectMessages{Quiet: night}, at: "2026-11-21 07:00"},
		"not quiet yet":                                    {how: DirectMessages{Quiet: night}, at: "2026-11-21 21:59"},
		"quiet within a day":                               {how: DirectMessages{Quiet: Quiet{From: 12 * 60, To: 14 * 60}}, at: "2026-11-21 12:30", until: "2026-11-21 14:00"},
		"from and to the same is never":                    {how: DirectMessages{Quiet: Quiet{From: 60, To: 60}}, at: "2026-11-21 01:00"},
		"the night that lost an hour":                      {how: DirectMessages{Quiet: night}, at: "2026-03-28 23:00", until: "2026-03-29 07:00"},
		"the night that won an hour":                       {how: DirectMessages{Quiet: night}, at: "2026-10-24 23:00", until: "2026-10-25 07:00"},
		"from a time that is not":                          {how: DirectMessages{Quiet: Quiet{From: 150, To: 300}}, at: "2026-03-29 04:00", until: "2026-03-29 05:00"},
		"digests at nine and at two":                       {how: digest(), created: "2026-11-21 08:00", at: "2026-11-21 08:01", until: "2026-11-21 09:00", digest: true},
		"at two after nine":                                {how: digest(), created: "2026-11-21 09:00", at: "2026-11-21 09:00", until: "2026-11-21 14:00", digest: true},
		"tomorrow after two":                               {how: digest(), created: "2026-11-21 14:00", at: "2026-11-21 18:00", until: "2026-11-22 09:00", digest: true},
		"one a day":                                        {how: digest(17 * 60), created: "2026-11-21 17:00", at: "2026-11-21 17:00", until: "2026-11-22 17:00", digest: true},
		"on the clock of the day that is longer":           {how: digest(), created: "2026-10-24 20:00", at: "2026-10-24 20:00", until: "2026-10-25 09:00", digest: true},
		"a digest in the quiet ends with it":               {how: with(digest(6*60), night), created: "2026-11-21 20:00", at: "2026-11-21 20:00", until: "2026-11-22 07:00", digest: true},
		"what missed its digest waits for others that did": {how: digest(), created: "2026-11-21 08:00", at: "2026-11-21 10:00", until: "2026-11-21 10:01", digest: true},
		"the digest itself goes":                           {how: digest(), created: "2026-11-21 08:00", at: "2026-11-21 09:00", change: func(n *Notice) { n.Digest = true }, digest: true},
		"but not in the quiet":                             {how: with(digest(), night), created: "2026-11-21 08:00", at: "2026-11-21 23:00", change: func(n *Notice) { n.Digest = true }, until: "2026-11-22 07:00", digest: true},
		"never":                                            {how: DirectMessages{Paces: map[Template]Pace{TemplateComplement: PaceNever}}, at: "2026-11-21 10:00", never: true},
		"the most urgent counts":                           {how: digest(), at: "2026-11-21 08:00", change: func(n *Notice) { n.Earlier = []Told{{Template: TemplateRefused}} }},
		"something now, the rest never":                    {how: DirectMessages{Paces: map[Template]Pace{TemplateComplement: PaceNever}}, at: "2026-11-21 08:00", change: func(n *Notice) { n.Earlier = []Told{{Template: TemplateRefused}} }},
		"even what may have arrived respects the night":    {how: DirectMessages{Quiet: night}, at: "2026-11-21 23:00", change: func(n *Notice) { n.Attempts = 3 }, until: "2026-11-22 07:00"},
		"and waits for no digest":                          {how: digest(), at: "2026-11-21 08:00", change: func(n *Notice) { n.Attempts = 2 }},
		"a card knows no night":                            {how: DirectMessages{Quiet: night}, at: "2026-11-21 23:00", change: func(n *Notice) { n.Template, n.Delivery.Recipient = TemplateCard, ToGroup("desk") }},
	} {
		n := Notice{Delivery: owed(Chat, TemplateComplement), Academy: Academy{Timezone: "Europe/Paris"}, Direct: c.how}
		if c.created == "" {
			c.created = c.at
		}
		n.CreatedAt = paris(t, c.created).UTC()
		if c.change != nil {
			c.change(&n)
		}
		var until time.Time
		if c.until != "" {
			until = paris(t, c.until)
		}
		got := n.Hold(paris(t, c.at).UTC(), time.Hour)
		if !got.Until.Equal(until) || got.Digest != c.digest || (got.Never != "") != c.never {
			t.Errorf("%s: %+v, want until %s", name, got, c.until)
		}
	}
}

func TestTogether(t *testing.T) {
	lane := func(ch Channel, templates ...Template) (out []Delivery) {
		first := owed(ch, "")
		for i, tpl := range templates {
			d := first
			d.ID, d.Seq, d.Template = newID(), i+1, tpl
			out = append(out, d)
		}
		return out
	}
	how := DirectMessages{Paces: map[Template]Pace{
		TemplateAssigned: PaceDigest, TemplateComplement: PaceDigest, TemplateMentioned: PaceNever,
	}}
	for name, c := range map[string]struct {
		owed []Delivery
		want []int // indexes
	}{
		"one":                         {lane(Mail, TemplateTaken), []int{0}},
		"rapid changes":               {lane(Mail, TemplateTaken, TemplateInformed, TemplateInformed), []int{0, 1, 2}},
		"up to what asks":             {lane(Mail, TemplateTaken, TemplateAsked, TemplateInformed), []int{0, 1}},
		"what asks alone":             {lane(Mail, TemplateResolved, TemplateReopened), []int{0}},
		"of any pace":                 {lane(Chat, TemplateAssigned, TemplateRefused, TemplateComplement), []int{0, 1, 2}},
		"without what is never":       {lane(Chat, TemplateAssigned, TemplateMentioned, TemplateRefused), []int{0, 2}},
		"what is never goes alone":    {lane(Chat, TemplateMentioned, TemplateAssigned), []int{0}},
		"paces are not those of mail": {lane(Mail, TemplateMentioned, TemplateInformed), []int{0, 1}},
	} {
		var got []int
		for _, d := range Together(c.owed, how) {
			got = append(got, slices.IndexFunc(c.owed, func(o Delivery) bool { return o.ID == d.ID }))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	guidance := lane(Mail, TemplateGuidance, TemplateInformed)
	guidance[0].Seq = 0
	cards := lane(Chat, TemplateCard, TemplateCard)
	for i := range cards {
		cards[i].Recipient = ToGroup("desk")
	}
	for _, alone := range [][]Delivery{guidance, cards} {
		if got := Together(alone, how); len(got) != 1 {
			t.Errorf("%s is told with others", alone[0].Template)
		}
	}
}
