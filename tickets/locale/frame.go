package locale

// frameWords are the words of the frame of the portal: signing in, preferences,
// the pages of words that the law and good manners ask for, and errors.
var frameWords = table{
	// Signing in.
	"web.field.remember":      {FR: "Mémoriser l’utilisateur", EN: "Remember me"},
	"web.field.remember.hint": {FR: "Retient votre identifiant pendant un an sur cet appareil, jamais votre mot de passe. Décochez sur un poste partagé : il sera oublié.", EN: "Keeps your username for a year on this device, never your password. Untick on a shared computer: it will be forgotten."},
	"web.signin.removed":      {FR: "Vous avez été déconnecté : votre compte n’est plus dans l’annuaire de l’académie. Si c’est une erreur, adressez-vous à l’assistance.", EN: "You have been signed out: your account is no longer in the academy’s directory. If this is a mistake, turn to the desk."},
	"web.signin.ended":        {FR: "Votre session avait expiré : rien n’est envoyé. Connectez-vous, la page vous attend avec ce que vous aviez saisi.", EN: "Your session had ended: nothing is sent. Sign in, the page waits for you with what you had entered."},
	"web.kept":                {FR: "Votre session avait expiré : vos mots ont été gardés. Relisez-les ; rien n’est encore envoyé, et les documents sont à joindre de nouveau.", EN: "Your session had ended: your words were kept. Read them again; nothing is sent yet, and documents are to be attached again."},

	// Preferences.
	"web.footer.preferences":    {FR: "Préférences", EN: "Preferences"},
	"web.preferences.title":     {FR: "Préférences", EN: "Preferences"},
	"web.preferences.save":      {FR: "Enregistrer", EN: "Save"},
	"web.preferences.done":      {FR: "Vos préférences sont enregistrées.", EN: "Your preferences are saved."},
	"web.field.lang":            {FR: "Langue", EN: "Language"},
	"web.field.lang.hint":       {FR: "Une fois connecté, c’est aussi celle de vos mails.", EN: "Once you are signed in, it is also that of your mail."},
	"web.field.appearance":      {FR: "Apparence", EN: "Appearance"},
	"web.field.appearance.hint": {FR: "Gardée dans ce navigateur.", EN: "Kept in this browser."},
	"web.appearance.auto.hint":  {FR: "Comme le reste de votre appareil", EN: "As the rest of your device"},
	"web.field.shortcuts":       {FR: "Raccourcis CECOIA", EN: "CECOIA shortcuts"},
	"web.field.shortcuts.hint":  {FR: "Alt+N nouvel incident, Alt+E envoyer, Alt+D annuler, Alt+U documents. Gardés dans ce navigateur. Dans Firefox : Alt+Maj ; sur Mac : Ctrl+Option.", EN: "Alt+N new incident, Alt+E send, Alt+D cancel, Alt+U documents. Kept in this browser. In Firefox: Alt+Shift; on a Mac: Ctrl+Option."},
	"web.shortcuts.off":         {FR: "Désactivés", EN: "Off"},
	"web.shortcuts.on":          {FR: "Activés", EN: "On"},
	"web.shortcuts.on.hint":     {FR: "Ils s’affichent sur les boutons. Ils peuvent masquer ceux du navigateur ou d’un lecteur d’écran.", EN: "They are shown on the buttons. They may hide those of the browser or of a screen reader."},
	"error.lang.unknown":        {FR: "Cette langue n’est pas proposée.", EN: "This language is not available."},

	// Error pages.
	"web.error.back":   {FR: "Revenir à la page précédente", EN: "Back to the page before"},
	"web.error.reload": {FR: "Voir la demande telle qu’elle est maintenant", EN: "See the request as it is now"},

	// Help.
	"web.help.title":          {FR: "Aide", EN: "Help"},
	"web.help.lead":           {FR: "Une demande, un numéro, une trace : tout se passe sur ce portail.", EN: "One request, one number, one trace: everything happens on this portal."},
	"web.help.ask.title":      {FR: "Demander de l’aide", EN: "Asking for help"},
	"web.help.ask":            {FR: "Un incident : quelque chose ne marche plus. Une demande de service : vous avez besoin de quelque chose de nouveau. En cas de doute, créez un incident : l’assistance saura.\n\nVos coordonnées sont déjà remplies, corrigez-les au besoin. Il n’est pas nécessaire de parler informatique : décrivez ce que vous faisiez et ce que vous voyez, en commençant par votre service et votre bureau, et joignez une capture d’écran si vous le pouvez.\n\nPour un collègue : « pour une autre personne », en haut du formulaire. Vous suivrez la demande tous les deux, et l’un ou l’autre la validera.", EN: "An incident: something no longer works. A service request: you need something new. When in doubt, create an incident: the desk will know.\n\nYour details are already filled in, correct them where needed. You need not speak computing: describe what you were doing and what you see, beginning with your service and your office, and attach a screenshot if you can.\n\nFor a colleague: “for another person”, on top of the form. You will both follow the request, and either of you will validate it."},
	"web.help.after.title":    {FR: "Ce qui se passe ensuite", EN: "What happens next"},
	"web.help.after":          {FR: "La demande arrive à une équipe, non à une personne : elle est lue dans les 10 minutes ouvrées, puis confiée à qui saura la traiter. Un mail vous dit qu’elle est prise en compte.\n\nUn mail ou un appel peut vous demander des précisions. Répondez depuis la page de la demande : elle attend jusque-là.\n\nLa solution est gardée : elle servira à d’autres.", EN: "The request reaches a team, not one person: it is read within 10 working minutes, then given to who can handle it. A mail tells you that it is taken into account.\n\nA mail or a call may ask you for details. Answer from the page of the request: it waits until then.\n\nThe solution is kept: it will serve others."},
	"web.help.follow.title":   {FR: "Suivre et mettre à jour", EN: "Following and updating"},
	"web.help.follow":         {FR: "La page de chaque demande raconte ce qui a été fait, par qui et quand ; ce qui est nouveau depuis votre dernière visite y est signalé. « Mise à jour » y ajoute une information ou un document, daté et signé : inutile de changer la couleur du texte.", EN: "The page of each request tells what was done, by whom and when; what is new since your last visit is marked. “Update” adds information or a document, dated and signed: no need to change the colour of the text."},
	"web.help.close.title":    {FR: "Validation ou clôture ?", EN: "Validating or closing?"},
	"web.help.close":          {FR: "La validation vient après l’intervention : un mail vous dit que c’est réglé, vous validez, ou vous dites que ce n’est pas résolu et pourquoi. C’est vous qui avez le dernier mot.\n\nLa clôture vient avant l’intervention : vous avez trouvé la solution vous-même, et vous prévenez les équipes en disant la cause.", EN: "Validating comes after the intervention: a mail tells you that it is resolved, you validate, or you say that it is not and why. You have the last word.\n\nClosing comes before the intervention: you found the solution yourself, and you tell the teams, with the cause."},
	"web.help.noreply.title":  {FR: "Pourquoi ne peut-on pas répondre aux mails ?", EN: "Why can mails not be answered?"},
	"web.help.noreply":        {FR: "« En aucun cas, vous ne pourrez répondre à ce mail » : une réponse par mail se perd, se double ou arrive à quelqu’un qui n’est pas là. Sur le portail, elle est jointe à la demande, et toute l’équipe la voit.\n\nSi vous avez répondu quand même, rien n’est perdu : votre texte vous attend sept jours sur la page de la demande. Relisez-le, envoyez-le.", EN: "“In no case can you answer this mail”: an answer by mail gets lost, is doubled, or reaches somebody who is away. On the portal it joins the request, and the whole team sees it.\n\nIf you answered all the same, nothing is lost: your text waits for you for seven days on the page of the request. Read it again, send it."},
	"web.help.practice.title": {FR: "Bonnes pratiques", EN: "Good practice"},
	"web.help.practice":       {FR: "Un sujet par demande. Ne doublez jamais une demande par un appel, un mail ou une autre demande : mettez-la à jour.\n\nGardez l’urgence 1 à ce qui arrête un service ou menace un examen.\n\nPensez à vous déconnecter par l’intitulé « Déconnexion », surtout sur un poste partagé.", EN: "One subject per request. Never double a request by a call, a mail or another request: update it.\n\nKeep urgency 1 for what stops a service or threatens an exam.\n\nRemember to leave by “Sign out”, above all on a shared computer."},
	"web.help.keys.title":     {FR: "Au clavier, dans votre langue", EN: "By keyboard, in your language"},
	"web.help.keys":           {FR: "Tout se fait au clavier et sans souris. La langue, l’apparence claire ou sombre et les raccourcis Alt+N, Alt+E, Alt+D et Alt+U de l’ancienne application se choisissent dans les préférences.", EN: "Everything can be done by keyboard, without a mouse. The language, the light or dark appearance and the keys Alt+N, Alt+E, Alt+D and Alt+U of the former application are chosen in the preferences."},

	// The accessibility statement (RGAA 4.1).
	"web.accessibility.title":         {FR: "Accessibilité : non conforme", EN: "Accessibility: not compliant"},
	"web.accessibility.lead":          {FR: "Ce portail est conçu pour être utilisable par tous. Faute d’audit de conformité au RGAA 4.1, il est déclaré non conforme.", EN: "This portal is made to be used by everybody. As no audit against the RGAA 4.1 has taken place, it is declared not compliant."},
	"web.accessibility.state.title":   {FR: "État de conformité", EN: "State of compliance"},
	"web.accessibility.state":         {FR: "Cecoia n’est pas conforme au référentiel général d’amélioration de l’accessibilité (RGAA), version 4.1 : aucun audit n’a encore été réalisé. Cette mention changera après un audit, pas avant.", EN: "Cecoia is not compliant with the French accessibility framework (RGAA), version 4.1: no audit has been made yet. This mention will change after an audit, not before."},
	"web.accessibility.done.title":    {FR: "Ce qui est prévu pour vous", EN: "What is made for you"},
	"web.accessibility.done":          {FR: "Toutes les pages s’utilisent au clavier, sans JavaScript, agrandies quatre fois et en apparence claire ou sombre. Les erreurs sont annoncées en haut de page et près de chaque champ. Aucun statut n’est dit par la seule couleur.", EN: "All pages can be used by keyboard, without JavaScript, magnified four times and in light or dark appearance. Errors are announced on top of the page and near each field. No status is told by colour alone."},
	"web.accessibility.tested.title":  {FR: "Ce qui est vérifié", EN: "What is checked"},
	"web.accessibility.tested":        {FR: "À chaque version, des essais automatiques passent chaque page, en clair, en sombre, sur téléphone et sur grand écran, à l’outil axe-core (règles WCAG 2.1 AA et bonnes pratiques), et en contrôlent le code, l’ordre au clavier et les contrastes. Ils ne remplacent pas un audit, ni l’essai par des personnes concernées.", EN: "With each version, automatic checks put each page, in light, in dark, on a telephone and on a large screen, through axe-core (the rules of WCAG 2.1 AA and good practice), and check its code, its order by keyboard and its contrasts. They replace neither an audit nor a trial by the people concerned."},
	"web.accessibility.contact.title": {FR: "Signaler une difficulté", EN: "Telling us of a difficulty"},
	"web.accessibility.contact":       {FR: "Si un contenu ou un service ne vous est pas accessible, écrivez à votre académie, créez un incident, ou faites-le créer par une autre personne : une solution de remplacement vous sera proposée.", EN: "If content or a service is not accessible to you, write to your academy, create an incident, or have somebody create it: another way will be offered to you."},
	"web.accessibility.remedy.title":  {FR: "Voies de recours", EN: "Legal remedy"},
	"web.accessibility.remedy":        {FR: "Si vous n’obtenez pas de réponse satisfaisante, vous pouvez saisir le Défenseur des droits : par son formulaire en ligne, par téléphone, ou par courrier gratuit sans timbre.", EN: "If you get no satisfactory answer, you may turn to the Defender of Rights (Défenseur des droits): by its online form, by telephone, or by free post."},

	// Personal data (RGPD).
	"web.privacy.title":         {FR: "Données personnelles", EN: "Personal data"},
	"web.privacy.lead":          {FR: "Ce que l’assistance garde de vous, pourquoi, combien de temps, et vos droits.", EN: "What the desk keeps about you, why, for how long, and your rights."},
	"web.privacy.what.title":    {FR: "Ce qui est gardé", EN: "What is kept"},
	"web.privacy.what":          {FR: "Votre fiche d’annuaire (nom, fonction, entité, lieu, téléphone, adresse de messagerie, identifiant), la langue que vous avez choisie, vos demandes, leurs documents et ce qui s’y est dit, avec la date et l’auteur de chaque ajout, vos formulaires non envoyés, vos favoris, et vos réponses refusées par mail.", EN: "Your directory entry (name, function, entity, place, telephone, mail address, username), the language that you chose, your requests, their documents and what was said in them, with the date and author of each addition, your forms not sent, your favourites, and your answers refused by mail."},
	"web.privacy.why.title":     {FR: "Pourquoi", EN: "Why"},
	"web.privacy.why":           {FR: "Pour traiter vos demandes d’assistance et en garder la trace. C’est une mission d’intérêt public du service informatique de votre académie, responsable du traitement.", EN: "To handle your requests for help and keep their trace. It is a task in the public interest of the IT department of your academy, which is the controller."},
	"web.privacy.who.title":     {FR: "Qui y a accès", EN: "Who has access"},
	"web.privacy.who":           {FR: "Vous, le bénéficiaire de la demande et les agents de l’assistance de votre académie. Une demande privée n’est lue que par l’équipe qui la traite. Quand un collègue fait une demande pour vous, il voit votre nom, votre fonction, votre entité, votre lieu et votre adresse, jamais votre identifiant. Les autres académies n’ont accès à rien.", EN: "You, the beneficiary of the request and the agents of your academy’s desk. A private request is read only by the team in charge of it. A colleague who files a request for you sees your name, function, entity, place and mail address, never your username. The other academies have access to nothing."},
	"web.privacy.long.title":    {FR: "Combien de temps", EN: "For how long"},
	"web.privacy.long":          {FR: "Votre académie fixe la durée de conservation des demandes closes et des documents. Un formulaire non envoyé est effacé après 30 jours sans modification ; une réponse refusée par mail, après 7 jours ; ce que vous envoyez une fois votre session expirée, après une heure.", EN: "Your academy sets how long closed requests and documents are kept. A form not sent is erased after 30 days without change; an answer refused by mail, after 7 days; what you send once your session has ended, after an hour."},
	"web.privacy.rights.title":  {FR: "Vos droits", EN: "Your rights"},
	"web.privacy.rights":        {FR: "Vous pouvez demander à consulter, corriger ou effacer vos données, ou vous opposer à leur usage : écrivez au délégué à la protection des données de votre académie. Vous pouvez aussi saisir la CNIL.", EN: "You may ask to see, correct or erase your data, or object to their use: write to your academy’s data protection officer. You may also turn to the CNIL."},
	"web.privacy.cookies.title": {FR: "Cookies", EN: "Cookies"},
	"web.privacy.cookies":       {FR: "Un cookie garde votre session jusqu’à la fermeture du navigateur. D’autres, pendant un an, ce que vous avez choisi : la langue, l’apparence, les raccourcis et, si vous l’avez demandé, votre identifiant. Il n’y a ni mesure d’audience ni cookie d’un tiers.", EN: "One cookie keeps your session until you close the browser. Others, for a year, what you chose: the language, the appearance, the shortcuts and, if you asked for it, your username. There is no audience measurement and no third-party cookie."},
	"web.privacy.export":        {FR: "Exporter mes données", EN: "Export my data"},
	"web.privacy.export.hint":   {FR: "Un fichier JSON : votre fiche, vos demandes et ce qui s’y est dit, vos formulaires, vos favoris. Les documents s’ouvrent depuis leurs demandes.", EN: "A JSON file: your entry, your requests and what was said in them, your forms, your favourites. Documents are opened from their requests."},
	"web.privacy.export.signin": {FR: "Pour exporter vos données, connectez-vous.", EN: "To export your data, sign in."},
}
