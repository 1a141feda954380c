package locale

// linkingWords are the words of linking a chat account to a person, and of the
// bounds on what an account may send.
var linkingWords = table{
	"chat.link.how":     {FR: "Votre compte n’est pas lié à une personne de l’annuaire (%[1]s). Pour le lier :\n1. tapez `/ticket compte prenom.nom@%[2]s`, avec votre adresse de l’annuaire : un code vous est envoyé par mail ;\n2. tapez `/ticket compte` suivi de ce code.\nSi vous ne recevez rien, un superviseur de votre assistance peut le lier avec cet identifiant : `%[3]s`", EN: "Your account is not linked to a person of the directory (%[1]s). To link it:\n1. type `/ticket account given.family@%[2]s`, with your address in the directory: a code is sent to you by mail;\n2. type `/ticket account` and that code.\nIf nothing arrives, a supervisor of your desk can link it with this identifier: `%[3]s`"},
	"chat.link.sent":    {FR: "Si %[1]s est dans l’annuaire (%[2]s), un code vient d’y être envoyé par mail. Tapez `/ticket compte` suivi de ce code : il sert une seule fois, dans les dix minutes. Seul le dernier code demandé compte ; trois par heure au plus.", EN: "If %[1]s is in the directory (%[2]s), a code has just been sent there by mail. Type `/ticket account` and that code: it works once, within ten minutes. Only the latest code asked for counts; three an hour at most."},
	"chat.link.done":    {FR: "C’est fait : votre compte est lié.", EN: "Done: your account is linked."},
	"chat.link.already": {FR: "Votre compte est déjà lié : rien n’est changé.", EN: "Your account is linked already: nothing was changed."},
	"chat.link.undone":  {FR: "C’est fait : votre compte n’est plus lié à %s, et n’a plus de droits ici. Pour le lier de nouveau : `/ticket compte`.", EN: "Done: your account is no longer linked to %s, and has no rights here any more. To link it again: `/ticket account`."},
	"chat.link.since":   {FR: "Compte lié depuis le %s.", EN: "Account linked since %s."},
	"chat.link.unlink":  {FR: "Pour le délier : `/ticket compte délier`.", EN: "To unlink it: `/ticket account unlink`."},

	"error.link.address":  {FR: "Ce n’est pas une adresse mail.", EN: "This is not a mail address."},
	"error.link.too_many": {FR: "Vous avez déjà demandé %s codes en une heure. Attendez un peu avant d’en demander un autre.", EN: "You have already asked for %s codes within an hour. Wait a little before you ask for another."},
	"error.link.wrong":    {FR: "Ce n’est pas le bon code. Essais restants : %s.", EN: "This is not the right code. Tries left: %s."},
	"error.link.spent":    {FR: "Ce n’est pas le bon code, et il n’y a plus d’essai : demandez un nouveau code par `/ticket compte` et votre adresse.", EN: "This is not the right code, and no try is left: ask for a new code by `/ticket account` and your address."},
	"error.link.no_code":  {FR: "Aucun code n’est en attente : il a expiré, a déjà servi ou n’a pas été demandé. Demandez-en un par `/ticket compte` et votre adresse.", EN: "No code is waiting: it has expired, was used, or was not asked for. Ask for one by `/ticket account` and your address."},

	"chat.http.too_fast":  {FR: "Doucement : vous envoyez beaucoup de commandes en peu de temps, celle-ci n’est pas exécutée. Réessayez dans %s s.", EN: "Slowly: you send many commands in a short time, this one was not executed. Try again in %s s."},
	"chat.direct.command": {FR: "Réponse à votre commande `/ticket %s`, qui a tardé :", EN: "The answer to your command `/ticket %s`, which took long:"},
}
