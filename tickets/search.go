package tickets

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds on a search.
const (
	MaxSearch = 200  // characters of words
	MaxHits   = 2000 // tickets that are ranked and counted; of more, the newest come first
)

// Searches finds tickets by their words.
type Searches interface {
	// Search returns a page of the tickets that the viewer sees and whose words
	// they may read fit the query. What they may not read, notes of the desk
	// among it, changes neither what is found, nor how many, nor in which order.
	// A text without any word to look for is an [Invalid] error for the field q.
	Search(ctx context.Context, viewer Person, q SearchQuery) (SearchPage, error)
}

// SearchQuery asks for a page of tickets by their words. Zero fields other than
// Text do not restrict.
type SearchQuery struct {
	// Text is what was typed: all its words are looked for, accents and endings
	// set aside; "between quotes" in that order, without those after a "-", one
	// or the other around OU. The last may be the beginning of a word.
	Text     string
	Kind     Kind
	Statuses []Status
	Scope    Scope // [ScopeMine], or for the desk [ScopeDesk], which "" means for it
	Limit    int   // at most 100, which more means; 20 when 0
	Offset   int   // below MaxHits
}

// SearchPage is one page of what was found and how much that is in all.
type SearchPage struct {
	Hits  []Hit // the best first; the newest first when there are too many to tell
	Total int
	More  bool // there are more than Total, which is MaxHits then
}

// Hit is a ticket that was found, and where.
type Hit struct {
	Case
	Source   Source
	Action   Action    // of the event, when Source is [InEvent]
	Internal bool      // the event is for the desk only
	At       time.Time // of the event
	Excerpt  []Piece   // of that text, the words found marked; none in number alone
}

// Source is which text of a ticket a search found its words in.
type Source string

// The sources; "" when the words are in the ticket's number alone.
const (
	InSummary       Source = "summary"
	InDescription   Source = "description"
	InPlace         Source = "place"
	InEntity        Source = "entity"
	InEquipment     Source = "equipment"
	InEquipmentInfo Source = "equipment_info"
	InEvent         Source = "event" // what was said, the solution among it
)

// Piece is a part of an excerpt, marked when it is a word that was looked for.
type Piece struct {
	Text string
	Mark bool
}

// Search returns a page of the tickets that the caller sees and that fit the
// query, or an [Invalid] error for the field q when it is too long or has
// nothing to look for.
func (d *Desk) Search(ctx context.Context, by Caller, q SearchQuery) (SearchPage, error) {
	if len(q.Text) > 4*MaxSearch || utf8.RuneCountInString(q.Text) > MaxSearch {
		return SearchPage{}, invalid("q", "query.too_long", MaxSearch)
	}
	text, err := cleanLine("q", q.Text)
	if err != nil {
		return SearchPage{}, err
	}
	if q.Text = text; text == "" {
		return SearchPage{}, invalid("q", "search.no_words")
	}
	if !by.Person.Agent() {
		q.Scope = ScopeMine
	} else if q.Scope != ScopeMine {
		q.Scope = ScopeDesk
	}
	q.Offset = min(max(q.Offset, 0), MaxHits)
	return d.store.Search(ctx, by.Person, q)
}

// SearchTerms is a search as the store looks for it.
type SearchTerms struct {
	Words     string // as websearch_to_tsquery of PostgreSQL reads them
	Beginning string // a word that may go on, of letters and digits; "" for none
	Marked    string // the words to mark: those not excluded
}

var (
	searchToken = regexp.MustCompile(`-?"[^"]*"?|[^\s"]+`)
	// What may stand before the last word in the same breath: l'imprim, porte-doc.
	beginning = regexp.MustCompile(`^((?:[\pL\pN]+['’-])*)([\pL\pN]{3,})$`)
)

// commonWords are those that tell nothing apart and that PostgreSQL's French list
// lacks, or has only with an accent that people leave out.
var commonWords = []string{"a", "à", "les", "ils", "elles", "cet", "cette", "leurs"}

// ParseSearch reads what people type to find something.
func ParseSearch(text string) SearchTerms {
	var words, marked []string
	var last string
	either := false
	for _, token := range searchToken.FindAllString(text, -1) {
		last = ""
		switch fold := strings.ToLower(token); {
		case fold == "ou" || fold == "or":
			either = true
			if len(words) > 0 {
				words = append(words, "or")
			}
			continue
		case slices.Contains(commonWords, fold):
			continue
		case strings.HasPrefix(token, "-"):
		case !strings.HasPrefix(token, `"`):
			last = token
			fallthrough
		default:
			marked = append(marked, token)
		}
		words = append(words, token)
	}
	for len(words) > 0 && words[len(words)-1] == "or" {
		words = words[:len(words)-1]
	}
	t := SearchTerms{Words: strings.Join(words, " "), Marked: strings.Join(marked, " ")}
	// "one or the oth" would be (one or the) and what begins with oth.
	if m := beginning.FindStringSubmatch(last); m != nil && !either {
		words[len(words)-1] = strings.TrimRightFunc(m[1], unicode.IsPunct)
		t.Words, t.Beginning = strings.TrimSpace(strings.Join(words, " ")), m[2]
	}
	return t
}
