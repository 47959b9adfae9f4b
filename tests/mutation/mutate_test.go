package mutation

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
	esbuild "github.com/evanw/esbuild/pkg/api"
)

// mutant is one changed text of a transform.
type mutant struct {
	line int
	what string
	text string
}

// edit replaces the bytes from start to end of the text.
type edit struct {
	start, end int
	with       string
	what       string
}

// mutants are all single changes of a TypeScript source. The schema of its parameters stays as it is.
func mutants(source string) ([]mutant, error) {
	plain := esbuild.Transform(source, esbuild.TransformOptions{Loader: esbuild.LoaderTS, Target: esbuild.ES2022, Charset: esbuild.CharsetUTF8})
	if len(plain.Errors) > 0 {
		return nil, fmt.Errorf("stripping types: %s", plain.Errors[0].Text)
	}
	text := string(plain.Code)
	program, err := parser.ParseFile(nil, "", asScript(text), 0)
	if err != nil {
		return nil, fmt.Errorf("parsing: %w", err)
	}
	c := &collector{text: text}
	for _, statement := range program.Body {
		if !isSchema(statement) {
			c.visit(reflect.ValueOf(statement))
		}
	}
	out := make([]mutant, len(c.edits))
	for i, e := range c.edits {
		out[i] = mutant{
			line: 1 + strings.Count(text[:e.start], "\n"),
			what: e.what,
			text: text[:e.start] + e.with + text[e.end:],
		}
	}
	return out, nil
}

var moduleSyntax = regexp.MustCompile(`(?m)^import [^;]*;$|^export default |^export \{[^}]*\};$|^export `)

// asScript blanks the module syntax, which the parser does not know, and leaves every other byte in its place.
func asScript(text string) string {
	return moduleSyntax.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
}

// isSchema reports whether a statement declares params or a part of it, by its name.
func isSchema(s ast.Statement) bool {
	d, ok := s.(*ast.LexicalDeclaration)
	if !ok || len(d.List) != 1 {
		return false
	}
	name, ok := d.List[0].Target.(*ast.Identifier)
	return ok && (name.Name == "params" || strings.HasSuffix(name.Name.String(), "Schema"))
}

// turned is what each operator becomes.
var turned = map[token.Token]string{
	token.STRICT_EQUAL: "!==", token.STRICT_NOT_EQUAL: "===",
	token.LESS: "<=", token.LESS_OR_EQUAL: "<", token.GREATER: ">=", token.GREATER_OR_EQUAL: ">",
	token.LOGICAL_AND: "||", token.LOGICAL_OR: "&&",
	token.PLUS: "-", token.MINUS: "+", token.MULTIPLY: "/", token.SLASH: "*",
}

type collector struct {
	text  string
	edits []edit
}

func (c *collector) add(start, end file.Idx, with, what string) {
	// Indices of the parser count from 1.
	c.edits = append(c.edits, edit{start: int(start) - 1, end: int(end) - 1, with: with, what: what})
}

func (c *collector) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			if isUndefined(v.Interface()) {
				return
			}
			c.node(v.Interface())
		}
		c.visit(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			c.visit(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			// Declarations are listed a second time, for scopes.
			if f := v.Type().Field(i); f.IsExported() && f.Name != "DeclarationList" && f.Name != "File" {
				c.visit(v.Field(i))
			}
		}
	}
}

// isUndefined recognises "void 0", of which no change would mean anything else.
func isUndefined(n any) bool {
	u, ok := n.(*ast.UnaryExpression)
	return ok && u.Operator == token.VOID
}

func (c *collector) node(n any) {
	switch n := n.(type) {
	case *ast.BinaryExpression:
		if with, ok := turned[n.Operator]; ok {
			start, end := n.Left.Idx1(), n.Right.Idx0()
			if i := strings.Index(c.text[start-1:end-1], n.Operator.String()); i >= 0 {
				at := start + file.Idx(i)
				c.add(at, at+file.Idx(len(n.Operator.String())), with, n.Operator.String()+" becomes "+with)
			}
		}
	case *ast.IfStatement:
		c.negate(n.Test)
	case *ast.ConditionalExpression:
		c.negate(n.Test)
	case *ast.UnaryExpression:
		if n.Operator == token.NOT {
			c.add(n.Idx, n.Idx+1, "", "! is taken away")
		}
	case *ast.BooleanLiteral:
		c.add(n.Idx, n.Idx1(), strconv.FormatBool(!n.Value), n.Literal+" is turned round")
	case *ast.NumberLiteral:
		c.add(n.Idx, n.Idx1(), "("+n.Literal+" + 1)", n.Literal+" is one more")
	case *ast.ExpressionStatement:
		if _, call := n.Expression.(*ast.CallExpression); call {
			c.add(n.Idx0(), n.Idx1(), "void 0", "a call is taken out")
		}
	}
}

func (c *collector) negate(test ast.Expression) {
	start, end := test.Idx0(), test.Idx1()
	c.add(start, end, "!("+c.text[start-1:end-1]+")", "a condition is negated")
}
