package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"cecoia.example/tickets"
)

// This file reads messages: several at once, and whatever strangers wrote in
// them, while those in memory get to the disk.

// reading is a message that was read, and the new words in it.
type reading struct {
	arrival
	message    Message
	said       string
	returnedAs Report // what it says of a mail of ours that came back
	unreadable bool   // it panics the code that reads it
}

// readAll reads messages, as many at once as there are processors.
func (d *door) readAll(ctx context.Context, arrivals []arrival) ([]reading, error) {
	read, errs := make([]reading, len(arrivals)), make([]error, len(arrivals))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(arrivals)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(arrivals) || ctx.Err() != nil {
					return
				}
				read[i], errs[i] = d.read(ctx, arrivals[i])
			}
		})
	}
	group.Wait()
	return read, errors.Join(append(errs, ctx.Err())...)
}

// held is a message in memory; closing it does nothing.
type held struct{ *bytes.Reader }

// Close lets go of nothing: what is held is held.
func (held) Close() error { return nil }

// read parses a kept message. A panic in the decoders, which strangers feed,
// costs that message only.
func (d *door) read(ctx context.Context, a arrival) (r reading, err error) {
	r.arrival = a
	defer func() {
		if v := recover(); v != nil {
			d.log.ErrorContext(ctx, "mail: a message panics its reader", "hash", hashOf(a.raw), "panic", v, "stack", string(debug.Stack()))
			r, err = reading{arrival: a, unreadable: true}, nil
		}
	}()
	open := func() (io.ReadCloser, error) {
		if a.small != nil {
			return held{bytes.NewReader(a.small)}, nil
		}
		return d.files.Open(ctx, d.academy.ID, a.raw.SHA256)
	}
	f, err := open()
	if err != nil {
		return reading{}, fmt.Errorf("mail: opening %s: %w", hashOf(a.raw), err)
	}
	defer f.Close()
	r.message, err = Parse(f, d.bounds, d.now)
	if err == nil && (d.bounces || isReport(Evidence{Message: r.message}) != "") {
		r.returnedAs, err = d.readReport(a, open)
	}
	r.said = newWords(r.message.Text)
	return r, err
}

// prepare reads messages, while those that are in memory get to the disk.
func (d *door) prepare(ctx context.Context, arrivals []arrival) ([]reading, error) {
	var small [][]byte
	for _, a := range arrivals {
		if a.small != nil {
			small = append(small, a.small)
		}
	}
	var stored []tickets.Stored
	var failed error
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		if len(small) > 0 {
			stored, failed = d.files.PutAll(ctx, d.academy.ID, small)
		}
	}()
	read, err := d.readAll(ctx, arrivals)
	<-kept
	switch {
	case failed != nil:
		return nil, fmt.Errorf("mail: keeping %d messages: %w", len(small), failed)
	case err != nil:
		return nil, err
	}
	for i := range read {
		if read[i].small != nil {
			read[i].raw, stored = stored[0], stored[1:]
			read[i].small = nil
		}
	}
	return read, nil
}
