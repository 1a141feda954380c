package locale

// dialogWords are the words of the chat's dialogs. A title has at most 24
// characters, a label 24, a help 150: servers cut what is longer.
var dialogWords = table{
	"dialog.choose": {FR: "Choisir…", EN: "Choose…"},

	"dialog.demander.title":      {FR: "Demander une précision", EN: "Ask for details"},
	"dialog.demander.submit":     {FR: "Envoyer au demandeur", EN: "Send to the requester"},
	"dialog.demander.text.label": {FR: "Votre question", EN: "Your question"},
	"dialog.demander.text.help":  {FR: "Elle part par mail ; la demande attend la réponse.", EN: "It goes out by mail; the ticket waits for the answer."},

	"dialog.resoudre.title":         {FR: "Résoudre la demande", EN: "Resolve the ticket"},
	"dialog.resoudre.submit":        {FR: "C’est réglé", EN: "It is resolved"},
	"dialog.resoudre.text.label":    {FR: "La solution", EN: "The solution"},
	"dialog.resoudre.text.help":     {FR: "Le demandeur la reçoit par mail et valide.", EN: "The requester gets it by mail and validates."},
	"dialog.resoudre.cause.label":   {FR: "Cause réelle", EN: "Real cause"},
	"dialog.resoudre.article.label": {FR: "Base de connaissances", EN: "Knowledge base"},
	"dialog.resoudre.article.yes":   {FR: "Proposer un article avec cette solution", EN: "Propose an article with this solution"},
	"dialog.resoudre.drafted":       {FR: "Brouillon d’article : [%s](%s).", EN: "Draft of an article: [%s](%s)."},

	"dialog.affecter.title":          {FR: "Affecter la demande", EN: "Assign the ticket"},
	"dialog.affecter.submit":         {FR: "Affecter", EN: "Assign"},
	"dialog.affecter.assignee.label": {FR: "À qui", EN: "To whom"},
	"dialog.affecter.team":           {FR: "%s, toute l’équipe", EN: "%s, the whole team"},
	"dialog.affecter.me":             {FR: "%s › moi", EN: "%s › me"},
	"dialog.affecter.text.label":     {FR: "Un mot pour l’équipe", EN: "A word for the team"},
	"dialog.affecter.text.help":      {FR: "Le demandeur ne le voit jamais.", EN: "The requester never sees it."},
	"dialog.affecter.missing":        {FR: "Choisissez une équipe ou une personne.", EN: "Choose a team or a person."},
	"dialog.affecter.unchanged":      {FR: "%s est déjà à %s.", EN: "%s is with %s already."},
	"dialog.affecter.done":           {FR: "%s est affecté à %s.", EN: "%s is assigned to %s."},

	"dialog.requalifier.title":              {FR: "Requalifier la demande", EN: "Requalify the ticket"},
	"dialog.requalifier.submit":             {FR: "Requalifier", EN: "Requalify"},
	"dialog.requalifier.category.label":     {FR: "Thème", EN: "Theme"},
	"dialog.requalifier.urgency.label":      {FR: "Urgence", EN: "Urgency"},
	"dialog.requalifier.request_type.label": {FR: "Type de demande", EN: "Type of request"},
	"dialog.requalifier.text.label":         {FR: "Pourquoi", EN: "Why"},
	"dialog.requalifier.text.help":          {FR: "Pour l’assistance seulement.", EN: "For the desk only."},
	"dialog.requalifier.unchanged":          {FR: "Rien n’a changé : %s est déjà ainsi.", EN: "Nothing changed: %s is like that already."},
	"dialog.requalifier.done":               {FR: "%s est requalifié :", EN: "%s is requalified:"},

	"dialog.nouveau.title":               {FR: "Nouvelle demande", EN: "New ticket"},
	"dialog.nouveau.submit":              {FR: "Ouvrir la demande", EN: "Open the ticket"},
	"dialog.nouveau.beneficiary.label":   {FR: "Pour qui", EN: "For whom"},
	"dialog.nouveau.beneficiary.example": {FR: "prenom.nom@… ou un nom", EN: "first.last@… or a name"},
	"dialog.nouveau.beneficiary.help":    {FR: "Son adresse, ou un nom que cette personne est seule à porter.", EN: "Their address, or a name that only they have."},
	"dialog.nouveau.beneficiary.missing": {FR: "Pour qui est la demande ? Écrivez une adresse ou un nom.", EN: "Who is the ticket for? Write an address or a name."},
	"dialog.nouveau.beneficiary.unknown": {FR: "Personne de ce nom dans l’annuaire : %s", EN: "Nobody of that name in the directory: %s"},
	"dialog.nouveau.beneficiary.several": {FR: "%s personnes de ce nom. Écrivez l’adresse de la bonne : %s", EN: "%s people of that name. Write the address of the right one: %s"},
	"dialog.nouveau.theme.label":         {FR: "La demande concerne", EN: "The ticket is about"},
	"dialog.nouveau.urgency.label":       {FR: "Urgence", EN: "Urgency"},
	"dialog.nouveau.private.label":       {FR: "Demande privée", EN: "Private ticket"},
	"dialog.nouveau.private.yes":         {FR: "Visible de l’équipe qui la traite seulement", EN: "Seen by the team that treats it only"},
	"dialog.nouveau.description.label":   {FR: "Description", EN: "Description"},
	"dialog.nouveau.description.help":    {FR: "Ce que la personne décrit, avec ses mots.", EN: "What the person describes, in their words."},
	"dialog.nouveau.done":                {FR: "**%[1]s** est ouvert pour %[2]s : [voir la demande](%[3]s).", EN: "**%[1]s** is open for %[2]s: [see the ticket](%[3]s)."},
}
