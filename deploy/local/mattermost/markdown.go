package mattermost

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown renders a message as Mattermost does, near enough: tables, struck
// text and bare links, a line break where there is one. There is no raw HTML: the
// parsers for it are left out, so that "<b>" stays the text it is. Dangerous
// addresses lose their target.
type markdown struct{ goldmark.Markdown }

func newMarkdown() markdown {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(mentions{}, 900),
		),
		parser.WithParagraphTransformers(util.Prioritized(parser.LinkReferenceParagraphTransformer, 100)),
		parser.WithASTTransformers(util.Prioritized(linksLeaveThePage{}, 1000)),
	)
	// Alignment as a style would break the page's policy.
	table := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	return markdown{goldmark.New(
		goldmark.WithParser(p),
		goldmark.WithExtensions(table, extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(html.WithHardWraps()),
	)}
}

// html renders a text; one that cannot be rendered is shown as it is.
func (m markdown) html(source string) template.HTML {
	var out strings.Builder
	if err := m.Convert([]byte(source), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(source)) //nolint:gosec // escaped in place
	}
	return template.HTML(out.String()) //nolint:gosec // goldmark escapes, and has no parser for raw HTML
}

// linksLeaveThePage makes links open elsewhere and pictures links, as the page's
// policy loads nothing from outside.
type linksLeaveThePage struct{}

// Transform implements parser.ASTTransformer.
func (linksLeaveThePage) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.(type) {
		case *ast.Link, *ast.AutoLink:
			n.SetAttributeString("target", []byte("_blank"))
			n.SetAttributeString("rel", []byte("noopener noreferrer nofollow"))
		}
		return ast.WalkContinue, nil
	})
}

// mentions marks "@name" in a text, so that people see whom it calls: an emphasis
// whose class the style sheet shows upright.
type mentions struct{}

// Trigger implements parser.InlineParser.
func (mentions) Trigger() []byte { return []byte{'@'} }

// Parse implements parser.InlineParser.
func (mentions) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); before != ' ' && before != '\n' && before != '(' {
		return nil // "agent@creteil.example" calls nobody
	}
	line, segment := block.PeekLine()
	name := bytes.TrimRight(atMention.Find(line), ".-_:")
	if len(name) == 0 || !bytes.HasPrefix(line, name) {
		return nil
	}
	block.Advance(len(name))
	mark := ast.NewEmphasis(1)
	mark.SetAttributeString("class", []byte("mention"))
	mark.AppendChild(mark, ast.NewTextSegment(segment.WithStop(segment.Start+len(name))))
	return mark
}
