package locale

// cardWords are the words of what the bot posts: cards, their threads, alerts
// and direct messages.
var cardWords = table{
	"card.private":  {FR: "privé", EN: "private"},
	"card.theme":    {FR: "Thème", EN: "Theme"},
	"card.entity":   {FR: "Établissement ou service", EN: "School or service"},
	"card.opened":   {FR: "Ouvert le", EN: "Opened on"},
	"card.urgency":  {FR: "Urgence", EN: "Urgency"},
	"card.status":   {FR: "Statut", EN: "Status"},
	"card.assignee": {FR: "Suivi par", EN: "Assigned to"},
	"card.nobody":   {FR: "personne", EN: "nobody"},
	"card.take":     {FR: "Prendre", EN: "Take"},
	"card.view":     {FR: "Voir", EN: "View"},
	"card.link":     {FR: "Voir %s", EN: "See %s"},

	// What stands above words in the thread; the argument is a member of the
	// desk. A requester is never named in a channel.
	"card.words.note":       {FR: "Note interne de %s :", EN: "Internal note by %s:"},
	"card.words.ask":        {FR: "%s demande des précisions :", EN: "%s asks for details:"},
	"card.words.resolve":    {FR: "%s indique que c’est réglé :", EN: "%s says that it is resolved:"},
	"card.words.complement": {FR: "Le demandeur écrit :", EN: "The requester writes:"},
	"card.words.refuse":     {FR: "Le demandeur refuse la résolution :", EN: "The requester refuses the resolution:"},
	"card.words.withdraw":   {FR: "Le demandeur clôt sa demande :", EN: "The requester closes the request:"},
	"card.words.validate":   {FR: "Le demandeur valide la résolution :", EN: "The requester validates the resolution:"},
	"card.somebody":         {FR: "L’assistance", EN: "The desk"},

	// The same for a private ticket: what happened, without the words.
	"card.happened.note":       {FR: "Note interne de %s.", EN: "Internal note by %s."},
	"card.happened.ask":        {FR: "%s demande des précisions.", EN: "%s asks for details."},
	"card.happened.resolve":    {FR: "%s indique que c’est réglé.", EN: "%s says that it is resolved."},
	"card.happened.complement": {FR: "Le demandeur a écrit.", EN: "The requester has written."},
	"card.happened.refuse":     {FR: "Le demandeur refuse la résolution.", EN: "The requester refuses the resolution."},
	"card.happened.withdraw":   {FR: "Le demandeur clôt sa demande.", EN: "The requester closes the request."},
	"card.happened.validate":   {FR: "Le demandeur valide la résolution.", EN: "The requester validates the resolution."},

	"card.alert.critical": {FR: "Demande critique ouverte : %s", EN: "Critical request opened: %s"},
	"card.alert.refused":  {FR: "Résolution refusée pour la deuxième fois : %s", EN: "Resolution refused for the second time: %s"},
	"card.alert.other":    {FR: "À surveiller : %s", EN: "To watch: %s"},

	"card.direct.complement": {FR: "Le demandeur a mis à jour %s, que vous suivez.", EN: "The requester has updated %s, assigned to you."},
	"card.direct.refused":    {FR: "Le demandeur refuse la résolution de %s, que vous suivez.", EN: "The requester refuses the resolution of %s, assigned to you."},
}
