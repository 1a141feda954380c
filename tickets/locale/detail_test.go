package locale

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var (
	paul   = uuid.UUID{15: 1}
	lyceum = tickets.Academy{
		Groups: []tickets.Group{{Code: "reseaux", Name: tickets.Text{FR: "Réseaux", EN: "Networks"}}},
		Themes: []tickets.Theme{{
			Code: "messagerie", Name: tickets.Text{FR: "Messagerie", EN: "Mail"},
			Subjects: []tickets.Choice{{Code: "quota", Name: tickets.Text{FR: "Boîte pleine", EN: "Full mailbox"}}},
		}},
		RequestTypes: []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}}},
		Causes:       []tickets.Choice{{Code: "droits", Name: tickets.Text{FR: "Droits ou compte", EN: "Rights or account"}}},
	}
)

func TestChangesAreToldInWords(t *testing.T) {
	known := map[uuid.UUID]tickets.Person{paul: {ID: paul, GivenName: "Alix", FamilyName: "Démonstration"}}
	for _, c := range []struct {
		detail tickets.Detail
		people map[uuid.UUID]tickets.Person
		fr, en []string
	}{
		{},
		{
			detail: tickets.Detail{Assignee: paul, Group: "reseaux", FromGroup: "assistance"}, people: known,
			fr: []string{"Équipe : Réseaux", "Confié à Alix Démonstration"},
			en: []string{"Team: Networks", "Assigned to Alix Démonstration"},
		},
		{
			detail: tickets.Detail{Assignee: paul},
			fr:     []string{"Confié à un membre de l’assistance"},
			en:     []string{"Assigned to a member of the desk"},
		},
		{
			detail: tickets.Detail{Category: "messagerie", Subcategory: "quota", Urgency: tickets.Critical, RequestType: "panne"},
			fr:     []string{"Thème : Messagerie › Boîte pleine", "Urgence : 1 - Critique", "Type de demande : Panne"},
			en:     []string{"Theme: Mail › Full mailbox", "Urgency: 1 - Critical", "Type of request: Breakdown"},
		},
		{
			detail: tickets.Detail{Category: "messagerie", Cause: "droits", Rating: 4},
			fr:     []string{"Thème : Messagerie", "Cause réelle : Droits ou compte", "Appréciation : 4 sur 5"},
			en:     []string{"Theme: Mail", "Real cause: Rights or account", "Rating: 4 out of 5"},
		},
		{ // what the desk file has lost since
			detail: tickets.Detail{Group: "parti", Category: "messagerie", Subcategory: "parti", RequestType: "parti", Cause: "parti"},
			fr:     []string{"Équipe : parti", "Thème : Messagerie › parti", "Type de demande : parti", "Cause réelle : parti"},
			en:     []string{"Team: parti", "Theme: Mail › parti", "Type of request: parti", "Real cause: parti"},
		},
		{
			detail: tickets.Detail{Mentions: []uuid.UUID{paul, {9}}}, people: map[uuid.UUID]tickets.Person{paul: {GivenName: "Paul", FamilyName: "Inventé"}},
			fr: []string{"Signalé à Paul Inventé, un membre de l’assistance"}, en: []string{"Brought to the attention of Paul Inventé, a member of the desk"},
		},
		{
			detail: tickets.Detail{Into: "I261121_003"},
			fr:     []string{"Regroupé avec I261121_003"}, en: []string{"Merged into I261121_003"},
		},
	} {
		for lang, want := range map[tickets.Lang][]string{tickets.French: c.fr, tickets.English: c.en} {
			got := For(lang, time.UTC).Changes(lyceum, c.detail, c.people)
			for i := range want {
				want[i] = hard(lang, want[i])
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v in %s: got %q, want %q", c.detail, lang, got, want)
			}
		}
	}
}

// hard writes the space before a French colon as one that does not break.
func hard(lang tickets.Lang, s string) string {
	if lang == tickets.French {
		return strings.ReplaceAll(s, " :", "\u00a0:")
	}
	return s
}

// Whatever an event sets, somebody reads: a new field of the detail needs words.
// FromGroup is told by where the ticket is now.
func TestEveryFieldOfTheDetailIsTold(t *testing.T) {
	detail := reflect.TypeFor[tickets.Detail]()
	for i := range detail.NumField() {
		var d tickets.Detail
		switch f := reflect.ValueOf(&d).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int:
			f.SetInt(1)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]uuid.UUID{paul}))
		case reflect.Array:
			f.Set(reflect.ValueOf(paul))
		default:
			t.Fatalf("%s: a kind of field unknown to this test", detail.Field(i).Name)
		}
		if told := len(For(tickets.French, nil).Changes(lyceum, d, nil)) == 1; told == (detail.Field(i).Name == "FromGroup") {
			t.Errorf("%s: told %v", detail.Field(i).Name, told)
		}
	}
}
