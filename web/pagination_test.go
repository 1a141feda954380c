package web

import (
	"strconv"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// What is not counted to its end has a next page and no last one.
func TestPaginationOfWhatIsNotCounted(t *testing.T) {
	address := func(n int) string { return strconv.Itoa(n) }
	french, english := locale.For(tickets.French, time.UTC), locale.For(tickets.English, time.UTC)
	for _, test := range []struct {
		words                 locale.Printer
		number, shown, total  int
		more                  bool
		reads, next, lastPage string
	}{
		{french, 1, 20, 1000, true, "1 – 20 / plus de 1000", "2", ""},
		{english, 50, 20, 1000, true, "981 – 1000 / more than 1000", "51", ""},
		{english, 50, 20, 1000, false, "981 – 1000 / 1000", "", ""},
		{english, 1, 20, 1000, false, "1 – 20 / 1000", "2", "50"},
	} {
		p := paginate(test.words, test.number, test.shown, test.total, test.more, address)
		if p.Range != test.reads || p.Next != test.next || p.Last != test.lastPage {
			t.Errorf("%q, next %q, last %q; want %+v", p.Range, p.Next, p.Last, test)
		}
	}
}
