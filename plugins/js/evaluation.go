package js

import (
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// What follows decides whether evaluating a module runs any code of its author's. As long as it does not, no closure can
// have been made that hides something, and all that there is hangs on the module's names.

const (
	callsFunctions = "its module calls functions"
	moreThanNames  = "its module does more than declare"
)

// evaluates is why evaluating a statement of the module could leave something behind that its functions may change
// unseen, empty when it cannot.
func (a *analyser) evaluates(s ast.Statement) string {
	switch s := s.(type) {
	case *ast.FunctionDeclaration, *ast.EmptyStatement, *ast.ReturnStatement:
		return ""
	case *ast.ClassDeclaration:
		return a.computes(s.Class)
	case *ast.VariableStatement:
		return a.initialises(s.List)
	case *ast.LexicalDeclaration:
		return a.initialises(s.List)
	case *ast.ExpressionStatement:
		if _, ok := s.Expression.(*ast.StringLiteral); ok {
			return ""
		}
	}
	return moreThanNames
}

func (a *analyser) initialises(list []*ast.Binding) string {
	for _, b := range list {
		id, ok := b.Target.(*ast.Identifier)
		if !ok {
			return moreThanNames
		}
		if why := a.computes(b.Initializer); why != "" {
			return why
		}
		a.data[id.Name.String()] = b.Initializer != nil && a.plain(b.Initializer)
	}
	return ""
}

// computes is why the value of a module's constant may hide something that can change.
func (a *analyser) computes(e ast.Expression) string {
	switch e := e.(type) {
	case nil, *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.Identifier, *ast.RegExpLiteral:
		return ""
	case *ast.ArrayLiteral:
		return a.all(e.Value)
	case *ast.ObjectLiteral:
		for _, p := range e.Value {
			if why := a.property(p); why != "" {
				return why
			}
		}
		return ""
	case *ast.SpreadElement:
		if a.plain(e.Expression) {
			return ""
		}
	case *ast.ConditionalExpression:
		return a.all([]ast.Expression{e.Test, e.Consequent, e.Alternate})
	case *ast.DotExpression:
		if a.builtIn(e) {
			return ""
		}
	case *ast.ClassLiteral:
		return a.class(e)
	case *ast.NewExpression:
		if id, ok := e.Callee.(*ast.Identifier); ok && !a.module[id.Name.String()] && (id.Name == "Set" || id.Name == "Map" || id.Name == "RegExp") && a.allPlain(e.ArgumentList) {
			return ""
		}
	case *ast.CallExpression:
		if d, ok := e.Callee.(*ast.DotExpression); ok && d.Identifier.Name == "freeze" {
			if id, ok := d.Left.(*ast.Identifier); ok && id.Name == "Object" && !a.module["Object"] {
				return a.all(e.ArgumentList)
			}
		}
	default:
		if a.plain(e) {
			return ""
		}
	}
	return callsFunctions
}

func (a *analyser) class(c *ast.ClassLiteral) string {
	for _, element := range c.Body {
		if m, ok := element.(*ast.MethodDefinition); ok && !m.Computed {
			continue
		}
		if f, ok := element.(*ast.FieldDefinition); ok && !f.Static && !f.Computed {
			continue
		}
		return "its module has a class with static parts"
	}
	switch c.SuperClass.(type) {
	case nil, *ast.Identifier:
		return ""
	}
	return callsFunctions
}

func (a *analyser) property(p ast.Property) string {
	switch p := p.(type) {
	case *ast.PropertyShort:
		return ""
	case *ast.PropertyKeyed:
		if p.Computed && !a.plain(p.Key) {
			return callsFunctions
		}
		return a.computes(p.Value)
	case *ast.SpreadElement:
		return a.computes(p)
	}
	return callsFunctions
}

func (a *analyser) all(list []ast.Expression) string {
	for _, e := range list {
		if why := a.computes(e); why != "" {
			return why
		}
	}
	return ""
}

// builtIn reports whether an expression names a part of the engine's library, like Object.prototype.hasOwnProperty.
func (a *analyser) builtIn(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.Identifier:
		return !a.module[e.Name.String()]
	case *ast.DotExpression:
		return a.builtIn(e.Left)
	}
	return false
}

// plain reports whether an expression is data through and through: converting, spreading or iterating it runs nobody's
// code.
func (a *analyser) plain(e ast.Expression) bool {
	switch e := e.(type) {
	case nil, *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.Identifier:
		return e.Name == "undefined" || a.data[e.Name.String()]
	case *ast.TemplateLiteral:
		return e.Tag == nil && a.allPlain(e.Expressions)
	case *ast.UnaryExpression:
		return e.Operator != token.INCREMENT && e.Operator != token.DECREMENT && e.Operator != token.DELETE && a.plain(e.Operand)
	case *ast.BinaryExpression:
		return a.plain(e.Left) && a.plain(e.Right)
	case *ast.SpreadElement:
		return a.plain(e.Expression)
	case *ast.ArrayLiteral:
		return a.allPlain(e.Value)
	case *ast.ObjectLiteral:
		for _, p := range e.Value {
			if !a.plainProperty(p) {
				return false
			}
		}
		return true
	}
	return false
}

func (a *analyser) plainProperty(p ast.Property) bool {
	switch p := p.(type) {
	case *ast.PropertyKeyed:
		return (!p.Computed || a.plain(p.Key)) && p.Kind == ast.PropertyKindValue && a.plain(p.Value)
	case *ast.SpreadElement:
		return a.plain(p.Expression)
	}
	return false
}

func (a *analyser) allPlain(list []ast.Expression) bool {
	for _, e := range list {
		if !a.plain(e) {
			return false
		}
	}
	return true
}
