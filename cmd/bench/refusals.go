package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/dovecot"
	ingestmail "cecoia.example/ingest/mail"
	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/postgres"
)

// noReplyUser and noReplyPassword open the mailbox of the no-reply address.
const (
	noReplyUser     = "no-reply"
	noReplyPassword = "of the bench"
)

// folderRefused is where the worker moves the replies.
const folderRefused = "Refusés"

// moveAtOnce is how many mails the bare client reads and moves at once: as many
// as the product reads.
const moveAtOnce = 200

// refusals measures how many replies a second are refused: read from a real
// Dovecot, decided, kept with the words for their authors and the guidance that
// is owed, and moved away. Beside it a bare client reads and moves the same mails
// on the same server and does nothing with them.
func refusals(ctx context.Context, b *bench) (err error) {
	i, err := b.openInbox(ctx)
	if err != nil {
		return err
	}
	defer i.close()
	if _, err := i.time(ctx, i.refuse); err != nil { // statements get prepared, and the register has a past
		return err
	}
	var refused, moved []float64
	for range b.Rounds {
		figure, err := i.time(ctx, i.refuse)
		if err != nil {
			return err
		}
		limit, err := i.time(ctx, i.move)
		if err != nil {
			return err
		}
		refused, moved = append(refused, figure), append(moved, limit)
	}
	b.rows = append(b.rows, newRow("replies refused", "1/s", median(refused), median(moved)).atLeast(0.5))
	return nil
}

// inbox is the mailbox of an academy's no-reply address, and what refuses the
// replies that come there.
type inbox struct {
	academy tickets.Academy
	db      *postgres.DB
	files   *files.Dir
	keyring *tickets.Keyring
	server  *dovecot.Server
	rounds  int
	before  int // mails that were refused before each round: the fuller the folder, the slower the server
	closers []func()
}

// openInbox fills a register and a mail server. Close it at the end.
func (b *bench) openInbox(ctx context.Context) (_ *inbox, err error) {
	i := &inbox{before: b.Replies}
	defer func() {
		if err != nil {
			i.close()
		}
	}()
	server, err := b.startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	i.closers = append(i.closers, func() { server.Stop(context.WithoutCancel(ctx)) })
	url, err := b.database(ctx, server, "bench_refusals")
	if err != nil {
		return nil, err
	}
	if i.academy, err = exampleAcademy(); err != nil {
		return nil, err
	}
	if i.db, err = postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 8}); err != nil {
		return nil, err
	}
	i.closers = append(i.closers, i.db.Close)
	if _, err := i.db.Apply(ctx, []tickets.Academy{i.academy}, time.Now()); err != nil {
		return nil, err
	}
	if err := fill(ctx, url, i.academy, "", b.Replies); err != nil {
		return nil, err
	}
	if i.files, err = files.Open(filepath.Join(b.folder, "files-refusals")); err != nil {
		return nil, err
	}
	i.closers = append(i.closers, func() { _ = i.files.Close() })
	if i.keyring, err = tickets.NewKeyring(bytes.Repeat([]byte("bench"), 7)); err != nil {
		return nil, err
	}
	i.server, err = dovecot.Start(ctx, dovecot.Options{Users: map[string]string{noReplyUser: noReplyPassword}, Logger: b.log})
	if err != nil {
		return nil, err
	}
	i.closers = append(i.closers, func() { _ = i.server.Stop(context.WithoutCancel(ctx)) })
	return i, nil
}

// close ends what the inbox is made of, the last first.
func (i *inbox) close() {
	for n := len(i.closers) - 1; n >= 0; n-- {
		i.closers[n]()
	}
}

// write returns a reply about each ticket, of its requester.
func (i *inbox) write(ctx context.Context) ([][]byte, error) {
	rows, err := i.db.Pool().Query(ctx, `SELECT t.id, p.email FROM tickets t
		JOIN people p ON p.academy = t.academy AND p.id = t.requester WHERE t.academy = $1 ORDER BY t.id`, i.academy.ID)
	if err != nil {
		return nil, err
	}
	var replies [][]byte
	var ticket uuid.UUID
	var author string
	_, err = pgx.ForEachRow(rows, []any{&ticket, &author}, func() error {
		replies = append(replies, i.reply(len(replies), ticket, author))
		return nil
	})
	return replies, err
}

// reply is what mail programs send: headers of a few relays, text and HTML, and
// below the author's words the mail they answer.
func (i *inbox) reply(n int, ticket uuid.UUID, author string) []byte {
	words := fmt.Sprintf("Bonjour,\n\nC’est la salle %d, au deuxième étage ; l’écran de gauche reste noir depuis mardi.\n\nMerci d’avance", n)
	quoted := strings.Repeat("> Pourriez-vous nous dire dans quelle salle se trouve cet équipement ?\n", 5)
	return fmt.Appendf(nil, `Return-Path: <%[1]s>
Received: from relay.creteil.example by imap.creteil.example; Sat, 21 Nov 2026 10:12:03 +0100
Received: from mx.creteil.example by relay.creteil.example; Sat, 21 Nov 2026 10:12:02 +0100
Authentication-Results: mx.creteil.example; dkim=pass header.d=creteil.example; spf=pass smtp.mailfrom=%[1]s; dmarc=pass header.from=creteil.example
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=creteil.example; s=2026; h=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
 b=%[2]s
From: Une Personne <%[1]s>
To: Assistance <%[3]s>
Subject: Re: [I261121_%03[4]d] Votre demande
Date: Sat, 21 Nov 2026 10:12:00 +0100
Message-ID: <%[4]d.%[8]d@creteil.example>
In-Reply-To: <question.%[4]d@elsewhere.example>
References: <premier.%[4]d@elsewhere.example> <question.%[4]d@elsewhere.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_limite"

--=_limite
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

%[5]s

Le 21/11/2026 à 09:58, Assistance a écrit :
%[6]s
--=_limite
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><body><p>%[7]s</p><blockquote><p>%[6]s</p></blockquote></body></html>

--=_limite--
`, author, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{byte(n), 7}, 128)),
		tickets.WithToken(i.academy.NoReply, i.keyring.ReplyToken(i.academy.ID, ticket)), n,
		words, quoted, strings.ReplaceAll(words, "\n", "<br>\n"), i.rounds)
}

// past makes what was refused old: the replies to come are the first of their
// day, in a register that has seen many.
var past = []string{
	`UPDATE inbound_mails SET received_at = received_at - interval '2 days', guided_at = guided_at - interval '2 days'`,
	`DELETE FROM deliveries`, `DELETE FROM reply_drafts`,
	`VACUUM (ANALYZE) inbound_mails, deliveries, reply_drafts`, `CHECKPOINT`,
}

// time delivers replies, and returns how many a second are done with.
func (i *inbox) time(ctx context.Context, done func(context.Context) error) (float64, error) {
	i.rounds++
	for _, statement := range past {
		if _, err := i.db.Pool().Exec(ctx, statement); err != nil {
			return 0, fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := i.server.Keep(noReplyUser, noReplyPassword, folderRefused, i.before); err != nil {
		return 0, err
	}
	replies, err := i.write(ctx)
	if err != nil {
		return 0, err
	}
	if err := i.server.Deliver(noReplyUser, replies...); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := done(ctx); err != nil {
		return 0, err
	}
	return float64(len(replies)) / time.Since(began).Seconds(), nil
}

// move reads the mails without a look at them and moves them where the worker
// does.
func (i *inbox) move(ctx context.Context) error {
	return i.server.FetchAndMove(ctx, noReplyUser, noReplyPassword, folderRefused, moveAtOnce)
}

// refuse runs the worker until no mail is left, and says whether each was
// answered.
func (i *inbox) refuse(ctx context.Context) error {
	worker, err := ingestmail.New(ingestmail.Options{
		Academy: i.academy, URL: i.server.URL(noReplyUser, noReplyPassword), Files: i.files, Keyring: i.keyring,
		Desk:       tickets.NewDesk(tickets.Options{Store: i.db, Files: i.files}),
		AuthServID: "mx.creteil.example",
		Ceilings:   ingestmail.Ceilings{Day: math.MaxInt, Hour: math.MaxInt}, // nobody else writes to them
		Logger:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	look := time.NewTicker(50 * time.Millisecond) // more often, it would cost what is measured
	defer look.Stop()
	for left := true; left; {
		select {
		case <-look.C:
		case err := <-ended:
			return errors.Join(err, ctx.Err())
		}
		if left, err = i.server.HasMail(noReplyUser); err != nil {
			return err
		}
	}
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	var answered, drafts, mails int
	err = i.db.Pool().QueryRow(context.WithoutCancel(ctx), `SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM reply_drafts),
		(SELECT count(*) FROM inbound_mails WHERE received_at > now() - interval '1 day' AND verdict = 'answer')`).Scan(&answered, &drafts, &mails)
	if err == nil && (answered != mails || drafts != mails) {
		err = fmt.Errorf("of %d refused replies %d were answered and %d wait for their authors", mails, answered, drafts)
	}
	return err
}
