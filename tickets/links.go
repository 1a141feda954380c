package tickets

import "strings"

// Portal makes the links that mail and chat give to the portal. They name the
// academy, as numbers repeat from one to the other; they need sign-in and hold
// no secret. Base is the portal's public URL without a trailing slash.
type Portal struct{ Base string }

// NewPortal returns the links below a public URL.
func NewPortal(url string) Portal { return Portal{Base: strings.TrimRight(url, "/")} }

// Home is the first page.
func (p Portal) Home() string { return p.Base + "/" }

// Ticket is the ticket's page.
func (p Portal) Ticket(t Ticket) string {
	return p.Base + TicketPath(t.Academy, t.Number)
}

// Update is "Mise à jour de l'incident", prefilled with the reader's draft.
func (p Portal) Update(t Ticket) string { return p.Ticket(t) + "/mise-a-jour" }

// Validate is where the requester validates or refuses the resolution.
func (p Portal) Validate(t Ticket) string { return p.Ticket(t) + "/validation" }

// Reopen is where the requester says why a closed ticket is not over.
func (p Portal) Reopen(t Ticket) string { return p.Ticket(t) + "/reouverture" }

// TicketPath is the path of a ticket's page: /demandes/creteil/I261121_007.
func TicketPath(a AcademyID, n Number) string {
	return "/demandes/" + string(a) + "/" + n.String()
}

// Supervision is the page of alerts and figures.
func (p Portal) Supervision() string { return p.Base + "/supervision" }

// Knowledge is the first page of the knowledge base.
func (p Portal) Knowledge() string { return p.Base + "/connaissances" }

// Article is the page of an article of the knowledge base.
func (p Portal) Article(a AcademyID, n ArticleNumber) string { return p.Base + ArticlePath(a, n) }

// ArticlePath is the path of an article's page: /connaissances/creteil/KB12.
func ArticlePath(a AcademyID, n ArticleNumber) string {
	return "/connaissances/" + string(a) + "/" + n.String()
}
