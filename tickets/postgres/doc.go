// Package postgres keeps the register of Cecoia in PostgreSQL: [DB] is the
// [tickets.Store] and the outbox of notify, the memory of ingest and the
// directory of the portal.
//
// It holds the only SQL of the application, and its numbered migrations. One
// exported method is one transaction; every statement names the academy it is
// about. What must not live here: rules about who may do what (they are the
// domain's; only who sees a ticket is repeated, as a predicate), and words for
// people.
package postgres
