package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Originals returns the mails that the person's words about the ticket came in
// since then, oldest first; none that somebody else may have written in their
// name (quarantine), and no bounces.
func (db *DB) Originals(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID, since time.Time) ([]tickets.InboundMail, error) {
	mails, err := all(ctx, db.pool, func(row pgx.CollectableRow) (tickets.InboundMail, error) {
		m := tickets.InboundMail{Academy: academy, Ticket: ticket, Person: person}
		var hash []byte
		err := row.Scan(&m.ID, &hash, &m.MessageID, &m.Sender, &m.Row, &m.Verdict, &m.ReceivedAt)
		copy(m.Hash[:], hash)
		return m, err
	}, `SELECT id, hash, message_id, sender, row, verdict, received_at FROM inbound_mails
		WHERE academy = $1 AND ticket = $2 AND person = $3 AND received_at > $4
			AND row > 1 AND verdict NOT IN ('bounce', 'quarantine')
		ORDER BY received_at, id LIMIT 50`, academy, ticket, person, since)
	if err != nil {
		return nil, fmt.Errorf("postgres.Originals(%s): %w", academy, err)
	}
	return mails, nil
}
