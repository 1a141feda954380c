package mail

import (
	"log/slog"
	"testing"

	"cecoia.example/tickets"
)

// What the writing of one mail costs, apart from the sending.
func BenchmarkCompose(b *testing.B) {
	n, keys := notice(tickets.TemplateResolved, tickets.French, "Le compte était verrouillé : il ne l’est plus."), keyring(b)
	b.ReportAllocs()
	for b.Loop() {
		m, err := compose(n, portal, keys)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(m.data)))
		m.free()
	}
}

// What one mail costs on a kept connection, the server in the same process
// included.
func BenchmarkSend(b *testing.B) {
	p := newPeer(b, false)
	m, err := New(Options{
		Portal: portal, Keyring: keyring(b), Logger: slog.New(slog.DiscardHandler), MaxMails: 1 << 30,
		Accounts: func(tickets.AcademyID) Account { return Account{URL: plain(p)} },
	})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	n := taken()
	b.ReportAllocs()
	for b.Loop() {
		if r := m.Send(b.Context(), n); r.Outcome != tickets.Delivered {
			b.Fatal(r.Err)
		}
	}
}
