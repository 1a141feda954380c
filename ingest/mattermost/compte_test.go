package mattermost

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// as types /ticket text from an account of that name that nobody linked, in the
// academy's team.
func (w *world) as(a tickets.AcademyID, name, text string, more ...string) string {
	w.t.Helper()
	return w.say(a, "", text, append([]string{"user_id", id(name)}, more...)...)
}

// mailed are the requests whose code is mailed to the person, in their order.
func (w *world) mailed(p tickets.Person) (causes []uuid.UUID) {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), `SELECT cause, data IS NULL FROM deliveries
		WHERE academy = $1 AND recipient = $2 AND template = 'link_code' AND channel = 'mail' AND ticket IS NULL
		ORDER BY created_at, id`, string(p.Academy), string(tickets.ToPerson(p.ID)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var cause uuid.UUID
		var empty bool
		if err := rows.Scan(&cause, &empty); err != nil || !empty {
			w.t.Fatalf("a delivery of a code keeps more than its cause: %v", err)
		}
		causes = append(causes, cause)
	}
	return causes
}

// code is the code of the latest mail to the person.
func (w *world) code(p tickets.Person) string {
	w.t.Helper()
	causes := w.mailed(p)
	if len(causes) == 0 {
		w.t.Fatalf("no code is mailed to %s", p.Email)
	}
	return w.keyring.LinkCode(p.Academy, causes[len(causes)-1])
}

// logged says whether a word is in the log: by itself, as the six figures of a code
// may be in those of an id.
func logged(w *world, word string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).MatchString(w.log.String())
}

// wrong is a code that is not that one.
func wrong(code string, n int) string {
	return fmt.Sprintf("%06d", (int(code[5]-'0')+n+1)%10+100*n+10)
}

func TestAnAccountIsLinkedByAMailedCode(t *testing.T) {
	w := newWorld(t)
	agent := person("creteil", "agent")
	cs := w.open("creteil", tickets.Card{})
	wants(t, "nothing said", w.as("creteil", "newcomer", "compte"), "n’est pas lié", "/ticket compte prenom.nom@creteil.example", id("newcomer"))
	wants(t, "no right", w.as("creteil", "newcomer", "prendre 1"), "n’est pas lié", "/ticket compte prenom.nom@creteil.example")
	if got := w.mailed(agent); len(got) != 0 {
		t.Fatalf("mails before anybody asked: %v", got)
	}
	wants(t, "ask", w.as("creteil", "newcomer", "Compte  AGENT@creteil.example "), "Si agent@creteil.example est dans l’annuaire", "dix minutes")
	code := w.code(agent)
	if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	// The code is of use to nobody but the account that asked, in its academy.
	wants(t, "another account", w.as("creteil", "another", "compte "+code), "Aucun code n’est en attente")
	wants(t, "another academy", w.as("paris", "newcomer", "compte "+code), "Aucun code n’est en attente")
	wants(t, "link", w.as("creteil", "newcomer", "compte "+code[:3]+" "+code[3:]), "votre compte est lié", "Vous êtes **Alix Modèle** (agent@creteil.example)", "agent du groupe Assistance", "Compte lié depuis le 21/11/2026 à 12:0", "compte délier")
	wants(t, "rights", w.as("creteil", "newcomer", "prendre 1"), cs.Number.String()+" est à vous")
	wants(t, "the earlier account is theirs no longer", w.say("creteil", "agent", "prendre 1"), "n’est pas lié")
	wants(t, "once only", w.as("creteil", "another", "compte "+code), "Aucun code n’est en attente")
	wants(t, "already", w.as("creteil", "newcomer", "compte "+code), "déjà lié", "Alix Modèle")
	wants(t, "already", w.as("creteil", "newcomer", "compte supervisor@creteil.example"), "déjà lié", "Alix Modèle")
	if got := w.mailed(person("creteil", "supervisor")); len(got) != 0 {
		t.Errorf("a linked account has mails sent: %v", got)
	}
	wants(t, "unlink", w.as("creteil", "newcomer", "compte délier"), "n’est plus lié à Alix Modèle")
	wants(t, "no right", w.as("creteil", "newcomer", "voir 1"), "n’est pas lié")
	wants(t, "twice", w.as("creteil", "newcomer", "compte delier"), "n’est pas lié")
	wants(t, "used", w.as("creteil", "newcomer", "compte "+code), "Aucun code n’est en attente")
	if logged(w, code) || strings.Contains(w.log.String(), "agent@creteil.example") {
		t.Errorf("the code or the address is in the log:\n%s", w.log)
	}
	wants(t, "trace", w.log.String(), "chat account linked", "chat account unlinked", "account="+id("newcomer"), agent.ID.String())
}

func TestNobodyLearnsWhoIsInTheDirectory(t *testing.T) {
	w := newWorld(t)
	there := w.as("creteil", "curious", "compte other@creteil.example")
	absent := w.as("creteil", "nosy", "compte ghost@creteil.example")
	if strings.ReplaceAll(there, "other@", "ghost@") != absent {
		t.Errorf("somebody there:\n%s\nnobody:\n%s", there, absent)
	}
	wants(t, "audited", w.log.String(), "code asked for an address that gets none")
	// Wrong codes are refused in the same way, too.
	code := w.code(person("creteil", "other"))
	for n := range 6 {
		there, absent := w.as("creteil", "curious", "compte "+wrong(code, n)), w.as("creteil", "nosy", "compte "+wrong(code, n))
		if there != absent {
			t.Errorf("try %d, somebody there:\n%s\nnobody:\n%s", n+1, there, absent)
		}
	}
	// Somebody else's academy is another directory.
	w.as("paris", "curious", "compte other@creteil.example")
	if got := len(w.mailed(person("creteil", "other"))); got != 1 {
		t.Errorf("%d mails, want one", got)
	}
	for _, text := range []string{"compte n’importe quoi", "compte 12345", "compte 1234567", "compte délier tout"} {
		wants(t, text, w.as("creteil", "curious", text), "Usage")
	}
	for _, text := range []string{"compte a@b@c", "compte @alix", "compte Alix <other@creteil.example>", "compte " + strings.Repeat("a", 500) + "@creteil.example"} {
		wants(t, text, w.as("creteil", "curious", text), "Ce n’est pas une adresse")
	}
}

func TestACodeIsGuessedFiveTimesAndLivesTenMinutes(t *testing.T) {
	w := newWorld(t)
	agent := person("creteil", "agent")
	w.as("creteil", "guesser", "compte agent@creteil.example")
	code := w.code(agent)
	for n, want := range []string{"restants : 4", "restants : 3", "restants : 2", "restants : 1", "plus d’essai", "Aucun code"} {
		if n == 2 { // the same guess again is no other
			wants(t, "again", w.as("creteil", "guesser", "compte "+wrong(code, 1)), "restants : 3")
		}
		logged := len(w.log.String())
		wants(t, want, w.as("creteil", "guesser", "compte "+wrong(code, n)), want)
		if lines := strings.Count(w.log.String()[logged:], "\n"); lines != 1 || !strings.Contains(w.log.String()[logged:], "chat command refused") {
			t.Errorf("log of a refused try:\n%s", w.log.String()[logged:])
		}
	}
	wants(t, "the right one, too late", w.as("creteil", "guesser", "compte "+code), "Aucun code")

	w.as("creteil", "guesser", "compte agent@creteil.example")
	if w.code(agent) == code {
		t.Fatal("a new request has the old code")
	}
	code = w.code(agent)
	w.later(11 * time.Minute)
	wants(t, "expired", w.as("creteil", "guesser", "compte "+code), "Aucun code")

	// A newer code puts an end to the older one.
	w.later(time.Hour)
	w.as("creteil", "guesser", "compte agent@creteil.example")
	older := w.code(agent)
	w.later(2 * time.Minute)
	w.as("creteil", "guesser", "compte  agent@creteil.example")
	wants(t, "older", w.as("creteil", "guesser", "compte "+older), "restants : 4")
	wants(t, "newer", w.as("creteil", "guesser", "compte "+w.code(agent)), "Alix Modèle")
}

func TestCodesAreFew(t *testing.T) {
	w := newWorld(t)
	agent := person("creteil", "agent")
	// The same words at once are one request.
	w.as("creteil", "eager", "compte agent@creteil.example")
	w.as("creteil", "eager", "compte agent@creteil.example")
	if got := len(w.mailed(agent)); got != 1 {
		t.Fatalf("%d mails for the same words twice", got)
	}
	for range 2 {
		w.later(2 * time.Minute)
		w.as("creteil", "eager", "compte agent@creteil.example")
	}
	w.later(2 * time.Minute)
	wants(t, "the account", w.as("creteil", "eager", "compte other@creteil.example"), "déjà demandé 3 codes")
	// The person: whoever asks reads what they always do, and nothing is sent.
	wants(t, "the person", w.as("creteil", "second", "compte agent@creteil.example"), "Si agent@creteil.example est dans l’annuaire")
	if got := len(w.mailed(agent)); got != 3 {
		t.Errorf("%d mails within the hour", got)
	}
	w.later(time.Hour)
	w.as("creteil", "eager", "compte agent@creteil.example")
	if got := len(w.mailed(agent)); got != 4 {
		t.Errorf("%d mails, want one more after an hour", got)
	}
}

// A worker killed before it answered: the command is executed again.
func TestLinkingTwiceIsHarmless(t *testing.T) {
	w := newWorld(t)
	agent := person("creteil", "agent")
	execute := func(cid, text string) string {
		t.Helper()
		said, err := w.commands.Execute(t.Context(), ingest.Command{ID: cid, Academy: "creteil", Account: id("newcomer"), Text: text, ReceivedAt: w.tick()})
		if err != nil {
			t.Fatal(err)
		}
		w.later(2 * time.Minute) // past the window of repetitions
		return said
	}
	if first, again := execute("c1", "compte agent@creteil.example"), execute("c1", "compte agent@creteil.example"); first != again || len(w.mailed(agent)) != 1 {
		t.Errorf("%q, then %q, %d mails", first, again, len(w.mailed(agent)))
	}
	execute("c2", "compte agent@creteil.example")
	if first, again := execute("c3", "compte 000000"), execute("c3", "compte 000000"); first != again {
		t.Errorf("a wrong code counts twice: %q, then %q", first, again)
	}
	execute("c4", "compte agent@creteil.example")
	code := w.code(agent)
	for range 2 {
		wants(t, "linked", execute("c5", "compte "+code), "Vous êtes **Alix Modèle**")
	}
}

// The person is read at every command.
func TestWhoLeavesLosesTheRightsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	agent := person("creteil", "agent")
	wants(t, "as an agent", w.say("creteil", "agent", "voir 1"), "L’imprimante")
	agent.Memberships = nil
	if err := w.db.ImportPeople(t.Context(), "creteil", []postgres.Entry{{Person: agent}}); err != nil {
		t.Fatal(err)
	}
	wants(t, "out of the group", w.say("creteil", "agent", "voir 1"), "réservées")
	wants(t, "who", w.say("creteil", "agent", "compte"), "Alix Modèle", "Vous n’êtes pas membre de l’assistance")
	if err := w.db.Deactivate(t.Context(), "creteil", agent.ID); err != nil {
		t.Fatal(err)
	}
	wants(t, "gone", w.say("creteil", "agent", "voir 1"), "n’est pas lié")
	// Nor does a code help that was mailed before.
	w.as("creteil", "leaver", "compte edith@creteil.example")
	code := w.code(person("creteil", "edith"))
	if err := w.db.Deactivate(t.Context(), "creteil", person("creteil", "edith").ID); err != nil {
		t.Fatal(err)
	}
	wants(t, "a code of somebody gone", w.as("creteil", "leaver", "compte "+code), "Aucun code")
}

// chatServer is a Mattermost with the bot of the world, and users of those languages.
func chatServer(t *testing.T, users ...mattermost.User) (*mattermost.Server, func(*Options)) {
	t.Helper()
	s, err := mattermost.Start(t.Context(), mattermost.Options{Seed: mattermost.Seed{
		Teams: []mattermost.Team{{Name: "creteil", Channels: []mattermost.Channel{{Name: "assistance"}}}},
		Bots:  []mattermost.Bot{{Username: "cecoia", Token: "bot-token", Channels: []string{"creteil/assistance"}}},
		Users: users,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	return s, func(o *Options) { o.BaseURL, o.BotToken = s.URL(), "bot-token" }
}

func TestALanguageIsChosenElseThatOfTheChatElseTheDirectorys(t *testing.T) {
	user := func(name, locale string) mattermost.User {
		return mattermost.User{Username: name, Email: name + "@creteil.example", Locale: locale, Channels: []string{"creteil/assistance"}}
	}
	server, options := chatServer(t, user("english", "en-AU"), user("french", "fr"), user("german", "de"))
	w := newWorld(t, options)
	account := func(name string) []string { return []string{"user_id", mattermost.UserID(name)} }
	const inEnglish, inFrench = "Your account is not linked", "Votre compte n’est pas lié"
	wants(t, "a stranger's chat", w.say("creteil", "", "compte", account("english")...), inEnglish)
	wants(t, "a stranger's chat", w.say("creteil", "", "compte", account("french")...), inFrench)
	wants(t, "another language", w.say("creteil", "", "compte", account("german")...), inFrench)
	wants(t, "nobody the server knows", w.as("creteil", "ghost", "compte"), inFrench)
	asked := server.Requests("GET /api/v4/users/{user}")
	w.say("creteil", "", "compte", account("english")...)
	w.as("creteil", "ghost", "compte")
	if n := server.Requests("GET /api/v4/users/{user}"); asked != 4 || n != asked {
		t.Errorf("the server was asked %d times, then %d", asked, n)
	}
	w.later(2 * time.Hour)
	w.say("creteil", "", "compte", account("english")...)
	if n := server.Requests("GET /api/v4/users/{user}"); n != asked+1 {
		t.Errorf("what is known does not expire: asked %d times", n)
	}

	agent, edith := person("creteil", "agent"), person("creteil", "edith") // French and English by the directory
	for name, p := range map[string]tickets.Person{"english": agent, "german": edith} {
		if err := w.db.LinkAccount(t.Context(), "creteil", p.ID, tickets.Chat, mattermost.UserID(name)); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, "the chat's goes before the directory's", w.say("creteil", "", "compte", account("english")...), "You are **Alix")
	wants(t, "the directory's, where the chat's is none of ours", w.say("creteil", "", "compte", account("german")...), "You are **Edith")
	if err := w.desk.SetLang(t.Context(), tickets.Caller{Person: agent}, tickets.French); err != nil {
		t.Fatal(err)
	}
	wants(t, "the chosen one goes before all", w.say("creteil", "", "compte", account("english")...), "Vous êtes **Alix")
	// The chat is away: words are, too, in the language that is known.
	w.later(2 * time.Hour)
	server.Fail(mattermost.Fault{Hang: true})
	w.commands.within = context.WithTimeout
	wants(t, "away", w.say("creteil", "", "compte", account("german")...), "You are **Edith")
	server.Heal()
}

func TestTheVerifiedAddressOfAnAccountNeedNotBeTyped(t *testing.T) {
	_, options := chatServer(t, mattermost.User{Username: "alix", Email: "agent@creteil.example", Locale: "fr"})
	w := newWorld(t, options)
	agent := person("creteil", "agent")
	known := func(p profile) {
		w.commands.profiles.keep(mattermost.UserID("alix"), keptProfile{profile: p, until: w.tick().Add(time.Hour)}, w.tick())
	}
	say := func() string { return w.say("creteil", "", "compte", "user_id", mattermost.UserID("alix")) }
	// An address that the server has not verified proves nothing.
	known(profile{})
	wants(t, "not verified", say(), "n’est pas lié")
	known(profile{verified: "nobody@creteil.example"})
	wants(t, "not in the directory", say(), "n’est pas lié")
	if got := w.mailed(agent); len(got) != 0 {
		t.Fatalf("mailed %v", got)
	}
	w.later(2 * time.Minute)
	known(profile{verified: agent.Email})
	wants(t, "verified", say(), "Si agent@creteil.example")
	wants(t, "link", w.say("creteil", "", "compte "+w.code(agent), "user_id", mattermost.UserID("alix")), "Alix Modèle")
}

// A whole story of secrets, of which the log knows none.
func TestNoSecretIsLogged(t *testing.T) {
	server, options := chatServer(t)
	w := newWorld(t, options)
	const handle = "abcdefghijklmnopqrstuvwxyz"
	reply := []string{"response_url", "http://evil.test/hooks/commands/" + handle, "token", "token-of-creteil"}
	w.as("creteil", "newcomer", "compte agent@creteil.example", reply...)
	code := w.code(person("creteil", "agent"))
	w.as("creteil", "newcomer", "compte "+wrong(code, 0), reply...)
	w.as("creteil", "newcomer", "compte "+code, reply...)
	w.as("creteil", "newcomer", "répondre 99 mots-secrets", reply...)
	c := ingest.Command{ID: "late", Academy: "creteil", Account: id("newcomer"), Text: "voir 1", Reply: handle, ReceivedAt: w.tick()}
	for _, fault := range []mattermost.Fault{{Status: 500}, {Status: 429}, {LoseAnswer: true}} {
		server.Heal()
		server.Fail(fault)
		for what, tell := range map[string]func() error{
			"reply": func() error {
				return w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Done, Text: "mots-secrets"})
			},
			"direct": func() error {
				return w.commands.Direct(t.Context(), c, ingest.Answer{How: ingest.Done, Text: "mots-secrets"})
			},
		} {
			if err := tell(); err == nil || strings.Contains(err.Error(), handle) || strings.Contains(err.Error(), "mots-secrets") || strings.Contains(err.Error(), "bot-token") {
				t.Errorf("%s with %+v: %v", what, fault, err)
			}
		}
	}
	w.post("/mattermost/command", formType, "Token wrong-token", strings.NewReader(url.Values{"token": {"wrong-token"}, "text": {"mots-secrets"}}.Encode()))
	for _, secret := range []string{code, handle, "token-of-creteil", "wrong-token", "bot-token", "mots-secrets", "evil.test", "agent@creteil.example"} {
		if logged(w, secret) {
			t.Errorf("%q is in the log:\n%s", secret, w.log)
		}
	}
}
