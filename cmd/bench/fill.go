package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
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
	openTickets = 600
	// ownTickets are those of the requester who signs in: as many at each size,
	// spread over all.
	ownTickets = 200
	// rareTickets are those with [rareWord].
	rareTickets = 24
	rareWord    = "orthographe"
	articles    = 300
	// names are the many words that few tickets have: of rooms, models, software.
	names = 20_000
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
	names         []string
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

// fill writes a directory, an academy's tickets of a year with their events and
// their words, and a knowledge base into an empty database, and has it analysed.
// hash is that of [password].
func fill(ctx context.Context, url string, a tickets.Academy, hash string, count int) error {
	return fillFrom(ctx, url, a, hash, count, min(count, writtenTickets))
}

// fillFrom is fill with so many of the tickets made up one by one.
func fillFrom(ctx context.Context, url string, a tickets.Academy, hash string, count, base int) error {
	conn, err := pgx.Connect(ctx, url) // its statements may take their time
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written has been acknowledged
	// What is made up refers only to what is made up: no need to look it up.
	if _, err := conn.Exec(ctx, fillSettings); err != nil {
		return err
	}
	f := &filler{academy: a, random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // made-up data, not secrets
	for range names {
		f.names = append(f.names, strings.ToUpper(f.familyName()[1:]))
	}
	now := time.Now()
	days := max(365*base/count, 1)
	for _, t := range slices.Concat(f.directory(hash, min(mostStaff, 2*count), now), f.register(base, days, now), f.knowledge(now)) {
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("filling %s: %w", t.name, err)
		}
	}
	if _, err := conn.Exec(ctx, `SELECT count(index_ticket(academy, id)) FROM tickets`); err != nil {
		return fmt.Errorf("indexing the tickets: %w", err)
	}
	if count > base {
		if err := multiply(ctx, url, a, f.staff[0], count-base, days); err != nil {
			return err
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
		memberships.add(f.academy.ID, id, f.groups()[len(f.agents)%5/4], tickets.RoleAgent) // one in five a specialist
	}
	return []*table{people, memberships}
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

// common chooses as people use words: the first often, the last rarely (Zipf).
func (f *filler) common(of []string) string { return of[f.rank(len(of))] }

func (f *filler) rank(of int) int {
	return min(int(math.Pow(float64(of)+1, f.random.Float64())), of) - 1
}

// groups are the desk's, and the specialists'.
func (f *filler) groups() [2]string {
	out := [2]string{f.academy.Desk().Code, f.academy.Desk().Code}
	for _, g := range f.academy.Groups {
		if !g.Supervises && g.Code != out[0] {
			out[1] = g.Code
		}
	}
	return out
}

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
