package locale

// formWords are the words of the form of a new ticket that its steps share with
// nothing else: whom it is for, the precise subject, two tabs, several forms.
var formWords = table{
	// Whom it is for.
	"web.for.title":            {FR: "Pour une autre personne", EN: "For another person"},
	"web.for.lead":             {FR: "Cherchez la personne concernée dans l’annuaire de votre académie, établissements compris, puis choisissez son nom.", EN: "Find the person concerned in your academy’s directory, schools included, then choose their name."},
	"web.for.me":               {FR: "Pour moi", EN: "For me"},
	"web.for.other":            {FR: "Pour une autre personne", EN: "For another person"},
	"web.for.change":           {FR: "Changer de bénéficiaire", EN: "Change the beneficiary"},
	"web.for.left":             {FR: "n’est plus dans l’annuaire", EN: "no longer in the directory"},
	"web.for.back":             {FR: "Revenir au formulaire", EN: "Back to the form"},
	"web.for.search":           {FR: "Rechercher", EN: "Search"},
	"web.for.caption":          {FR: "Personnes trouvées pour « %s »", EN: "People found for “%s”"},
	"web.for.choose":           {FR: "Choisir", EN: "Choose"},
	"web.for.none":             {FR: "Personne ne correspond à « %s ». Essayez avec le seul nom de famille, ou son début.", EN: "Nobody matches “%s”. Try the family name alone, or its beginning."},
	"web.for.found.one":        {FR: "%s personne trouvée", EN: "%s person found"},
	"web.for.found.other":      {FR: "%s personnes trouvées", EN: "%s people found"},
	"web.for.done":             {FR: "La demande est pour %s. Vérifiez le téléphone, la localisation et l’entité.", EN: "The request is for %s. Check the telephone, the place and the entity."},
	"web.for.done.me":          {FR: "La demande est pour vous.", EN: "The request is for you."},
	"web.for.name":             {FR: "Nom", EN: "Name"},
	"web.for.function":         {FR: "Fonction", EN: "Function"},
	"web.for.place":            {FR: "Localisation", EN: "Place"},
	"web.for.entity":           {FR: "Entité", EN: "Entity"},
	"web.for.email":            {FR: "Courriel", EN: "Mail"},
	"web.field.q":              {FR: "Nom de la personne", EN: "Name of the person"},
	"web.field.q.hint":         {FR: "Le nom, le prénom, leur début, ou l’adresse de messagerie. Pour chercher au milieu d’un nom, tapez au moins trois lettres. Les accents ne comptent pas.", EN: "The family name, the given name, their beginning, or the mail address. To search in the middle of a name, type at least three letters. Accents do not matter."},
	"error.web.people.missing": {FR: "Saisissez un nom, ou son début.", EN: "Enter a name, or its beginning."},
	"error.web.people.pace":    {FR: "Vous avez fait beaucoup de recherches en peu de temps : réessayez dans une minute.", EN: "You have searched a lot in a short time: try again in a minute."},

	"web.for.phone": {FR: "Son numéro, si vous le connaissez.", EN: "Their number, if you know it."},

	// The precise subject, and the type of request.
	"web.form.subject":        {FR: "Préciser le sujet", EN: "Give the precise subject"},
	"web.form.subject.choose": {FR: "Valider le choix", EN: "Confirm the choice"},
	"web.field.theme.hint":    {FR: "Choisir le sujet de la demande. S’il le faut, l’étape suivante le précise.", EN: "Choose the subject of the request. Where needed, the next step makes it precise."},
	"web.field.subject":       {FR: "%s : quel est le sujet précis ?", EN: "%s: what is the precise subject?"},
	"web.field.request_type":  {FR: "Type de demande", EN: "Type of request"},
	"web.card.subject":        {FR: "Sujet précis", EN: "Precise subject"},
	"web.card.request_type":   {FR: "Type de demande", EN: "Type of request"},
	"web.form.no_type":        {FR: "Je ne sais pas", EN: "I do not know"},

	// Two tabs on one form.
	"error.form.changed":       {FR: "Ce formulaire vient d’être modifié ailleurs. Relisez-le, puis recommencez.", EN: "This form has just been changed elsewhere. Read it again, then try again."},
	"error.web.form.overtaken": {FR: "Un autre onglet a enregistré autre chose dans le champ « %s ».", EN: "Another tab has saved something else in the field “%s”."},
	"error.web.form.reread":    {FR: "Vos réponses ont changé dans un autre onglet depuis que cette page est ouverte : relisez-les, puis envoyez.", EN: "Your answers have changed in another tab since this page was opened: read them again, then send."},
	"web.form.overtaken":       {FR: "Cette étape a été modifiée dans un autre onglet", EN: "This step was changed in another tab"},
	"web.form.overtaken.how":   {FR: "Ce que vous venez de saisir est encore dans les champs ci-dessous, rien n’est perdu. « Suivant » le garde à la place de ce que l’autre onglet a enregistré :", EN: "What you have just entered is still in the fields below, nothing is lost. “Next” keeps it instead of what the other tab has saved:"},
	"web.form.overtaken.take":  {FR: "Reprendre plutôt ce que l’autre onglet a enregistré", EN: "Take what the other tab has saved instead"},

	// Several forms that are not sent.
	"error.form.too_many": {FR: "Vous avez %s formulaires non envoyés, c’est le maximum : envoyez ou annulez l’un d’eux.", EN: "You have %s forms that are not sent, which is the most: send or cancel one of them."},
	"web.resume.title.I":  {FR: "Reprendre l’incident commencé ?", EN: "Resume the incident you began?"},
	"web.resume.title.S":  {FR: "Reprendre la demande de service commencée ?", EN: "Resume the service request you began?"},
	"web.resume.lead":     {FR: "Ce que vous avez commencé et pas envoyé est gardé : reprenez-le, ou commencez un autre formulaire à côté.", EN: "What you began and did not send is kept: resume it, or begin another form beside it."},
	"web.resume.another":  {FR: "Commencer un autre formulaire", EN: "Begin another form"},
	"web.resume.untitled": {FR: "Sans description pour le moment", EN: "No description yet"},

	// Documents on their way.
	"web.documents.stop":    {FR: "Interrompre l’envoi", EN: "Stop sending"},
	"web.documents.sent":    {FR: "Envoi terminé.", EN: "Sending is over."},
	"web.documents.stopped": {FR: "L’envoi est interrompu. Ce qui était déjà joint reste joint.", EN: "Sending is stopped. What was attached already stays attached."},
	"web.documents.large":   {FR: "dépasse 20 Mo : il n’a pas été envoyé.", EN: "is over 20 MB: it was not sent."},

	// What happens to a ticket filed for another person.
	"web.check.mail":            {FR: "Dès l’envoi, %s recevra un mail à %s : il dit que vous déposez cette demande en son nom. Les suites vous seront envoyées à tous les deux.", EN: "As soon as you send it, %s will get a mail at %s: it says that you file this request on their behalf. What follows will be sent to both of you."},
	"web.confirmation.for":      {FR: "%s reçoit un mail à %s : il dit que vous avez déposé cette demande en son nom, avec le lien pour la suivre.", EN: "%s gets a mail at %s: it says that you filed this request on their behalf, with the link to follow it."},
	"web.confirmation.both":     {FR: "Vous recevez tous les deux un mail quand elle est prise en compte, quand on a besoin de précisions, et quand elle est réglée : l’un comme l’autre peut répondre et valider. Le vôtre arrive à %s.", EN: "Both of you get a mail when it is taken, when details are needed, and when it is resolved: either may answer and validate. Yours goes to %s."},
	"web.confirmation.due":      {FR: "Elle devrait être réglée au plus tard le %s.", EN: "It should be resolved by %s."},
	"web.confirmation.next.new": {FR: "Créer une autre demande", EN: "Create another request"},
}
