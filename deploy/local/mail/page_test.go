package mail_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mail"
)

// get returns a page of the server.
func get(t *testing.T, s *mail.Server, path string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.PageURL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(content)
}

func post(t *testing.T, s *mail.Server, path string, form url.Values, fields ...string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.PageURL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(fields); i += 2 {
		request.Header.Set(fields[i], fields[i+1])
	}
	return do(t, request)
}

func assertContains(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}

func attribute(body, name string) []string {
	var values []string
	for _, match := range regexp.MustCompile(name+`="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		values = append(values, match[1])
	}
	return values
}

// multipart is a mail of the gateway: text, HTML, a document.
func multipart() string {
	return crlf(`From: "Assistance" <no-reply@creteil.example>`, "To: "+person, "Reply-To: no-reply+token@creteil.example",
		"Message-ID: <2@creteil.example>", "In-Reply-To: <1@creteil.example>", "References: <1@creteil.example>",
		"Subject: =?utf-8?q?Demande_de_pr=C3=A9cisions?=", "Date: Sat, 21 Nov 2026 10:32:00 +0100",
		"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=m", "",
		"--m", "Content-Type: multipart/alternative; boundary=a", "",
		"--a", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable", "",
		"Quel mod=E8le ?", "", "Ici : http://127.0.0.1:8080/t/1?a=3D1&b=3D2.", "<script>alert(1)</script>",
		"--a", "Content-Type: text/html; charset=utf-8", "", `<base href="//x.example"><p onclick="x()">Quel modèle ?</p><script>alert(1)</script>`,
		"--a--",
		"--m", `Content-Type: text/html; name="é.html"`, "Content-Disposition: attachment; filename*=utf-8''%C3%A9.html", "", "<script>alert(1)</script>",
		"--m--")
}

func TestPageLists(t *testing.T) {
	s := start(t, mail.Options{})
	_, _, body := get(t, s, "/")
	assertContains(t, body, `data-mailbox="`+person+`"`, "<h2>Créteil</h2>", "<h2>paris.example</h2>", "Noé Exemple")

	mustSend(t, s, "", []string{person}, crlf("From: a@x.example", "Message-ID: <1@creteil.example>", "Subject: first of the thread", "", ""))
	mustSend(t, s, "", []string{person}, crlf("From: b@x.example", "Subject: apart <b>", "", ""))
	mustSend(t, s, "", []string{person}, multipart())
	status, header, body := get(t, s, "/mailboxes/Demandeur@Creteil.example")
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("status %d, policy %q", status, header.Get("Content-Security-Policy"))
	}
	assertContains(t, body, `id="new"`, "apart &lt;b&gt;", "Demande de précisions", `<span class="soft line">Quel modèle ?</span>`)
	messages := s.Messages(person)
	want := []string{messages[2].ID, messages[0].ID, messages[1].ID} // the thread of the newest first
	if got := attribute(body, "data-message"); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("order %v, want %v", got, want)
	}
	if n := strings.Count(body, `class="thread"`); n != 2 {
		t.Errorf("%d threads, want 2", n)
	}
	if _, _, count := get(t, s, "/changes"); count != attribute(body, "data-changes")[0] {
		t.Errorf("/changes says %s, the page %v", count, attribute(body, "data-changes"))
	}
}

func TestPageMessage(t *testing.T) {
	s := start(t, mail.Options{Location: time.FixedZone("CET", 3600)})
	mustSend(t, s, "bounce+1@creteil.example", []string{person}, multipart())
	m := s.Messages(person)[0]
	path := "/mailboxes/" + person + "/" + m.ID

	_, _, body := get(t, s, path)
	assertContains(t, body, "<h1 id=\"subject\">Demande de précisions</h1>", "Assistance &lt;no-reply@creteil.example&gt;",
		"21 novembre 2026 à 10:32", `id="reply" href="`+path+`/reply"`, "Quel modèle ?", "&lt;script&gt;",
		`<a href="http://127.0.0.1:8080/t/1?a=1&amp;b=2" rel="noreferrer">`, "é.html", "spf=none")
	if strings.Contains(body, "<script>") || strings.Contains(body, "<iframe") {
		t.Error("the page holds what the message wants run")
	}
	_, _, body = get(t, s, path+"?as=html")
	assertContains(t, body, `sandbox="allow-top-navigation-by-user-activation" src="`+path+`/html"`)

	_, header, body := get(t, s, path+"/html")
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-top") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	if !strings.HasPrefix(body, `<!doctype html><meta charset="utf-8"><base target="_top">`) {
		t.Errorf("HTML %q", body)
	}
	_, header, body = get(t, s, path+"/source")
	if body != string(m.Raw) || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Errorf("source %q as %s", body, header.Get("Content-Type"))
	}
	_, header, body = get(t, s, path+"/parts/0")
	if strings.TrimSpace(body) != "<script>alert(1)</script>" || header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("document %q, %v", body, header)
	}
	for _, absent := range []string{path + "/parts/1", path + "/parts/x", path + "x", "/mailboxes/nobody@x.example", "/mailboxes/nobody@x.example/new"} {
		if status, _, _ := get(t, s, absent); status != http.StatusNotFound {
			t.Errorf("%s: status %d", absent, status)
		}
	}
}

func TestPageReply(t *testing.T) {
	s := start(t, mail.Options{Location: time.FixedZone("CET", 3600)})
	mustSend(t, s, "", []string{person}, multipart())
	path := "/mailboxes/" + person + "/" + s.Messages(person)[0].ID + "/reply"
	_, _, body := get(t, s, path)
	assertContains(t, body, `id="body"`, `id="send"`, `value="no-reply&#43;token@creteil.example"`, `value="Re: Demande de précisions"`,
		"Le 21 novembre 2026 à 10:32, Assistance &lt;no-reply@creteil.example&gt; a écrit :\n&gt; Quel modèle ?\n&gt;\n&gt; Ici")

	form := url.Values{"to": {"no-reply+token@creteil.example"}, "subject": {"Re: Demande\r\nBcc: x@x.example"}, "body": {"Modèle été.\r\n.\r\n> Quel modèle ?"}}
	status, header2, _ := post(t, s, path, form)
	if status != http.StatusSeeOther || header2.Get("Location") != "/mailboxes/"+person+"?sent" {
		t.Fatalf("status %d to %s", status, header2.Get("Location"))
	}
	got := s.Messages(noReply)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	for field, want := range map[string]string{
		"Delivered-To": "no-reply+token@creteil.example", "In-Reply-To": "<2@creteil.example>",
		"References": "<1@creteil.example> <2@creteil.example>", "Subject": "Re: Demande Bcc: x@x.example",
		"From": `=?utf-8?q?No=C3=A9_Exemple?= <demandeur@creteil.example>`,
	} {
		if values := header(got[0].Raw, field); len(values) != 1 || values[0] != want {
			t.Errorf("%s %q, want %q", field, values, want)
		}
	}
	if results := header(got[0].Raw, "Authentication-Results"); !strings.Contains(results[0], "dmarc=pass") {
		t.Errorf("not authenticated: %v", results)
	}
	if !strings.HasSuffix(string(got[0].Raw), "Mod=C3=A8le =C3=A9t=C3=A9.\r\n.\r\n> Quel mod=C3=A8le ?\r\n") {
		t.Errorf("body %q", got[0].Raw)
	}
	if sent := folders(s, person)[mail.SentFolder]; len(sent) != 1 {
		t.Errorf("%d copies kept", len(sent))
	}
	// The copy joins the thread.
	_, _, body = get(t, s, "/mailboxes/"+person+"?sent")
	if n := strings.Count(body, `class="thread"`); n != 1 || !strings.Contains(body, "Message envoyé.") {
		t.Errorf("%d threads in\n%s", n, body)
	}
}

func TestPageRefusals(t *testing.T) {
	s := start(t, mail.Options{})
	path := "/mailboxes/" + person + "/new"
	if _, _, body := get(t, s, path+"?to=agent@creteil.example"); !strings.Contains(body, `value="agent@creteil.example"`) {
		t.Error("the recipient is not filled in")
	}
	form := url.Values{"to": {"nobody@creteil.example"}, "subject": {"Objet"}, "body": {"Mes mots"}}
	status, _, body := post(t, s, path, form)
	if status != http.StatusUnprocessableEntity {
		t.Errorf("unknown recipient: status %d", status)
	}
	assertContains(t, body, `id="problem"`, "User unknown", "Mes mots", `value="Objet"`, "<title>Erreur : ")
	form.Set("to", "pas une adresse")
	if status, _, body = post(t, s, path, form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "n’est pas valable") {
		t.Errorf("unreadable recipient: status %d", status)
	}
	form.Set("to", noReply)
	s.Fail(mail.Drop, 1)
	if status, _, body = post(t, s, path, form); status != http.StatusBadGateway || !strings.Contains(body, "Mes mots") {
		t.Errorf("lost connection: status %d", status)
	}
	if status, _, _ = post(t, s, path, form, "Origin", "http://elsewhere.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("from another site: status %d", status)
	}
	form.Set("body", strings.Repeat("x", 5<<20))
	if status, _, _ = post(t, s, path, form); status != http.StatusRequestEntityTooLarge {
		t.Errorf("5 MB: status %d", status)
	}
	if n := len(s.Messages(noReply)); n != 0 {
		t.Errorf("%d messages went out", n)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.PageURL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "rebound.example"
	if status, _, _ = do(t, request); status != http.StatusMisdirectedRequest {
		t.Errorf("another host's name: status %d", status)
	}
}

// Broken messages are shown as far as they go; none takes the page down.
func TestPageBrokenMessages(t *testing.T) {
	var nested strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	flat := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 10000) + "--b--\r\n"
	for name, message := range map[string]string{
		"empty":            "\r\n",
		"no header":        "words only\r\n",
		"mbox line":        crlf("From a@x.example Sat Nov 21 10:00:00 2026", "Subject: seen", "", "seen"),
		"bad base64":       crlf("Subject: seen", "Content-Transfer-Encoding: base64", "", "!!!!"),
		"unknown charset":  crlf("Subject: =?x-no-such?q?seen?= seen", "Content-Type: text/plain; charset=x-no-such", "", "seen"),
		"no last boundary": crlf("Subject: seen", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "seen"),
		"no boundary":      crlf("Subject: seen", "Content-Type: multipart/mixed", "", "seen"),
		"bad addresses":    crlf("From: seen <<>>@", "To: ,,,", "Reply-To: @", "References: no ids <>", "Date: never", "", "seen"),
		"long header":      "Subject: seen\r\n" + strings.Repeat("X: "+strings.Repeat("y", 900)+"\r\n", 400) + "\r\nseen\r\n",
		"nested":           nested.String(),
		"flat":             flat,
		"invalid UTF-8":    crlf("Subject: \xff\xfe seen", "", "\xff seen"),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, mail.Options{})
			mustSend(t, s, "", []string{person}, message)
			id := s.Messages(person)[0].ID
			for _, path := range []string{"", "/" + id, "/" + id + "/html", "/" + id + "/source", "/" + id + "/reply"} {
				status, _, body := get(t, s, "/mailboxes/"+person+path)
				if status != http.StatusOK {
					t.Errorf("%q: status %d", path, status)
				}
				if path == "/"+id && strings.Contains(message, "seen") {
					assertContains(t, body, "seen")
				}
				if path == "/"+id && (name == "nested" || name == "flat") {
					assertContains(t, body, "une partie manque")
				}
			}
		})
	}
}
