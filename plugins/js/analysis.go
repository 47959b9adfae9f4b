package js

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// analysis is what reading a step's code tells about it.
type analysis struct {
	// bindings are the names at module scope.
	bindings []string
	// fresh is why the module has to be evaluated anew for each event, empty when once per runtime and frozen is enough.
	fresh string
	// problems are reasons to refuse the code.
	problems []problem
}

// problem is a place in the script that steps may not have.
type problem struct {
	at      int
	message string
}

// analyse reads the script of a step: one function expression whose body is the module. It spells out the Unicode
// properties in the tree's regular expressions.
func analyse(tree *ast.Program) *analysis {
	a := &analyser{module: map[string]bool{}, data: map[string]bool{}}
	body := moduleBody(tree)
	for _, s := range body {
		for _, name := range declaredBy(s) {
			a.module[name] = true
			a.bindings = append(a.bindings, name)
		}
	}
	for _, s := range body {
		if why := a.evaluates(s); why != "" && a.fresh == "" {
			a.fresh = why
		}
		a.walk(s)
	}
	if a.bigInt && a.power > 0 {
		a.refuse(a.power, "BigInt together with ** or << is not available in steps: one operation could fill the memory")
	}
	return &a.analysis
}

func moduleBody(tree *ast.Program) []ast.Statement {
	if len(tree.Body) == 1 {
		if s, ok := tree.Body[0].(*ast.ExpressionStatement); ok {
			if f, ok := s.Expression.(*ast.FunctionLiteral); ok {
				return f.Body.List
			}
		}
	}
	return nil
}

// declaredBy are the names that a statement declares in its scope.
func declaredBy(s ast.Statement) (names []string) {
	switch s := s.(type) {
	case *ast.FunctionDeclaration:
		names = append(names, s.Function.Name.Name.String())
	case *ast.ClassDeclaration:
		names = append(names, s.Class.Name.Name.String())
	case *ast.VariableStatement:
		for _, b := range s.List {
			names = append(names, bound(b.Target)...)
		}
	case *ast.LexicalDeclaration:
		for _, b := range s.List {
			names = append(names, bound(b.Target)...)
		}
	}
	return names
}

// bound are the names in a binding, or assignment, pattern.
func bound(target ast.Node) (names []string) {
	switch t := target.(type) {
	case *ast.Identifier:
		return []string{t.Name.String()}
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			names = append(names, bound(e)...)
		}
		names = append(names, bound(t.Rest)...)
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				names = append(names, p.Name.Name.String())
			case *ast.PropertyKeyed:
				names = append(names, bound(p.Value)...)
			}
		}
		names = append(names, bound(t.Rest)...)
	case *ast.AssignExpression:
		return bound(t.Left)
	}
	return names
}

type analyser struct {
	analysis
	module map[string]bool
	// data are the module's names whose value is data through and through.
	data      map[string]bool
	functions []map[string]bool
	bigInt    bool
	power     int
}

func (a *analyser) refuse(at int, format string, args ...any) {
	a.problems = append(a.problems, problem{at, fmt.Sprintf(format, args...)})
}

func (a *analyser) mustBeFresh(why string) {
	if a.fresh == "" {
		a.fresh = why
	}
}

// walk visits a node and all below it. The tree has no visitor of its own, so the fields are followed.
func (a *analyser) walk(n ast.Node) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	if a.visit(n) {
		a.fields(reflect.ValueOf(n))
	}
	switch n.(type) {
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
		a.functions = a.functions[:len(a.functions)-1]
	}
}

func (a *analyser) fields(v reflect.Value) {
	v = reflect.Indirect(v)
	for i := range v.NumField() {
		if v.Type().Field(i).Name != "DeclarationList" {
			a.follow(v.Field(i))
		}
	}
}

func (a *analyser) follow(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			a.follow(v.Index(i))
		}
	case reflect.Interface:
		if !v.IsNil() {
			a.follow(v.Elem())
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(ast.Node); ok {
			a.walk(n)
		} else if v.Elem().Kind() == reflect.Struct {
			a.fields(v)
		}
	case reflect.Struct:
		if n, ok := v.Addr().Interface().(ast.Node); ok {
			a.walk(n)
		}
	}
}

// observers are names by which code could see that an object is frozen, or hide that writing to it failed.
var observers = map[string]bool{
	"Reflect": true, "Proxy": true, "isFrozen": true, "isSealed": true, "isExtensible": true, "lastIndex": true,
	"getOwnPropertyDescriptor": true, "getOwnPropertyDescriptors": true, "Promise": true, "then": true, "catch": true,
	"WeakMap": true, "WeakSet": true, "WeakRef": true,
}

// visit looks at one node and reports whether to go on below it.
func (a *analyser) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FunctionLiteral:
		a.enter(n.ParameterList, n.Body)
		a.async(n.Async)
	case *ast.ArrowFunctionLiteral:
		a.enter(n.ParameterList, n.Body)
		a.async(n.Async)
	case *ast.TryStatement:
		a.mustBeFresh("it catches exceptions")
	case *ast.AssignExpression:
		for _, name := range bound(n.Left) {
			a.assigned(name, int(n.Left.Idx0()))
		}
		a.shifts(n.Operator, int(n.Left.Idx0()))
	case *ast.UnaryExpression:
		if id, ok := n.Operand.(*ast.Identifier); ok && (n.Operator == token.INCREMENT || n.Operator == token.DECREMENT) {
			a.assigned(id.Name.String(), int(id.Idx))
		}
		// typeof of an unknown name is how libraries ask whether something exists.
		if _, ok := n.Operand.(*ast.Identifier); ok && n.Operator == token.TYPEOF {
			return false
		}
	case *ast.ForInStatement:
		a.assignedInto(n.Into)
	case *ast.ForOfStatement:
		a.assignedInto(n.Into)
	case *ast.BinaryExpression:
		a.shifts(n.Operator, int(n.Idx0()))
	case *ast.NumberLiteral:
		if strings.HasSuffix(n.Literal, "n") {
			a.bigInt = true
		}
	case *ast.RegExpLiteral:
		a.regexp(n)
	case *ast.NewExpression:
		a.properties(n)
	case *ast.Identifier:
		a.named(n)
	case *ast.DotExpression:
		a.observed(n.Identifier.Name.String())
		a.walk(n.Left)
		return false
	case *ast.PropertyKeyed:
		if !n.Computed {
			a.walk(n.Value)
			return false
		}
	case *ast.StringLiteral:
		a.observed(n.Value.String())
	}
	return true
}

// enter opens a function's scope. Names of its blocks are taken for its own.
func (a *analyser) enter(parameters *ast.ParameterList, body ast.Node) {
	scope := map[string]bool{}
	if parameters != nil {
		for _, p := range parameters.List {
			for _, name := range bound(p.Target) {
				scope[name] = true
			}
		}
		for _, name := range bound(parameters.Rest) {
			scope[name] = true
		}
	}
	collect(reflect.ValueOf(body), scope)
	a.functions = append(a.functions, scope)
}

// collect gathers the names declared anywhere in a function but in the functions within it.
func collect(v reflect.Value, scope map[string]bool) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), scope)
		}
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch n := v.Interface().(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral, []*ast.VariableDeclaration:
			return
		case *ast.FunctionDeclaration:
			scope[n.Function.Name.Name.String()] = true
			return
		case *ast.ClassDeclaration:
			scope[n.Class.Name.Name.String()] = true
			return
		case *ast.Binding:
			for _, name := range bound(n.Target) {
				scope[name] = true
			}
		case *ast.CatchStatement:
			for _, name := range bound(n.Parameter) {
				scope[name] = true
			}
		case *ast.ForDeclaration:
			for _, name := range bound(n.Target) {
				scope[name] = true
			}
		}
		collect(v.Elem(), scope)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				collect(v.Field(i), scope)
			}
		}
	}
}

func (a *analyser) async(is bool) {
	if is {
		a.mustBeFresh("it is asynchronous")
	}
}

func (a *analyser) shifts(op token.Token, at int) {
	if (op == token.EXPONENT || op == token.SHIFT_LEFT) && a.power == 0 {
		a.power = at
	}
}

func (a *analyser) assignedInto(into ast.ForInto) {
	if e, ok := into.(*ast.ForIntoExpression); ok {
		for _, name := range bound(e.Expression) {
			a.assigned(name, int(e.Expression.Idx0()))
		}
	}
}

// assigned notes a write to a name from within a function.
func (a *analyser) assigned(name string, at int) {
	if len(a.functions) == 0 || !a.module[name] {
		return
	}
	a.mustBeFresh("its functions write to " + name)
	for _, scope := range a.functions {
		if scope[name] {
			return
		}
	}
	a.refuse(at, "%q is declared outside of the function that writes to it: a step keeps nothing from one event to the next", name)
}

func (a *analyser) observed(name string) {
	if observers[name] {
		a.mustBeFresh("it uses " + name)
	}
}

// missing are names that other engines have and this one has not.
var missing = map[string]string{
	"Intl":           "format numbers and dates with toLocaleString for en-US, or by hand",
	"require":        "import the module, so that it is bundled",
	"fetch":          "steps have no network",
	"XMLHttpRequest": "steps have no network",
	"WebSocket":      "steps have no network",
	"process":        "steps have no process",
	"Deno":           "steps have no process",
	"Bun":            "steps have no process",
	"setTimeout":     "steps have no timers",
	"setInterval":    "steps have no timers",
	"setImmediate":   "steps have no timers",
	"eval":           "code cannot be made from text",
	"WebAssembly":    "steps run JavaScript alone",
}

func (a *analyser) named(n *ast.Identifier) {
	name := n.Name.String()
	a.observed(name)
	if strings.HasPrefix(name, "BigInt") || name == "BigUint64Array" {
		a.bigInt = true
	}
	hint, ok := missing[name]
	if !ok || a.module[name] {
		return
	}
	for _, scope := range a.functions {
		if scope[name] {
			return
		}
	}
	a.refuse(int(n.Idx), "%s is not available in steps: %s", name, hint)
}

func (a *analyser) regexp(n *ast.RegExpLiteral) {
	a.flags(int(n.Idx), n.Flags)
	if strings.Contains(n.Flags, "u") {
		pattern, err := expandProperties(n.Pattern)
		if err != nil {
			a.refuse(int(n.Idx), "%v", err)
			return
		}
		n.Pattern = pattern
	}
}

func (a *analyser) flags(at int, flags string) {
	for _, flag := range flags {
		if flag == 'd' || flag == 'v' {
			a.refuse(at, "regular expressions with the flag %c are not available in steps", flag)
		}
	}
}

// properties refuses a regular expression with a property class that is not known.
func (a *analyser) properties(n *ast.NewExpression) {
	id, ok := n.Callee.(*ast.Identifier)
	if !ok || id.Name != "RegExp" || len(n.ArgumentList) != 2 {
		return
	}
	pattern, ok := n.ArgumentList[0].(*ast.StringLiteral)
	flags, okFlags := n.ArgumentList[1].(*ast.StringLiteral)
	if okFlags {
		a.flags(int(n.New), flags.Value.String())
	}
	if ok && okFlags && strings.Contains(flags.Value.String(), "u") {
		if _, err := expandProperties(pattern.Value.String()); err != nil {
			a.refuse(int(n.New), "%v", err)
		}
	}
}
