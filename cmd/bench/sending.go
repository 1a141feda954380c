package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	localpostgres "cecoia.example/deploy/local/postgres"
	"cecoia.example/tickets"
)

// senders is how many people send forms at once.
const senders = 32

// sending adds the row of openings over HTTP: as many people as send at once are
// signed in, each with forms that lack nothing but to be sent. Beside it pgbench
// opens the same tickets.
func (b *bench) sending(ctx context.Context, s *site, databaseURL string, raw localpostgres.Bench) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // what was written has been acknowledged
	if _, err := conn.Exec(ctx, `UPDATE people SET password_hash = (SELECT password_hash FROM people WHERE login = 'personne0')
		WHERE login = ANY (SELECT 'personne' || n FROM generate_series(1, $1) n)`, senders-1); err != nil {
		return err
	}
	visitors := make([]*visitor, senders)
	for i := range visitors {
		if visitors[i], err = s.signIn(ctx, fmt.Sprintf("personne.%d@creteil.example", i)); err != nil {
			return err
		}
		visitors[i].client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	each := max(int(10*b.Turn.Seconds()*1000)/senders, 1) // at the pace of a good machine, a turn
	var figures, limits []float64
	for round := range b.Rounds + 1 { // the first prepares the statements
		forms := make([][]uuid.UUID, senders)
		for i, v := range visitors {
			if forms[i], err = v.readyForms(ctx, conn, each); err != nil {
				return err
			}
		}
		began := time.Now()
		if err := sendAll(ctx, visitors, forms); err != nil {
			return err
		}
		if round == 0 {
			continue
		}
		figures = append(figures, perSecondSince(senders*each, began))
		took, err := raw.Run(ctx, senders, 10*b.Turn, 0)
		if err != nil {
			return err
		}
		limits = append(limits, perSecond(took, senders))
	}
	b.rows = append(b.rows, newRow(fmt.Sprintf("open a ticket by HTTP, %d at once", senders), "1/s", median(figures), median(limits)).atLeast(sendGoal))
	return nil
}

// readyForms gives the visitor so many forms that lack nothing but to be sent,
// with numbers of their own.
func (v *visitor) readyForms(ctx context.Context, conn *pgx.Conn, count int) ([]uuid.UUID, error) {
	card := tickets.Card{
		Beneficiary: v.person.ID, Phone: "01 99 00 00 00", Place: "94/CRETEIL/COLLEGE DES EXEMPLES/SALLE 7", Entity: "0940100Y", Urgency: tickets.High, Theme: "messagerie", Subject: "connexion",
		Description: "La messagerie refuse le mot de passe depuis ce matin, en salle des professeurs aussi. Merci d’avance.",
	}
	rows, err := conn.Query(ctx, `WITH numbers AS (
			INSERT INTO day_counters AS c (academy, day, last) VALUES ($1, $2, $3)
			ON CONFLICT (academy, day) DO UPDATE SET last = c.last + $3 RETURNING last)
		INSERT INTO forms (academy, id, kind, day, rank, author, card, updated_at)
		SELECT $1, gen_random_uuid(), 'I', $2, last - n, $4, $5, now() FROM numbers, generate_series(0, $3::int - 1) n RETURNING id`,
		v.person.Academy, tickets.DayOf(time.Now(), v.site.academy.Location()), count, v.person.ID, card)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// sendAll has each visitor send their forms, one after the other.
func sendAll(ctx context.Context, visitors []*visitor, forms [][]uuid.UUID) error {
	errs := make([]error, len(visitors))
	var wg sync.WaitGroup
	for i, v := range visitors {
		wg.Go(func() {
			for _, id := range forms[i] {
				if errs[i] = v.sendForm(ctx, id); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sendForm sends a form as its last page does, and leaves the confirmation unread.
func (v *visitor) sendForm(ctx context.Context, id uuid.UUID) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.site.url+"/formulaires/"+id.String()+"/verification",
		strings.NewReader(url.Values{"version": {""}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/demandes/") {
		return fmt.Errorf("a form that was sent answers %s, %q", res.Status, to)
	}
	return nil
}
