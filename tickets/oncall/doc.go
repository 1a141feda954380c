// Package oncall decides what supervisors are alerted to, once, and who goes on
// when nobody answers: the on-call side of the desk.
//
// A [Scene] is all that there is to know of one academy at one moment, as the
// store reads it. [Scene.Decide] is a pure function from it to what must be kept
// and told. It goes from rules to firings (rules.go, storm.go: what is so, each
// key once), from firings to alerts (alert.go, decide.go: by rule and theme, less
// what a stronger one or a silence hides), and from alerts to posts, edits and the
// steps of escalation (tell.go, escalate.go). What supervisors do to an alert is
// in act.go, who is on duty in duty.go. [Room] is the door to it all: it checks
// who asks, and each tick and each act is one transaction that locks the
// academy's supervision. So whichever process comes to tick, one at a time does;
// one that comes late finds what is still true; none tells anything twice.
//
// What must not live here: SQL (tickets/postgres), words (tickets/locale), how a
// channel shows a card (notify).
package oncall
