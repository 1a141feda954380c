package mail

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func testKeyring(t testing.TB) *tickets.Keyring {
	t.Helper()
	k, err := tickets.NewKeyring([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestLinkTicket(t *testing.T) {
	k := testKeyring(t)
	one, two, three := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	token := k.ReplyToken("creteil", one)
	address := tickets.WithToken(testAcademy.NoReply, token)
	id := func(ticket uuid.UUID) string {
		return tickets.MessageID(tickets.Delivery{ID: uuid.Must(uuid.NewV7()), Ticket: ticket}, "creteil.example")
	}
	elsewhere := tickets.MessageID(tickets.Delivery{ID: one, Ticket: one}, "paris.example")
	for _, c := range []struct {
		name, header string
		want         uuid.UUID
		by           Link
	}{
		{"token in To", "To: Assistance <" + address + ">", one, LinkToken},
		{"token in another case", "To: " + strings.ToUpper(address), one, LinkToken},
		{"token in Cc", "To: x@creteil.example\nCc: y@creteil.example, " + address, one, LinkToken},
		{"token in Delivered-To", "Delivered-To: " + address, one, LinkToken},
		{"token in X-Original-To", "X-Original-To: " + address, one, LinkToken},
		{"token before all", "To: " + address + "\nIn-Reply-To: <" + id(two) + ">", one, LinkToken},
		{"token of another academy", "To: " + tickets.WithToken(testAcademy.NoReply, k.ReplyToken("paris", one)), uuid.Nil, LinkNone},
		{"token at another address", "To: x+" + token + "@creteil.example", uuid.Nil, LinkNone},
		{"forged token", "To: " + tickets.WithToken(testAcademy.NoReply, strings.Repeat("z", 20)+token[20:]), uuid.Nil, LinkNone},
		{"In-Reply-To", "In-Reply-To: <" + id(two) + ">\nReferences: <" + id(one) + ">", two, LinkInReplyTo},
		{"In-Reply-To among words", "In-Reply-To: Votre message du 21 <" + id(two) + ">", two, LinkInReplyTo},
		{"the latest reference", "References: <" + id(one) + "> <" + id(two) + ">\n <answer@creteil.example> <x-without-at>", two, LinkReferences},
		{"references glued together", "References: <" + id(one) + "><" + id(three) + ">", three, LinkReferences},
		{"references without brackets", "References: " + id(one) + " other@x.example", one, LinkReferences},
		{"reference of a mail without a ticket", "References: <" + id(uuid.Nil) + ">", uuid.Nil, LinkNone},
		{"Message-ID of another academy", "In-Reply-To: <" + elsewhere + ">", uuid.Nil, LinkNone},
		{"nothing", "References: <a@b.example>", uuid.Nil, LinkNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, by := linkTicket(parse(t, c.header+"\n\n"), testAcademy, k)
			if got != c.want || by != c.by {
				t.Errorf("%s by %q, want %s by %q", got, by, c.want, c.by)
			}
		})
	}
}

func TestSubjectRef(t *testing.T) {
	for subject, want := range map[string]string{
		"Re: [I261121_007] Imprimante":      "I261121_007",
		"RE: TR: [s261121_1234] x":          "S261121_1234",
		"Re: I261121_007":                   "",
		"Re: [I269921_007]":                 "",
		"[I261121_007] puis [I261121_008] ": "I261121_007",
	} {
		ref, ok := subjectRef(subject)
		if got := ref.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v", subject, got, ok)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	for v, want := range map[string]string{
		"<a@b> <c@d>":                          "a@b c@d",
		"<a@b>,<c@d>":                          "a@b c@d",
		"a@b c@d":                              "a@b c@d",
		"<no-at> <a@b>":                        "no-at a@b",
		"Message from x of today":              "",
		"<a b@c> <d@e>":                        "d@e",
		"<é@b> <c@d>":                          "c@d",
		"<" + strings.Repeat("x", 300) + "@y>": "",
	} {
		if got := strings.Join(messageIDs(v), " "); got != want {
			t.Errorf("%s: %q, want %q", v, got, want)
		}
	}
}
