package tickets

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// AcademyID is the short name of an education authority, used in addresses,
// channel names and every key of the database: "creteil".
type AcademyID string

// Lang is a language people read, as an ISO 639-1 code.
type Lang string

// The languages of the application.
const (
	French  Lang = "fr"
	English Lang = "en"
)

// Text is one text in both languages, as written in the desk file.
type Text struct {
	FR string `yaml:"fr" json:"fr"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in lang, French when there is no English.
func (t Text) In(lang Lang) string {
	if lang == English && t.EN != "" {
		return t.EN
	}
	return t.FR
}

// Academy is one education authority as its section of the desk file declares
// it. It is a value: the application reads it anew after each `cecoia apply`.
type Academy struct {
	ID       AcademyID `yaml:"id" json:"id"`
	Name     string    `yaml:"name" json:"name"`         // as people know it: "Académie de Créteil"
	Timezone string    `yaml:"timezone" json:"timezone"` // IANA name; the local day numbers tickets
	Domains  []string  `yaml:"domains" json:"domains"`   // mail domains of its staff, lower case
	NoReply  string    `yaml:"no_reply" json:"no_reply"` // the address mail comes from
	Bounce   string    `yaml:"bounce" json:"bounce"`     // the envelope sender, a mailbox of its own
	Team     string    `yaml:"team" json:"team"`         // the team of its desk in the chat
	Welcome  Text      `yaml:"welcome" json:"welcome"`   // shown on the portal's first page
	Colour   string    `yaml:"colour" json:"colour"`     // accent colour of its pages, #rrggbb; optional
	LogoFile string    `yaml:"logo" json:"-"`            // an SVG or PNG beside the desk file; optional
	Logo     Logo      `yaml:"-" json:"logo,omitzero"`   // what that file holds
	Links    Links     `yaml:"links" json:"links"`
	Contacts Contacts  `yaml:"contacts" json:"contacts"`
	Groups   []Group   `yaml:"groups" json:"groups"`
	Themes   []Theme   `yaml:"themes" json:"themes"`
	// RequestTypes are the types of request ("Type de demande"); without any
	// the type is not asked.
	RequestTypes []Choice `yaml:"request_types" json:"request_types"`
	// Causes are the real causes of a closing ("Cause réelle"); without any the
	// cause is not asked.
	Causes []Choice `yaml:"causes" json:"causes"`
	// Hours are when its desk is there, Deadlines how fast it should be; both
	// have defaults.
	Hours     Hours     `yaml:"hours" json:"hours,omitzero"`
	Deadlines Deadlines `yaml:"deadlines" json:"deadlines,omitzero"`
	// OnCall is how its supervisors are alerted; it has defaults, too.
	OnCall OnCall `yaml:"on_call" json:"on_call,omitzero"`
}

// Links are the academy's own pages that the sign-in page points to; empty ones
// are not shown.
type Links struct {
	Login    string `yaml:"login" json:"login"`       // "Connaître son identifiant académique"
	Password string `yaml:"password" json:"password"` // "Réinitialiser son mot de passe oublié"
}

// Contacts are the mail addresses that the portal's legal pages name; empty ones
// are not shown.
type Contacts struct {
	Accessibility string `yaml:"accessibility" json:"accessibility"` // for who cannot use a page
	Privacy       string `yaml:"privacy" json:"privacy"`             // the data protection officer's
}

// Group is a team of the desk. Tickets belong to a group, never to an individual.
type Group struct {
	Code    string `yaml:"code" json:"code"`
	Name    Text   `yaml:"name" json:"name"`
	Channel string `yaml:"channel" json:"channel"` // the group's chat channel, by its URL name
	// Supervises marks the group that gets alerts; it gets no tickets. The
	// first group that does not supervise is the desk, where tickets arrive.
	Supervises bool `yaml:"supervises" json:"supervises"`
	// Hours are when the group is there; those of the academy when nil, and all
	// of its own otherwise, exceptions and holidays included.
	Hours *Hours `yaml:"hours" json:"hours,omitempty"`
}

// Choice is one entry of a list people choose from.
type Choice struct {
	Code string `yaml:"code" json:"code"`
	Name Text   `yaml:"name" json:"name"`
}

// Theme is what people choose first ("votre demande concerne"); a theme with
// subjects asks for the precise one next.
type Theme struct {
	Code     string   `yaml:"code" json:"code"`
	Name     Text     `yaml:"name" json:"name"`
	Subjects []Choice `yaml:"subjects" json:"subjects"`
}

// Location returns the academy's time zone; Validate has proved that it loads.
func (a Academy) Location() *time.Location {
	if loc, ok := zones.Load(a.Timezone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(a.Timezone)
	if err != nil {
		return time.UTC
	}
	zones.Store(a.Timezone, loc)
	return loc
}

// zones remembers the time zones by name: [time.LoadLocation] reads a file each
// time, and each mail, card and page asks. They are as many as academies have.
var zones sync.Map

// Desk returns the group where new tickets arrive.
func (a Academy) Desk() Group {
	for _, g := range a.Groups {
		if !g.Supervises {
			return g
		}
	}
	return Group{}
}

// Supervision returns the group that gets alerts, and false when there is none.
func (a Academy) Supervision() (Group, bool) {
	i := slices.IndexFunc(a.Groups, func(g Group) bool { return g.Supervises })
	if i < 0 {
		return Group{}, false
	}
	return a.Groups[i], true
}

// Group returns the group of that code, and false when there is none.
func (a Academy) Group(code string) (Group, bool) {
	i := slices.IndexFunc(a.Groups, func(g Group) bool { return g.Code == code })
	if i < 0 {
		return Group{}, false
	}
	return a.Groups[i], true
}

// HoursOf returns when the group of that code is there: its own hours, else the
// academy's.
func (a Academy) HoursOf(group string) Hours {
	if g, ok := a.Group(group); ok && g.Hours != nil {
		return *g.Hours
	}
	return a.Hours
}

// Theme returns the theme of that code, and false when there is none.
func (a Academy) Theme(code string) (Theme, bool) {
	i := slices.IndexFunc(a.Themes, func(t Theme) bool { return t.Code == code })
	if i < 0 {
		return Theme{}, false
	}
	return a.Themes[i], true
}

// Subject returns the subject of that code, and false when the theme has none.
func (t Theme) Subject(code string) (Choice, bool) { return choice(t.Subjects, code) }

// RequestType returns the type of request of that code, and false when there is none.
func (a Academy) RequestType(code string) (Choice, bool) { return choice(a.RequestTypes, code) }

// Cause returns the cause of that code, and false when there is none.
func (a Academy) Cause(code string) (Choice, bool) { return choice(a.Causes, code) }

func choice(among []Choice, code string) (Choice, bool) {
	i := slices.IndexFunc(among, func(c Choice) bool { return c.Code == code })
	if i < 0 {
		return Choice{}, false
	}
	return among[i], true
}

// MailDomain returns the domain of the academy's no-reply address.
func (a Academy) MailDomain() string {
	_, domain, _ := strings.Cut(a.NoReply, "@")
	return domain
}

var (
	codePattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	colourPattern = regexp.MustCompile(`^(#[0-9a-fA-F]{6})?$`)
)

// Validate says what is wrong in the academy's section of the desk file, naming
// the field, so that `cecoia apply` can refuse it before anything changes.
func (a Academy) Validate() error {
	if !codePattern.MatchString(string(a.ID)) {
		return fmt.Errorf("academy %q: id: lower-case letters, digits and hyphens only", a.ID)
	}
	bad := func(field, format string, args ...any) error {
		return fmt.Errorf("academy %s: %s: %s", a.ID, field, fmt.Sprintf(format, args...))
	}
	if a.Name == "" {
		return bad("name", "missing")
	}
	if _, err := time.LoadLocation(a.Timezone); err != nil || a.Timezone == "" {
		return bad("timezone", "%q is not an IANA time zone", a.Timezone)
	}
	if len(a.Domains) == 0 {
		return bad("domains", "at least one mail domain")
	}
	for _, d := range a.Domains {
		if d == "" || d != strings.ToLower(d) || strings.ContainsAny(d, "@ ") {
			return bad("domains", "%q is not a lower-case mail domain", d)
		}
	}
	for field, address := range map[string]string{"no_reply": a.NoReply, "bounce": a.Bounce} {
		if p, err := mail.ParseAddress(address); err != nil || p.Address != address {
			return bad(field, "%q is not a mail address", address)
		}
	}
	for field, address := range map[string]string{"contacts.accessibility": a.Contacts.Accessibility, "contacts.privacy": a.Contacts.Privacy} {
		if p, err := mail.ParseAddress(address); address != "" && (err != nil || p.Address != address) {
			return bad(field, "%q is not a mail address", address)
		}
	}
	if a.NoReply == a.Bounce {
		return bad("bounce", "must differ from no_reply")
	}
	if a.Team == "" {
		return bad("team", "missing: the groups' channels are in it")
	}
	if !colourPattern.MatchString(a.Colour) {
		return bad("colour", "%q is not of the form #rrggbb", a.Colour)
	}
	seen := map[string]bool{}
	for _, g := range a.Groups {
		if !codePattern.MatchString(g.Code) || seen[g.Code] || g.Name.FR == "" || g.Channel == "" {
			return bad("groups", "%q needs a unique code, a name and a channel", g.Code)
		}
		if g.Hours != nil {
			if err := g.Hours.Validate(); err != nil {
				return bad("groups", "%s: hours: %v", g.Code, err)
			}
		}
		seen[g.Code] = true
	}
	if a.Desk().Code == "" {
		return bad("groups", "at least one group that does not supervise: tickets arrive there")
	}
	themes := make([]Choice, len(a.Themes))
	for i, t := range a.Themes {
		themes[i] = Choice{Code: t.Code, Name: t.Name}
		if code, ok := distinct(t.Subjects); !ok {
			return bad("themes", "%s: subject %q needs a unique code and a name", t.Code, code)
		}
	}
	for field, list := range map[string][]Choice{"themes": themes, "request_types": a.RequestTypes, "causes": a.Causes} {
		if code, ok := distinct(list); !ok {
			return bad(field, "%q needs a unique code and a name", code)
		}
	}
	if len(a.Themes) == 0 {
		return bad("themes", "at least one")
	}
	if err := a.Hours.Validate(); err != nil {
		return bad("hours", "%v", err)
	}
	if err := a.Deadlines.Validate(a.Themes); err != nil {
		return bad("deadlines", "%v", err)
	}
	if err := a.OnCall.Validate(); err != nil {
		return bad("on_call", "%v", err)
	}
	return nil
}

// distinct says whether each choice has a code of its own and a name; if not,
// it returns the code of the first at fault.
func distinct(list []Choice) (string, bool) {
	seen := map[string]bool{}
	for _, c := range list {
		if !codePattern.MatchString(c.Code) || seen[c.Code] || c.Name.FR == "" {
			return c.Code, false
		}
		seen[c.Code] = true
	}
	return "", true
}
