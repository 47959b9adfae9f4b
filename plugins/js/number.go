package js

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/dop251/goja"
)

// repairs replaces built-ins that the engine gets wrong.
func (g *guardBuilder) repairs() {
	g.rewrap(g.m.vm.GlobalObject(), "parseInt", g.parseInt)
	if number := g.object(g.m.vm.GlobalObject(), "Number"); number != nil && g.err == nil {
		g.err = number.Set("parseInt", g.m.vm.GlobalObject().Get("parseInt"))
	}
	g.rewrap(g.prototype("String"), "toUpperCase", g.cased(unicode.ToUpper))
	g.rewrap(g.prototype("String"), "toLowerCase", g.cased(unicode.ToLower))
}

// parseInt is parseInt, whose result has to be the double nearest to all of the digits.
func (g *guardBuilder) parseInt(f func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
	return func(c goja.FunctionCall) goja.Value {
		v := f(c)
		if math.Abs(v.ToFloat()) <= maxSafe || math.IsNaN(v.ToFloat()) {
			return v
		}
		if base := c.Argument(1); !goja.IsUndefined(base) && base.ToInteger() != 10 && base.ToInteger() != 0 {
			return v
		}
		s := strings.TrimFunc(c.Argument(0).String(), unicode.IsSpace)
		end := 0
		for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
			end++
		}
		if n, err := strconv.ParseFloat(s[:end], 64); err == nil {
			return g.m.vm.ToValue(n)
		}
		return v
	}
}

// cased keeps surrogates without their pair where the engine would replace them.
func (g *guardBuilder) cased(convert func(rune) rune) func(func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
	return func(f func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
		return func(c goja.FunctionCall) goja.Value {
			s, ok := c.This.(goja.String)
			if !ok || !hasLone(s) {
				return f(c)
			}
			units := make([]uint16, s.Length())
			for i := range units {
				units[i] = s.CharAt(i)
				if r := convert(rune(units[i])); r <= math.MaxUint16 {
					units[i] = uint16(r)
				}
			}
			return goja.StringFromUTF16(units)
		}
	}
}
