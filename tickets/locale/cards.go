package locale

// cardWords are the words of what the bot posts: cards, their threads, alerts
// and direct messages.
var cardWords = table{
	"card.private":      {FR: "privé", EN: "private"},
	"card.theme":        {FR: "Thème", EN: "Theme"},
	"card.entity":       {FR: "Établissement ou service", EN: "School or service"},
	"card.opened":       {FR: "Ouvert le", EN: "Opened on"},
	"card.urgency":      {FR: "Urgence", EN: "Urgency"},
	"card.due":          {FR: "Fin max", EN: "Due by"},
	"card.status":       {FR: "Statut", EN: "Status"},
	"card.assignee":     {FR: "Suivi par", EN: "Assigned to"},
	"card.cause":        {FR: "Cause réelle", EN: "Real cause"},
	"card.left":         {FR: "transmis à l’équipe %s", EN: "passed on to the team %s"},
	"card.left.private": {FR: "transmis à une autre équipe", EN: "passed on to another team"},
	"card.nobody":       {FR: "personne", EN: "nobody"},
	"card.take":         {FR: "Prendre", EN: "Take"},
	"card.view":         {FR: "Voir", EN: "View"},
	"card.link":         {FR: "Voir %s", EN: "See %s"},

	// What stands above words in the thread; the argument is a member of the
	// desk. A requester is never named in a channel.
	"card.words.note":            {FR: "Note interne de %s :", EN: "Internal note by %s:"},
	"card.words.ask":             {FR: "%s demande des précisions :", EN: "%s asks for details:"},
	"card.words.resolve":         {FR: "%s indique que c’est réglé :", EN: "%s says that it is resolved:"},
	"card.words.complement":      {FR: "Le demandeur écrit :", EN: "The requester writes:"},
	"card.words.refuse":          {FR: "Le demandeur refuse la résolution :", EN: "The requester refuses the resolution:"},
	"card.words.withdraw":        {FR: "Le demandeur clôt sa demande :", EN: "The requester closes the request:"},
	"card.words.validate":        {FR: "Le demandeur valide la résolution :", EN: "The requester validates the resolution:"},
	"card.words.assign":          {FR: "%s affecte la demande :", EN: "%s assigns the ticket:"},
	"card.words.release":         {FR: "%s rend la demande à l’équipe :", EN: "%s releases the ticket to the team:"},
	"card.words.requalify":       {FR: "%s requalifie la demande :", EN: "%s requalifies the ticket:"},
	"card.words.close":           {FR: "%s clôture la demande :", EN: "%s closes the ticket:"},
	"card.words.merge":           {FR: "%s regroupe la demande avec une autre :", EN: "%s merges the ticket into another:"},
	"card.words.unmerge":         {FR: "%s annule le regroupement :", EN: "%s undoes the merging:"},
	"card.words.reopen":          {FR: "%s rouvre la demande :", EN: "%s reopens the ticket:"},
	"card.words.reopen_by_party": {FR: "Le demandeur rouvre sa demande :", EN: "The requester reopens the request:"},
	"card.somebody":              {FR: "L’assistance", EN: "The desk"},

	// The same without words, as there are none or the ticket is private.
	"card.happened.note":            {FR: "Note interne de %s.", EN: "Internal note by %s."},
	"card.happened.ask":             {FR: "%s demande des précisions.", EN: "%s asks for details."},
	"card.happened.resolve":         {FR: "%s indique que c’est réglé.", EN: "%s says that it is resolved."},
	"card.happened.complement":      {FR: "Le demandeur a écrit.", EN: "The requester has written."},
	"card.happened.refuse":          {FR: "Le demandeur refuse la résolution.", EN: "The requester refuses the resolution."},
	"card.happened.withdraw":        {FR: "Le demandeur clôt sa demande.", EN: "The requester closes the request."},
	"card.happened.validate":        {FR: "Le demandeur valide la résolution.", EN: "The requester validates the resolution."},
	"card.happened.assign":          {FR: "%s affecte la demande.", EN: "%s assigns the ticket."},
	"card.happened.release":         {FR: "%s rend la demande à l’équipe.", EN: "%s releases the ticket to the team."},
	"card.happened.requalify":       {FR: "%s requalifie la demande.", EN: "%s requalifies the ticket."},
	"card.happened.close":           {FR: "%s clôture la demande.", EN: "%s closes the ticket."},
	"card.happened.merge":           {FR: "%s regroupe la demande avec une autre.", EN: "%s merges the ticket into another."},
	"card.happened.unmerge":         {FR: "%s annule le regroupement.", EN: "%s undoes the merging."},
	"card.happened.reopen":          {FR: "%s rouvre la demande.", EN: "%s reopens the ticket."},
	"card.happened.reopen_by_party": {FR: "Le demandeur rouvre sa demande.", EN: "The requester reopens the request."},

	"card.alert.critical": {FR: "Demande critique ouverte : %s", EN: "Critical request opened: %s"},
	"card.alert.refused":  {FR: "Résolution refusée pour la deuxième fois : %s", EN: "Resolution refused for the second time: %s"},
	"card.alert.raised":   {FR: "Urgence portée à critique : %s", EN: "Urgency raised to critical: %s"},
	"card.alert.other":    {FR: "À surveiller : %s", EN: "To watch: %s"},

	"card.direct.complement":        {FR: "Le demandeur a mis à jour %s, que vous suivez.", EN: "The requester has updated %s, assigned to you."},
	"card.direct.refused":           {FR: "Le demandeur refuse la résolution de %s, que vous suivez.", EN: "The requester refuses the resolution of %s, assigned to you."},
	"card.direct.assigned":          {FR: "%[2]s vous confie %[1]s.", EN: "%[2]s assigns %[1]s to you."},
	"card.direct.reopened":          {FR: "%[2]s rouvre %[1]s, que vous suivez.", EN: "%[2]s reopens %[1]s, assigned to you."},
	"card.direct.reopened.by_party": {FR: "Le demandeur rouvre %s, que vous suivez.", EN: "The requester reopens %s, assigned to you."},
	"card.direct.reopened.unmerged": {FR: "%[2]s annule le regroupement de %[1]s, que vous suivez : la demande est de nouveau en cours.", EN: "%[2]s undoes the merging of %[1]s, assigned to you: it is in progress again."},
}
