package tickets

import (
	"context"

	"github.com/google/uuid"
)

// Preferences keeps what people chose for themselves.
type Preferences interface {
	// SetLang keeps the language that the person chose; it goes before that of
	// the directory, at every import. Nobody active of that id is [NotFound].
	SetLang(ctx context.Context, academy AcademyID, person uuid.UUID, lang Lang) error
}

// SetLang makes the language the caller's own, in whatever they read: pages,
// mail, chat. An unknown one is [Invalid].
func (d *Desk) SetLang(ctx context.Context, by Caller, lang Lang) error {
	if lang != French && lang != English {
		return invalid("lang", "lang.unknown")
	}
	return d.store.SetLang(ctx, by.Person.Academy, by.Person.ID, lang)
}
