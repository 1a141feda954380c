package locale

// smtpdWords are the line of a refusal within the SMTP session, both languages
// in one and a link after them: ASCII only.
var smtpdWords = table{
	"smtpd.kept":    {FR: "Reponse non transmise, votre texte vous attend sur le portail", EN: "Reply not passed on, your text awaits you on the portal:"},
	"smtpd.generic": {FR: "Personne ne lit cette adresse, passez par le portail", EN: "Nobody reads this address, please use the portal:"},
	// Larger than 25 MB (ingest/mail.MaxMessage).
	"smtpd.too_large": {FR: "Plus de 25 Mo, rien de conserve, ecrivez sur le portail et joignez-y vos documents un par un", EN: "More than 25 MB, nothing is kept, write on the portal and attach your documents there one by one:"},
}
