package locale

// whyWords answer "Pourquoi ce message ?": for each rule of the policy, by its
// name, why its message comes.
var whyWords = table{
	"why.card-follows-ticket":       {FR: "la carte d’une demande suit tout ce qui lui arrive, dans le canal de votre groupe", EN: "a ticket’s card follows all that happens to it, in your group’s channel"},
	"why.card-leaves-group":         {FR: "la demande est passée à une autre équipe, et sa carte le dit là où elle était", EN: "the ticket has gone to another team, and its card says so where it was"},
	"why.opened-for-another":        {FR: "quelqu’un a déposé cette demande pour vous", EN: "somebody filed this ticket for you"},
	"why.requester-hears-take-up":   {FR: "votre demande est prise en compte", EN: "your ticket is taken into account"},
	"why.requester-hears-desk":      {FR: "l’assistance vous donne des nouvelles de votre demande", EN: "the desk gives you news of your ticket"},
	"why.requester-is-asked":        {FR: "l’assistance a besoin de précisions sur votre demande", EN: "the desk needs details about your ticket"},
	"why.requester-validates":       {FR: "votre demande est réglée, et à valider par vous", EN: "your ticket is resolved, for you to validate"},
	"why.requester-hears-closing":   {FR: "votre demande est clôturée par l’assistance", EN: "your ticket is closed by the desk"},
	"why.requester-hears-merging":   {FR: "votre demande se poursuit dans une autre", EN: "your ticket goes on in another"},
	"why.requester-hears-reopening": {FR: "votre demande est de nouveau en cours", EN: "your ticket is in progress again"},
	"why.requester-hears-joining":   {FR: "votre demande est rattachée à un incident majeur", EN: "your ticket is joined to a major incident"},
	"why.requester-is-reminded":     {FR: "votre demande est réglée, et toujours à valider par vous", EN: "your ticket is resolved, and still for you to validate"},
	"why.requester-hears-silence":   {FR: "votre demande est clôturée, faute de réponse", EN: "your ticket is closed, as no answer came"},
	"why.assignee-hears-assignment": {FR: "la demande vous a été confiée", EN: "the ticket was assigned to you"},
	"why.assignee-hears-complement": {FR: "vous suiviez la demande, et son demandeur l’a mise à jour", EN: "the ticket was assigned to you, and its requester updated it"},
	"why.assignee-hears-refusal":    {FR: "vous suiviez la demande, et sa résolution a été refusée", EN: "the ticket was assigned to you, and its resolution was refused"},
	"why.assignee-hears-reopening":  {FR: "vous suiviez la demande, et elle a été rouverte", EN: "the ticket was assigned to you, and it was reopened"},
	"why.named-in-note":             {FR: "une note vous cite", EN: "a note mentions you"},
	"why.account-asks-for-code":     {FR: "quelqu’un, sans doute vous, lie un compte du chat à votre adresse", EN: "somebody, probably you, is linking a chat account to your address"},
	"why.reply-is-refused":          {FR: "vous avez répondu par mail à une adresse qui ne se lit pas", EN: "you replied by mail to an address that nobody reads"},
	"why.other":                     {FR: "une règle de l’assistance le veut (%s)", EN: "a rule of the desk says so (%s)"},

	// The answer to "pourquoi".
	"chat.why.head.person":  {FR: "Pourquoi ces messages sur %s ?", EN: "Why these messages about %s?"},
	"chat.why.head.group":   {FR: "Pourquoi la demande %s est-elle dans le canal « %s » ?", EN: "Why is %s in the channel of %s?"},
	"chat.why.yours":        {FR: "La demande est à vous depuis le %s.", EN: "The ticket has been yours since %s."},
	"chat.why.not_yours":    {FR: "La demande n’est pas, ou plus, à vous.", EN: "The ticket is not yours, or no longer."},
	"chat.why.line":         {FR: "%s · %s : car %s.", EN: "%s · %s: because %s."},
	"chat.why.waits":        {FR: "en attente", EN: "waiting"},
	"chat.why.none":         {FR: "Rien ne vous a été envoyé ici sur %s.", EN: "Nothing was sent to you here about %s."},
	"chat.why.change":       {FR: "Pour régler vos messages directs : `/ticket notif`, par exemple `/ticket notif mention jamais`.", EN: "To tune your direct messages: `/ticket notify`, for example `/ticket notify mention never`."},
	"chat.why.change.group": {FR: "La carte est là pour tout le groupe : elle ne se règle pas. Vos messages directs, si : `/ticket notif`.", EN: "The card is there for the whole group: it cannot be tuned. Your direct messages can: `/ticket notify`."},
}
