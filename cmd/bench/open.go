package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	localpostgres "cecoia.example/deploy/local/postgres"
	"cecoia.example/tickets"
)

// sendGoal is what sending a form over HTTP is to reach of the same.
const sendGoal = 0.5

// openGoal is what opening a ticket is to reach of the machine's limit.
const openGoal = 0.8

//go:embed open.sql
var openSQL []byte

// opening measures how many tickets a second are opened, by one, eight and
// thirty-two at once; beside it pgbench keeps the same rows.
func opening(ctx context.Context, b *bench) error {
	server, err := b.startPostgres(ctx)
	if err != nil {
		return err
	}
	defer server.Stop(context.WithoutCancel(ctx))
	databaseURL, err := b.database(ctx, server, "bench_opening")
	if err != nil {
		return err
	}
	s, err := b.openSite(ctx, databaseURL, min(commandTickets, 10*b.Sizes[0]))
	if err != nil {
		return err
	}
	defer s.close()
	academy := s.academy
	raw, people, err := rawOpenings(ctx, b.folder, databaseURL, tickets.DayOf(time.Now(), academy.Location()))
	if err != nil {
		return err
	}
	open := func(ctx context.Context) error {
		who := people[rand.N(len(people))] //nolint:gosec // which one keeps no secret
		_, err := s.desk.Open(ctx, tickets.Caller{Person: tickets.Person{Academy: academy.ID, ID: who.ID}, Origin: tickets.FromPortal}, tickets.Incident, tickets.Card{
			Beneficiary: who.ID, Phone: "01 99 00 00 00", Place: "94/CRETEIL/COLLEGE DES EXEMPLES/SALLE 7", Entity: "0940100Y", Urgency: tickets.High, Theme: "messagerie",
			Description: "La messagerie refuse le mot de passe depuis ce matin, en salle des professeurs aussi. Merci d’avance.",
		})
		return err
	}
	for _, atOnce := range []int{1, 8, 32} {
		if _, err := turn(ctx, atOnce, b.Turn/2, open); err != nil { // statements get prepared
			return err
		}
		var figures, limits []float64
		for range b.Rounds {
			figure, err := throughput(ctx, atOnce, 10*b.Turn, open)
			if err != nil {
				return err
			}
			took, err := raw.Run(ctx, atOnce, 10*b.Turn, 0)
			if err != nil {
				return err
			}
			figures, limits = append(figures, figure), append(limits, perSecond(took, atOnce))
		}
		b.rows = append(b.rows, newRow(fmt.Sprintf("open a ticket, %d at once", atOnce), "1/s", median(figures), median(limits)).atLeast(openGoal))
	}
	return b.sending(ctx, s, databaseURL, raw)
}

// rawOpenings returns the same openings for pgbench, and who opens them.
func rawOpenings(ctx context.Context, folder, databaseURL string, day tickets.Day) (raw localpostgres.Bench, people []tickets.Person, err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return raw, nil, err
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written has been acknowledged
	if _, err := conn.Exec(ctx, `CREATE TABLE bench_people AS SELECT row_number() OVER () AS n, id FROM people LIMIT 1000;
		ALTER TABLE bench_people ADD PRIMARY KEY (n)`); err != nil {
		return raw, nil, err
	}
	rows, err := conn.Query(ctx, `SELECT id FROM bench_people`)
	if err != nil {
		return raw, nil, err
	}
	var one tickets.Person
	if _, err := pgx.ForEachRow(rows, []any{&one.ID}, func() error { people = append(people, one); return nil }); err != nil {
		return raw, nil, err
	}
	script := filepath.Join(folder, "open.sql")
	return localpostgres.Bench{
		URL: databaseURL, Script: script,
		Variables: map[string]string{"people": strconv.Itoa(len(people)), "day": string(day)},
	}, people, os.WriteFile(script, openSQL, 0o600)
}
