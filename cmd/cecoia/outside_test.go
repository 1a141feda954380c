package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
)

// visitor is a program that uses the portal as a browser without JavaScript does.
type visitor struct {
	t    *testing.T
	d    *demo
	http *http.Client
}

func visitorAs(t *testing.T, d *demo, address, password string) (*visitor, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, d: d, http: &http.Client{Jar: jar, Timeout: patience}}
	_, page := v.post("/connexion", url.Values{"identifier": {address}, "password": {password}})
	return v, page
}

func (v *visitor) get(path string) (*http.Response, string) {
	v.t.Helper()
	res, err := v.http.Get(v.d.url("CECOIA_PORTAL_ADDR", path))
	if err != nil {
		v.t.Fatal(err)
	}
	return res, read(v.t, res.Body)
}

func (v *visitor) post(path string, form url.Values) (*http.Response, string) {
	v.t.Helper()
	res, err := v.http.PostForm(v.d.url("CECOIA_PORTAL_ADDR", path), form)
	if err != nil {
		v.t.Fatal(err)
	}
	return res, read(v.t, res.Body)
}

// upload posts a form with one document.
func (v *visitor) upload(path string, form url.Values, name string, content io.Reader) (*http.Response, string) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, values := range form {
		if err := w.WriteField(field, values[0]); err != nil {
			v.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("document", name)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := io.Copy(part, content); err != nil {
		v.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	res, err := v.http.Post(v.d.url("CECOIA_PORTAL_ADDR", path), w.FormDataContentType(), &body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res, read(v.t, res.Body)
}

var numberIn = regexp.MustCompile(`[IS]\d{6}_\d{3,}`)

// newForm opens an incident's form, beside those begun before, and returns its
// path and its number.
func (v *visitor) newForm() (path, number string) {
	v.t.Helper()
	res, page := v.get("/incidents/nouveau")
	if res.Request.URL.Path == "/incidents/nouveau" {
		res, page = v.post("/incidents/nouveau", nil)
	}
	path = res.Request.URL.Path
	if !strings.HasPrefix(path, "/formulaires/") {
		v.t.Fatalf("a new incident leads to %s:\n%s", path, page)
	}
	return path, numberIn.FindString(page)
}

// sendForm sends a new incident with that description and returns its number.
func (v *visitor) sendForm(description string) string {
	v.t.Helper()
	path, number := v.newForm()
	v.post(path+"/demande", url.Values{"description": {description}, "do": {"continue"}})
	if _, page := v.post(path+"/verification", url.Values{"do": {"send"}}); !strings.Contains(page, number) {
		v.t.Fatalf("no confirmation of %s:\n%s", number, page)
	}
	return number
}

// chatAnswer is what Mattermost reads of our answer to a command or a click.
type chatAnswer struct {
	ResponseType  string `json:"response_type"`
	Text          string `json:"text"`
	EphemeralText string `json:"ephemeral_text"`
}

func (d *demo) hook(path, contentType, token string, body io.Reader) (int, chatAnswer) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url("CECOIA_HOOKS_ADDR", path), body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Token "+token)
	res, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	text := read(d.t, res.Body)
	var a chatAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		d.t.Fatalf("%s answers %q: %v", path, tail(text, 500), err)
	}
	return res.StatusCode, a
}

// command types a command; again when its answer takes longer than a chat waits.
func (d *demo) command(token, userID, text string) (status int, a chatAnswer) {
	d.t.Helper()
	eventually(d.t, text[:min(len(text), 100)], func() (bool, string) {
		form := url.Values{
			"token": {token}, "team_id": {"t"}, "channel_id": {"c"}, "user_id": {userID}, "user_name": {"agent.creteil"},
			"command": {"/ticket"}, "text": {text}, "trigger_id": {fmt.Sprint(time.Now().UnixNano())}, "root_id": {""},
		}
		status, a = d.hook("/mattermost/command", "application/x-www-form-urlencoded", token, strings.NewReader(form.Encode()))
		return !tooLate(a.Text), a.Text
	})
	return status, a
}

// tooLate says whether an answer of the chat is that there is none yet.
func tooLate(said string) bool {
	return strings.Contains(said, "bien enregistré") || strings.Contains(said, "n’a PAS été acceptée")
}

func TestBadInputFromOutside(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	t.Logf("ready after %s", d.start())

	t.Run("unknown account and wrong password say the same", func(t *testing.T) {
		var said []string
		for _, c := range [][2]string{{"personne@creteil.example", "demo"}, {"demandeur@creteil.example", "faux"}, {"x@ailleurs.example", "demo"}} {
			v, page := visitorAs(t, d, c[0], c[1])
			if res, _ := v.get("/incidents"); res.Request.URL.Path != "/connexion" {
				t.Errorf("%s is signed in", c[0])
			}
			said = append(said, strings.ReplaceAll(regexp.MustCompile(`(?s)id="errors".*?</div>`).FindString(page), c[0], ""))
		}
		if said[0] == "" || said[0] != said[1] || said[1] != said[2] {
			t.Errorf("the refusals differ: %q", said)
		}
	})

	t.Run("the hook refuses GET", func(t *testing.T) {
		res, err := http.Get(d.url("CECOIA_HOOKS_ADDR", "/mattermost/command?token=demo-token-creteil&text=liste"))
		if err != nil {
			t.Fatal(err)
		}
		if body := read(t, res.Body); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET answers %d %q", res.StatusCode, body)
		}
	})
	t.Run("a wrong token is refused in words", func(t *testing.T) {
		status, a := d.command("wrong", "u", "liste")
		if status != http.StatusOK || a.ResponseType != "ephemeral" || a.Text == "" {
			t.Errorf("%d %+v", status, a)
		}
	})
	t.Run("a command body of 2 MB is refused in words", func(t *testing.T) {
		status, a := d.command("demo-token-creteil", "u", strings.Repeat("x", 2<<20))
		if status != http.StatusOK || a.Text == "" {
			t.Errorf("%d %+v", status, a)
		}
	})
	t.Run("a chat account that is not linked is told how", func(t *testing.T) {
		status, a := d.command("demo-token-creteil", mattermost.UserID("inconnu"), "prendre 1")
		if status != http.StatusOK || a.ResponseType != "ephemeral" || !strings.Contains(a.Text, "compte") {
			t.Errorf("%d %+v", status, a)
		}
	})
	t.Run("a forged button does nothing", func(t *testing.T) {
		status, a := d.hook("/mattermost/action", "application/json", "", strings.NewReader(
			`{"user_id":"u","post_id":"p","channel_id":"c","context":{"op":"prendre","academy":"creteil","ticket":"018f0000-0000-7000-8000-000000000000","channel":"c","expires":"9999999999","mac":"AAAA"}}`))
		if status != http.StatusOK || a.EphemeralText == "" {
			t.Errorf("%d %+v", status, a)
		}
	})

	person, _ := visitorAs(t, d, "demandeur@creteil.example", "demo")
	t.Run("documents too large or of a refused type", func(t *testing.T) {
		path, number := person.newForm()
		_, page := person.upload(path+"/demande", url.Values{"description": {"Une description à garder"}, "do": {"attach"}},
			"gros.txt", io.LimitReader(endless('x'), 20<<20+1))
		if !strings.Contains(page, "20 Mo") || !strings.Contains(page, "Une description à garder") {
			t.Errorf("too large: %s", tail(page, 1500))
		}
		_, page = person.upload(path+"/demande", url.Values{"description": {"Une description à garder"}, "do": {"attach"}},
			"innocent.png", strings.NewReader("<!DOCTYPE html><html><script>alert(1)</script></html>"))
		if !strings.Contains(page, "innocent.png") || !strings.Contains(page, "type refusé") {
			t.Errorf("refused type: %s", tail(page, 1500))
		}
		if _, page = person.get(path + "/demande"); !strings.Contains(page, number) {
			t.Error("the form is lost")
		}
	})
	t.Run("a description of 100,000 characters, or unreadable", func(t *testing.T) {
		path, _ := person.newForm()
		_, page := person.post(path+"/demande", url.Values{"description": {strings.Repeat("é", 100_000)}, "do": {"continue"}})
		if !strings.Contains(page, "trop long") {
			t.Errorf("100,000 characters: %s", tail(page, 1500))
		}
		_, page = person.post(path+"/demande", url.Values{"description": {"caf\xe9 \x00"}, "do": {"continue"}})
		if !strings.Contains(page, "illisibles") && !strings.Contains(page, "contrôle") {
			t.Errorf("invalid UTF-8: %s", tail(page, 1500))
		}
	})
	t.Run("an expired form", func(t *testing.T) {
		res, page := person.post("/formulaires/018f0000-0000-7000-8000-000000000000/verification", url.Values{"do": {"send"}})
		if res.StatusCode < 400 || !strings.Contains(page, "n’est plus valable") {
			t.Errorf("%d %s", res.StatusCode, tail(page, 1500))
		}
	})
	t.Run("a double click makes one ticket, and @all pings nobody", func(t *testing.T) {
		path, number := person.newForm()
		person.post(path+"/demande", url.Values{"description": {"@all @channel <!here> écran noir"}, "do": {"continue"}})
		done := make(chan string)
		for range 2 {
			go func() {
				res, err := person.http.PostForm(d.url("CECOIA_PORTAL_ADDR", path+"/verification"), url.Values{"do": {"send"}})
				if err != nil {
					done <- err.Error()
					return
				}
				defer res.Body.Close()
				b, _ := io.ReadAll(res.Body)
				done <- string(b)
			}()
		}
		for range 2 {
			if page := <-done; !strings.Contains(page, number) {
				t.Errorf("a click is answered by %s", tail(page, 1500))
			}
		}
		if _, page := person.get("/incidents"); strings.Count(page, "/demandes/creteil/I") != 1 {
			t.Errorf("not one ticket: %s", tail(page, 3000))
		}
		_, a := d.command("demo-token-creteil", mattermost.UserID("agent.creteil"), "voir "+number)
		for _, ping := range []string{"@all", "@channel", "<!here>"} {
			if strings.Contains(a.Text, ping) || !strings.Contains(a.Text, "écran noir") {
				t.Errorf("the chat would read %q in %q", ping, a.Text)
			}
		}
	})
	t.Run("a mail with 10,000 nested parts hangs nothing: the next one is read", func(t *testing.T) {
		var nested strings.Builder
		nested.WriteString("Subject: poupees\r\nMIME-Version: 1.0\r\n")
		for i := range 10_000 {
			fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		d.submit(t, "demandeur@creteil.example", nested.String())
		d.submit(t, "secretaire@creteil.example", "Subject: question\r\n\r\nBonjour, et ensuite ?\r\n")
		eventually(t, "the mail after the hostile one gets its guidance", func() (bool, string) {
			res, err := http.Get(d.url("CECOIA_MAILBOX_ADDR", "/mailboxes/secretaire@creteil.example"))
			if err != nil {
				return false, err.Error()
			}
			page := read(t, res.Body)
			return strings.Contains(page, "depuis le portail"), page
		})
	})

	children := descendants(t, d.process.Process.Pid)
	if len(children) == 0 {
		t.Error("no child found: the test would not see one left behind")
	}
	d.terminate()
	if log := d.stderr.String(); strings.Contains(log, "wrong\"") || strings.Contains(log, "demo-token") { // the whole of it, now
		t.Error("a token is in the log")
	}
	for _, child := range children {
		eventually(t, fmt.Sprintf("process %d is not left behind", child), func() (bool, string) {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", child))
			return err != nil, string(status)
		})
	}
}

// submit hands a mail to the no-reply address to the demo's server, as any
// program of this machine may.
func (d *demo) submit(t *testing.T, from, rest string) {
	t.Helper()
	message := fmt.Sprintf("From: %s\r\nTo: no-reply@creteil.example\r\nMessage-ID: <essai.%s>\r\n%s", from, from, rest)
	if err := smtp.SendMail(d.addr["CECOIA_SMTP_ADDR"], nil, from, []string{"no-reply@creteil.example"}, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

// endless is a reader of one byte, over and over.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// TestReadyzAnswersLast: who waits for /readyz may use the rest at once.
func TestReadyzAnswersLast(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	dialled := make(chan error, 1)
	go func() {
		for range tick.C {
			res, err := http.Get(d.url("CECOIA_OPS_ADDR", "/readyz"))
			if err != nil {
				continue // not yet
			}
			_ = res.Body.Close()
			for _, variable := range []string{"CECOIA_PORTAL_ADDR", "CECOIA_HOOKS_ADDR"} {
				var c net.Conn
				if c, err = net.Dial("tcp", d.addr[variable]); err != nil {
					break
				}
				_ = c.Close()
			}
			dialled <- err
			return
		}
	}()
	d.start()
	select {
	case err := <-dialled:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("/readyz does not answer")
	}
}

func TestAPortInUseSaysWhichAndWhatMovesIt(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	for _, variable := range demoVariables {
		l, err := net.Listen("tcp", d.addr[variable])
		if err != nil {
			t.Fatal(err)
		}
		env := []string{"CECOIA_DATA=" + d.data}
		for v, addr := range d.addr {
			env = append(env, v+"="+addr)
		}
		status, _, stderr := cecoia(t, env, "demo")
		if status != 1 || !strings.Contains(stderr, d.addr[variable]) || !strings.Contains(stderr, "set "+variable) {
			t.Errorf("%s taken: status %d, %s", variable, status, stderr)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCommandLineExplainsItself(t *testing.T) {
	t.Parallel()
	status, out, _ := cecoia(t, nil, "help", "config")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	for _, want := range append([]string{"CECOIA_DATABASE_URL (secret)", "CECOIA_SLASH_TOKEN (secret) (per academy)", "127.0.0.1:8080"}, demoVariables...) {
		if !strings.Contains(out, want) {
			t.Errorf("help config does not say %s:\n%s", want, out)
		}
	}
	if status, out, _ := cecoia(t, nil, "version"); status != 0 || !strings.HasPrefix(out, "cecoia ") {
		t.Errorf("version: %d %q", status, out)
	}
	if status, _, _ := cecoia(t, nil, "dance"); status != 2 {
		t.Errorf("an unknown command ends with status %d", status)
	}
}
