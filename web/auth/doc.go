// Package auth knows who is at the other end of a request: it checks sign-in
// secrets, slows down who guesses them, and keeps sessions.
//
// A session holds two identifiers, an academy and a person, and nothing of what
// the person may do: that is read from the directory at each request, so that
// somebody removed from it, or from a group, loses their rights at once.
//
// What must not live here: pages, words, and permissions on tickets.
package auth
