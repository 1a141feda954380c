// Package web is the portal: pages that people read and fill in, rendered on
// the server, complete without JavaScript. It acts and reads through
// tickets.Desk alone and has no rule of its own on who may do what.
//
// Where things are: routes.go has every address; each page is one Go file with
// the template of the same name in templates/ (the steps of the form of a new
// ticket, form_place.go to form_subject.go, share form.html), pieces shared by
// pages are in templates/partials/, one a file and each with a sample in
// overrides.go, words in tickets/locale (portal.go, or the file of their area),
// the one style sheet and the one script in static/. A new page is one file, one
// template, one route.
//
// Each thing is done in one way: fields.go for fields and their refusals,
// upload.go for posted bodies, ticket_action.go for an action on a ticket,
// list.go for pages of a list, auth.Flash for what was done and auth.Warn for
// what was not, kept.go for what was sent after the session had ended.
//
// What must not live here: SQL, decisions about tickets, words, and anything
// inline that the Content-Security-Policy would have to allow.
//
// # Names that browser tests may rely on
//
// Sign-in: fields identifier and password, form #signin. The form's fields have
// the JSON names of tickets.Card: step 1 (/formulaires/{id}) phone, place,
// entity, equipment, equipment_info, private, urgency; step 2 (…/demande)
// description, document; step 3 (…/complement) theme, request_type, availability,
// other_phone, summary; where the theme has subjects (…/sujet) subject; step 4
// (…/verification) sends. For another person (…/beneficiaire): a search by q,
// then a button named person with the id chosen. The radios' ids are
// name-value (urgency-1, theme-messagerie; "Je ne sais pas" is theme-none,
// subject-none, request_type-none). The hidden field version tells two tabs apart.
// Every other field's id is its name.
//
// Supervision (/supervision) has the buttons of chat on each alert, an article
// whose id is its number (A12): do=ack, half, two, escalate. Who is on duty is
// #on-duty, do=take or hand (fields person, duration); a silence has the fields
// what, theme, duration, reason and the button end. Figures are in #days and
// #groups, what is owed in #backlog, what was given up in #given-up, with the
// buttons one and do=all.
//
// What a button does is its name="do" with a value: continue, attach,
// detach:<document id>, send, cancel, beneficiary, self; on a ticket and its pages take, ask,
// inform, note, resolve, release, assign, requalify, close, merge, unmerge,
// complement, validate, refuse, withdraw, reopen. The words of an action are the
// field text (ids text-ask, text-note … on the ticket's page, where each of the
// desk's actions has a form in #do-ask, #do-note …, open when the address says
// ?faire=ask; text-refuse on the validation page, else text), the rating is
// rating (rating-1 … rating-5), the real cause is cause (ids cause-resolve,
// cause-close on the ticket's page). assign has the field assignee ("team" or
// "team/<person id>"), requalify category ("theme" or "theme/subject"), urgency
// and request_type, merging (…/regroupement) into. Signing out is the button
// #sign-out.
//
// The search box of each page is #find, the field of the search page #q (filters
// portee, type, etat), its heading #found; words found are in mark. A favourite's
// button has the value add, remove or rename, its state aria-pressed.
//
// To look at: the number of a form or a ticket is #number, a ticket's status
// #status, its timeline #timeline, what is new in it li.new from #news on, the
// ticket that it is a duplicate of #duplicate, words that were not sent as the
// ticket had moved on #unsent, the counters #count-validations,
// #count-incidents and #count-services, refusals #errors, what was done #notice
// (of the class call when it was not), documents #documents.
package web
