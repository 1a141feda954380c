// Package notify carries owed deliveries to their channels: nothing that was
// decided is lost, nothing overtakes, nothing is sent twice where the channel
// can tell. It knows no channel by name; each is a sub-package that satisfies
// [Channel].
//
// # The life of a delivery
//
// Postgres decides, Redis only wakes workers. The row is the truth; an entry of
// a stream is a hint that a row wants a look, and any hint may be lost, late or
// double.
//
//  1. Owed. The transaction of an action, or of a refused mail, writes the row.
//     After its commit somebody rings: [Notifier.Wake] in this process, a [Bell]
//     from another. A sweep every 500 ms is the guarantee behind both.
//  2. Enqueued. The relay asks Redis for its epoch, marks under it the rows that
//     are due and first of their lane (academy, ticket, channel, recipient), and
//     adds their ids to their channel's stream before it commits. Only the first
//     of a lane is ever enqueued, so a lane keeps its order.
//  3. Leased. A worker reads ids ahead of its senders, many at a time, and leases
//     the rows: attempts + 1, nobody else's until the lease ends. Ids that give no
//     row were stale hints and are dropped. What else the same recipient is to be
//     told of the ticket comes with the row, as one notice. What comes to its turn
//     too late to be sent within its lease is given back, which is no attempt.
//  4. Asked for. [tickets.Notice.Hold] says whether its time has come: rapid
//     changes follow one mail together when Window ends, a member of the desk has
//     quiet hours and digests. If not, its receipt is deferred, until exactly
//     then, and no attempt; whatever comes to its lane meanwhile has it leased
//     and asked for anew, so that what asks something of its reader goes at once
//     and takes along what was held. What its recipient wants never is
//     suppressed: it leaves for the log.
//  5. Sent. The channel has SendTimeout, which ends well before the lease. What
//     it says is a receipt: delivered, permanent, retry or uncertain.
//  6. Recorded. Receipts are recorded in batches: delivered and dead rows leave
//     for the log, the others become due again after a full-jitter backoff. When
//     a later delivery of the lane was waiting, the relay is rung at once. Only
//     then is the entry removed from the stream.
//
// # What may break
//
// A worker dies between 3 and 6: its lease ends, the row is older than
// Visibility, step 2 takes it again, and it is sent under the same id, by which
// the other side can tell (a Message-ID, a post's delivery id), and with the
// same events: only a first attempt gathers. The dead
// worker's entries are hints to rows that come back by themselves, so whoever
// finds them removes them and does nothing else.
//
// Redis forgets (FLUSHALL, restart, failover): the epoch or a consumer group is
// gone. The relay then draws a new epoch and makes the groups again; every
// undelivered row carries another epoch, so all are enqueued anew. Rows enqueued
// while Redis forgot carry the old one and follow the same way. Entries that
// were there twice find no row to lease the second time.
//
// Redis is away: rows wait, actions go on, one line in the log per outage.
// Postgres is away: a receipt is tried again until its lease ends, and holds its
// place among the sends under way, so that no more is taken than can be recorded.
//
// A delivery is dead when its channel says that it will never work, or when it
// has been tried MaxAttempts times and owed for MaxAge. Dead ones are kept.
//
// What must not live here: words, protocols, SQL, and whether somebody is told.
package notify
