package web

import "net/http"

// handler answers one route; the error it returns is rendered by server.fail.
type handler func(s *server, w http.ResponseWriter, r *http.Request, v *visit) error

// who may use a route.
type who int

const (
	signedIn who = iota // the sign-in page comes first, then the page asked for
	everyone
	asset // a file without session, the same for all
)

type route struct {
	method, pattern string
	handle          handler
	who             who
	long            bool // carries documents or an export: larger and slower than the others
}

// routes is every address of the portal. Permissions on tickets are the Desk's:
// what a person may not see answers as if it were not there.
var routes = []route{
	{method: "GET", pattern: "/connexion", handle: (*server).signIn, who: everyone},
	{method: "POST", pattern: "/connexion", handle: (*server).doSignIn, who: everyone},
	{method: "POST", pattern: "/deconnexion", handle: (*server).signOut, who: everyone},
	{method: "GET", pattern: "/preferences", handle: (*server).preferences, who: everyone},
	{method: "POST", pattern: "/preferences", handle: (*server).doPreferences, who: everyone},

	{method: "GET", pattern: "/{$}", handle: (*server).home},
	{method: "POST", pattern: mutedPath, handle: (*server).doAddress},

	{method: "GET", pattern: "/incidents/nouveau", handle: (*server).newIncident},
	{method: "GET", pattern: "/services/nouveau", handle: (*server).newService},
	{method: "POST", pattern: "/incidents/nouveau", handle: (*server).anotherIncident},
	{method: "POST", pattern: "/services/nouveau", handle: (*server).anotherService},
	{method: "GET", pattern: "/formulaires/{id}", handle: placeStep.show},
	{method: "POST", pattern: "/formulaires/{id}", handle: placeStep.save},
	{method: "GET", pattern: "/formulaires/{id}/beneficiaire", handle: (*server).beneficiary},
	{method: "POST", pattern: "/formulaires/{id}/beneficiaire", handle: (*server).doBeneficiary},
	{method: "GET", pattern: "/personnes", handle: (*server).people},
	{method: "GET", pattern: "/formulaires/{id}/demande", handle: requestStep.show},
	{method: "POST", pattern: "/formulaires/{id}/demande", handle: requestStep.save, long: true},
	{method: "GET", pattern: "/formulaires/{id}/complement", handle: detailsStep.show},
	{method: "POST", pattern: "/formulaires/{id}/complement", handle: detailsStep.save},
	{method: "GET", pattern: "/formulaires/{id}/sujet", handle: subjectStep.show},
	{method: "POST", pattern: "/formulaires/{id}/sujet", handle: subjectStep.save},
	{method: "GET", pattern: "/formulaires/{id}/verification", handle: (*server).check},
	{method: "POST", pattern: "/formulaires/{id}/verification", handle: (*server).send},
	{method: "GET", pattern: "/formulaires/{id}/annulation", handle: (*server).cancel},
	{method: "POST", pattern: "/formulaires/{id}/annulation", handle: (*server).doCancel},

	{method: "GET", pattern: "/incidents", handle: (*server).incidents},
	{method: "GET", pattern: "/services", handle: (*server).services},
	{method: "GET", pattern: "/incidents/export.csv", handle: (*server).incidentsCSV, long: true},
	{method: "GET", pattern: "/services/export.csv", handle: (*server).servicesCSV, long: true},
	{method: "GET", pattern: "/validations", handle: (*server).validations},
	{method: "GET", pattern: searchPath, handle: (*server).search},
	{method: "GET", pattern: "/favoris", handle: (*server).favourites},
	{method: "POST", pattern: "/favoris", handle: (*server).doFavourites},
	{method: "POST", pattern: "/validations", handle: (*server).doValidations},
	{method: "GET", pattern: "/demandes/mise-a-jour", handle: severalUpdates.show},
	{method: "POST", pattern: "/demandes/mise-a-jour", handle: severalUpdates.do},
	{method: "GET", pattern: "/demandes/cloture", handle: severalClosings.show},
	{method: "POST", pattern: "/demandes/cloture", handle: severalClosings.do},

	{method: "GET", pattern: "/demandes/{academy}/{number}", handle: (*server).ticket},
	{method: "POST", pattern: "/demandes/{academy}/{number}", handle: (*server).doTicket},
	{method: "GET", pattern: "/demandes/{academy}/{number}/confirmation", handle: (*server).confirmation},
	{method: "GET", pattern: "/demandes/{academy}/{number}/mise-a-jour", handle: (*server).update},
	{method: "POST", pattern: "/demandes/{academy}/{number}/mise-a-jour", handle: (*server).doUpdate, long: true},
	{method: "GET", pattern: "/demandes/{academy}/{number}/validation", handle: (*server).validation},
	{method: "POST", pattern: "/demandes/{academy}/{number}/validation", handle: (*server).doValidation},
	{method: "GET", pattern: "/demandes/{academy}/{number}/cloture", handle: (*server).withdrawal},
	{method: "POST", pattern: "/demandes/{academy}/{number}/cloture", handle: (*server).doWithdrawal},
	{method: "GET", pattern: "/demandes/{academy}/{number}/reouverture", handle: (*server).reopening},
	{method: "POST", pattern: "/demandes/{academy}/{number}/reouverture", handle: (*server).doReopening},
	{method: "GET", pattern: "/demandes/{academy}/{number}/regroupement", handle: (*server).merging},
	{method: "POST", pattern: "/demandes/{academy}/{number}/regroupement", handle: (*server).doMerging},
	{method: "GET", pattern: "/demandes/{academy}/{number}/messages/{id}", handle: (*server).original, long: true},
	{method: "GET", pattern: "/documents/{id}", handle: (*server).document, long: true},

	{method: "GET", pattern: "/connaissances", handle: (*server).knowledge},
	{method: "GET", pattern: "/connaissances/redaction", handle: (*server).knowledgeDesk},
	{method: "GET", pattern: "/connaissances/nouveau", handle: (*server).newArticle},
	{method: "POST", pattern: "/connaissances/nouveau", handle: (*server).doNewArticle},
	{method: "GET", pattern: "/connaissances/{academy}/{number}", handle: (*server).article},
	{method: "POST", pattern: "/connaissances/{academy}/{number}", handle: (*server).doArticle},
	{method: "GET", pattern: "/connaissances/{academy}/{number}/versions", handle: (*server).versions},
	{method: "GET", pattern: "/connaissances/{academy}/{number}/modifier", handle: (*server).editArticle},
	{method: "POST", pattern: "/connaissances/{academy}/{number}/modifier", handle: (*server).doEditArticle},

	{method: "GET", pattern: supervisionPath, handle: supervised((*server).supervision)},
	{method: "POST", pattern: supervisionPath, handle: supervised((*server).doAlert)},
	{method: "GET", pattern: supervisionPath + "/alertes/{id}", handle: supervised((*server).alert)},
	{method: "POST", pattern: supervisionPath + "/garde", handle: supervised((*server).doDuty)},
	{method: "POST", pattern: supervisionPath + "/silences", handle: supervised((*server).doSilence)},
	{method: "GET", pattern: supervisionPath + "/tendances", handle: supervised((*server).trends)},
	{method: "GET", pattern: supervisionPath + "/tendances/export.csv", handle: supervised((*server).trendsCSV), long: true},
	{method: "GET", pattern: supervisionPath + "/tendances/export.xlsx", handle: supervised((*server).trendsXLSX), long: true},
	{method: "GET", pattern: supervisionPath + "/envois", handle: supervised((*server).sending)},
	{method: "POST", pattern: supervisionPath + "/envois", handle: supervised((*server).doSending)},

	{method: "GET", pattern: "/aide", handle: (*server).help, who: everyone},
	{method: "GET", pattern: "/accessibilite", handle: (*server).accessibility, who: everyone},
	{method: "GET", pattern: "/donnees-personnelles", handle: (*server).privacy, who: everyone},
	{method: "POST", pattern: "/donnees-personnelles/export", handle: (*server).export},

	{method: "GET", pattern: "/static/{file}", handle: (*server).static, who: asset},
	{method: "GET", pattern: "/apparence/{academy}/{file}", handle: (*server).sheet, who: asset},
}
