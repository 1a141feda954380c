package locale

// knowledgeWords are the words of the knowledge base: its pages and refusals.
var knowledgeWords = table{
	// Refusals.
	"error.article.not_found":          {FR: "Cet article n’existe pas, ou il ne vous est pas accessible.", EN: "There is no such article, or you may not read it."},
	"error.article.no_such":            {FR: "L’article %s n’existe pas, ou il ne vous est pas accessible.", EN: "There is no article %s, or you may not read it."},
	"error.article.missing.title":      {FR: "Donnez un titre à l’article.", EN: "Give the article a title."},
	"error.article.missing.summary":    {FR: "Résumez l’article en une phrase.", EN: "Summarise the article in one sentence."},
	"error.article.missing.body":       {FR: "Écrivez le texte de l’article.", EN: "Write the text of the article."},
	"error.article.missing.reason":     {FR: "Dites à l’auteur ce qu’il faut reprendre.", EN: "Tell the author what needs another look."},
	"error.article.language":           {FR: "Choisissez la langue de l’article.", EN: "Choose the language of the article."},
	"error.article.audience":           {FR: "Choisissez qui peut lire l’article.", EN: "Choose who may read the article."},
	"error.article.vote":               {FR: "Répondez oui ou non.", EN: "Answer yes or no."},
	"error.article.own":                {FR: "Vous avez écrit cette version : une autre personne de l’assistance doit la relire.", EN: "You wrote this version: somebody else of the desk must review it."},
	"error.article.changed":            {FR: "%s a été modifié entre-temps par %s le %s. Rien n’est enregistré, rien n’est perdu : relisez sa version avant de reprendre la vôtre.", EN: "%s was changed meanwhile by %s on %s. Nothing is kept, nothing is lost: read that version before you go on with yours."},
	"error.article.conflict.draft":     {FR: "%s est un brouillon depuis ce qu’en a fait %s le %s.", EN: "%s is a draft since what %s did on %s."},
	"error.article.conflict.review":    {FR: "%s a déjà été proposé à la relecture par %s le %s.", EN: "%s was already handed over for review by %s on %s."},
	"error.article.conflict.published": {FR: "%s a déjà été publié par %s le %s.", EN: "%s was already published by %s on %s."},
	"error.article.conflict.archived":  {FR: "%s a été archivé par %s le %s.", EN: "%s was archived by %s on %s."},
}
