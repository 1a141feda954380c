// Package tickets is the domain of Cecoia: academies, people, tickets, the
// actions on them, and the deliveries that tell people about them.
//
// It decides; it does not perform. Everything here is plain Go: the rules are
// pure functions over values, and [Desk] is the one door through which the
// portal, the chat and the mail act on and read tickets, with the permissions
// of whoever asks. Where things are kept, and how people are reached, is said
// by small interfaces that other packages satisfy.
//
// What must not live here: SQL, HTTP, protocols, words for people (they are in
// tickets/locale), and any import but the standard library and google/uuid.
package tickets
