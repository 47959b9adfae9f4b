package api

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// policy is what the page may do: its own scripts and styles, and connections to where it came from. Styles may stand
// in elements because the code editor writes them there.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard refuses what other web pages make a browser send here: requests under a foreign name (DNS rebinding) and
// requests from a foreign origin.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", policy)
		if err := a.checkOrigin(r); err != nil {
			a.fail(w, r, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, a.options.MaxBody)
		next.ServeHTTP(w, r)
	})
}

func (a *API) checkOrigin(r *http.Request) error {
	if isProbe(r) {
		return nil // Probes come under whatever name, and say nothing worth having.
	}
	if !a.knownHost(r.Host) {
		return pipeline.Errorf(pipeline.CodeForbidden, "Host", "%q is no name of this server: use its address, localhost, or a name that it was started with (--host)", hostname(r.Host))
	}
	if origin := r.Header.Get("Origin"); origin != "" && !a.sameOrigin(origin, r.Host) {
		return pipeline.Errorf(pipeline.CodeForbidden, "Origin", "%q is another site: pages of other sites may not use this server", origin)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	foreign := site == "cross-site" || site == "same-site"
	link := r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	if foreign && !link {
		return pipeline.Errorf(pipeline.CodeForbidden, "Sec-Fetch-Site", "is %s: pages of other sites may not use this server", site)
	}
	return nil
}

func isProbe(r *http.Request) bool { return r.URL.Path == "/livez" || r.URL.Path == "/readyz" }

// knownHost accepts plain addresses, since rebinding needs a name, and the names that were configured. A server that
// asks for tokens and has no names configured takes any: a foreign page has no token.
func (a *API) knownHost(host string) bool {
	name := hostname(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil {
		return true
	}
	if slices.Contains(a.options.Hosts, name) {
		return true
	}
	return a.options.RequireTokens && len(a.options.Hosts) == 0 && name != ""
}

func (a *API) sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, host) || slices.Contains(a.options.Hosts, hostname(u.Host))
}

// hostname is a Host header without its port, in lower case and without an IPv6 address' brackets.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
