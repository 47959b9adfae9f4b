package catalog_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func openRegistry(t *testing.T, options catalog.RegistryOptions) *catalog.Registry {
	t.Helper()
	if options.Timeout == 0 {
		options.Timeout = patience
	}
	options.Transport = &http.Transport{DisableKeepAlives: true}
	r, err := catalog.OpenRegistry(options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func register(t *testing.T, url, subject string, s sr.Schema) {
	t.Helper()
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateSchema(t.Context(), subject, s); err != nil {
		t.Fatal(err)
	}
}

// The same holds for a real registry and for the one that `inflect up` embeds.
func TestSubjectsOfARegistry(t *testing.T) {
	t.Parallel()
	const text = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"string"}`
	for name, url := range map[string]func(*testing.T) string{
		"real":     func(t *testing.T) string { return parts.Registry(t).URL() },
		"embedded": func(t *testing.T) string { r := srfake.New(); t.Cleanup(r.Close); return r.URL() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := url(t)
			r := openRegistry(t, catalog.RegistryOptions{URLs: []string{"http://127.0.0.1:1", at}, Remember: time.Nanosecond})
			subject, address := parts.Unique("orders-value"), parts.Unique("address/of one")
			register(t, at, address, sr.Schema{Type: sr.TypeJSON, Schema: text})
			object := `{"$schema":"http://json-schema.org/draft-07/schema#","title":"` + subject + `","type":"object"}`
			refs := []sr.SchemaReference{{Name: "address.json", Subject: address, Version: 1}}
			register(t, at, subject, sr.Schema{Type: sr.TypeJSON, Schema: object})
			register(t, at, subject, sr.Schema{Type: sr.TypeJSON, Schema: `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{"$ref":"address.json"}}}`, References: refs})

			s, err := r.Subject(t.Context(), subject)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Versions) != 2 || s.Latest.Version != 2 || s.Latest.ID == 0 || s.Latest.Type != "JSON" || !strings.Contains(s.Latest.Text, "address.json") {
				t.Errorf("subject %+v", s)
			}
			latest, err := r.Resolve(t.Context(), subject, pipeline.Latest)
			if err != nil || latest.Version != 2 || latest.Imports["address.json"] != text {
				t.Errorf("latest %+v, %v", latest, err)
			}
			first, err := r.Resolve(t.Context(), subject, "1")
			if err != nil || first.Version != 1 || len(first.Imports) != 0 {
				t.Errorf("first %+v, %v", first, err)
			}
			if subject, version, err := r.ByID(t.Context(), int32(first.ID)); subject != first.Subject || version != 1 || err != nil {
				t.Errorf("id %d stands for %s version %d, %v", first.ID, subject, version, err)
			}
			if _, _, err := r.ByID(t.Context(), 1<<30); pipeline.CodeOf(err) != pipeline.CodeUnknownSchema {
				t.Errorf("an id that nobody has: %v", err)
			}
			names, err := r.Subjects(t.Context())
			if err != nil || !strings.Contains(strings.Join(names, " "), subject) {
				t.Errorf("subjects %v, %v", names, err)
			}
			for _, missing := range []struct {
				subject string
				version pipeline.Version
				code    pipeline.Code
			}{{parts.Unique("none"), pipeline.Latest, pipeline.CodeUnknownSchema}, {subject, "9", pipeline.CodeUnknownSchema}, {subject, "x", pipeline.CodeInvalid}} {
				if _, err := r.Resolve(t.Context(), missing.subject, missing.version); pipeline.CodeOf(err) != missing.code {
					t.Errorf("%s version %s: %v", missing.subject, missing.version, err)
				}
			}
		})
	}
}

func TestRegistryThatIsAwayStillKnowsFixedVersions(t *testing.T) {
	t.Parallel()
	fake := srfake.New()
	defer fake.Close()
	register(t, fake.URL(), "s", sr.Schema{Type: sr.TypeJSON, Schema: `{}`})
	r := openRegistry(t, catalog.RegistryOptions{URLs: []string{fake.URL()}, Remember: time.Nanosecond})
	if _, err := r.Resolve(t.Context(), "s", "1"); err != nil {
		t.Fatal(err)
	}
	fake.Close()
	if _, err := r.Resolve(t.Context(), "s", "1"); err != nil {
		t.Errorf("a version that was read: %v", err)
	}
	if _, err := r.Resolve(t.Context(), "s", pipeline.Latest); pipeline.CodeOf(err) != pipeline.CodeUnavailable || !strings.Contains(err.Error(), fake.URL()) {
		t.Errorf("latest: %v", err)
	}
}

// Asked about all versions, Apicurio answers for all of them, whatever the rule.
func TestCompatibilityIsAskedForAsTheRuleSays(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]string{"BACKWARD": "/latest", "NONE": "/latest", "FULL_TRANSITIVE": "", "": ""} {
		var asked string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch rest, compatibility := strings.CutPrefix(r.URL.Path, "/compatibility/subjects/s/versions"); {
			case compatibility:
				asked = rest
				_, _ = io.WriteString(w, `{"is_compatible":true}`)
			case level != "":
				_, _ = io.WriteString(w, `{"compatibilityLevel":"`+level+`"}`)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		}))
		defer server.Close()
		r := openRegistry(t, catalog.RegistryOptions{URLs: []string{server.URL}})
		s := pipeline.RegisteredSchema{Subject: "s", Type: "JSON", Text: `{}`}
		got, err := r.Compatible(t.Context(), s)
		if err != nil || !got.Compatible || got.Level != level || asked != want {
			t.Errorf("rule %q: asked for %q, got %+v (%v)", level, asked, got, err)
		}
		if got, err := r.CompatibleWith(t.Context(), s, 3); err != nil || !got.Compatible || asked != "/3" {
			t.Errorf("one version: asked for %q, got %+v (%v)", asked, got, err)
		}
	}
}

func TestRegistryCredentials(t *testing.T) {
	t.Parallel()
	fake := srfake.New(srfake.WithAuth("Bearer right"))
	defer fake.Close()
	if _, err := openRegistry(t, catalog.RegistryOptions{URLs: []string{fake.URL()}, Token: "right"}).Subjects(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := openRegistry(t, catalog.RegistryOptions{URLs: []string{fake.URL()}, Token: "wrong-secret"}).Subjects(t.Context())
	if pipeline.CodeOf(err) != pipeline.CodeForbidden || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
