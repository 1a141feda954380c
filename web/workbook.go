package web

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// A workbook is written as the least of Office Open XML that spreadsheets open
// (ECMA-376, part 1: SpreadsheetML): texts in their cells, numbers, and days.
// Nothing in it is a formula, whatever a text begins with: a cell says its type.

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// worksheet is a table of a workbook. A cell is a string, an int, a time.Time,
// whose day counts, or nil, which is empty.
type worksheet struct {
	Name   string
	Titles []string
	Rows   [][]any
}

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	officeDocs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packages   = "http://schemas.openxmlformats.org/package/2006"
	sheetML    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	// cellStyles are, by their number in a cell's s: as it comes, a bold title, a
	// day as its reader writes days (format 14 of ECMA-376, 18.8.30).
	cellStyles = xmlHead + `<styleSheet xmlns="` + sheetML + `"><fonts count="2"><font/><font><b/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
		`<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`
)

// writeWorkbook writes sheets; their names differ, and have at most 31 characters
// and none of []:*?/\.
func writeWorkbook(to io.Writer, sheets ...worksheet) error {
	var types, list, relations strings.Builder
	for i, sheet := range sheets {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, xmlText(sheet.Name), i+1, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, officeDocs, i+1)
	}
	parts := []struct{ name, content string }{
		{"[Content_Types].xml", `<Types xmlns="` + packages + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + workbookType + `.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packages + `/relationships"><Relationship Id="rId1" Type="` + officeDocs + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + sheetML + `" xmlns:r="` + officeDocs + `"><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packages + `/relationships">` + relations.String() +
			fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(sheets)+1, officeDocs)},
	}
	z := zip.NewWriter(to)
	put := func(name, content string) error {
		part, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		return err
	}
	for _, p := range parts {
		if err := put(p.name, xmlHead+p.content); err != nil {
			return err
		}
	}
	if err := put("xl/styles.xml", cellStyles); err != nil {
		return err
	}
	for i, sheet := range sheets {
		if err := put(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), sheet.xml()); err != nil {
			return err
		}
	}
	return z.Close()
}

// xml is the sheet's part: its titles stay in view.
func (s worksheet) xml() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns="` + sheetML + `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	for i, title := range s.Titles {
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, max(12, utf8.RuneCountInString(title)+2))
	}
	b.WriteString(`</cols><sheetData>`)
	titles := make([]any, len(s.Titles))
	for i, title := range s.Titles {
		titles[i] = title
	}
	for i, row := range append([][]any{titles}, s.Rows...) {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, cell := range row {
			ref := columnName(j) + fmt.Sprint(i+1)
			switch c := cell.(type) {
			case string:
				style := 0
				if i == 0 {
					style = 1
				}
				fmt.Fprintf(&b, `<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, style, xmlText(c))
			case int:
				fmt.Fprintf(&b, `<c r="%s"><v>%d</v></c>`, ref, c)
			case time.Time:
				fmt.Fprintf(&b, `<c r="%s" s="2"><v>%d</v></c>`, ref, serialDay(c))
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

// serialDay counts days as spreadsheets do, from 30 December 1899 on (ECMA-376,
// 18.17.4.1; right for all since March 1900).
func serialDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
}

// columnName names a column: A, B, … Z, AA.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// xmlText writes text for XML; what XML cannot hold becomes U+FFFD.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // to memory
	return b.String()
}
