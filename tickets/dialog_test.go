package tickets

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestADialogsStateIsSealed(t *testing.T) {
	keys, err := NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	d := Dialog{Form: "resoudre", Academy: "creteil", Ticket: uuid.New(), Account: "someone", Reply: "SECRET", Expires: now.Add(time.Hour)}
	state := keys.SealDialog(d)
	if again := keys.SealDialog(d); again == state || len(state) >= 3000 {
		t.Errorf("two openings have one state, of %d characters", len(state))
	}
	got, id, ok := keys.OpenDialog(state, now)
	if !ok || got != d || len(id) != 32 {
		t.Errorf("%+v, %q, %v", got, id, ok)
	}
	if _, other, _ := keys.OpenDialog(keys.SealDialog(d), now); other == id {
		t.Error("two openings have one id")
	}
	for i := range state { // one letter changed may be another way to write the same bytes
		changed := []byte(state)
		changed[i] = "AB"[strings.Index("A", string(changed[i]))+1]
		if string(changed) == state {
			continue
		}
		if _, same, ok := keys.OpenDialog(string(changed), now); ok && same != id {
			t.Errorf("changed at %d it opens as another", i)
		}
	}
	if _, _, ok := keys.OpenDialog(state, d.Expires.Add(time.Second)); ok {
		t.Error("it opens once expired")
	}
	foreign, err := NewKeyring(bytes.Repeat([]byte("x"), 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", "A", "é", state[1:], foreign.SealDialog(d), strings.Repeat("A", 5000)} {
		if _, _, ok := keys.OpenDialog(s, now); ok {
			t.Errorf("%.20q opens", s)
		}
	}
}
