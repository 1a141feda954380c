package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources is what the application's own code says that may be a key.
type sources struct {
	literals map[string]bool     // every string of the code and the templates
	joined   []*regexp.Regexp    // keys put together: "web.do." + action + ".submit"
	endings  []string            // of keys begun elsewhere: key + ".title"
	asked    map[string][]string // keys that must be there, and where they are asked for
}

func (s *sources) ask(key, where string) { s.asked[key] = append(s.asked[key], where) }

// accents are those of commands' names, which their keys do without.
var accents = strings.NewReplacer("é", "e", "è", "e", "ô", "o")

// join notes a key made of parts; "" stands for one that is known only later.
func (s *sources) join(parts []string) {
	last := parts[len(parts)-1]
	switch {
	case len(parts) < 2:
		return
	case parts[0] == "" && strings.HasPrefix(last, "."):
		s.endings = append(s.endings, last)
		return
	case !strings.Contains(parts[0], ".") || strings.ContainsAny(parts[0], " /"):
		return
	}
	pattern := "^"
	for _, p := range parts {
		if p == "" {
			pattern += "(.+)"
		} else {
			pattern += regexp.QuoteMeta(p)
		}
	}
	s.joined = append(s.joined, regexp.MustCompile(pattern+"$"))
}

// used says whether some code may ask for the key: whole, or joined of a prefix
// of its own and of parts that are themselves somewhere in the code.
func (s *sources) used(key string) bool {
	if s.literals[key] {
		return true
	}
	for _, ending := range s.endings {
		if stem, ok := strings.CutSuffix(key, ending); ok && s.used(stem) {
			return true
		}
	}
	for _, pattern := range s.joined {
		m := pattern.FindStringSubmatch(key)
		if m != nil && !slices.ContainsFunc(m[1:], func(part string) bool {
			_, err := strconv.Atoi(part)
			return err != nil && !s.used(part)
		}) {
			return true
		}
	}
	return false
}

// parts flattens a concatenation of strings.
func parts(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return append(parts(e.X), parts(e.Y)...)
		}
	case *ast.BasicLit:
		if text, ok := literal(e); ok {
			return []string{text}
		}
	}
	return []string{""}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

func (s *sources) readGo(t *testing.T, path string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				s.literals[accents.Replace(text)] = true
				if before, after, ok := strings.Cut(text, "%d"); ok {
					s.join([]string{before, "", after}[:2+min(len(after), 1)])
				}
			}
		case *ast.BinaryExpr:
			s.join(parts(n))
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Message" {
				if text, ok := literal(n.Value); ok && !strings.Contains(text, " ") {
					s.ask("error."+text, path)
				}
			}
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			for i, prefix := range map[string]map[int]string{
				"T": {0: ""}, "N": {0: ""},
				"invalid": {1: "error."}, "notFound": {0: "error."}, "absent": {1: "error."},
			}[name] {
				if i < len(n.Args) {
					if text, ok := literal(n.Args[i]); ok {
						s.ask(prefix+text, path)
					}
				}
			}
		}
		return true
	})
}

var (
	quoted       = regexp.MustCompile(`"([\w.-]+)"`)
	templateCall = regexp.MustCompile(`\.[TN] "([\w.-]+)"`)
)

func (s *sources) readTemplate(t *testing.T, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range quoted.FindAllSubmatch(b, -1) {
		s.literals[string(m[1])] = true
	}
	for _, m := range templateCall.FindAllSubmatch(b, -1) {
		s.ask(string(m[1]), path)
	}
}

// readSources reads the application, without its tests and these tables.
func readSources(t *testing.T) *sources {
	t.Helper()
	s := &sources{
		literals: map[string]bool{}, asked: map[string][]string{},
		joined: []*regexp.Regexp{regexp.MustCompile(`^web\.(help|accessibility|privacy)\.(.+)$`)}, // web/text.go, in two steps
	}
	for _, part := range []string{"tickets", "ingest", "notify", "web", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", part), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir():
				return err
			case filepath.Base(filepath.Dir(path)) == "locale" && d.Name() != "locale.go" && d.Name() != "detail.go", strings.HasSuffix(path, "_test.go"):
			case strings.HasSuffix(path, ".go"):
				s.readGo(t, path)
			case strings.HasSuffix(path, ".html"):
				s.readTemplate(t, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestEveryKeyIsUsed(t *testing.T) {
	s := readSources(t)
	for key := range words {
		stem := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		if !s.used(key) && !s.used(stem) {
			t.Errorf("%s: nothing asks for it", key)
		}
	}
	for _, key := range []string{"web.home.take", "web.do.vanish", "error.no.such.refusal", "chat.vanish.usage"} {
		if s.used(key) {
			t.Errorf("%s: the search finds what nothing asks for", key)
		}
	}
}

func TestEveryKeyAskedForIsThere(t *testing.T) {
	s := readSources(t)
	if len(s.asked) < 200 {
		t.Fatalf("only %d keys are asked for: the search is broken", len(s.asked))
	}
	for key, where := range s.asked {
		_, whole := words[key]
		_, counted := words[key+".one"]
		if !whole && !counted {
			t.Errorf("%s: asked for by %v, and not there", key, where)
		}
	}
}
