package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// star is the button that makes a ticket or a search a favourite, or no longer
// one, ready for its partial.
type star struct {
	locale.Printer
	On             bool
	Ticket         string // the id of the ticket, or else
	Address, Label string // the search
	Return         string // where the button leads back to
}

// favouriteList is what the visitor starred, ready for the partial "favourites".
type favouriteList struct {
	locale.Printer
	Rows []favouriteRow
	More bool // there are others
}

// favouriteRow is one favourite: a ticket, or a search by its address.
type favouriteRow struct {
	Href    string
	Ticket  *ticketRow // nil when it is a search
	Label   string     // of a search
	Rename  field      // of a search
	Open    bool       // what was typed for the label was refused
	ID      string
	Subject string // the id or the address that removes it
}

const homeFavourites = 6 // favourites on the first page

// starrable are the addresses that can be favourites, with the parameters that
// make one of them another search. The page is none.
var starrable = map[string][]string{
	searchPath:       {"q", "type", "etat", "portee"},
	"/incidents":     {"portee", "etat", "theme", "texte", "du", "au", "tri"},
	"/services":      {"portee", "etat", "theme", "texte", "du", "au", "tri"},
	"/connaissances": {"q", "theme"},
}

// searchAddress returns the address of one of the portal's searches, written in
// one way, and false when it is none.
func searchAddress(s string) (string, bool) {
	if len(s) > 4*tickets.MaxAddress || localPath(s) != s {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", false
	}
	known, ok := starrable[u.Path]
	if !ok {
		return "", false
	}
	given, kept := u.Query(), url.Values{}
	for _, name := range known {
		value := strings.TrimSpace(given.Get(name))
		if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return "", false
		}
		if value != "" {
			kept.Set(name, value)
		}
	}
	address := u.Path
	if len(kept) > 0 {
		address += "?" + kept.Encode()
	}
	return address, len(address) <= tickets.MaxAddress
}

// searchStar returns the star of a search, by the address of its first page; nil
// when it can have none.
func (s *server) searchStar(r *http.Request, v *visit, address, label string) (*star, error) {
	address, ok := searchAddress(address)
	if !ok {
		return nil, nil //nolint:nilnil // no star is no failure
	}
	on, err := s.desk.SearchStarred(r.Context(), v.caller(), address)
	return &star{Printer: v.words, On: on, Address: address, Label: label, Return: r.URL.RequestURI()}, err
}

// ticketStar returns the star of a ticket.
func (s *server) ticketStar(r *http.Request, v *visit, c tickets.Case) (*star, error) {
	on, err := s.desk.TicketStarred(r.Context(), v.caller(), c.ID)
	return &star{Printer: v.words, On: on, Ticket: c.ID.String(), Return: tickets.TicketPath(c.Academy, c.Number)}, err
}

// favouriteList returns the visitor's latest favourites.
func (s *server) favouriteList(r *http.Request, v *visit, most int) (*favouriteList, error) {
	found, err := s.desk.Favourites(r.Context(), v.caller(), most+1)
	if err != nil {
		return nil, err
	}
	list := &favouriteList{Printer: v.words, More: len(found) > most}
	for _, f := range found[:min(len(found), most)] {
		row := favouriteRow{Href: f.Address, Label: f.Label, ID: f.ID.String(), Subject: f.Address}
		if f.Ticket != uuid.Nil {
			ticket := s.row(v, f.Case)
			row.Href, row.Ticket, row.Subject = ticket.Href, &ticket, f.Ticket.String()
		}
		list.Rows = append(list.Rows, row)
	}
	return list, nil
}

// favourites is "Mes favoris": all of them.
func (s *server) favourites(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showFavourites(w, r, v, "", "", nil)
}

// showFavourites renders the page, with the label typed for one of the searches
// that was refused.
func (s *server) showFavourites(w http.ResponseWriter, r *http.Request, v *visit, id, typed string, refused error) error {
	list, err := s.favouriteList(r, v, tickets.MaxFavourites)
	if err != nil {
		return err
	}
	fm := v.form(refused)
	for i := range list.Rows {
		row := &list.Rows[i]
		if row.Ticket != nil {
			continue
		}
		of := &form{words: v.words, visit: v, anchorOf: map[string]string{}}
		value := row.Label
		if row.Open = row.ID == id && refused != nil; row.Open {
			of, value = fm, typed
		}
		row.Rename = of.field(field{
			Name: "label", ID: "label-" + row.ID, Label: v.words.T("web.favourites.label"), Value: value,
		})
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "favourites", title: v.words.T("web.favourites.title"),
		problems: fm.problems(nil), body: list,
	})
}

// doFavourites stars, unstars or renames, and leads back to where that was done.
func (s *server) doFavourites(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	err = s.changeFavourite(r, v, sub)
	if refusal(err) != nil {
		return s.showFavourites(w, r, v, sub.Get("id"), sub.Get("label"), err)
	}
	if err != nil {
		return err
	}
	return &movedError{localPath(sub.Get("return"))}
}

func (s *server) changeFavourite(r *http.Request, v *visit, sub submission) error {
	ctx, by := r.Context(), v.caller()
	do, done := sub.Get("do"), ""
	ticket, isTicket := uuid.Parse(sub.Get("ticket"))
	address, isSearch := searchAddress(sub.Get("address"))
	var err error
	switch {
	case do == "rename":
		id, malformed := uuid.Parse(sub.Get("id"))
		if malformed != nil {
			return &tickets.Error{Code: tickets.NotFound, Message: "favourite.not_found"}
		}
		done, err = "web.favourites.renamed", s.desk.RenameFavourite(ctx, by, id, sub.Get("label"))
	case do == "add" && isTicket == nil:
		done, err = "web.favourites.added", s.desk.StarTicket(ctx, by, ticket)
	case do == "add" && isSearch:
		done, err = "web.favourites.added", s.desk.StarSearch(ctx, by, address, sub.Get("label"))
	case do == "remove" && isTicket == nil:
		done, err = "web.favourites.removed", s.desk.UnstarTicket(ctx, by, ticket)
	case do == "remove" && isSearch:
		done, err = "web.favourites.removed", s.desk.UnstarSearch(ctx, by, address)
	default:
		return &tickets.Error{Code: tickets.Invalid, Message: "favourite.address"}
	}
	if err != nil {
		return err
	}
	s.auth.Flash(ctx, v.words.T(done))
	return nil
}
