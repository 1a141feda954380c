package tickets

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Preferences keeps what people chose for themselves. What they chose outlives
// every import of the directory. Nobody active of that id is [NotFound].
type Preferences interface {
	// SetLang keeps the language that the person chose; it goes before that of
	// the directory.
	SetLang(ctx context.Context, academy AcademyID, person uuid.UUID, lang Lang) error
	// DirectMessages returns how the person wants to be told in chat.
	DirectMessages(ctx context.Context, academy AcademyID, person uuid.UUID) (DirectMessages, error)
	// SetDirectMessages keeps it, and has what is held for the person looked at
	// anew: they may want it now.
	SetDirectMessages(ctx context.Context, academy AcademyID, person uuid.UUID, d DirectMessages) error
}

// SetLang makes the language the caller's own, in whatever they read: pages,
// mail, chat. An unknown one is [Invalid].
func (d *Desk) SetLang(ctx context.Context, by Caller, lang Lang) error {
	if lang != French && lang != English {
		return invalid("lang", "lang.unknown")
	}
	return d.store.SetLang(ctx, by.Person.Academy, by.Person.ID, lang)
}

// DirectMessages returns how the caller wants to be told in chat. Only members
// of the desk are: [Forbidden] otherwise.
func (d *Desk) DirectMessages(ctx context.Context, by Caller) (DirectMessages, error) {
	if !by.Person.Agent() {
		return DirectMessages{}, errDeskOnly
	}
	return d.store.DirectMessages(ctx, by.Person.Academy, by.Person.ID)
}

// SetDirectMessages makes it what the caller wants, and returns it as it is
// kept: times in order and once each. Unknown kinds of messages or paces, times
// that no day has and more than MaxDigests of them are [Invalid].
func (d *Desk) SetDirectMessages(ctx context.Context, by Caller, want DirectMessages) (DirectMessages, error) {
	if !by.Person.Agent() {
		return DirectMessages{}, errDeskOnly
	}
	want, err := want.clean()
	if err != nil {
		return DirectMessages{}, err
	}
	if err := d.store.SetDirectMessages(ctx, by.Person.Academy, by.Person.ID, want); err != nil {
		return DirectMessages{}, err
	}
	d.committed() // what was held may be due
	return want, nil
}

// clean checks d and returns it in its one form.
func (d DirectMessages) clean() (DirectMessages, error) {
	paces := map[Template]Pace{}
	for t, p := range d.Paces {
		switch {
		case !t.direct() || p != PaceNow && p != PaceDigest && p != PaceNever:
			return d, invalid("paces", "direct.pace")
		case p != PaceNow:
			paces[t] = p
		}
	}
	digest := slices.Clone(d.Digest)
	slices.Sort(digest)
	digest = slices.Compact(digest)
	if len(digest) > MaxDigests {
		return d, invalid("digest", "direct.digests", MaxDigests)
	}
	for _, m := range append([]Minute{d.Quiet.From, d.Quiet.To}, digest...) {
		if m < 0 || m >= 24*60 {
			return d, invalid("time", "direct.time")
		}
	}
	if d.Quiet.From == d.Quiet.To {
		d.Quiet = Quiet{}
	}
	if slices.Equal(digest, DefaultDigest()) {
		digest = nil
	}
	d.Paces, d.Digest = paces, digest
	if len(paces) == 0 {
		d.Paces = nil
	}
	return d, nil
}

// DigestTimes writes when what waits for a digest is told: "09:00, 14:00".
func (d DirectMessages) DigestTimes() string {
	at := d.Digest
	if len(at) == 0 {
		at = DefaultDigest()
	}
	var out []string
	for _, m := range at {
		out = append(out, m.String())
	}
	return strings.Join(out, ", ")
}
