package tickets

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AlertRule names what supervisors are alerted to. The rules' conditions are in
// tickets/oncall, their words in tickets/locale.
type AlertRule string

// The rules. Those about one ticket come first.
const (
	AlertUntaken     AlertRule = "untaken"           // "non pris": nobody took it in time
	AlertUnassigned  AlertRule = "urgent_unassigned" // a critical ticket that nobody has
	AlertCritical    AlertRule = "critical"          // somebody works on a critical ticket
	AlertDueSoon     AlertRule = "due_soon"          // 75 % of the time to resolve it has passed
	AlertOverdue     AlertRule = "overdue"           // all of it has
	AlertRefused     AlertRule = "refused_twice"     // its resolution was refused, twice
	AlertReopened    AlertRule = "reopened"          // it was closed and opened again
	AlertUnreachable AlertRule = "mail_muted"        // it is urgent, and its beneficiary gets no mail
	AlertDead        AlertRule = "delivery_dead"     // something owed about it will never arrive by itself
	AlertStorm       AlertRule = "storm"             // many alike at once

	AlertQueue          AlertRule = "queue_growing"    // far more come than on that day and hour as a rule
	AlertConsumer       AlertRule = "consumer_stopped" // what is due on a channel is not sent
	AlertBot            AlertRule = "bot_refused"      // the chat refuses the bot's account
	AlertMailLoop       AlertRule = "mail_loop"        // mails of ours come back to the no-reply address
	AlertMailHeld       AlertRule = "mail_held"        // refused replies get no guidance any more: too many
	AlertMailQuarantine AlertRule = "mail_quarantine"  // mails that nobody vouches for, or that cannot be read
	AlertAddressMuted   AlertRule = "address_muted"    // people's addresses that get no mail any more
)

// Severity is how much an alert asks for. People read it in words.
type Severity int

// The severities, in order.
const (
	Informative Severity = iota + 1 // to know: it is never escalated
	Warning                         // to be dealt with today
	Emergency                       // to be dealt with now
)

var severityNames = []string{Informative: "info", Warning: "warning", Emergency: "emergency"}

// MarshalText writes the severity as the desk file does.
func (s Severity) MarshalText() ([]byte, error) {
	if s < 0 || int(s) >= len(severityNames) {
		return nil, fmt.Errorf("%d is no severity", int(s))
	}
	return []byte(severityNames[s]), nil
}

// UnmarshalText reads a severity.
func (s *Severity) UnmarshalText(b []byte) error {
	i := slices.Index(severityNames, string(b))
	if i < 0 {
		return fmt.Errorf("%q is none of %s", b, strings.Join(severityNames[1:], ", "))
	}
	*s = Severity(i)
	return nil
}

// RuleSetting is what a desk sets of an alert rule; what is zero is as usual
// ([AlertRule.Usual]).
type RuleSetting struct {
	Off      bool          `yaml:"off" json:"off,omitempty"`
	Severity Severity      `yaml:"severity" json:"severity,omitzero"` // of the first level
	After    time.Duration `yaml:"after" json:"after,omitempty"`      // how long it must be so first; in open time for what is about tickets
	Least    int           `yaml:"least" json:"least,omitempty"`      // from how many on
}

// usual is what each rule is unless the desk file says otherwise.
var usual = map[AlertRule]RuleSetting{
	AlertUntaken:     {Severity: Warning},
	AlertUnassigned:  {Severity: Emergency},
	AlertCritical:    {Severity: Informative},
	AlertDueSoon:     {Severity: Informative},
	AlertOverdue:     {Severity: Warning},
	AlertRefused:     {Severity: Warning, Least: 2},
	AlertReopened:    {Severity: Informative, Least: 2},
	AlertUnreachable: {Severity: Warning},
	AlertDead:        {Severity: Warning},
	AlertStorm:       {Severity: Emergency, Least: 5},

	AlertQueue:          {Severity: Warning, Least: 10},
	AlertConsumer:       {Severity: Emergency, After: 2 * time.Minute},
	AlertBot:            {Severity: Emergency},
	AlertMailLoop:       {Severity: Warning},
	AlertMailHeld:       {Severity: Warning},
	AlertMailQuarantine: {Severity: Informative},
	AlertAddressMuted:   {Severity: Informative},
}

// Usual returns the rule as it is where the desk file says nothing, and false
// when there is no such rule.
func (r AlertRule) Usual() (RuleSetting, bool) {
	s, ok := usual[r]
	return s, ok
}

// AboutTickets says whether the rule is about tickets, one or a storm of them.
func (r AlertRule) AboutTickets() bool {
	switch r {
	case AlertUntaken, AlertUnassigned, AlertCritical, AlertDueSoon, AlertOverdue, AlertRefused, AlertReopened, AlertUnreachable, AlertDead, AlertStorm:
		return true
	}
	return false
}

// AlertRules returns every rule, in the order of their names.
func AlertRules() []AlertRule {
	var out []AlertRule
	for r := range usual {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// OnCall is how the desk's supervisors are alerted, as the desk file declares
// it; what is absent has a default.
type OnCall struct {
	Rules map[AlertRule]RuleSetting `yaml:"rules" json:"rules,omitempty"`
	// Rota says who is on duty on each day of the week, in the academy's zone.
	Rota Rota `yaml:"rota" json:"rota,omitzero"`
	// Acknowledged is how long "J'ai vu" holds an alert; 60 minutes when absent.
	Acknowledged time.Duration `yaml:"acknowledged" json:"acknowledged,omitempty"`
	Escalation   Escalation    `yaml:"escalation" json:"escalation,omitzero"`
	Storm        Storm         `yaml:"storm" json:"storm,omitzero"`
	// Roundups are the times of the day at which members of the desk get theirs,
	// "08:30"; on open days. One at 08:30 when absent.
	Roundups []Clock `yaml:"roundups" json:"roundups,omitempty"`
}

// Escalation is when an alert that nobody acknowledges goes further, since it
// was first posted; in open time for what is about tickets.
type Escalation struct {
	Duty   time.Duration `yaml:"duty" json:"duty,omitempty"`     // to who is on duty; 10 minutes when absent
	Deputy time.Duration `yaml:"deputy" json:"deputy,omitempty"` // to their deputy; 20
	Mail   time.Duration `yaml:"mail" json:"mail,omitempty"`     // to all supervisors by mail; 30
}

// Storm is when tickets alike are told as one.
type Storm struct {
	Within time.Duration `yaml:"within" json:"within,omitempty"` // so many ([RuleSetting.Least] of [AlertStorm]) opened within that time begin one; 10 minutes when absent
	Quiet  time.Duration `yaml:"quiet" json:"quiet,omitempty"`   // without any new for that long it is over; 15
}

// Rota is who is on duty, by day of the week; Other is for the days without.
type Rota struct {
	Monday    Shift `yaml:"monday" json:"monday,omitzero"`
	Tuesday   Shift `yaml:"tuesday" json:"tuesday,omitzero"`
	Wednesday Shift `yaml:"wednesday" json:"wednesday,omitzero"`
	Thursday  Shift `yaml:"thursday" json:"thursday,omitzero"`
	Friday    Shift `yaml:"friday" json:"friday,omitzero"`
	Saturday  Shift `yaml:"saturday" json:"saturday,omitzero"`
	Sunday    Shift `yaml:"sunday" json:"sunday,omitzero"`
	Other     Shift `yaml:"other" json:"other,omitzero"`
}

// Shift is a day's duty: directory addresses of members of the desk; "" for nobody.
type Shift struct {
	Duty   string `yaml:"duty" json:"duty,omitempty"`
	Deputy string `yaml:"deputy" json:"deputy,omitempty"`
}

// On returns the shift of a day of the week.
func (r Rota) On(d time.Weekday) Shift {
	s := [...]Shift{r.Sunday, r.Monday, r.Tuesday, r.Wednesday, r.Thursday, r.Friday, r.Saturday}[d]
	if s == (Shift{}) {
		return r.Other
	}
	return s
}

// Clock is a time of the day as the desk file writes it: "08:30".
type Clock Minute

// MarshalText writes the time as the desk file does.
func (c Clock) MarshalText() ([]byte, error) { return []byte(Minute(c).String()), nil }

// UnmarshalText reads the time.
func (c *Clock) UnmarshalText(b []byte) error {
	m, ok := minuteOf(string(b))
	if !ok || m >= 24*60 {
		return fmt.Errorf("%q is not a time as 08:30", b)
	}
	*c = Clock(m)
	return nil
}

// Rule returns how a rule is set at this desk, with what is usual for the rest.
func (o OnCall) Rule(r AlertRule) RuleSetting {
	s, of := o.Rules[r], usual[r]
	if s.Severity == 0 {
		s.Severity = of.Severity
	}
	if s.After == 0 {
		s.After = of.After
	}
	if s.Least == 0 {
		s.Least = of.Least
	}
	return s
}

// WithDefaults returns the settings with the defaults in place of what is
// absent; the rules' own are [OnCall.Rule]'s.
func (o OnCall) WithDefaults() OnCall {
	for d, v := range map[*time.Duration]time.Duration{
		&o.Acknowledged: time.Hour, &o.Escalation.Duty: 10 * time.Minute, &o.Escalation.Deputy: 20 * time.Minute, &o.Escalation.Mail: 30 * time.Minute,
		&o.Storm.Within: 10 * time.Minute, &o.Storm.Quiet: 15 * time.Minute,
	} {
		if *d == 0 {
			*d = v
		}
	}
	if len(o.Roundups) == 0 {
		o.Roundups = []Clock{8*60 + 30}
	}
	return o
}

// longestOnCall bounds the times of supervision.
const longestOnCall = 7 * 24 * time.Hour

// Validate says what is wrong, naming the place.
func (o OnCall) Validate() error {
	for rule, s := range o.Rules {
		if _, ok := usual[rule]; !ok {
			return fmt.Errorf("rules: %q is none of %v", rule, AlertRules())
		}
		if s.After < 0 || s.After > longestOnCall || s.Least < 0 {
			return fmt.Errorf("rules: %s: after is from 0 to %s, least not negative", rule, longestOnCall)
		}
	}
	for place, d := range map[string]time.Duration{
		"acknowledged": o.Acknowledged, "escalation: duty": o.Escalation.Duty, "escalation: deputy": o.Escalation.Deputy, "escalation: mail": o.Escalation.Mail,
		"storm: within": o.Storm.Within, "storm: quiet": o.Storm.Quiet,
	} {
		if d < 0 || d > longestOnCall {
			return fmt.Errorf("%s: %s is not between 0 and %s", place, d, longestOnCall)
		}
	}
	if e := o.WithDefaults().Escalation; e.Duty > e.Deputy || e.Deputy > e.Mail {
		return fmt.Errorf("escalation: duty (%s), deputy (%s) and mail (%s) follow one another", e.Duty, e.Deputy, e.Mail)
	}
	for d := range time.Saturday + 1 {
		for _, address := range []string{o.Rota.On(d).Duty, o.Rota.On(d).Deputy} {
			if address != "" && !strings.Contains(address, "@") {
				return fmt.Errorf("rota: %q is not the address of a member of the desk", address)
			}
		}
	}
	if len(o.Roundups) > 6 {
		return fmt.Errorf("roundups: %d times a day, at most 6", len(o.Roundups))
	}
	return nil
}
