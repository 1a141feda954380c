package tickets

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestWhomANoteNames(t *testing.T) {
	person := func(login, email string) Person { return Person{ID: newID(), Login: login, Email: email} }
	helene, zoe := person("hélène", "helene.martin@creteil.example"), person("zoe-k", "zoe@creteil.example")
	twin1, twin2 := person("dupont", "jean@creteil.example"), person("jean2", "dupont@creteil.example")
	desk := []Person{helene, zoe, twin1, twin2}
	for text, want := range map[string][]Person{
		"@hélène peux-tu regarder ?":             {helene},
		"@HÉLÈNE":                                {helene},
		"vu avec @helene.martin.":                {helene},
		"(@zoe-k) et, @hélène, merci":            {zoe, helene},
		"@hélène @helene.martin @hélène":         {helene},
		"écrire à helene.martin@creteil.example": nil,
		"zoe@zoe-k":                              nil,
		"@zoe-k.":                                {zoe},
		"@zoe-kx":                                nil,
		"@helene":                                nil, // neither the login nor an address
		"@dupont":                                nil, // two may be meant
		"@jean":                                  {twin1},
		"@inconnu":                               nil,
		"@ hélène":                               nil,
		"@@hélène":                               nil,
		"":                                       nil,
	} {
		if got := mentioned(desk, Input{Text: text}); !slices.EqualFunc(got, want, func(a, b Person) bool { return a.ID == b.ID }) {
			t.Errorf("%q names %v, want %v", text, got, want)
		}
	}
	// Those whom the chat named are all, each once, and only members of the desk.
	got := mentioned(desk, Input{Text: "@hélène", Mentions: []uuid.UUID{zoe.ID, newID(), zoe.ID}})
	if len(got) != 1 || got[0].ID != zoe.ID {
		t.Errorf("named %v", got)
	}
	if got := mentioned(desk, Input{Text: "@hélène", Mentions: []uuid.UUID{}}); len(got) != 0 {
		t.Errorf("nobody named, and %v", got)
	}
	var many []Person
	var text strings.Builder
	for i := range MaxMentions + 5 {
		many = append(many, person(fmt.Sprint("agent", i), fmt.Sprint("a", i, "@creteil.example")))
		fmt.Fprintf(&text, "@agent%d ", i)
	}
	if got := mentioned(many, Input{Text: text.String()}); len(got) != MaxMentions {
		t.Errorf("%d are named", len(got))
	}
}

func TestMentionedNames(t *testing.T) {
	got := MentionedNames("@Alix et @sacha.gabarit. Puis @alix, mais pas alix@creteil.example.")
	if !slices.Equal(got, []string{"Alix", "sacha.gabarit"}) {
		t.Errorf("%q", got)
	}
}

// Whoever may not see the ticket does not hear of it.
func TestANoteOnAPrivateTicketTellsItsGroupAlone(t *testing.T) {
	_, _, agent, colleague, supervisor, _, elsewhere := cast()
	for private, want := range map[bool][]uuid.UUID{false: {colleague.ID, supervisor.ID}, true: {colleague.ID}} {
		k := caseIn(StatusInProgress)
		k.Private = private
		_, e, err := act(academy(), k, attempted{action: ActionNote, by: agent, in: Input{Text: "à voir"}, named: []Person{colleague, agent, supervisor, elsewhere}, now: monday})
		if err != nil || !slices.Equal(e.Detail.Mentions, want) {
			t.Errorf("private %v: %v, %v", private, e, err)
		}
	}
}
