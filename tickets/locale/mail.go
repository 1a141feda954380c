package locale

// mailWords are the words of the mail. A private ticket's mail uses only those
// under "private": they tell that there is news, and where, and nothing of it.
var mailWords = table{
	"mail.greeting":          {FR: "Bonjour %s,", EN: "Hello %s,"},
	"mail.greeting.nameless": {FR: "Bonjour,", EN: "Hello,"},

	// Subjects; the number stands before them in square brackets.
	"mail.subject.opened_for_you": {FR: "Une demande a été déposée pour vous", EN: "A request was filed for you"},
	"mail.subject.taken":          {FR: "Pris en compte", EN: "Being taken care of"},
	"mail.subject.informed":       {FR: "Information de l’assistance", EN: "News from the desk"},
	"mail.subject.asked":          {FR: "Demande de précisions", EN: "Details needed"},
	"mail.subject.resolved":       {FR: "Réglé, à valider", EN: "Resolved, to be validated"},
	"mail.subject.closed":         {FR: "Clôturé", EN: "Closed"},
	"mail.subject.merged":         {FR: "Regroupé avec une autre demande", EN: "Merged into another request"},
	"mail.subject.reopened":       {FR: "Rouvert", EN: "Reopened"},
	"mail.subject.private":        {FR: "Du nouveau sur votre demande", EN: "News about your request"},
	"mail.subject.guidance":       {FR: "Votre réponse est à envoyer depuis le portail", EN: "Your reply is to be sent from the portal"},
	"mail.subject.generic":        {FR: "Votre message est à envoyer depuis le portail", EN: "Your message is to be sent from the portal"},

	// What the letter begins with; the argument is the number.
	"mail.lead.opened_for_you":    {FR: "%[2]s a déposé pour vous la demande %[1]s.", EN: "%[2]s filed the request %[1]s for you."},
	"mail.lead.taken":             {FR: "L’assistance a pris en compte votre demande %s.", EN: "The desk is taking care of your request %s."},
	"mail.lead.informed":          {FR: "L’assistance vous écrit au sujet de votre demande %s :", EN: "The desk writes about your request %s:"},
	"mail.lead.asked":             {FR: "Pour avancer sur votre demande %s, l’assistance a besoin de précisions :", EN: "To go on with your request %s, the desk needs details:"},
	"mail.lead.resolved":          {FR: "L’assistance indique que votre demande %s est réglée :", EN: "The desk says that your request %s is resolved:"},
	"mail.lead.closed":            {FR: "L’assistance a clôturé votre demande %s :", EN: "The desk has closed your request %s:"},
	"mail.lead.merged":            {FR: "Votre demande %[1]s est regroupée avec la demande %[2]s, qui traite du même sujet.", EN: "Your request %[1]s is merged into the request %[2]s, which is about the same thing."},
	"mail.lead.reopened":          {FR: "L’assistance a rouvert votre demande %s : elle est de nouveau en cours.", EN: "The desk has reopened your request %s: it is in progress again."},
	"mail.lead.reopened.by_party": {FR: "%[2]s a rouvert la demande %[1]s : elle est de nouveau en cours.", EN: "%[2]s has reopened the request %[1]s: it is in progress again."},
	"mail.lead.reopened.unmerged": {FR: "Votre demande %s avait été regroupée avec une autre : elle est de nouveau traitée à part.", EN: "Your request %s had been merged into another one: it is handled on its own again."},
	"mail.lead.private":           {FR: "Il y a du nouveau sur votre demande %s.", EN: "There is news about your request %s."},
	"mail.lead.guidance":          {FR: "Votre réponse au sujet de la demande %s est bien arrivée, mais cette adresse ne transmet pas les réponses à l’assistance.", EN: "Your reply about the request %s has arrived, but this address does not pass replies on to the desk."},
	"mail.lead.generic":           {FR: "Votre message est bien arrivé, mais personne ne lit cette adresse.", EN: "Your message has arrived, but nobody reads this address."},
	"mail.somebody":               {FR: "Quelqu’un", EN: "Somebody"},

	"mail.about": {FR: "Objet : %s", EN: "About: %s"},

	// What follows the quoted words.
	"mail.after.opened_for_you": {FR: "Vous pouvez la suivre et la compléter sur le portail.", EN: "You can follow and complete it on the portal."},
	"mail.after.taken":          {FR: "Vous n’avez rien à faire pour l’instant.", EN: "There is nothing for you to do for now."},
	"mail.after.asked":          {FR: "Répondez sur le portail : votre réponse sera jointe à la demande.", EN: "Please answer on the portal: your answer joins the request."},
	"mail.after.resolved":       {FR: "Dites-nous si c’est bien le cas : vous pouvez valider, ou refuser en disant ce qui ne va pas.", EN: "Tell us whether it is: you can validate, or refuse and say what is wrong."},
	"mail.after.closed":         {FR: "Si le problème demeure, vous pouvez rouvrir la demande jusqu’au %s.", EN: "If the problem remains, you can reopen the request until %s."},
	"mail.after.merged":         {FR: "%s est le numéro gardé : c’est là que l’assistance poursuit. Vous n’avez rien à faire.", EN: "%s is the number that is kept: the desk goes on there. There is nothing for you to do."},
	"mail.guidance.kept":        {FR: "Rien n’est perdu : ouvrez le lien, connectez-vous, votre texte vous attend. Un clic suffit pour l’envoyer.", EN: "Nothing is lost: open the link, sign in, your text is waiting. One click sends it."},
	"mail.guidance.resolved":    {FR: "L’assistance indique que cette demande est réglée : vous pouvez d’abord valider ou refuser cette résolution.", EN: "The desk says that this request is resolved: you can first validate or refuse that."},
	"mail.guidance.closed":      {FR: "Cette demande est clôturée : elle ne se complète plus. Si le problème demeure ou revient, déposez une nouvelle demande sur le portail.", EN: "This request is closed: nothing can be added to it. If the problem remains or comes back, send a new request on the portal."},
	"mail.guidance.generic":     {FR: "Rien n’est perdu : votre texte est recopié ci-dessous. Pour demander de l’aide ou suivre une demande, passez par le portail.", EN: "Nothing is lost: your text is copied below. To ask for help or follow a request, use the portal."},
	"mail.guidance.quoted":      {FR: "Voici ce que vous aviez écrit :", EN: "This is what you wrote:"},

	"mail.subject.link_code": {FR: "Code pour lier votre compte Mattermost", EN: "Code to link your Mattermost account"},
	"mail.lead.link_code":    {FR: "Un compte de Mattermost demande à être lié à vous. Voici le code qui le prouve :", EN: "A Mattermost account asks to be linked to you. This is the code that proves it:"},
	"mail.after.link_code":   {FR: "Dans Mattermost, tapez /ticket compte %[1]s. Le code sert une seule fois, dans les dix minutes : jusqu’au %[2]s.", EN: "In Mattermost, type /ticket account %[1]s. The code works once, within ten minutes: until %[2]s."},
	"mail.link_code.ignore":  {FR: "Si vous n’avez rien demandé, ignorez ce message : sans ce code, rien n’est lié. Ne le donnez à personne, l’assistance ne le demande jamais.", EN: "If it was not you, ignore this message: without this code nothing is linked. Give it to nobody, the desk never asks for it."},
	"mail.footer.link_code":  {FR: "Vous recevez ce message parce que votre adresse a été donnée dans Mattermost.", EN: "You get this message because your address was given in Mattermost."},

	"mail.link.view":     {FR: "Voir la demande", EN: "See the request"},
	"mail.link.answer":   {FR: "Répondre sur le portail", EN: "Answer on the portal"},
	"mail.link.validate": {FR: "Valider ou refuser", EN: "Validate or refuse"},
	"mail.link.reopen":   {FR: "Rouvrir la demande", EN: "Reopen the request"},
	"mail.link.update":   {FR: "Retrouver mon texte et l’envoyer", EN: "Find my text and send it"},
	"mail.link.home":     {FR: "Ouvrir le portail", EN: "Open the portal"},

	"mail.footer.no_reply":    {FR: "Merci de ne pas répondre à ce message : les réponses ne parviennent pas à l’assistance. Écrivez-lui sur le portail :", EN: "Please do not reply to this message: replies do not reach the desk. Write to it on the portal:"},
	"mail.footer.requester":   {FR: "Vous recevez ce message parce que vous avez déposé la demande %s.", EN: "You get this message because you filed the request %s."},
	"mail.footer.beneficiary": {FR: "Vous recevez ce message parce que la demande %s est pour vous.", EN: "You get this message because the request %s is for you."},
	"mail.footer.sender":      {FR: "Vous recevez ce message parce que vous avez écrit à cette adresse.", EN: "You get this message because you wrote to this address."},
	"mail.footer.sender_of":   {FR: "Vous recevez ce message parce que vous avez répondu à un message de l’assistance.", EN: "You get this message because you replied to a message of the desk."},

	// The line of a refusal within the SMTP session, both languages in one, a
	// link after them: ASCII only.
	"mail.smtp.kept":    {FR: "Reponse non transmise, votre texte vous attend sur le portail", EN: "Reply not passed on, your text awaits you on the portal:"},
	"mail.smtp.generic": {FR: "Personne ne lit cette adresse, passez par le portail", EN: "Nobody reads this address, please use the portal:"},
}
