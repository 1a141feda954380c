package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cecoia.example/tickets"
)

// MailFacts answers each question: what is known of the sender's address and of
// the ticket. It checks no permission: what is known of the ticket is for the
// decision alone.
func (db *DB) MailFacts(ctx context.Context, academy tickets.AcademyID, asked []tickets.MailQuestion, now time.Time) ([]tickets.MailFacts, error) {
	facts, err := db.mailFacts(ctx, academy, asked, now)
	if err != nil {
		return nil, fmt.Errorf("postgres.MailFacts(%s, %d): %w", academy, len(asked), err)
	}
	return facts, nil
}

// sender is a person, by the rank of the address that was asked for.
type sender struct {
	Rank int
	tickets.Person
}

// answered is how often a sender was answered about a ticket.
type answered struct {
	Sender string // "" for all that were not asked about
	Ticket uuid.NullUUID
	Times  int
	Hour   int // within the last hour
}

func (db *DB) mailFacts(ctx context.Context, academy tickets.AcademyID, asked []tickets.MailQuestion, now time.Time) ([]tickets.MailFacts, error) {
	addresses, ids := make([]string, len(asked)), make(uuids, 0, len(asked))
	for i, q := range asked {
		addresses[i] = strings.ToLower(storable(q.Sender))
		if q.Ticket != uuid.Nil {
			ids = append(ids, q.Ticket)
		}
	}
	var senders []sender
	var about []tickets.Ticket
	var answers []answered
	var b pgx.Batch
	b.Queue(`SELECT q.rank, `+personColumns+` FROM unnest($2::text[]) WITH ORDINALITY AS q (address, rank)
		JOIN people p ON p.academy = $1 AND p.email_key = lower(q.address)`, academy, addresses).
		Query(func(rows pgx.Rows) (err error) {
			senders, err = pgx.CollectRows(rows, pgx.RowToStructByName[sender])
			return err
		})
	b.Queue(`SELECT academy, id, kind, day, rank, private, requester, beneficiary
		FROM tickets WHERE academy = $1 AND id = ANY($2)`, academy, ids).
		Query(func(rows pgx.Rows) (err error) {
			about, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t tickets.Ticket, err error) {
				return t, row.Scan(&t.Academy, &t.ID, &t.Number.Kind, &t.Number.Day, &t.Number.Rank, &t.Private, &t.Requester, &t.Beneficiary)
			})
			return err
		})
	// The day is gone through once. IS TRUE keeps the senders from being a join,
	// which would compare each with each.
	b.Queue(`SELECT coalesce(sender, '') AS sender, ticket, count(*) AS times, count(*) FILTER (WHERE guided_at > $3) AS hour
		FROM (SELECT CASE WHEN asked THEN sender END AS sender, CASE WHEN asked THEN ticket END AS ticket, guided_at
			FROM (SELECT sender, ticket, guided_at, (sender IN (SELECT unnest($4::text[]))) IS TRUE AS asked
				FROM inbound_mails WHERE academy = $1 AND guided_at > $2) AS day) AS named
		GROUP BY sender, ticket`,
		academy, now.Add(-24*time.Hour), now.Add(-time.Hour), addresses).
		Query(func(rows pgx.Rows) (err error) {
			answers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[answered])
			return err
		})
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	facts := make([]tickets.MailFacts, len(asked))
	for _, s := range senders {
		facts[s.Rank-1].Person, facts[s.Rank-1].Known = s.Person, true
	}
	byID := make(map[uuid.UUID]tickets.Ticket, len(about))
	for _, t := range about {
		byID[t.ID] = t
	}
	perDay, perTicket, lastHour := map[string]int{}, map[answered]bool{}, 0
	for _, a := range answers {
		lastHour += a.Hour
		if a.Sender != "" {
			perDay[a.Sender] += a.Times
			perTicket[answered{Sender: a.Sender, Ticket: a.Ticket}] = true
		}
	}
	for i := range facts {
		f := &facts[i]
		f.Ticket = byID[asked[i].Ticket]
		f.Answered = perTicket[answered{Sender: addresses[i], Ticket: nullable(asked[i].Ticket)}]
		f.AnsweredDay, f.AnsweredAll = perDay[addresses[i]], lastHour
		f.Participant = f.Known && f.Ticket.Party(f.Person.ID)
	}
	return facts, nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// KeepMails records mails, each with the draft and the delivery owed (either may
// be nil), all in one transaction, and returns which of them are new. It changes
// nothing of one that was recorded before: by (Mailbox, UIDValidity, UID), or by
// Hash within the day before its ReceivedAt. A draft follows the one that is
// there, within its Room: see [tickets.ReplyDraft].
func (db *DB) KeepMails(ctx context.Context, academy tickets.AcademyID, mails []tickets.MailRecord) ([]bool, error) {
	var kept map[uuid.UUID]bool
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var first pgx.Batch
		queueMails(&first, academy, mails, &kept)
		if err := tx.SendBatch(ctx, &first).Close(); err != nil {
			return err
		}
		var b pgx.Batch
		queueDrafts(&b, academy, mails, kept)
		var owed []tickets.Delivery
		for _, r := range mails {
			if r.Owed == nil || !kept[r.Mail.ID] {
				continue
			}
			d := *r.Owed
			d.Recipient = tickets.Recipient(storable(string(d.Recipient)))
			owed = append(owed, d)
		}
		queueDeliveries(&b, academy, owed)
		if b.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("postgres.KeepMails(%s, %d): %w", academy, len(mails), err)
	}
	first := make([]bool, len(mails))
	for i, r := range mails {
		first[i] = kept[r.Mail.ID]
	}
	return first, nil
}

// mailLocks is how many locks an academy's messages share, by their hashes: a few
// for the many of a batch, and enough for the listener's sessions.
const mailLocks = 16

// queueMails inserts the mails that are new; kept gets their ids.
func queueMails(b *pgx.Batch, academy tickets.AcademyID, mails []tickets.MailRecord, kept *map[uuid.UUID]bool) {
	var c struct {
		ids, people, about                     uuids
		mailboxes, messages, senders, verdicts []string
		validities, uids                       []int64
		hashes                                 pgtype.FlatArray[[]byte]
		rows                                   []int32
		received                               []time.Time
		guided                                 pgtype.FlatArray[pgtype.Timestamptz]
	}
	locks := map[int32]bool{}
	seen := map[[32]byte]bool{}
	for _, r := range mails {
		m := r.Mail
		if seen[m.Hash] { // the statement below would not see the first of them
			continue
		}
		seen[m.Hash] = true
		c.ids, c.mailboxes, c.hashes = append(c.ids, m.ID), append(c.mailboxes, m.Mailbox), append(c.hashes, m.Hash[:])
		c.validities, c.uids = append(c.validities, int64(m.UIDValidity)), append(c.uids, int64(m.UID))
		c.messages, c.senders = append(c.messages, storable(m.MessageID)), append(c.senders, storable(m.Sender))
		c.people, c.about = append(c.people, m.Person), append(c.about, m.Ticket)
		c.rows, c.verdicts = append(c.rows, int32(m.Row)), append(c.verdicts, m.Verdict)
		c.received = append(c.received, m.ReceivedAt)
		var at pgtype.Timestamptz
		if r.Owed != nil {
			at = pgtype.Timestamptz{Time: r.Owed.CreatedAt, Valid: true}
		}
		c.guided = append(c.guided, at)
		locks[int32(m.Hash[0]%mailLocks)] = true
	}
	// One at a time per message: the same one by two doors is found below. In
	// order, so that two doors never wait for each other.
	b.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT hashtextextended('mail ' || $1 || ' ' || lock, 0) AS key FROM unnest($2::integer[]) AS lock) AS keys`,
		string(academy), slices.Sorted(maps.Keys(locks)))
	b.Queue(`INSERT INTO inbound_mails (academy, id, mailbox, uidvalidity, uid, hash, message_id, sender,
			person, ticket, row, verdict, received_at, guided_at)
		SELECT $1, m.* FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[], $8::text[],
			$9::uuid[], $10::uuid[], $11::int[], $12::text[], $13::timestamptz[], $14::timestamptz[])
			AS m (id, mailbox, uidvalidity, uid, hash, message_id, sender, person, ticket, row, verdict, received_at, guided_at)
		WHERE NOT EXISTS (SELECT FROM inbound_mails old
			WHERE old.academy = $1 AND old.hash = m.hash AND old.received_at > m.received_at - interval '1 day')
		ON CONFLICT DO NOTHING RETURNING id`,
		academy, c.ids, c.mailboxes, c.validities, c.uids, c.hashes, c.messages, c.senders,
		c.people, c.about, c.rows, c.verdicts, c.received, c.guided).
		Query(func(rows pgx.Rows) error {
			ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			*kept = make(map[uuid.UUID]bool, len(ids))
			for _, id := range ids {
				(*kept)[id] = true
			}
			return err
		})
}

// queueDrafts keeps the drafts of the mails that are new.
func queueDrafts(b *pgx.Batch, academy tickets.AcademyID, mails []tickets.MailRecord, kept map[uuid.UUID]bool) {
	type owner struct{ ticket, person uuid.UUID }
	drafts := map[owner]tickets.ReplyDraft{}
	for _, r := range mails {
		if r.Draft == nil || !kept[r.Mail.ID] {
			continue
		}
		d, o := *r.Draft, owner{r.Draft.Ticket, r.Draft.Person}
		if earlier, ok := drafts[o]; ok { // a statement changes a row once only
			d.Text, d.Room = earlier.Text+"\n\n"+d.Text, max(earlier.Room, d.Room)
		}
		drafts[o] = d
	}
	if len(drafts) == 0 {
		return
	}
	// In order, so that two doors never wait for each other.
	owners := slices.SortedFunc(maps.Keys(drafts), func(x, y owner) int {
		return cmp.Or(bytes.Compare(x.ticket[:], y.ticket[:]), bytes.Compare(x.person[:], y.person[:]))
	})
	var c struct {
		about, people    uuids
		texts            []string
		created, expires []time.Time
		rooms            []int32
	}
	for _, o := range owners {
		d := drafts[o]
		c.about, c.people, c.texts = append(c.about, o.ticket), append(c.people, o.person), append(c.texts, storable(d.Text))
		c.created, c.expires = append(c.created, d.CreatedAt), append(c.expires, d.ExpiresAt)
		c.rooms = append(c.rooms, int32(min(d.Room, math.MaxInt32)))
	}
	// What is there stays, and the new words take the room that it leaves. Words
	// that are there already, of a refused reply sent once more or by both doors,
	// change nothing that its author may be looking at.
	const said = `old.expires_at > excluded.created_at AND
		strpos(E'\n\n' || old.text || E'\n\n', E'\n\n' || excluded.text || E'\n\n') > 0`
	b.Queue(`INSERT INTO reply_drafts AS old (academy, ticket, person, text, created_at, expires_at)
		SELECT $1, d.ticket, d.person, left(d.text, d.room), d.created_at, d.expires_at
		FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::integer[])
			AS d (ticket, person, text, created_at, expires_at, room)
		ON CONFLICT (academy, ticket, person) DO UPDATE SET
			text = CASE WHEN old.expires_at <= excluded.created_at THEN excluded.text
				WHEN `+said+` THEN old.text
				ELSE old.text || left(E'\n\n' || excluded.text, greatest(0, -length(old.text) + (
					SELECT r.room FROM unnest($2::uuid[], $3::uuid[], $7::integer[]) AS r (ticket, person, room)
					WHERE r.ticket = old.ticket AND r.person = old.person))) END,
			created_at = CASE WHEN `+said+` THEN old.created_at ELSE excluded.created_at END, expires_at = excluded.expires_at
		WHERE old.academy = $1`,
		academy, c.about, c.people, c.texts, c.created, c.expires, c.rooms)
}

// ReplyDraft returns the person's draft on the ticket, unless expired.
func (db *DB) ReplyDraft(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID, now time.Time) (tickets.ReplyDraft, error) {
	d, err := one(ctx, db.pool, pgx.RowToStructByNameLax[tickets.ReplyDraft],
		`SELECT academy, ticket, person, text, created_at, expires_at FROM reply_drafts
		WHERE academy = $1 AND ticket = $2 AND person = $3 AND expires_at > $4`, academy, ticket, person, now)
	if err != nil {
		return tickets.ReplyDraft{}, fmt.Errorf("postgres.ReplyDraft(%s, %s): %w", academy, ticket, absent(err, "draft.not_found"))
	}
	return d, nil
}

// DiscardDraft ends the person's draft on the ticket, if it was made until then.
func (db *DB) DiscardDraft(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID, until time.Time) error {
	if _, err := db.pool.Exec(ctx, `DELETE FROM reply_drafts WHERE academy = $1 AND ticket = $2 AND person = $3 AND created_at <= $4`,
		academy, ticket, person, until); err != nil {
		return fmt.Errorf("postgres.DiscardDraft(%s, %s): %w", academy, ticket, err)
	}
	return nil
}
