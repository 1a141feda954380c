package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/mattermost"
)

// arrival is a word where people read it.
type arrival struct {
	at   time.Time
	turn int    // which of the mails of its reader, or of the posts, brought it
	id   string // the same for copies that can be told as such: a Message-ID
}

// arrived is what came, by word (by a ticket's number for a card), the first
// copy first.
type arrived map[string][]arrival

var (
	wordIn    = regexp.MustCompile(`(?:note|reponse)-\d+-\d+-\d+`)
	messageID = regexp.MustCompile(`(?im)^Message-ID:\s*(\S+)`)
)

// look reads the mailboxes and the channel.
func (s *site) look() arrived {
	a := arrived{}
	for i := range requesters {
		for turn, m := range s.mail.Messages(address(requester(i))) {
			raw := bytes.ReplaceAll(m.Raw, []byte("=\r\n"), nil) // quoted-printable: a line goes on
			id, seen := "", []string{}
			if found := messageID.FindSubmatch(raw); found != nil {
				id = string(found[1])
			}
			for _, word := range wordIn.FindAll(raw, -1) {
				if w := string(word); strings.HasPrefix(w, reply) && !slices.Contains(seen, w) { // text and HTML say the same
					seen = append(seen, w)
					a[w] = append(a[w], arrival{m.Received, turn, id})
				}
			}
		}
	}
	cards := map[string]string{} // the ticket of each card
	for turn, p := range s.chat.Posts(mattermost.ChannelID(team, channel)) {
		at := arrival{time.UnixMilli(p.CreateAt), turn, p.Id}
		key := wordIn.FindString(p.Message)
		if p.RootId == "" {
			key = numberIn.FindString(p.Message)
			cards[p.Id] = key
		} else if key != "" && !strings.HasPrefix(key, note) || cards[p.RootId] == "" {
			continue
		}
		a[key] = append(a[key], at)
	}
	return a
}

// owed is what an event of the row owes.
type owed struct {
	ticket, word string
	dead         bool // refused for good: kept, and shown to supervisors
}

// owedIn reads the events of the tickets that were opened in the row, in their
// order: what they owe is owed whether or not their author was told.
func (s *site) owedIn(ctx context.Context, row int) ([]owed, error) {
	rows, err := s.db.Query(ctx, `SELECT number, CASE action WHEN 'open' THEN description ELSE text END, dead FROM (
			SELECT t.kind || t.day || '_' || lpad(t.rank::text, greatest(3, length(t.rank::text)), '0') AS number,
				t.description, e.action, e.text, e.seq, t.opened_at,
				EXISTS (SELECT FROM delivery_log l WHERE l.academy = e.academy AND l.cause = e.id AND l.dead AND l.channel = 'mail') AS dead
			FROM tickets t JOIN events e ON e.academy = t.academy AND e.ticket = t.id
			WHERE t.academy = $1 AND t.description LIKE 'Essai ouverture-' || $2 || '-%') AS owed
		ORDER BY opened_at, number, seq`, academy, fmt.Sprint(row))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (o owed, err error) {
		err = r.Scan(&o.ticket, &o.word, &o.dead)
		o.word = strings.TrimPrefix(o.word, "Essai ")
		return o, err
	})
}

// row is what became of one load.
type row struct {
	name      string
	owed      int
	delivered int
	refused   int // for good, and kept as dead
	doubled   int // copies beyond the first that can be told as such
	again     int // words that their author had to send again
	longest   time.Duration
	settled   time.Duration
	away      int // looks at the portal that were told so
	slowest   time.Duration
	broken    []string
}

// lost is what is owed and did not arrive.
func (r row) lost() int { return r.owed - r.delivered - r.refused }

func (r *row) breaks(format string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
}

// tally compares what is owed with what arrived.
func (s *site) tally(ctx context.Context, l *load, r *row) error {
	all, err := s.owedIn(ctx, l.row)
	if err != nil {
		return err
	}
	r.compare(all, s.look(), l)
	return nil
}

// compare counts what of all that is owed came, and what of the load happened.
func (r *row) compare(all []owed, came arrived, l *load) {
	done := map[string]int{}
	latest := map[string]int{} // turn of each lane
	for _, o := range all {
		done[o.word]++
		kind, _, _ := strings.Cut(o.word, "-")
		key := o.word
		if kind == opening {
			key = o.ticket
		}
		r.owed++
		copies := came[key]
		switch {
		case len(copies) == 0 && o.dead:
			r.refused++
			continue
		case len(copies) == 0:
			r.breaks("%s of %s never came", o.word, o.ticket)
			continue
		}
		r.delivered++
		if lane := kind + o.ticket; copies[0].turn < latest[lane] {
			r.breaks("%s of %s came after what happened later", o.word, o.ticket)
		} else {
			latest[lane] = copies[0].turn
		}
		for _, extra := range copies[1:] {
			r.doubled++
			if kind != reply || extra.id != copies[0].id {
				r.breaks("%s of %s came twice, and nobody can tell", o.word, o.ticket)
			}
		}
		if w := l.words[o.word]; w != nil {
			since := w.acked
			if since.IsZero() {
				since = w.typed
			}
			r.longest = max(r.longest, copies[0].at.Sub(since))
		}
	}
	for _, w := range l.words {
		if w.again > 0 {
			r.again++
		}
		if n := done[w.text]; n > 1 {
			r.breaks("%s was done %d times", w.text, n)
		} else if n == 0 && !w.acked.IsZero() {
			r.breaks("%s was acknowledged and is not there", w.text)
		}
	}
}

// documents looks whether every document that was kept is on the disk, whole.
func (s *site) documents(ctx context.Context, l *load, r *row) error {
	rows, err := s.db.Query(ctx, `SELECT encode(sha256, 'hex') FROM attachments WHERE academy = $1 AND name LIKE $2`,
		academy, fmt.Sprintf("%s-%d-%%.txt", opening, l.row))
	if err != nil {
		return err
	}
	sums, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(sums) < l.kept {
		r.breaks("%d documents of %d that were kept are not there", l.kept-len(sums), l.kept)
	}
	for _, sum := range sums {
		content, err := os.ReadFile(s.disk.seen(filepath.Join("files", academy, sum[:2], sum[2:])))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(content)) != sum {
			r.breaks("a document is not what was kept: %v", err)
		}
	}
	return nil
}

// judge says what the row's faults do not excuse.
func (r *row) judge(may fault, l *load, w *watch) {
	r.away, r.slowest = w.away, w.slowest
	if r.doubled > 0 && !may.doubles {
		r.breaks("%d doubled, and nothing crashed between sending and recording", r.doubled)
	}
	if r.refused > 0 && !may.refuses {
		r.breaks("%d are dead", r.refused)
	}
	if w.away > 0 && !may.away {
		r.breaks("the portal was away %d times of %d", w.away, w.looks)
	}
	if w.gone > 0 && !may.gone {
		r.breaks("the portal did not answer %d times of %d", w.gone, w.looks)
	}
	if l.refused > 0 && !may.full {
		r.breaks("%d documents were refused", l.refused)
	}
	if l.refused == 0 && may.full {
		r.breaks("no document was refused: the disk was not full")
	}
	if r.owed == 0 || w.looks == 0 {
		r.breaks("nothing was owed, or nobody looked at the portal: this drilled nothing")
	}
	for _, said := range append(slices.Clip(w.raw), l.odd...) {
		r.breaks("raw: %s", said)
	}
}
