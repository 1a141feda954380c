package locale

// majorWords are the words of major incidents: what one says of itself, and what
// the portal shows of them.
var majorWords = table{
	// What the desk calls one that it makes of a storm. Those whom it strikes read
	// the summary; the desk reads both.
	"major.summary":           {FR: "%s : incident en cours", EN: "%s: incident in progress"},
	"major.summary.any":       {FR: "Incident en cours", EN: "Incident in progress"},
	"major.description.one":   {FR: "Une demande depuis le %[2]s.", EN: "One request since %[2]s."},
	"major.description.other": {FR: "%[1]s demandes semblables depuis le %[2]s.", EN: "%[1]s similar requests since %[2]s."},

	// On the page of one, and of what is joined to it.
	"web.major":                {FR: "Incident majeur", EN: "Major incident"},
	"web.major.joined":         {FR: "Demandes rattachées", EN: "Joined requests"},
	"web.major.joined.none":    {FR: "Aucune demande n’y est rattachée.", EN: "No request is joined to it."},
	"web.major.count.one":      {FR: "%s demande rattachée", EN: "%s request joined"},
	"web.major.count.other":    {FR: "%s demandes rattachées", EN: "%s requests joined"},
	"web.major.settled.one":    {FR: "%s réglée", EN: "%s settled"},
	"web.major.settled.other":  {FR: "%s réglées", EN: "%s settled"},
	"web.major.more.one":       {FR: "et %s autre", EN: "and %s more"},
	"web.major.more.other":     {FR: "et %s autres", EN: "and %s more"},
	"web.major.all":            {FR: "Ce que vous écrivez au demandeur ici (information, résolution, clôture) est envoyé à toutes les personnes dont la demande est rattachée.", EN: "What you write to the requester here (news, resolution, closing) goes to everybody whose request is joined."},
	"web.major.part":           {FR: "Cette demande fait partie de l’incident majeur", EN: "This request is a part of the major incident"},
	"web.major.named":          {FR: " : « %s »", EN: ": “%s”"},
	"web.major.told":           {FR: "L’assistance y travaille pour toutes les personnes touchées : vous serez prévenu de chaque étape, sans avoir à la relancer.", EN: "The desk is working on it for everybody concerned: you will be told of each step, without having to ask."},
	"web.do.join":              {FR: "Rattacher à un incident majeur", EN: "Join to a major incident"},
	"web.do.join.submit":       {FR: "Rattacher", EN: "Join"},
	"web.do.leave":             {FR: "Détacher", EN: "Take it off"},
	"web.done.join":            {FR: "%s est rattaché à l’incident majeur : son demandeur en est averti.", EN: "%s is joined to the major incident: its requester is told."},
	"web.done.leave":           {FR: "%s n’est plus rattaché à un incident majeur.", EN: "%s is no longer joined to a major incident."},
	"web.field.text.join":      {FR: "Mot pour le demandeur", EN: "Word for the requester"},
	"web.field.text.join.hint": {FR: "Sans texte, il lit le résumé de l’incident.", EN: "Without any, they read the summary of the incident."},

	"error.web.major.choose": {FR: "Choisissez l’incident majeur.", EN: "Choose the major incident."},

	// On the form of a request.
	"web.field.parent":       {FR: "Un incident majeur est en cours : « %s », %s. L’assistance y travaille.", EN: "A major incident is in progress: “%s”, %s. The desk is working on it."},
	"web.field.parent.many":  {FR: "Des incidents majeurs sont en cours, l’assistance y travaille. Votre demande est-elle l’un d’eux ?", EN: "Major incidents are in progress, the desk is working on them. Is your request one of them?"},
	"web.field.parent.same":  {FR: "Ma demande est le même incident : me prévenir avec les autres", EN: "My request is the same incident: tell me with the others"},
	"web.field.parent.one":   {FR: "« %s », %s : me prévenir avec les autres", EN: "“%s”, %s: tell me with the others"},
	"web.field.parent.other": {FR: "Ma demande est autre chose", EN: "My request is something else"},
	"web.confirmation.major": {FR: "Elle fait partie de l’incident majeur %s, sur lequel l’assistance travaille déjà : vous êtes prévenu avec les autres.", EN: "It is a part of the major incident %s, which the desk is working on already: you are told with the others."},
	"major.since":            {FR: "depuis le %s", EN: "since %s"},
	"major.since.today":      {FR: "depuis %s", EN: "since %s"},

	// Of a storm, and of a resolution that nobody has answered.
	"web.supervision.done.major": {FR: "Alerte %s : l’incident majeur %s est ouvert. Les demandes de l’afflux y sont rattachées, celles qui arrivent encore aussi.", EN: "Alert %s: the major incident %s is open. The requests join it, those still to come too."},
	"web.call.lapse":             {FR: "Sans réponse d’ici le %s, la demande sera clôturée.", EN: "Without an answer by %s, the request will be closed."},
	"web.ticket.lapse":           {FR: "Clôture sans réponse", EN: "Closes unanswered"},
}
