package locale

// roundupWords are the words of the morning's round-up to each member of the desk.
var roundupWords = table{
	"roundup.head":              {FR: "Le point du %s", EN: "Round-up of %s"},
	"roundup.own":               {FR: "Pour vous", EN: "Yours"},
	"roundup.new.one":           {FR: "une demande que personne n’a prise", EN: "one request that nobody has taken"},
	"roundup.new.other":         {FR: "%s demandes que personne n’a prises", EN: "%s requests that nobody has taken"},
	"roundup.progress.one":      {FR: "une en cours", EN: "one in progress"},
	"roundup.progress.other":    {FR: "%s en cours", EN: "%s in progress"},
	"roundup.waiting.one":       {FR: "une en attente de précisions", EN: "one waiting for details"},
	"roundup.waiting.other":     {FR: "%s en attente de précisions", EN: "%s waiting for details"},
	"roundup.overdue.one":       {FR: "une hors délai", EN: "one overdue"},
	"roundup.overdue.other":     {FR: "%s hors délai", EN: "%s overdue"},
	"roundup.refused.one":       {FR: "une dont la résolution a été refusée", EN: "one whose resolution was refused"},
	"roundup.refused.other":     {FR: "%s dont la résolution a été refusée", EN: "%s whose resolution was refused"},
	"roundup.unvalidated.one":   {FR: "une à valider depuis plus de trois jours", EN: "one to be validated for over three days"},
	"roundup.unvalidated.other": {FR: "%s à valider depuis plus de trois jours", EN: "%s to be validated for over three days"},
	"roundup.oldest":            {FR: "la plus ancienne du %s", EN: "the oldest of %s"},
	"roundup.alerts.one":        {FR: "Une alerte en cours.", EN: "One current alert."},
	"roundup.alerts.other":      {FR: "%s alertes en cours.", EN: "%s current alerts."},
}
