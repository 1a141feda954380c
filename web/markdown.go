package web

import (
	"html/template"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	mdtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown writes an article's CommonMark, with tables, strikethrough and bare
// addresses as links, as HTML that a page with its own h1 can hold:
//   - HTML in it is shown as the words it is written with;
//   - links lead to http, https or mailto, with rel=nofollow noopener; others
//     are left as their words, and so are images, which would be fetched from
//     elsewhere;
//   - headings begin at h2 and skip no level; empty ones are left out;
//   - tables have scopes and the heading above them as their title, and scroll
//     by themselves where they are wider than the page.
//
// It returns an error only if writing fails.
func markdown(title, source string) (template.HTML, error) {
	md := goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
			extension.Strikethrough, extension.Linkify,
		),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{title}, 1000))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(scrollers{}, 1000))),
	)
	var b strings.Builder
	if err := md.Convert([]byte(source), &b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // goldmark has escaped it: see the tests with hostile Markdown
}

// tame makes a parsed article fit for a page; it has the page's title.
type tame struct{ title string }

// Transform implements parser.ASTTransformer.
func (t tame) Transform(document *ast.Document, reader mdtext.Reader, _ parser.Context) {
	source := reader.Source()
	var nodes []ast.Node // before any is replaced
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			nodes = append(nodes, n)
		}
		return ast.WalkContinue, nil
	})
	var above []int // the levels, as written, of the headings that the next one may be below
	heading := t.title
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.Heading:
			said := plain(n, source)
			if said == "" {
				n.Parent().RemoveChild(n.Parent(), n)
				continue
			}
			heading = said
			for len(above) > 0 && above[len(above)-1] >= n.Level {
				above = above[:len(above)-1]
			}
			above = append(above, n.Level)
			n.Level = min(len(above)+1, 6)
		case *ast.HTMLBlock:
			p := ast.NewParagraph()
			p.AppendChild(p, literal(lines(n, source)))
			n.Parent().ReplaceChild(n.Parent(), n, p)
		case *ast.RawHTML:
			n.Parent().ReplaceChild(n.Parent(), n, literal(n.Segments.Value(source)))
		case *ast.Image:
			unwrap(n)
		case *ast.Link:
			if !mayLead(util.ResolveEntityNames(util.ResolveNumericReferences(n.Destination))) {
				unwrap(n)
				continue
			}
			n.SetAttributeString("rel", []byte("nofollow noopener"))
		case *ast.AutoLink:
			if address := n.URL(source); n.AutoLinkType == ast.AutoLinkURL && !mayLead(address) {
				n.Parent().ReplaceChild(n.Parent(), n, literal(n.Label(source)))
				continue
			}
			n.SetAttributeString("rel", []byte("nofollow noopener"))
		case *tables.Table:
			box := &scroller{label: heading}
			n.Parent().ReplaceChild(n.Parent(), n, box)
			box.AppendChild(box, n)
		case *tables.TableCell:
			if n.Parent().Kind() != tables.KindTableHeader {
				continue
			}
			n.SetAttributeString("scope", []byte("col"))
			if plain(n, source) == "" { // a header says something
				n.AppendChild(n, literal([]byte("–")))
			}
		}
	}
}

// scroller is a box around a table. Whoever has no mouse scrolls it with the
// keyboard, so it takes the focus and has a name.
type scroller struct {
	ast.BaseBlock
	label string
}

var kindScroller = ast.NewNodeKind("Scroller")

// Kind implements ast.Node.
func (*scroller) Kind() ast.NodeKind { return kindScroller }

// Dump implements ast.Node.
func (n *scroller) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// scrollers writes them.
type scrollers struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (scrollers) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindScroller, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			_, err := w.WriteString("</div>\n")
			return ast.WalkContinue, err
		}
		_, err := w.WriteString(`<div class="scroll" role="group" tabindex="0" aria-label="` + template.HTMLEscapeString(n.(*scroller).label) + "\">\n")
		return ast.WalkContinue, err
	})
}

// mayLead says whether an article may link to an address.
func mayLead(address []byte) bool {
	u, err := url.Parse(string(address))
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != "" && u.User == nil
	case "mailto":
		return u.Opaque != ""
	}
	return false
}

// unwrap puts a node's children in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

// literal is text that is shown as it is.
func literal(s []byte) *ast.String {
	n := ast.NewString(s)
	n.SetRaw(true)
	return n
}

// lines returns a block's own text.
func lines(n *ast.HTMLBlock, source []byte) []byte {
	out := n.Lines().Value(source)
	if n.HasClosure() {
		out = append(out, n.ClosureLine.Value(source)...)
	}
	return out
}

// plain returns the words of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Value(source))
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.RawHTML:
			b.Write(n.Segments.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}
