package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// How large an academy is.
const (
	mostStaff = 20_000
	agents    = 20
	// openTickets are the newest ones: a desk keeps up, however long its
	// register is.
	openTickets = 2_000
	// ownTickets are those of the requester who signs in, spread over all.
	ownTickets = 200
	articles   = 300
)

// password is that of the two people who sign in: the first of the staff, and
// the first agent.
const (
	password  = "demo"
	requester = "personne.0@creteil.example"
	agent     = "agent.0@creteil.example"
)

// filler makes up an academy's data, the same at each run but for its dates.
type filler struct {
	academy       tickets.Academy
	random        *rand.Rand
	staff, agents []uuid.UUID
}

// table is what goes into a table by COPY.
type table struct {
	name    string
	columns []string
	rows    [][]any
}

func newTable(name, columns string) *table {
	return &table{name: name, columns: strings.Fields(columns)}
}

func (t *table) add(values ...any) { t.rows = append(t.rows, values) }

// fill writes a directory, an academy's tickets of a year with their events, and
// a knowledge base into an empty database, and has it analysed. hash is that of [password].
func fill(ctx context.Context, url string, a tickets.Academy, hash string, count int) error {
	conn, err := pgx.Connect(ctx, url) // its statements may take their time
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written has been acknowledged
	// What is made up refers only to what is made up: no need to look it up.
	if _, err := conn.Exec(ctx, `SET session_replication_role = replica`); err != nil {
		return err
	}
	f := &filler{academy: a, random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // made-up data, not secrets
	now := time.Now()
	for _, t := range slices.Concat(f.directory(hash, min(mostStaff, 2*count), now), f.register(count, now), f.knowledge(now)) {
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("filling %s: %w", t.name, err)
		}
	}
	for _, statement := range []string{`VACUUM (ANALYZE)`, `CHECKPOINT`} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// directory makes up the people.
func (f *filler) directory(hash string, staff int, now time.Time) []*table {
	people := newTable("people", `academy id login email given_name family_name function phone place entity password_hash`)
	memberships := newTable("memberships", `academy person group_code role`)
	add := func(login string, of *[]uuid.UUID, function string) uuid.UUID {
		id, secret := f.id(now), ""
		if len(*of) == 0 {
			secret = hash
		}
		email := fmt.Sprintf("%s.%d@creteil.example", login, len(*of))
		people.add(f.academy.ID, id, fmt.Sprintf("%s%d", login, len(*of)), email, f.one(givenNames), f.familyName(), function,
			"01 99 00 00 00", fmt.Sprintf("94/CRETEIL/COLLEGE DES EXEMPLES/SALLE %d", f.random.IntN(90)), "0940100Y", secret)
		*of = append(*of, id)
		return id
	}
	for range staff {
		add("personne", &f.staff, f.one(functions))
	}
	for range agents {
		id := add("agent", &f.agents, "Assistance informatique")
		memberships.add(f.academy.ID, id, f.academy.Desk().Code, tickets.RoleAgent)
	}
	return []*table{people, memberships}
}

// register makes up the tickets, oldest first, their events, and the counters of
// their numbers.
func (f *filler) register(count int, now time.Time) []*table {
	register := newTable("tickets", `academy id kind day rank version
		beneficiary phone other_phone availability place entity equipment equipment_info
		private urgency theme subject request_type summary description
		requester category subcategory group_code assignee status closure cause due_at solution rating refusals
		status_action status_by status_at opened_at`)
	events := newTable("events", `academy id ticket seq action actor origin at from_status to_status text internal command fingerprint`)
	counters := newTable("day_counters", `academy day last`)

	between := 365 * 24 * time.Hour / time.Duration(count)
	var last tickets.Number
	for i := range count {
		t := f.ticket(now.Add(-time.Duration(count-i) * between))
		if i%max(count/ownTickets, 1) == 0 {
			t.Requester, t.Beneficiary = f.staff[0], f.staff[0]
		}
		if t.Number.Day != last.Day && last.Rank > 0 {
			counters.add(f.academy.ID, last.Day, last.Rank)
			last.Rank = 0
		}
		t.Number.Rank = last.Rank + 1
		last = t.Number
		steps := 4
		if i >= count-openTickets {
			steps = 1 + f.random.IntN(3)
		}
		for _, e := range f.history(&t, steps) {
			events.add(e.Academy, e.ID, e.Ticket, e.Seq, e.Action, e.Actor, e.Origin, e.At, e.From, e.To, e.Text, e.Internal, "", "")
		}
		register.add(t.Academy, t.ID, t.Number.Kind, t.Number.Day, t.Number.Rank, t.Version,
			t.Beneficiary, t.Phone, t.OtherPhone, t.Availability, t.Place, t.Entity, t.Equipment, t.EquipmentInfo,
			t.Private, t.Urgency, t.Theme, t.Subject, t.RequestType, t.Summary, t.Description,
			t.Requester, t.Category, t.Subcategory, t.Group, uuid.NullUUID{UUID: t.Assignee, Valid: t.Assignee != uuid.Nil},
			t.Status, t.Closure, t.Cause, t.Due, t.Solution, t.Rating, t.Refusals,
			t.StatusAction, t.StatusBy, t.StatusAt, t.OpenedAt)
	}
	counters.add(f.academy.ID, last.Day, last.Rank)
	return []*table{register, events, counters}
}

// ticket makes up a ticket as it was opened, but for its rank.
func (f *filler) ticket(at time.Time) tickets.Ticket {
	theme := f.academy.Themes[f.random.IntN(len(f.academy.Themes))].Code
	who := f.staff[f.random.IntN(len(f.staff))]
	kind := tickets.Incident
	if f.random.IntN(4) == 0 {
		kind = tickets.Service
	}
	summary := f.one(subjects) + " " + f.one(faults)
	return tickets.Ticket{
		Academy: f.academy.ID, ID: f.id(at), Number: tickets.Number{Kind: kind, Day: tickets.DayOf(at, f.academy.Location())},
		Requester: who, Category: theme, Group: f.academy.Desk().Code, Due: at.Add(72 * time.Hour), OpenedAt: at,
		Card: tickets.Card{
			Beneficiary: who, Phone: "01 99 00 00 00", Place: "94/CRETEIL/COLLEGE DES EXEMPLES",
			Entity: fmt.Sprintf("EN/ETABLISSEMENT %d", f.random.IntN(400)), Private: f.random.IntN(50) == 0,
			Urgency: tickets.Urgency(1 + f.random.IntN(3)), Theme: theme, Summary: summary,
			Description: summary + " " + f.one(moments) + ". " + f.one(subjects) + " " + f.one(faults) + " aussi. " + f.one(wishes),
		},
	}
}

// history makes up the first steps of a ticket's life, and brings the ticket to
// where they left it.
func (f *filler) history(t *tickets.Ticket, steps int) []tickets.Event {
	agent := f.agents[f.random.IntN(len(f.agents))]
	life := []tickets.Event{
		{Action: tickets.ActionOpen, Actor: t.Requester, To: tickets.StatusNew},
		{Action: tickets.ActionTake, Actor: agent, To: tickets.StatusInProgress},
		{Action: tickets.ActionResolve, Actor: agent, To: tickets.StatusResolved, Text: f.one(solutions)},
		{Action: tickets.ActionValidate, Actor: t.Requester, To: tickets.StatusClosed},
	}[:steps]
	for i := range life {
		e := &life[i]
		e.At = t.OpenedAt.Add(time.Duration(i) * 40 * time.Minute)
		e.Academy, e.ID, e.Ticket, e.Seq, e.Origin, e.From = t.Academy, f.id(e.At), t.ID, i+1, tickets.FromPortal, t.Status
		t.Status, t.StatusAction, t.StatusBy, t.StatusAt, t.Version = e.To, e.Action, e.Actor, e.At, e.Seq
		switch e.Action {
		case tickets.ActionTake:
			t.Assignee = agent
		case tickets.ActionResolve:
			t.Solution = e.Text
		case tickets.ActionValidate:
			t.Closure, t.Rating = tickets.ClosedValidated, 1+f.random.IntN(5)
		}
	}
	return life
}

// knowledge makes up published articles.
func (f *filler) knowledge(now time.Time) []*table {
	heads := newTable("articles", `academy id number state latest published published_at`)
	revisions := newTable("article_revisions", `academy article rev theme subject lang audience title summary body author at`)
	steps := newTable("article_steps", `academy article seq action rev actor at reason`)
	for i := range articles {
		id, title := f.id(now), f.one(subjects)+" "+f.one(faults)
		theme := f.academy.Themes[f.random.IntN(len(f.academy.Themes))].Code
		var body strings.Builder
		for range 12 {
			fmt.Fprintf(&body, "- **%s** %s %s : %s\n", f.one(subjects), f.one(faults), f.one(moments), f.one(solutions))
		}
		heads.add(f.academy.ID, id, i+1, tickets.ArticlePublished, 1, 1, now)
		revisions.add(f.academy.ID, id, 1, theme, "", tickets.French, tickets.ForEveryone, title, f.one(solutions), body.String(), f.agents[0], now)
		for seq, action := range []tickets.ArticleAction{tickets.ArticleWrite, tickets.ArticleSubmit, tickets.ArticlePublish} {
			steps.add(f.academy.ID, id, seq+1, action, 1, f.agents[seq/2], now, "")
		}
	}
	return []*table{heads, revisions, steps}
}

// id returns a UUIDv7 (RFC 9562) of that moment.
func (f *filler) id(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16|uint64(f.random.Uint32N(1<<12))|7<<12)
	binary.BigEndian.PutUint64(id[8:], f.random.Uint64()>>2|1<<63)
	return id
}

func (f *filler) one(of []string) string { return of[f.random.IntN(len(of))] }

// familyName makes up a name that nobody bears, of three syllables: three letters
// of it are those of few others.
func (f *filler) familyName() string {
	name := ""
	for range 3 {
		name += f.one(consonants) + f.one(vowels)
	}
	return "Z" + name + f.one(consonants)
}

// Made-up words, with accents and elisions as people write them.
var (
	consonants = strings.Split("b c d f g k l m n p r s t v x z ch br", " ")
	vowels     = strings.Split("a e i o u é ô", " ")
	givenNames = []string{"Dominique", "Camille", "Alix", "Sacha", "Noa", "Lou", "Maxence", "Ange", "Andréa", "Élie", "Maé", "Charlie", "Eden", "Swann", "Loïs", "Yaël"}
	functions  = []string{"Enseignement", "Secrétariat", "Direction", "Gestion", "Vie scolaire", "Laboratoire"}
	subjects   = []string{
		"L’imprimante", "Le vidéoprojecteur", "La messagerie", "L’accès à Onde", "Le poste du secrétariat", "Le réseau sans fil", "La clé OTP", "Le serveur pédagogique",
		"L’espace numérique de travail", "Le tableau interactif", "Le compte académique", "L’application de paie", "Le scanner", "Le téléphone", "La tablette", "Le livret scolaire",
	}
	faults = []string{
		"ne répond plus", "affiche une erreur", "est très lent", "refuse le mot de passe", "s’éteint tout seul", "n’est pas reconnu", "a disparu du bureau", "demande une mise à jour",
		"reste bloqué au démarrage", "n’imprime qu’une page sur deux", "perd la connexion", "fait un bruit étrange",
	}
	moments   = []string{"depuis ce matin", "depuis la rentrée", "depuis la coupure de courant", "à chaque ouverture", "en salle des professeurs", "pour toute la classe", "quand deux personnes s’en servent"}
	wishes    = []string{"Pouvez-vous intervenir avant jeudi ?", "Merci d’avance.", "Nous avons une réunion demain.", "J’ai déjà redémarré, sans effet.", "La salle est libre le mercredi.", "Les élèves attendent."}
	solutions = []string{"Câble rebranché.", "Compte débloqué, mot de passe à changer.", "Pilote réinstallé.", "Redémarrage à distance, tout répond.", "Matériel remplacé."}
)
