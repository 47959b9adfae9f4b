package schema

import (
	"math"
	"testing"
)

func TestNumbersAreWrittenAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		v    float64
		bits int
		want string
	}{
		{0, 64, "0"}, {math.Copysign(0, -1), 64, "-0"}, {1e-6, 64, "0.000001"}, {1e-7, 64, "1e-7"}, {-1.5e-10, 64, "-1.5e-10"}, {1e20, 64, "100000000000000000000"},
		{1e21, 64, "1e+21"}, {0.1, 64, "0.1"}, {math.MaxFloat64, 64, "1.7976931348623157e+308"}, {float64(float32(0.1)), 32, "0.1"},
		{float64(float32(1e-6)), 32, "0.000001"}, {float64(float32(1e-7)), 32, "1e-7"}, {math.NaN(), 32, `"NaN"`}, {math.Inf(1), 64, `"Infinity"`}, {math.Inf(-1), 64, `"-Infinity"`},
	}
	for _, tt := range tests {
		if got := appendFloat(nil, tt.v, tt.bits); string(got) != tt.want {
			t.Errorf("%v in %d bits: %s, want %s", tt.v, tt.bits, got, tt.want)
		}
	}
}
