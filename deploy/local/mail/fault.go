package mail

import (
	"context"
	"fmt"
	"sync"

	"github.com/emersion/go-smtp"
)

// A Fault is a way for the server to fail once it has read a message, at the
// end of DATA.
type Fault int

const (
	// NoFault ends a fault set earlier.
	NoFault Fault = iota
	// Answer421 refuses for now and announces the end of the connection.
	Answer421
	// Answer450 refuses for now.
	Answer450
	// Answer550 refuses for good.
	Answer550
	// Hang answers nothing until the fault is changed or the server closed;
	// then the message is refused for now.
	Hang
	// Drop cuts the connection without storing the message.
	Drop
	// DropStored stores the message, then cuts the connection before the
	// answer: the sender cannot know.
	DropStored
)

// Fail makes the next times messages meet fault; a negative times means all,
// until the next call.
func (s *Server) Fail(fault Fault, times int) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.times = fault, times
	close(f.changed)
	f.changed = make(chan struct{})
}

type faults struct {
	mu      sync.Mutex
	fault   Fault
	times   int
	changed chan struct{} // closed by the next Fail
}

// next returns the fault for one message.
func (f *faults) next() (fault Fault, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times == 0 {
		return NoFault, f.changed
	}
	if f.times > 0 {
		f.times--
	}
	return f.fault, f.changed
}

var (
	errBusy     = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Try again later"}
	errClosing  = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Service not available, closing"}
	errRejected = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Message refused"}
)

// Await returns the first message of a mailbox, oldest first, that match
// accepts, waiting for it until ctx ends. A nil match accepts any.
func (s *Server) Await(ctx context.Context, address string, match func(Message) bool) (Message, error) {
	for {
		changed, _ := s.changes.next()
		for _, m := range s.Messages(address) {
			if match == nil || match(m) {
				return m, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("mail.Await %s: %w", address, ctx.Err())
		}
	}
}
