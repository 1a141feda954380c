package locale

// directWords are the words of direct messages to members of the desk, and of
// how they tune them. Why they get one is in why.go.
var directWords = table{
	// What happened to a ticket: its number, then the member of the desk who did it.
	"direct.complement":        {FR: "Le demandeur a mis à jour %s, que vous suivez.", EN: "The requester has updated %s, assigned to you."},
	"direct.refused":           {FR: "Le demandeur refuse la résolution de %s, que vous suivez.", EN: "The requester refuses the resolution of %s, assigned to you."},
	"direct.assigned":          {FR: "%[2]s vous confie %[1]s.", EN: "%[2]s assigns %[1]s to you."},
	"direct.mentioned":         {FR: "%[2]s vous cite dans une note sur %[1]s.", EN: "%[2]s mentions you in a note on %[1]s."},
	"direct.reopened":          {FR: "%[2]s rouvre %[1]s, que vous suivez.", EN: "%[2]s reopens %[1]s, assigned to you."},
	"direct.reopened.by_party": {FR: "Le demandeur rouvre %s, que vous suivez.", EN: "The requester reopens %s, assigned to you."},
	"direct.reopened.unmerged": {FR: "%[2]s annule le regroupement de %[1]s, que vous suivez : la demande est de nouveau en cours.", EN: "%[2]s undoes the merging of %[1]s, assigned to you: it is in progress again."},
	"direct.several.one":       {FR: "%s nouvelle de %s :", EN: "%s piece of news about %s:"},
	"direct.several.other":     {FR: "%s nouvelles de %s :", EN: "%s pieces of news about %s:"},
	"direct.as_of":             {FR: "état au %s", EN: "as of %s"},

	// A digest: a line per ticket.
	"digest.head.one":          {FR: "**Récapitulatif** : %s demande", EN: "**Digest**: %s ticket"},
	"digest.head.other":        {FR: "**Récapitulatif** : %s demandes", EN: "**Digest**: %s tickets"},
	"digest.left.one":          {FR: "et %s autre : `/ticket liste miens`", EN: "and %s other: `/ticket list mine`"},
	"digest.left.other":        {FR: "et %s autres : `/ticket liste miens`", EN: "and %s others: `/ticket list mine`"},
	"digest.why":               {FR: "Pourquoi ce message ? Vous avez demandé un récapitulatif (%s). Pour le régler : `/ticket notif`.", EN: "Why this message? You asked for a digest (%s). To tune it: `/ticket notify`."},
	"digest.complement":        {FR: "mis à jour par le demandeur", EN: "updated by the requester"},
	"digest.refused":           {FR: "résolution refusée par le demandeur", EN: "resolution refused by the requester"},
	"digest.assigned":          {FR: "confié à vous par %s", EN: "assigned to you by %s"},
	"digest.mentioned":         {FR: "%s vous cite dans une note", EN: "%s mentions you in a note"},
	"digest.reopened":          {FR: "rouvert par %s", EN: "reopened by %s"},
	"digest.reopened.by_party": {FR: "rouvert par le demandeur", EN: "reopened by the requester"},
	"digest.reopened.unmerged": {FR: "regroupement annulé par %s", EN: "merging undone by %s"},

	// What "notif" shows, and how it answers.
	"chat.notif.head":            {FR: "**Vos messages directs**, sur ce que font les autres", EN: "**Your direct messages**, about what others do"},
	"chat.notif.columns":         {FR: "| Ce qui arrive | Message |", EN: "| What happens | Message |"},
	"chat.notif.kind.assigned":   {FR: "`affectation` : une demande vous est confiée", EN: "`assignment`: a ticket is assigned to you"},
	"chat.notif.kind.complement": {FR: "`complément` : le demandeur met à jour une des vôtres", EN: "`update`: the requester updates one of yours"},
	"chat.notif.kind.refused":    {FR: "`refus` : il en refuse la résolution", EN: "`refusal`: they refuse its resolution"},
	"chat.notif.kind.reopened":   {FR: "`réouverture` : une des vôtres est rouverte", EN: "`reopening`: one of yours is reopened"},
	"chat.notif.kind.mentioned":  {FR: "`mention` : une note vous cite", EN: "`mention`: a note mentions you"},
	"chat.notif.pace.now":        {FR: "direct", EN: "direct"},
	"chat.notif.pace.digest":     {FR: "récapitulatif", EN: "digest"},
	"chat.notif.pace.never":      {FR: "jamais", EN: "never"},
	"chat.notif.quiet":           {FR: "Heures calmes : de %s à %s ; ce qui est dû attend leur fin.", EN: "Quiet hours: from %s to %s; what is due waits for their end."},
	"chat.notif.quiet.none":      {FR: "Heures calmes : aucune.", EN: "Quiet hours: none."},
	"chat.notif.digest":          {FR: "Récapitulatif : %s.", EN: "Digest: %s."},
	"chat.notif.change":          {FR: "Pour changer : `/ticket notif affectation récapitulatif` (ou `direct`, ou `jamais`) · `notif tout direct` · `notif calme 18:00-08:00` (ou `calme non`) · `notif récapitulatif 9:00 14:00` · `notif défaut`. « Jamais » ne tait que le message direct : le fil de la carte dit tout.", EN: "To change it: `/ticket notify assignment digest` (or `direct`, or `never`) · `notify all direct` · `notify quiet 18:00-08:00` (or `quiet off`) · `notify digest 9:00 14:00` · `notify default`. “Never” silences only the direct message: the card’s thread tells all."},
	"chat.notif.times":           {FR: "Rien n’est changé. Les heures vont de 0:00 à 24:00 et s’écrivent ainsi : `/ticket notif calme 18:00-08:00`, `/ticket notif récapitulatif 9:00 14:00`.", EN: "Nothing is changed. Times go from 0:00 to 24:00 and are written like this: `/ticket notify quiet 18:00-08:00`, `/ticket notify digest 9:00 14:00`."},
	"chat.notif.done":            {FR: "C’est noté.", EN: "Done."},

	// Whom a note names, in the answer to it.
	"chat.note.told":     {FR: "Prévenu par message direct, selon ses réglages : %s.", EN: "Told by direct message, as they have set it: %s."},
	"chat.note.hidden":   {FR: "Pas prévenu, car la demande est privée et d’une autre équipe : %s.", EN: "Not told, as the ticket is private and of another team: %s."},
	"chat.note.unknown":  {FR: "Personne n’est prévenu sous le nom de %s : ce n’est pas celui d’un membre de l’assistance, ou plusieurs le portent.", EN: "Nobody is told by the name of %s: it is not that of a member of the desk, or several have it."},
	"chat.note.crowd":    {FR: "Pas prévenu, car une note prévient %s personnes au plus : %s.", EN: "Not told, as a note tells %s people at most: %s."},
	"chat.note.unlinked": {FR: "Ne recevra rien tant que son compte n’est pas lié (`/ticket compte`) : %s.", EN: "Will get nothing until their account is linked (`/ticket account`): %s."},

	"error.direct.pace":    {FR: "Choisissez un type de message et un rythme de la liste.", EN: "Choose a kind of message and a pace from the list."},
	"error.direct.time":    {FR: "Une heure va de 00:00 à 23:59.", EN: "A time is from 00:00 to 23:59."},
	"error.direct.digests": {FR: "%s récapitulatifs par jour au plus.", EN: "%s digests a day at most."},
}
