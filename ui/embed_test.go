package ui

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"dist/.gitkeep":               {},
	"dist/.vite/manifest.json":    {Data: []byte(`{}`)},
	"dist/index.html":             {Data: []byte(`<!doctype html><meta nonce="{{nonce}}">`)},
	"dist/favicon.svg":            {Data: []byte(`<svg/>`)},
	"dist/assets/index-abc123.js": {Data: []byte(strings.Repeat("let a = 1;\n", 500))},
}

func get(t *testing.T, h http.Handler, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryPathOfThePageIsTheDocument(t *testing.T) {
	t.Parallel()
	h := handler(built)
	for _, path := range []string{"/", "/pipelines/orders-eu", "/topics/orders.v1", "/index.html", "/../../etc/passwd", "/.vite/manifest.json"} {
		res := get(t, h, http.MethodGet, path, "")
		if body := text(t, res.Body); res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "<!doctype html>") {
			t.Errorf("%s: status %d, body %q", path, res.StatusCode, body)
		}
		if got := res.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

func TestPolicyNamesTheNonceOfTheDocument(t *testing.T) {
	t.Parallel()
	h := handler(built)
	first, second := get(t, h, http.MethodGet, "/", ""), get(t, h, http.MethodGet, "/", "")
	body, policy := text(t, first.Body), first.Header.Get("Content-Security-Policy")
	_, nonce, _ := strings.Cut(body, `nonce="`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	if len(nonce) < 20 || !strings.Contains(policy, "'nonce-"+nonce+"'") {
		t.Errorf("document has nonce %q, policy is %q", nonce, policy)
	}
	if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy is %q", policy)
	}
	if second.Header.Get("Content-Security-Policy") == policy {
		t.Error("two answers share a nonce")
	}
}

func TestBuiltFilesAreCompressedAndCachedForEver(t *testing.T) {
	t.Parallel()
	h := handler(built)
	const path = "/assets/index-abc123.js"
	want := string(built["dist"+path].Data)
	plain := get(t, h, http.MethodGet, path, "br, gzip;q=0")
	if got := text(t, plain.Body); got != want || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("plain: %d bytes, headers %v", len(got), plain.Header)
	}
	zipped := get(t, h, http.MethodGet, path, "br, gzip;q=1.0")
	if zipped.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(zipped.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("zipped: headers %v", zipped.Header)
	}
	if !strings.HasPrefix(zipped.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("Content-Type %q", zipped.Header.Get("Content-Type"))
	}
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, r); got != want {
		t.Errorf("unzipped to %d bytes, want %d", len(got), len(want))
	}
}

func TestOtherFilesAreCheckedAgain(t *testing.T) {
	t.Parallel()
	if got := get(t, handler(built), http.MethodGet, "/favicon.svg", "").Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control %q", got)
	}
}

func TestFileOfAnotherBuildIsNotFound(t *testing.T) {
	t.Parallel()
	if res := get(t, handler(built), http.MethodGet, "/assets/index-old.js", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	t.Parallel()
	h := handler(built)
	if res := get(t, h, http.MethodPost, "/", ""); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d", res.StatusCode)
	}
	if res := get(t, h, http.MethodHead, "/", ""); res.StatusCode != http.StatusOK || text(t, res.Body) != "" {
		t.Errorf("HEAD: status %d", res.StatusCode)
	}
}

func TestUnbuiltPageSaysHowToBuildIt(t *testing.T) {
	t.Parallel()
	res := get(t, handler(fstest.MapFS{"dist/.gitkeep": {}}), http.MethodGet, "/", "")
	if body := text(t, res.Body); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
		t.Errorf("status %d, body %q", res.StatusCode, body)
	}
}

func TestEmbeddedFilesAreServed(t *testing.T) {
	t.Parallel()
	res := get(t, Handler(), http.MethodGet, "/", "")
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", res.StatusCode)
	}
}
