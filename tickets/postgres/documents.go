package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// AddAttachment keeps a pending attachment and returns it. The same content
// under the same name, pending already, is returned as it is. With max or more
// pending attachments already on the ticket by its author it refuses with
// [tickets.Invalid].
func (db *DB) AddAttachment(ctx context.Context, a tickets.Attachment, max int) (tickets.Attachment, error) {
	const same = `a.ticket = $2 AND a.author = $3 AND a.event IS NULL AND a.name = $4 AND a.sha256 = $5`
	kept := tickets.Attachment{}
	var b pgx.Batch
	// One at a time per ticket and author: the count holds until the end.
	b.Queue(`SELECT pg_advisory_xact_lock(hashtextextended('attachments ' || $1 || ' ' || $2 || ' ' || $3, 0))`,
		string(a.Academy), a.Ticket.String(), a.Author.String())
	b.Queue(`INSERT INTO attachments (academy, id, ticket, author, name, media_type, size, sha256, at)
		SELECT $1, $6, $2, $3, $4, $7, $8, $5, $9
		WHERE (SELECT count(*) FROM attachments
			WHERE academy = $1 AND ticket = $2 AND author = $3 AND event IS NULL) < $10
		AND NOT EXISTS (SELECT FROM attachments a WHERE a.academy = $1 AND `+same+`)`,
		a.Academy, a.Ticket, a.Author, a.Name, a.SHA256[:], a.ID, a.MediaType, a.Size, a.At, max)
	queueEach(&b, scanAttachment, func(found tickets.Attachment) { kept = found },
		`SELECT `+attachmentColumns+` FROM attachments a WHERE a.academy = $1 AND `+same, a.Academy, a.Ticket, a.Author, a.Name, a.SHA256[:])
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return tickets.Attachment{}, fmt.Errorf("postgres.AddAttachment(%s, %s): %w", a.Academy, a.Ticket, err)
	}
	if kept.ID == uuid.Nil {
		return tickets.Attachment{}, &tickets.Error{Code: tickets.Invalid, Message: "document.too_many", Field: "document", Args: []any{max}}
	}
	return kept, nil
}

// DropAttachment forgets a pending attachment of that author; anything else is a
// NotFound refusal.
func (db *DB) DropAttachment(ctx context.Context, academy tickets.AcademyID, author, id uuid.UUID) error {
	tag, err := db.pool.Exec(ctx, `DELETE FROM attachments
		WHERE academy = $1 AND id = $2 AND author = $3 AND event IS NULL`, academy, id, author)
	if err == nil && tag.RowsAffected() == 0 {
		err = absent(pgx.ErrNoRows, "document.not_found")
	}
	if err != nil {
		return fmt.Errorf("postgres.DropAttachment(%s, %s): %w", academy, id, err)
	}
	return nil
}

// Attachments returns the ticket's bound attachments and the pending ones of
// that author, oldest first. Those of internal events are only for an author who
// is of the desk.
func (db *DB) Attachments(ctx context.Context, academy tickets.AcademyID, ticket, author uuid.UUID) ([]tickets.Attachment, error) {
	out, err := all(ctx, db.pool, scanAttachment, `SELECT `+attachmentColumns+`
		FROM attachments a LEFT JOIN events e ON e.academy = a.academy AND e.id = a.event
		WHERE a.academy = $1 AND a.ticket = $2
			AND (a.author = $3 OR a.event IS NOT NULL AND (NOT e.internal
				OR EXISTS (SELECT FROM memberships m WHERE m.academy = $1 AND m.person = $3)))
		ORDER BY a.at, a.id`, academy, ticket, author)
	if err != nil {
		return nil, fmt.Errorf("postgres.Attachments(%s, %s): %w", academy, ticket, err)
	}
	return out, nil
}

// Attachment returns one attachment by id. It checks no permission.
func (db *DB) Attachment(ctx context.Context, academy tickets.AcademyID, id uuid.UUID) (tickets.Attachment, error) {
	a, err := one(ctx, db.pool, scanAttachment,
		`SELECT `+attachmentColumns+` FROM attachments a WHERE a.academy = $1 AND a.id = $2`, academy, id)
	if err != nil {
		return tickets.Attachment{}, fmt.Errorf("postgres.Attachment(%s, %s): %w", academy, id, absent(err, "document.not_found"))
	}
	return a, nil
}
