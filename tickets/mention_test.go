package tickets

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestWhomANoteNames(t *testing.T) {
	agents := []Person{
		{ID: uuid.UUID{1}, GivenName: "Alix", Login: "amodele", Email: "alix.modele@creteil.example"},
		{ID: uuid.UUID{2}, GivenName: "Sacha", Login: "sacha", Email: "s.gabarit@creteil.example"},
		{ID: uuid.UUID{3}, GivenName: "Lou", Login: "lou", Email: "twin@creteil.example"},
		{ID: uuid.UUID{4}, GivenName: "Robin", Login: "twin", Email: "robin@creteil.example"},
	}
	for text, want := range map[string]string{
		"rien":                               "",
		"@amodele":                           "Alix",
		"voir @Alix.Modele.":                 "Alix",
		"(@sacha), @alix.modele et @SACHA !": "Sacha Alix",
		"à@sacha":                            "",
		"s.gabarit@creteil.example":          "",
		"@@sacha":                            "",
		"@twin, qui est deux personnes":      "",
		"@robin\n@lou":                       "Robin Lou",
		"@all @here @channel":                "",
	} {
		if got := names(mentioned(agents, Input{Text: text})); got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
	if got := names(mentioned(agents, Input{Text: "@sacha", Mentions: []uuid.UUID{{4}, {9}, {4}}})); got != "Robin" {
		t.Errorf("those given, and not those of the text: %q", got)
	}
	if got := names(mentioned(agents, Input{Text: "@sacha", Mentions: []uuid.UUID{}})); got != "" {
		t.Errorf("nobody given, and %q named", got)
	}
	var crowd []Person
	var text strings.Builder
	for i := range MaxMentions + 3 {
		crowd = append(crowd, Person{ID: uuid.UUID{15: byte(i + 1)}, Login: fmt.Sprint("agent", i)})
		fmt.Fprintf(&text, "@agent%d ", i)
	}
	if got := mentioned(crowd, Input{Text: text.String()}); len(got) != MaxMentions {
		t.Errorf("%d of a crowd", len(got))
	}
}

func names(people []Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.GivenName)
	}
	return strings.Join(out, " ")
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
