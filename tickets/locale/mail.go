package locale

// mailWords are the words of the mail. A private ticket's mail uses only those
// under "private": they tell that there is news, and where, and nothing of it.
var mailWords = table{
	"mail.greeting":          {FR: "Bonjour %s,", EN: "Hello %s,"},
	"mail.greeting.nameless": {FR: "Bonjour,", EN: "Hello,"},

	// Subjects: the same for all mails of a ticket, so that mail programs keep
	// them together. The number stands before the ticket's summary, in square
	// brackets; this is for a ticket without one, or a private one.
	"mail.subject":           {FR: "Votre demande d’assistance", EN: "Your request for help"},
	"mail.subject.link_code": {FR: "Code pour lier votre compte Mattermost", EN: "Code to link your Mattermost account"},
	"mail.subject.generic":   {FR: "Votre message est à envoyer depuis le portail", EN: "Your message is to be sent from the portal"},

	// The first line: what it is about, and the one thing to do.
	"mail.do.opened_for_you": {FR: "Une demande a été déposée pour vous : suivez-la sur le portail", EN: "A request was filed for you: follow it on the portal"},
	"mail.do.taken":          {FR: "Pris en compte : vous n’avez rien à faire", EN: "Being taken care of: nothing for you to do"},
	"mail.do.informed":       {FR: "Information de l’assistance : à lire", EN: "News from the desk: please read"},
	"mail.do.asked":          {FR: "Demande de précisions : répondez sur le portail", EN: "Details needed: answer on the portal"},
	"mail.do.resolved":       {FR: "Réglé, à valider : dites-nous si c’est le cas", EN: "Resolved, to be validated: tell us whether it is"},
	"mail.do.reminded":       {FR: "Toujours à valider : dites-nous si c’est réglé", EN: "Still to be validated: tell us whether it is resolved"},
	"mail.do.closed":         {FR: "Clôturé : vous n’avez rien à faire", EN: "Closed: nothing for you to do"},
	"mail.do.merged":         {FR: "Regroupé avec une autre demande : vous n’avez rien à faire", EN: "Merged into another request: nothing for you to do"},
	"mail.do.joined":         {FR: "Incident majeur en cours : vous n’avez rien à faire", EN: "Major incident: nothing for you to do"},
	"mail.do.reopened":       {FR: "Rouvert : vous n’avez rien à faire", EN: "Reopened: nothing for you to do"},
	"mail.do.private":        {FR: "Du nouveau : ouvrez la demande sur le portail", EN: "News: open the request on the portal"},
	"mail.do.guidance":       {FR: "Votre réponse est à envoyer depuis le portail", EN: "Your reply is to be sent from the portal"},
	"mail.do.closed_reply":   {FR: "Votre message est à envoyer depuis le portail", EN: "Your message is to be sent from the portal"},
	"mail.do.link_code":      {FR: "À taper dans Mattermost : le code que voici", EN: "To be typed in Mattermost: the code below"},

	// What happened, in one sentence without its end; the argument is the number.
	"mail.lead.opened_for_you":    {FR: "%[2]s a déposé pour vous la demande %[1]s", EN: "%[2]s filed the request %[1]s for you"},
	"mail.lead.taken":             {FR: "L’assistance a pris en compte votre demande %s", EN: "The desk is taking care of your request %s"},
	"mail.lead.informed":          {FR: "L’assistance vous écrit au sujet de votre demande %s", EN: "The desk writes about your request %s"},
	"mail.lead.asked":             {FR: "Pour avancer sur votre demande %s, l’assistance a besoin de précisions", EN: "To go on with your request %s, the desk needs details"},
	"mail.lead.resolved":          {FR: "L’assistance indique que votre demande %s est réglée", EN: "The desk says that your request %s is resolved"},
	"mail.lead.reminded":          {FR: "L’assistance a indiqué que votre demande %s est réglée, et vous n’avez pas encore dit si c’est le cas", EN: "The desk said that your request %s is resolved, and you have not said yet whether it is"},
	"mail.lead.closed":            {FR: "L’assistance a clôturé votre demande %s", EN: "The desk has closed your request %s"},
	"mail.lead.closed.silence":    {FR: "Sans réponse de votre part, votre demande %s est considérée comme réglée et clôturée", EN: "As you did not answer, your request %s is taken to be resolved and is closed"},
	"mail.lead.merged":            {FR: "Votre demande %[1]s est regroupée avec la demande %[2]s, qui traite du même sujet", EN: "Your request %[1]s is merged into the request %[2]s, which is about the same thing"},
	"mail.lead.joined":            {FR: "Votre demande %[1]s fait partie d’un incident majeur, %[2]s, sur lequel l’assistance travaille déjà", EN: "Your request %[1]s is a part of a major incident, %[2]s, that the desk is working on already"},
	"mail.lead.reopened":          {FR: "L’assistance a rouvert votre demande %s, qui est de nouveau en cours", EN: "The desk has reopened your request %s, which is in progress again"},
	"mail.lead.reopened.by_party": {FR: "%[2]s a rouvert la demande %[1]s, qui est de nouveau en cours", EN: "%[2]s has reopened the request %[1]s, which is in progress again"},
	"mail.lead.reopened.unmerged": {FR: "Votre demande %s, un temps regroupée avec une autre, est de nouveau traitée à part", EN: "Your request %s, merged into another one for a while, is handled on its own again"},
	"mail.lead.private":           {FR: "Il y a du nouveau sur la demande %s", EN: "There is news about the request %s"},
	"mail.lead.guidance":          {FR: "Votre réponse au sujet de la demande %s est bien arrivée, mais cette adresse ne transmet pas les réponses à l’assistance", EN: "Your reply about the request %s has arrived, but this address does not pass replies on to the desk"},
	"mail.lead.generic":           {FR: "Votre message est bien arrivé, mais personne ne lit cette adresse", EN: "Your message has arrived, but nobody reads this address"},
	"mail.do.roundup":             {FR: "Voici ce qui attend", EN: "This is what waits"},
	"mail.link.desk":              {FR: "Ouvrir le portail", EN: "Open the portal"},
	"mail.why.roundup":            {FR: "Pourquoi ce message ? Parce que vous êtes de l’assistance, et que quelque chose vous y attend.", EN: "Why this message? Because you are of the desk, and something waits for you there."},
	"mail.do.escalated":           {FR: "Une alerte attend quelqu’un : voyez-la sur la page de supervision", EN: "An alert waits for somebody: see it on the supervision page"},
	"mail.link.supervision":       {FR: "Ouvrir la page de supervision", EN: "Open the supervision page"},
	"mail.why.escalated":          {FR: "Pourquoi ce message ? Parce que vous supervisez l’assistance, ou que vous êtes de garde, et que personne n’a encore répondu.", EN: "Why this message? Because you supervise the desk, or are on duty, and nobody has answered yet."},
	"mail.lead.link_code":         {FR: "Un compte de Mattermost demande à être lié à vous. Voici le code qui le prouve", EN: "A Mattermost account asks to be linked to you. This is the code that proves it"},
	"mail.somebody":               {FR: "Quelqu’un", EN: "Somebody"},

	// Its end: words are quoted below, or not.
	"mail.end.quote": {FR: "%s :", EN: "%s:"},
	"mail.end.stop":  {FR: "%s.", EN: "%s."},

	// What else happened, when several things are told in one mail.
	"mail.earlier": {FR: "Avant cela", EN: "Before that"},

	// What follows the quoted words.
	"mail.after.opened_for_you": {FR: "Vous pouvez la suivre et la compléter sur le portail.", EN: "You can follow and complete it on the portal."},
	"mail.after.taken":          {FR: "Nous vous préviendrons à chaque étape.", EN: "We will tell you of each step."},
	"mail.after.asked":          {FR: "Répondez par le lien ci-dessus, ne répondez pas à ce message : votre réponse sera jointe à la demande.", EN: "Answer by the link above, do not reply to this message: your answer joins the request."},
	"mail.after.resolved":       {FR: "Dites-nous si c’est bien le cas : vous pouvez valider, ou refuser en disant ce qui ne va pas.", EN: "Tell us whether it is: you can validate, or refuse and say what is wrong."},
	"mail.after.reminded":       {FR: "Sans réponse de votre part d’ici le %s, la demande sera clôturée.", EN: "Without an answer by %s, the request will be closed."},
	"mail.after.joined":         {FR: "Vous serez prévenu de chaque étape, sans avoir à nous relancer.", EN: "You will be told of each step, without having to ask."},
	"mail.after.major":          {FR: "Cela vaut pour tout l’incident majeur %s, dont votre demande fait partie.", EN: "This holds for the whole major incident %s, which your request is a part of."},
	"mail.after.closed":         {FR: "Si le problème demeure, vous pouvez rouvrir la demande jusqu’au %s.", EN: "If the problem remains, you can reopen the request until %s."},
	"mail.after.merged":         {FR: "%s est le numéro gardé : c’est là que l’assistance poursuit.", EN: "%s is the number that is kept: the desk goes on there."},
	"mail.after.link_code":      {FR: "Dans Mattermost, tapez /ticket compte %[1]s. Le code sert une seule fois, dans les dix minutes : jusqu’au %[2]s.", EN: "In Mattermost, type /ticket account %[1]s. The code works once, within ten minutes: until %[2]s."},
	"mail.link_code.ignore":     {FR: "Si vous n’avez rien demandé, ignorez ce message : sans ce code, rien n’est lié. Ne le donnez à personne, l’assistance ne le demande jamais.", EN: "If it was not you, ignore this message: without this code nothing is linked. Give it to nobody, the desk never asks for it."},
	"mail.guidance.kept":        {FR: "Rien n’est perdu : ouvrez le lien, connectez-vous, votre texte vous attend. Un clic suffit pour l’envoyer.", EN: "Nothing is lost: open the link, sign in, your text is waiting. One click sends it."},
	"mail.guidance.resolved":    {FR: "L’assistance indique que cette demande est réglée : dites si c’est le cas par « Valider ou refuser », votre texte vous y attend aussi.", EN: "The desk says that this request is resolved: say whether it is by “Validate or refuse”, your text is waiting there too."},
	"mail.guidance.closed":      {FR: "Cette demande est clôturée : elle ne se complète plus. Si le problème demeure ou revient, rouvrez-la depuis sa page tant que c’est proposé ; sinon, déposez une nouvelle demande sur le portail.", EN: "This request is closed: nothing can be added to it. If the problem remains or comes back, reopen it from its page as long as that is offered; otherwise, send a new request on the portal."},
	"mail.guidance.too_large":   {FR: "Votre message dépassait 25 Mo : ses documents n’ont pas été repris. Joignez-les depuis le portail, en plusieurs fois ou plus légers.", EN: "Your message was larger than 25 MB: its documents were not kept. Add them on the portal, one at a time or smaller."},
	"mail.guidance.generic":     {FR: "Rien n’est perdu : votre texte est recopié ci-dessous. Pour demander de l’aide ou suivre une demande, passez par le portail.", EN: "Nothing is lost: your text is copied below. To ask for help or follow a request, use the portal."},
	"mail.wordless":             {FR: "Nous n’y avons trouvé aucun texte de vous. Ouvrez le lien, connectez-vous et écrivez votre réponse : les documents que nous avons pu garder vous y attendent.", EN: "We found no words of yours in it. Open the link, sign in and write your answer: the documents that we could keep are waiting there."},
	"mail.wordless.resolved":    {FR: "L’assistance indique que cette demande est réglée : dites si c’est le cas par « Valider ou refuser ».", EN: "The desk says that this request is resolved: say whether it is by “Validate or refuse”."},
	"mail.wordless.generic":     {FR: "Nous n’y avons trouvé aucun texte de vous. Pour demander de l’aide ou suivre une demande, passez par le portail.", EN: "We found no words of yours in it. To ask for help or follow a request, use the portal."},
	"mail.guidance.quoted":      {FR: "Voici ce que vous aviez écrit :", EN: "This is what you wrote:"},

	"mail.link.view":     {FR: "Voir la demande", EN: "See the request"},
	"mail.link.answer":   {FR: "Répondre sur le portail", EN: "Answer on the portal"},
	"mail.link.validate": {FR: "Valider ou refuser", EN: "Validate or refuse"},
	"mail.link.reopen":   {FR: "Rouvrir la demande", EN: "Reopen the request"},
	"mail.link.update":   {FR: "Retrouver mon texte et l’envoyer", EN: "Find my text and send it"},
	"mail.link.home":     {FR: "Ouvrir le portail", EN: "Open the portal"},

	"mail.footer.no_reply": {FR: "Merci de ne pas répondre à ce message : les réponses ne parviennent pas à l’assistance. Écrivez-lui sur le portail :", EN: "Please do not reply to this message: replies do not reach the desk. Write to it on the portal:"},

	// "Pourquoi ce message ?": who the reader is, and what made it go.
	"mail.why":                {FR: "Pourquoi ce message ? Parce que %[1]s et que %[2]s.", EN: "Why this message? Because %[1]s and %[2]s."},
	"mail.why.requester":      {FR: "vous avez déposé la demande %s", EN: "you filed the request %s"},
	"mail.why.beneficiary":    {FR: "la demande %s est pour vous", EN: "the request %s is for you"},
	"mail.why.opened_for_you": {FR: "c’est quelqu’un d’autre qui l’a déposée", EN: "it was somebody else who filed it"},
	"mail.why.taken":          {FR: "l’assistance l’a prise en compte", EN: "the desk takes care of it"},
	"mail.why.informed":       {FR: "l’assistance vous écrit à son sujet", EN: "the desk writes to you about it"},
	"mail.why.asked":          {FR: "l’assistance attend vos précisions", EN: "the desk waits for your details"},
	"mail.why.resolved":       {FR: "c’est à vous de dire si elle est réglée", EN: "it is for you to say whether it is resolved"},
	"mail.why.reminded":       {FR: "votre avis est attendu sur sa résolution", EN: "your word on its resolution is awaited"},
	"mail.why.closed":         {FR: "l’assistance l’a clôturée", EN: "the desk has closed it"},
	"mail.why.closed.silence": {FR: "votre avis sur sa résolution n’est pas venu", EN: "your word on its resolution did not come"},
	"mail.why.merged":         {FR: "l’assistance l’a regroupée avec une autre", EN: "the desk has merged it into another"},
	"mail.why.joined":         {FR: "l’assistance l’a rattachée à un incident majeur", EN: "the desk has joined it to a major incident"},
	"mail.why.reopened":       {FR: "cette demande est de nouveau en cours", EN: "it is in progress again"},
	"mail.why.private":        {FR: "Pourquoi ce message ? Parce que la demande %s vous concerne.", EN: "Why this message? Because the request %s concerns you."},
	"mail.why.generic":        {FR: "Pourquoi ce message ? Parce que vous avez écrit à cette adresse.", EN: "Why this message? Because you wrote to this address."},
	"mail.why.guidance":       {FR: "Pourquoi ce message ? Parce que vous avez répondu à un message de l’assistance.", EN: "Why this message? Because you replied to a message of the desk."},
	"mail.why.link_code":      {FR: "Pourquoi ce message ? Parce que votre adresse a été donnée dans Mattermost.", EN: "Why this message? Because your address was given in Mattermost."},
}
