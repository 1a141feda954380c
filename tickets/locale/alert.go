package locale

// alertWords are the words of alerts to supervisors that are about no ticket:
// what happens, with its count, and what to do.
var alertWords = table{
	"alert.mail_loop.one":   {FR: "⚠️ Un message de Cecoia est revenu à l’adresse sans réponse dans la journée.", EN: "⚠️ A mail of Cecoia’s came back to the no-reply address within the day."},
	"alert.mail_loop.other": {FR: "⚠️ %s messages de Cecoia sont revenus à l’adresse sans réponse dans la journée.", EN: "⚠️ %s mails of Cecoia’s came back to the no-reply address within the day."},
	"alert.mail_loop.todo":  {FR: "Rien n’y a été répondu. Une boîte les renvoie sans doute d’elle-même : cherchez une règle de redirection vers cette adresse (dossier « Automatiques »).", EN: "None was answered. Some mailbox probably forwards them by itself: look for a rule that redirects to this address (folder “Automatiques”)."},

	"alert.mail_held.one":   {FR: "⚠️ Une réponse refusée est restée sans guidage dans la journée : l’expéditeur en avait déjà reçu assez.", EN: "⚠️ A refused reply got no guidance within the day: its sender had got enough."},
	"alert.mail_held.other": {FR: "⚠️ %s réponses refusées sont restées sans guidage dans la journée : trop d’envois à un même expéditeur, ou en tout.", EN: "⚠️ %s refused replies got no guidance within the day: too many went to one sender, or in all."},
	"alert.mail_held.todo":  {FR: "Les textes attendent leurs auteurs sur le portail. Si le nombre grandit vite, un automate répond : le journal (ligne 11 de la table) dit lequel.", EN: "The texts wait for their authors on the portal. If the number grows fast, a machine is answering: the log (row 11 of the table) says which."},

	"alert.mail_quarantine.one":   {FR: "⚠️ Un message à l’adresse sans réponse a été mis en quarantaine dans la journée.", EN: "⚠️ A mail to the no-reply address was put in quarantine within the day."},
	"alert.mail_quarantine.other": {FR: "⚠️ %s messages à l’adresse sans réponse ont été mis en quarantaine dans la journée.", EN: "⚠️ %s mails to the no-reply address were put in quarantine within the day."},
	"alert.mail_quarantine.todo":  {FR: "Personne ne garantit leur expéditeur : il n’y est pas répondu. Si de vrais usagers sont touchés, l’administrateur de la messagerie doit voir pourquoi leurs messages ne sont pas authentifiés (dossier « Quarantaine »).", EN: "Nobody vouches for their senders: they are not answered. If real people are hit, the mail administrator should see why their mails are not authenticated (folder “Quarantaine”)."},

	"alert.address_muted.one":   {FR: "⚠️ Une adresse ne reçoit plus de messages : son serveur les refuse.", EN: "⚠️ An address gets no more mail: its server refuses it."},
	"alert.address_muted.other": {FR: "⚠️ %s adresses ne reçoivent plus de messages : leurs serveurs les refusent.", EN: "⚠️ %s addresses get no more mail: their servers refuse it."},
	"alert.address_muted.todo":  {FR: "Chaque personne concernée le voit sur le portail, où elle confirme son adresse. Si elles sont nombreuses, l’annuaire est peut-être à corriger.", EN: "Each person concerned sees it on the portal, and confirms their address there. If there are many, the directory may need correcting."},
}
