package mail_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"cecoia.example/deploy/local/mail"
)

// Every message answered 250 is there after a SIGKILL, at whatever moment.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("MAIL_VICTIM_DIR"); dir != "" {
		s, err := mail.Start(t.Context(), mail.Options{Dir: dir, Accounts: accounts()})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(s.SMTPAddr())
		select {}
	}
	dir := t.TempDir()
	victim := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	victim.Env = append(os.Environ(), "MAIL_VICTIM_DIR="+dir)
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}

	// Several senders at once, killed in the middle.
	const senders, before = 4, 20
	type result struct {
		subject string
		err     error
	}
	results := make(chan result)
	for sender := range senders {
		c := dial(t, strings.TrimSpace(addr))
		go func() {
			for n := 0; ; n++ {
				r := result{subject: fmt.Sprintf("%d-%d", sender, n)}
				r.err = c.SendMail("", []string{noReply}, strings.NewReader(crlf("Subject: "+r.subject, "", "words")))
				results <- r
				if r.err != nil {
					return
				}
			}
		}()
	}
	acknowledged := make(map[string]bool)
	for running := senders; running > 0; {
		r := <-results
		if r.err != nil {
			running--
			continue
		}
		acknowledged[r.subject] = true
		if len(acknowledged) == before {
			_ = victim.Process.Kill()
		}
	}
	_ = victim.Wait()
	if len(acknowledged) < before {
		t.Fatalf("%d acknowledged only", len(acknowledged))
	}

	s := start(t, mail.Options{Dir: dir})
	for _, m := range s.Messages(noReply) {
		delete(acknowledged, header(m.Raw, "Subject")[0])
		if m.Folder != "INBOX" || !strings.HasSuffix(string(m.Raw), "\r\n\r\nwords\r\n") {
			t.Errorf("%s: %q", m.Folder, m.Raw)
		}
	}
	if len(acknowledged) > 0 {
		t.Errorf("acknowledged and lost: %v", acknowledged)
	}
}
