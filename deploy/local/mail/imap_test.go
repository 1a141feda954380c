package mail_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"cecoia.example/deploy/local/mail"
)

func signIn(t *testing.T, s *mail.Server, address, password string, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(s.IMAPAddr(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(address, password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestIMAPSignIn(t *testing.T) {
	s := start(t, mail.Options{})
	c := signIn(t, s, "Demandeur@Creteil.example", "demo", nil)
	for _, capability := range []imap.Cap{imap.CapIMAP4rev1, imap.CapIdle, imap.CapMove, imap.CapUIDPlus} {
		if !c.Caps().Has(capability) {
			t.Errorf("%s is missing", capability)
		}
	}
	other, err := imapclient.DialInsecure(s.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	err = other.Login(person, "wrong").Wait()
	var refusal *imap.Error
	if !errors.As(err, &refusal) || refusal.Code != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("wrong password: %v", err)
	}
}

// folders returns the ids of the messages of a mailbox by folder.
func folders(s *mail.Server, address string) map[string][]string {
	all := make(map[string][]string)
	for _, m := range s.Messages(address) {
		all[m.Folder] = append(all[m.Folder], m.ID)
	}
	return all
}

func subjectIs(subject string) func(mail.Message) bool {
	return func(m mail.Message) bool { return strings.Contains(string(m.Raw), "Subject: "+subject+"\r\n") }
}

func TestIMAPIdleFetchMove(t *testing.T) {
	s := start(t, mail.Options{})
	news := make(chan uint32, 10)
	c := signIn(t, s, noReply, "secret", &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				news <- *data.NumMessages
			}
		},
	}})
	if err := c.Create("Traités", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	selected, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	status, err := c.Status("INBOX", &imap.StatusOptions{UIDValidity: true}).Wait()
	if err != nil || status.UIDValidity != selected.UIDValidity {
		t.Errorf("UIDVALIDITY of STATUS %v %v, of SELECT %d", status, err, selected.UIDValidity)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"one", "two", "three"} {
		mustSend(t, s, "", []string{noReply}, crlf("Subject: "+subject, "", "words"))
	}
	for n := uint32(0); n < 3; {
		select {
		case n = <-news:
		case <-time.After(30 * time.Second):
			t.Fatal("IDLE says nothing")
		}
	}
	if err := idle.Close(); err != nil {
		t.Fatal(err)
	}
	if err := idle.Wait(); err != nil {
		t.Fatal(err)
	}

	section := &imap.FetchItemBodySection{Peek: true}
	fetched, err := c.Fetch(imap.UIDSetNum(2), &imap.FetchOptions{UID: true, RFC822Size: true, Flags: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(fetched) != 1 {
		t.Fatalf("fetched %v, %v", fetched, err)
	}
	two, err := s.Await(t.Context(), noReply, subjectIs("two"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fetched[0].FindBodySection(section); string(got) != string(two.Raw) || fetched[0].RFC822Size != int64(len(two.Raw)) || len(fetched[0].Flags) != 0 {
		t.Errorf("fetched %q", got)
	}

	moved, err := c.Move(imap.UIDSetNum(1, 2), "Traités").Wait()
	if err != nil {
		t.Fatal(err)
	}
	if uids, ok := moved.SourceUIDs.(imap.UIDSet); !ok || uids.String() != "1:2" {
		t.Errorf("COPYUID says %v", moved.SourceUIDs)
	}
	if _, err := c.Move(imap.UIDSetNum(99), "Traités").Wait(); err != nil {
		t.Errorf("moving nothing: %v", err)
	}
	if _, err := c.Move(imap.UIDSetNum(3), "Nowhere").Wait(); err == nil {
		t.Error("moved to a folder that does not exist")
	}
	got := folders(s, noReply)
	if len(got["INBOX"]) != 1 || len(got["Traités"]) != 2 || got["Traités"][1] != two.ID {
		t.Errorf("folders %v", got)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil || fmt.Sprint(found.AllUIDs()) != "[3]" {
		t.Errorf("left in INBOX: %v, %v", found, err)
	}
}

func TestIMAPCopyAppendExpungeDelete(t *testing.T) {
	s := start(t, mail.Options{Dir: t.TempDir()})
	c := signIn(t, s, person, "demo", nil)
	mustSend(t, s, "", []string{person}, crlf("Subject: one", "", ""))
	for _, folder := range []string{"A", "B"} {
		if err := c.Create(folder, nil).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(imap.UIDSetNum(1), "A").Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	literal := crlf("Subject: mine", "", "")
	appending := c.Append("B", int64(len(literal)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
	if _, err := appending.Write([]byte(literal)); err != nil {
		t.Fatal(err)
	}
	if err := appending.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := appending.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename("B", "C", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if got := folders(s, person); len(got["INBOX"]) != 0 || len(got["A"]) != 1 || len(got["C"]) != 1 {
		t.Fatalf("folders %v", got)
	}
	for _, refused := range []error{c.Delete("INBOX").Wait(), c.Rename("INBOX", "D", nil).Wait(), c.Create("A", nil).Wait(), c.Delete("Nowhere").Wait()} {
		if refused == nil {
			t.Error("accepted")
		}
	}
	// Another client's selected folder goes away under it.
	other := signIn(t, s, person, "demo", nil)
	if _, err := other.Select("A", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete("A").Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Move(imap.UIDSetNum(1), "C").Wait(); err == nil {
		t.Error("moved out of a deleted folder")
	}
	if got := folders(s, person); len(got) != 1 || len(got["C"]) != 1 {
		t.Errorf("folders %v", got)
	}
}
