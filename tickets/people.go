package tickets

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The bounds on a search of people.
const (
	MaxFound     = 100 // people on one page
	maxNameWords = 6   // words that count
)

// Colleague is a person as other staff may see them: without login, telephone
// or place in the desk.
type Colleague struct {
	ID         uuid.UUID `json:"id"`
	GivenName  string    `json:"-"`
	FamilyName string    `json:"-"`
	Function   string    `json:"function"`
	Place      string    `json:"place"`
	Entity     string    `json:"entity"`
	Email      string    `json:"email"`
}

// Name returns the given and family names as people read them.
func (c Colleague) Name() string {
	return Person{GivenName: c.GivenName, FamilyName: c.FamilyName}.Name()
}

// PeopleSearch finds people of the directory.
type PeopleSearch interface {
	// FindPeople returns the active people of the academy whose names, or the
	// part of their mail address before the @, have all the words, in any order
	// and without regard to case, accents and punctuation; and how many there
	// are in all. A word of one or two letters begins a word, a longer one may be
	// anywhere. Those come first whose family name begins with the first word,
	// then the order is that of the family names.
	FindPeople(ctx context.Context, academy AcademyID, words []string, limit, offset int) ([]Colleague, int, error)
}

// FindPeople searches the directory of the caller's academy for what somebody
// would type to find a colleague: names or their parts, in any order, or a mail
// address. It returns a page of at most limit people, and how many there are in
// all; nobody when there is no letter in the text.
func (d *Desk) FindPeople(ctx context.Context, by Caller, text string, limit, offset int) ([]Colleague, int, error) {
	if !utf8.ValidString(text) {
		return nil, 0, invalid("q", "text.not_utf8")
	}
	if utf8.RuneCountInString(text) > MaxLine {
		return nil, 0, invalid("q", "text.too_long", MaxLine)
	}
	words := nameWords(text)
	if len(words) == 0 {
		return nil, 0, nil
	}
	return d.store.FindPeople(ctx, by.Person.Academy, words, min(max(limit, 1), MaxFound), max(offset, 0))
}

// nameWords are the words of a text that may be part of a name. Of a mail
// address it is what stands before the @.
func nameWords(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		if before, _, isMail := strings.Cut(w, "@"); isMail && before != "" {
			w = before
		}
		w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		if w != "" && len(out) < maxNameWords {
			out = append(out, w)
		}
	}
	return out
}

// Colleague returns a person of the caller's academy as other staff may see
// them, and whether they have left: those who did still have a name.
func (d *Desk) Colleague(ctx context.Context, by Caller, id uuid.UUID) (c Colleague, left bool, err error) {
	p, err := d.store.Person(ctx, by.Person.Academy, id)
	if CodeOf(err) == NotFound {
		known, e := d.store.People(ctx, by.Person.Academy, []uuid.UUID{id})
		if e != nil {
			return Colleague{}, false, e
		}
		if left = known[id].ID == id; !left {
			return Colleague{}, false, err
		}
		p, err = known[id], nil
	}
	return Colleague{
		ID: p.ID, GivenName: p.GivenName, FamilyName: p.FamilyName,
		Function: p.Function, Place: p.Place, Entity: p.Entity, Email: p.Email,
	}, left, err
}

// ForWhom makes a form one for that person of the academy: the place and entity
// become theirs, where the author has not typed another; the telephone too, for
// oneself and for the desk. Nobody of
// that id is an [Invalid] refusal of the field beneficiary. As [Desk.SaveForm]
// it is a [Conflict] when the form was changed since f was read.
func (d *Desk) ForWhom(ctx context.Context, by Caller, f Form, beneficiary uuid.UUID) error {
	after, err := d.store.Person(ctx, by.Person.Academy, beneficiary)
	if CodeOf(err) == NotFound {
		return invalid("beneficiary", "person.not_found")
	}
	if err != nil {
		return err
	}
	known, err := d.store.People(ctx, by.Person.Academy, []uuid.UUID{f.Card.Beneficiary})
	if err != nil {
		return err
	}
	f.Card = f.Card.handTo(by.Person, known[f.Card.Beneficiary], after)
	return d.SaveForm(ctx, by, f)
}

// handTo returns the card with another beneficiary. What it had from the
// directory entry of the one before becomes what the directory says of them.
func (c Card) handTo(by, before, beneficiary Person) Card {
	c.Beneficiary = beneficiary.ID
	if beneficiary.ID != by.ID && !by.Agent() {
		beneficiary.Phone = "" // staff do not read each other's in the directory
	}
	fill := func(value *string, was, is string) {
		if *value == "" || strings.EqualFold(*value, was) {
			*value = is
		}
	}
	fill(&c.Phone, before.Phone, beneficiary.Phone)
	fill(&c.Place, before.Place, beneficiary.Place)
	fill(&c.Entity, before.Entity, beneficiary.Entity)
	return c
}
