package locale

// bounceWords are the words about an address that mail does not reach.
var bounceWords = table{
	"unreachable":            {FR: "Aucun mail n’arrive chez %s : appelez.", EN: "No mail reaches %s: call."},
	"unreachable.phone":      {FR: "Aucun mail n’arrive chez %s : appelez au %s.", EN: "No mail reaches %s: call %s."},
	"web.muted.title":        {FR: "Nous n’arrivons plus à vous écrire à %s.", EN: "We can no longer write to you at %s."},
	"web.muted.why.gone":     {FR: "La messagerie répond qu’il n’y a pas de boîte à cette adresse.", EN: "The mail system says that there is no mailbox at this address."},
	"web.muted.why.domain":   {FR: "La messagerie répond que le domaine de cette adresse n’existe pas.", EN: "The mail system says that the domain of this address does not exist."},
	"web.muted.why.disabled": {FR: "La messagerie répond que votre boîte est désactivée.", EN: "The mail system says that your mailbox is disabled."},
	"web.muted.why.full":     {FR: "La messagerie répond que votre boîte est pleine.", EN: "The mail system says that your mailbox is full."},
	"web.muted.why.refused":  {FR: "La messagerie a refusé plusieurs de nos messages.", EN: "The mail system has refused several of our messages."},
	"web.muted.since":        {FR: "Depuis le %s, plus aucun message ne vous est envoyé : suivez vos demandes ici. Si l’adresse n’est pas la bonne, faites-la corriger dans l’annuaire de l’académie.", EN: "Since %s, no message is sent to you any more: follow your requests here. If the address is wrong, have it corrected in the academy’s directory."},
	"web.muted.confirm":      {FR: "Mon adresse fonctionne de nouveau", EN: "My address works again"},
	"web.muted.done":         {FR: "C’est noté : nous vous écrivons de nouveau à %s.", EN: "Noted: we write to you again at %s."},
	"web.muted.renewed.one":  {FR: "Le message qui attend votre réponse vous est renvoyé.", EN: "The message that waits for your answer is sent again."},
	"web.muted.renewed.other": {
		FR: "Les %s messages qui attendent votre réponse vous sont renvoyés.", EN: "The %s messages that wait for your answer are sent again.",
	},
	"web.muted.over": {FR: "Il n’y avait plus rien à confirmer : nous vous écrivons à votre adresse.", EN: "There was nothing left to confirm: we write to you at your address."},

	"error.muting.not_found":   {FR: "Cette adresse reçoit nos messages.", EN: "This address gets our messages."},
	"error.delivery.not_found": {FR: "Il n’y a pas de tel envoi.", EN: "There is no such delivery."},
}
