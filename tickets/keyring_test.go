package tickets

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func keyring(t *testing.T) *Keyring {
	t.Helper()
	k, err := NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestReplyTokensNameTheirTicketAndNothingElse(t *testing.T) {
	k, ticket := keyring(t), newID()
	token := k.ReplyToken("creteil", ticket)
	if address := WithToken("no-reply@creteil.example", token); len(address[:strings.Index(address, "@")]) > 64 {
		t.Errorf("%s: the local part is over 64 characters (RFC 5321)", address)
	}
	for _, s := range []string{token, strings.ToUpper(token)} {
		if got, ok := k.ParseReplyToken("creteil", s); !ok || got != ticket {
			t.Errorf("%q is read as %v, %v", s, got, ok)
		}
	}
	if _, ok := k.ParseReplyToken("paris", token); ok {
		t.Error("a token of Créteil is accepted in Paris")
	}
	for i := range token {
		forged := []byte(token)
		forged[i] = 'a' + (forged[i]-'a'+1)%26
		if got, ok := k.ParseReplyToken("creteil", string(forged)); ok && got != ticket {
			t.Errorf("token altered at %d is accepted for %v", i, got)
		}
	}
	// One purpose's token is not another's, or whoever gets a mail could report
	// on another.
	bounce := k.BounceToken("creteil", ticket)
	if got, ok := k.ParseBounceToken("creteil", strings.ToUpper(bounce)); !ok || got != ticket {
		t.Errorf("%q is read as %v, %v", bounce, got, ok)
	}
	if _, ok := k.ParseBounceToken("creteil", token); ok {
		t.Error("a reply token is taken for a bounce token")
	}
	if _, ok := k.ParseReplyToken("creteil", bounce); ok {
		t.Error("a bounce token is taken for a reply token")
	}
	if _, err := NewKeyring([]byte("short")); err == nil {
		t.Error("a short secret is accepted")
	}
}

func TestMessageIDsAreReadBack(t *testing.T) {
	d := Delivery{ID: newID(), Ticket: newID()}
	id := MessageID(d, "creteil.example")
	for _, s := range []string{id, "<" + id + ">", strings.ToUpper(id)} {
		delivery, ticket, ok := ParseMessageID(s, "creteil.example")
		if !ok || delivery != d.ID || ticket != d.Ticket {
			t.Errorf("%q is read as %v, %v, %v", s, delivery, ticket, ok)
		}
	}
	for _, s := range []string{"", "<x@creteil.example>", "cecoia.a.b@creteil.example", strings.Replace(id, "creteil", "paris", 1)} {
		if _, _, ok := ParseMessageID(s, "creteil.example"); ok {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestAButtonHoldsOnlyAsSigned(t *testing.T) {
	k := keyring(t)
	b := Button{Operation: "prendre", Academy: "creteil", Ticket: newID(), Channel: "c1", Expires: monday.Add(time.Hour)}
	context := k.ButtonContext(b)
	if got, ok := k.ParseButton(context, monday); !ok || got.Ticket != b.Ticket || got.Operation != "prendre" {
		t.Fatalf("our own button is refused: %+v", got)
	}
	if _, ok := k.ParseButton(context, monday.Add(2*time.Hour)); ok {
		t.Error("an expired button is accepted")
	}
	for field, value := range map[string]any{
		"op": "résoudre", "academy": "paris", "ticket": uuid.NewString(), "channel": "c2", "expires": "99999999999", "mac": "", "": nil,
	} {
		forged := maps.Clone(context)
		if field == "" {
			forged = nil
		} else {
			forged[field] = value
		}
		if _, ok := k.ParseButton(forged, monday); ok {
			t.Errorf("a button with another %s is accepted", field)
		}
	}
}
