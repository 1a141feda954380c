package tickets

import (
	"errors"
	"fmt"
)

// Code says what kind of refusal an [Error] is; every door (portal, chat, mail)
// maps it to its own way of saying no.
type Code string

// The kinds of refusal. Anything that is not an [Error] is an internal failure:
// it is logged and never shown.
const (
	NotFound    Code = "not_found"   // there is no such thing, or the asker may not know of it
	Forbidden   Code = "forbidden"   // the asker sees it and may not do that
	Conflict    Code = "conflict"    // the action no longer fits: someone did something before
	Invalid     Code = "invalid"     // a field is missing, too long or malformed
	Expired     Code = "expired"     // a form or a draft is gone
	Unavailable Code = "unavailable" // something we depend on is away: try again later
)

// Error is a refusal that people read. Message is a key of tickets/locale, Args
// its arguments in order; Field names the form field at fault, if any.
type Error struct {
	Code    Code
	Message string
	Field   string
	Args    []any
}

// Error gives the refusal in a form for logs, never for people.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if len(e.Args) > 0 {
		s += fmt.Sprintf(" %v", e.Args)
	}
	return s
}

// CodeOf returns the code of the [Error] in err's chain, or "" when err is nil
// or an internal failure.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Errors is several refusals at once, one per form field.
type Errors []*Error

// Error joins the refusals for logs.
func (es Errors) Error() string { return errors.Join(es.Unwrap()...).Error() }

// Unwrap gives errors.As access to each refusal.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

func invalid(field, message string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: message, Args: args}
}

func notFound(message string, args ...any) *Error {
	return &Error{Code: NotFound, Message: message, Args: args}
}
