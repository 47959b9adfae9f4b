package js

import (
	"github.com/dop251/goja/ast"
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
	return "its module does more than declare"
}

func (a *analyser) initialises(list []*ast.Binding) string {
	for _, b := range list {
		if _, ok := b.Target.(*ast.Identifier); !ok {
			return "its module does more than declare"
		}
		if why := a.computes(b.Initializer); why != "" {
			return why
		}
	}
	return ""
}

// computes is why the value of a module's constant may hide something that can change.
func (a *analyser) computes(e ast.Expression) string {
	switch e := e.(type) {
	case nil, *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral,
		*ast.NullLiteral, *ast.Identifier, *ast.RegExpLiteral:
		return ""
	case *ast.TemplateLiteral:
		if e.Tag != nil {
			return "its module calls functions"
		}
		return a.all(e.Expressions)
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
		return a.computes(e.Expression)
	case *ast.UnaryExpression:
		return a.computes(e.Operand)
	case *ast.BinaryExpression:
		return a.all([]ast.Expression{e.Left, e.Right})
	case *ast.ClassLiteral:
		for _, element := range e.Body {
			if m, ok := element.(*ast.MethodDefinition); ok && !m.Computed {
				continue
			}
			if f, ok := element.(*ast.FieldDefinition); ok && !f.Static && !f.Computed {
				continue
			}
			return "its module has a class with static parts"
		}
		return a.computes(e.SuperClass)
	case *ast.NewExpression:
		id, ok := e.Callee.(*ast.Identifier)
		switch {
		case !ok || a.module[id.Name.String()]:
		case id.Name == "Set" || id.Name == "Map":
			return a.all(e.ArgumentList)
		case id.Name == "RegExp" && len(e.ArgumentList) == 2:
			return a.all(e.ArgumentList)
		}
	case *ast.CallExpression:
		if d, ok := e.Callee.(*ast.DotExpression); ok && d.Identifier.Name == "freeze" {
			if id, ok := d.Left.(*ast.Identifier); ok && id.Name == "Object" && !a.module["Object"] {
				return a.all(e.ArgumentList)
			}
		}
	}
	return "its module calls functions"
}

func (a *analyser) property(p ast.Property) string {
	switch p := p.(type) {
	case *ast.PropertyShort:
		return ""
	case *ast.PropertyKeyed:
		if !p.Computed {
			return a.computes(p.Value)
		}
		return a.all([]ast.Expression{p.Key, p.Value})
	case *ast.SpreadElement:
		return a.computes(p.Expression)
	}
	return "its module calls functions"
}

func (a *analyser) all(list []ast.Expression) string {
	for _, e := range list {
		if why := a.computes(e); why != "" {
			return why
		}
	}
	return ""
}
