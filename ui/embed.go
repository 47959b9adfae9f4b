// Package ui is the page: a React application built by Vite into dist and embedded in the binary.
//
// [Handler] serves it. Built files have a hash in their name and are cached for ever; every other path is the one HTML
// page, whose router knows what it means. When the page was not built the handler says so, and the rest of the program
// works without it.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// file is one built file as it is sent.
type file struct {
	kind    string
	plain   []byte
	zipped  []byte
	forever bool
}

// page serves what was built.
type page struct {
	files map[string]file
	// html is index.html; noncePlace in it is replaced in every answer.
	html []byte
}

const (
	index      = "index.html"
	noncePlace = "{{nonce}}"
	// hashed is the directory of files whose name changes with their content.
	hashed = "assets/"
)

// Handler serves the embedded page to GET and HEAD requests.
func Handler() http.Handler { return handler(dist) }

func handler(built fs.FS) http.Handler {
	p := &page{files: map[string]file{}}
	err := fs.WalkDir(built, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		return p.add(strings.TrimPrefix(name, "dist/"), content)
	})
	if err != nil {
		return problem(fmt.Sprintf("The page cannot be read from the program: %v", err))
	}
	if p.html == nil {
		return problem("The page was not built into this program. Run make build, or npm ci && npm run build in ui and then go build.\n" +
			"The API under /api/v1 and the command line work without it.")
	}
	return p
}

func (p *page) add(name string, content []byte) error {
	if name == index {
		p.html = content
		return nil
	}
	if strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, ".") {
		return nil
	}
	f := file{kind: mime.TypeByExtension(path.Ext(name)), plain: content, forever: strings.HasPrefix(name, hashed)}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("compressing %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compressing %s: %w", name, err)
	}
	if zipped.Len() < len(content) {
		f.zipped = zipped.Bytes()
	}
	p.files[name] = f
	return nil
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "The page only answers GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if f, ok := p.files[name]; ok {
		p.file(w, r, f)
		return
	}
	// A file of another build: the page must not be taken for it.
	if strings.HasPrefix(name, hashed) {
		http.Error(w, "There is no such file in this build. Load the page again.", http.StatusNotFound)
		return
	}
	p.document(w, r)
}

func (p *page) file(w http.ResponseWriter, r *http.Request, f file) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=3600")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content := f.plain
	if f.zipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content = f.zipped
	}
	send(w, r, http.StatusOK, content)
}

// document sends the HTML page with a policy under which only this build's own files run. Style sheets that the code
// editor writes carry a nonce of this answer alone.
func (p *page) document(w http.ResponseWriter, r *http.Request) {
	nonce := newNonce()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data:; "+
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	send(w, r, http.StatusOK, bytes.ReplaceAll(p.html, []byte(noncePlace), []byte(nonce)))
}

func send(w http.ResponseWriter, r *http.Request, status int, content []byte) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// The reader may be gone; there is nobody to tell.
		_, _ = w.Write(content)
	}
}

func newNonce() string {
	var b [16]byte
	// Read never fails since Go 1.24.
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func problem(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		send(w, r, http.StatusServiceUnavailable, []byte(text+"\n"))
	})
}
