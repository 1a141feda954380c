package postgres_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// noon is when these tests begin, in a time zone that is not that of the server.
var noon = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)

// world is a fresh register with two academies that have the same people, by
// role, under different ids.
type world struct {
	*postgres.DB
	url string
	now time.Time
	mu  sync.Mutex
}

func newWorld(t *testing.T) *world {
	t.Helper()
	url := postgrestest.New(t, "cecoia", postgres.Migrate)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{DB: db, url: url, now: noon}
	academies := []tickets.Academy{academy("creteil"), academy("paris")}
	must(t)(db.Apply(t.Context(), academies, noon))
	for _, a := range academies {
		var entries []postgres.Entry
		for _, login := range []string{"claire", "denis", "agathe", "aurel", "reseau", "sylvie"} {
			entries = append(entries, postgres.Entry{Person: person(a.ID, login), PasswordHash: "hash of " + login})
		}
		if err := db.ImportPeople(t.Context(), a.ID, entries); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func academy(id tickets.AcademyID) tickets.Academy {
	return tickets.Academy{
		ID: id, Name: "Académie de " + string(id), Timezone: "Europe/Paris",
		Domains: []string{string(id) + ".example"},
		NoReply: "no-reply@" + string(id) + ".example", Bounce: "bounce@" + string(id) + ".example", Team: string(id),
		Groups: []tickets.Group{
			{Code: "desk", Name: tickets.Text{FR: "Assistance"}, Channel: "assistance"},
			{Code: "network", Name: tickets.Text{FR: "Réseau"}, Channel: "reseau"},
			{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true},
		},
		Themes: []tickets.Theme{{
			Code: "mail", Name: tickets.Text{FR: "Messagerie"},
			Subjects: []tickets.Choice{{Code: "quota", Name: tickets.Text{FR: "Boîte pleine"}}},
		}},
		RequestTypes: []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne"}}},
		Causes:       []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne"}}},
	}
}

// person is the one of that login: claire and denis are staff, agathe and aurel
// agents of the desk, reseau of another group, sylvie supervises.
func person(a tickets.AcademyID, login string) tickets.Person {
	p := tickets.Person{
		Academy: a, ID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(string(a)+"/"+login)),
		Login: login, Email: login + "@" + string(a) + ".example", GivenName: strings.ToUpper(login[:1]) + login[1:],
		FamilyName: "Modèle", Function: "Professeur", Phone: "01 99 00 00 00", Place: "94/CRETEIL", Entity: "0940001R",
		Lang: tickets.French,
	}
	switch login {
	case "agathe", "aurel":
		p.Memberships = []tickets.Membership{{Group: "desk", Role: tickets.RoleAgent}}
	case "reseau":
		p.Memberships = []tickets.Membership{{Group: "network", Role: tickets.RoleAgent}}
	case "sylvie":
		p.Memberships = []tickets.Membership{
			{Group: "desk", Role: tickets.RoleAgent}, {Group: "supervision", Role: tickets.RoleSupervisor},
		}
	}
	return p
}

// desk is a desk over the register whose clock moves by a second per look, so
// that things have an order.
func (w *world) desk() *tickets.Desk {
	return tickets.NewDesk(tickets.Options{Store: w.DB, Now: func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.now = w.now.Add(time.Second)
		return w.now
	}})
}

func by(a tickets.AcademyID, login string) tickets.Caller {
	return tickets.Caller{Person: person(a, login), Origin: tickets.FromPortal}
}

// open opens a ticket for claire of the academy.
func (w *world) open(t *testing.T, a tickets.AcademyID, card tickets.Card) tickets.Case {
	t.Helper()
	if card.Description == "" {
		card.Description = "L’écran reste noir."
	}
	c, err := w.desk().Open(t.Context(), by(a, "claire"), tickets.Incident, card)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) do(t *testing.T, who tickets.Caller, c tickets.Case, action tickets.Action, text string) tickets.Result {
	t.Helper()
	r, err := w.desk().Do(t.Context(), who, c.Number.Ref(), action, tickets.Input{Text: text})
	if err != nil {
		t.Fatalf("%s %s: %v", action, c.Number, err)
	}
	return r
}

// exec runs SQL beside the register, as a damaged world or a test of the schema
// needs.
func (w *world) exec(t *testing.T, sql string, args ...any) error {
	t.Helper()
	_, err := w.Pool().Exec(t.Context(), sql, args...)
	return err
}

func count(t *testing.T, w *world, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := w.Pool().QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits for a count to be more than none.
func until(t *testing.T, w *world, sql string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); count(t, w, sql, args...) == 0; {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", sql)
		}
	}
}

func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func code(t *testing.T, what string, err error, want tickets.Code) {
	t.Helper()
	if tickets.CodeOf(err) != want || err == nil {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func asJSON(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := asJSON(got), asJSON(want); g != w {
		t.Errorf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

// at connects without the pool, for what must be seen from elsewhere.
func (w *world) at(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
