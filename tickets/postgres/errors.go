package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cecoia.example/tickets"
)

// SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	uniqueViolation     = "23505"
	undefinedTable      = "42P01"
	lockNotAvailable    = "55P03" // lock_timeout
	readOnlyTransaction = "25006" // a standby, during a failover
	idleInTransaction   = "25P03"
)

// Unavailable says whether err comes of a database that is away, overloaded or
// restarting, so that trying again later may help: doors answer that they
// cannot be of service now rather than that something broke.
func Unavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case lockNotAvailable, readOnlyTransaction, idleInTransaction:
			return true
		}
		switch pg.Code[:2] {
		case "08", "53", "57": // connection, insufficient resources, operator intervention (statement_timeout too)
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}

// absent turns the absence of a row into a NotFound refusal; other errors, nil
// included, pass.
func absent(err error, message string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &tickets.Error{Code: tickets.NotFound, Message: message}
	}
	return err
}

// violates says whether err is the violation of that unique constraint or index.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == uniqueViolation && pg.ConstraintName == constraint
}

// storable makes a text from outside one that PostgreSQL can keep: valid UTF-8
// without NUL.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// explainDuplicate adds to a violation of uniqueness which value is there twice:
// the server says it in the detail, which its message leaves out.
func explainDuplicate(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == uniqueViolation {
		return fmt.Errorf("%w: %s", err, pg.Detail)
	}
	return err
}
