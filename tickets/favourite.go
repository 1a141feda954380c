package tickets

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The bounds on favourites.
const (
	MaxFavourites = 100  // per person
	MaxAddress    = 1000 // bytes of a search's address
)

// Favourite is what a person starred: a ticket, or a search by its address.
type Favourite struct {
	Academy AcademyID
	ID      uuid.UUID
	Person  uuid.UUID
	Ticket  uuid.UUID // uuid.Nil when it is a search
	Address string    // of a search: a path of the portal, with its query; "" when it is a ticket
	Label   string    // of a search, as its person calls it
	At      time.Time
	Case    Case // the ticket as it stands; zero when it is a search
}

// Favourites keeps what people starred.
type Favourites interface {
	// AddFavourite keeps a favourite. What its person has starred already stays
	// as it is; with max or more favourites already it refuses with [Invalid].
	AddFavourite(ctx context.Context, f Favourite, max int) error
	// RenameFavourite gives a search of that person another label; anything else
	// is [NotFound].
	RenameFavourite(ctx context.Context, academy AcademyID, person, id uuid.UUID, label string) error
	// DropFavourite forgets the favourite of that person; absent is no error.
	// The ticket, or else the address, says which.
	DropFavourite(ctx context.Context, academy AcademyID, person, ticket uuid.UUID, address string) error
	// Favourites returns the viewer's favourites, the latest first, at most limit
	// of them; tickets that they see no more are left out.
	Favourites(ctx context.Context, viewer Person, limit int) ([]Favourite, error)
	// Starred says whether the person has starred that ticket, or else that address.
	Starred(ctx context.Context, academy AcademyID, person, ticket uuid.UUID, address string) (bool, error)
}

// StarTicket makes the ticket a favourite of the caller; to do it again changes
// nothing. It returns [NotFound] when they may not know of the ticket, and
// [Invalid] when they have [MaxFavourites].
func (d *Desk) StarTicket(ctx context.Context, by Caller, ticket uuid.UUID) error {
	c, err := d.store.CaseByID(ctx, by.Person, ticket)
	if err != nil {
		return err
	}
	return d.store.AddFavourite(ctx, Favourite{
		Academy: c.Academy, ID: newID(), Person: by.Person.ID, Ticket: c.ID, At: d.now(),
	}, MaxFavourites)
}

// StarSearch makes a search a favourite of the caller, under the label when it
// is new; to do it again changes nothing. The door that shows the address
// answers for its being one of its searches, written in one way.
func (d *Desk) StarSearch(ctx context.Context, by Caller, address, label string) error {
	if len(address) > MaxAddress || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
		return invalid("address", "favourite.address")
	}
	label, err := favouriteLabel(label)
	if err != nil {
		return err
	}
	return d.store.AddFavourite(ctx, Favourite{
		Academy: by.Person.Academy, ID: newID(), Person: by.Person.ID, Address: address, Label: label, At: d.now(),
	}, MaxFavourites)
}

// UnstarTicket forgets that favourite of the caller; absent is no error.
func (d *Desk) UnstarTicket(ctx context.Context, by Caller, ticket uuid.UUID) error {
	return d.store.DropFavourite(ctx, by.Person.Academy, by.Person.ID, ticket, "")
}

// UnstarSearch forgets that favourite of the caller; absent is no error.
func (d *Desk) UnstarSearch(ctx context.Context, by Caller, address string) error {
	if len(address) > MaxAddress {
		return nil
	}
	return d.store.DropFavourite(ctx, by.Person.Academy, by.Person.ID, uuid.Nil, address)
}

// RenameFavourite gives a search of the caller's favourites another label.
func (d *Desk) RenameFavourite(ctx context.Context, by Caller, id uuid.UUID, label string) error {
	label, err := favouriteLabel(label)
	if err != nil {
		return err
	}
	return d.store.RenameFavourite(ctx, by.Person.Academy, by.Person.ID, id, label)
}

func favouriteLabel(s string) (string, error) {
	label, err := cleanLine("label", s)
	if err == nil && label == "" {
		err = invalid("label", "favourite.label")
	}
	return label, err
}

// Favourites returns what the caller starred, the latest first, at most limit
// ([MaxFavourites] when 0); tickets that they see no more are left out.
func (d *Desk) Favourites(ctx context.Context, by Caller, limit int) ([]Favourite, error) {
	if limit <= 0 {
		limit = MaxFavourites
	}
	return d.store.Favourites(ctx, by.Person, limit)
}

// TicketStarred says whether the ticket is among the caller's favourites.
func (d *Desk) TicketStarred(ctx context.Context, by Caller, ticket uuid.UUID) (bool, error) {
	return d.store.Starred(ctx, by.Person.Academy, by.Person.ID, ticket, "")
}

// SearchStarred says whether the search of that address is among the caller's
// favourites.
func (d *Desk) SearchStarred(ctx context.Context, by Caller, address string) (bool, error) {
	return d.store.Starred(ctx, by.Person.Academy, by.Person.ID, uuid.Nil, address)
}
