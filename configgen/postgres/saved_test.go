package postgres_test

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/pipeline"
)

func TestTestCasesComeBackAsTheyWereSaved(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if _, err := s.Create(t.Context(), full(), "ann"); err != nil {
		t.Fatal(err)
	}
	key := "k"
	first := pipeline.TestCase{Name: "b", Description: "wide <numbers> & more",
		Events: []pipeline.TestEvent{{Key: &key, Value: json.RawMessage(`{"id":12345678901234567890,"x":1.50}`)}, {Tombstone: true}},
		Expect: []pipeline.Expectation{{Outcome: "delivered", Records: []pipeline.TestRecord{{Topic: "out", Value: json.RawMessage(`1.50`)}}}, {Outcome: "filtered"}},
	}
	second := pipeline.TestCase{Name: "a", Events: []pipeline.TestEvent{{ValueBase64: "AAAA"}}}
	for _, c := range []pipeline.TestCase{first, {Name: "a"}, second} {
		if err := s.SaveTestCase(t.Context(), "orders-eu", c, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.TestCases(t.Context(), "orders-eu")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]pipeline.TestCase{second, first}, got); diff != "" {
		t.Error(diff)
	}
	if err := s.DeleteTestCase(t.Context(), "orders-eu", "a", "ann"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"deleting it again":       s.DeleteTestCase(t.Context(), "orders-eu", "a", "ann"),
		"saving for no pipeline":  s.SaveTestCase(t.Context(), "nobody", first, "ann"),
		"reading of no pipeline":  func() error { _, err := s.TestCases(t.Context(), "nobody"); return err }(),
		"deleting of no pipeline": s.DeleteTestCase(t.Context(), "nobody", "a", "ann"),
	} {
		if pipeline.CodeOf(err) != pipeline.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A test case is no change of the pipeline.
	if p, err := s.Get(t.Context(), "orders-eu"); err != nil || p.Revision != 1 {
		t.Errorf("revision %d, %v", p.Revision, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s, conn := open(t)
	hash := sha256.Sum256([]byte("the secret"))
	expires := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	saved, err := s.CreateToken(t.Context(), pipeline.Token{Name: "ci", Role: pipeline.Editor, ExpiresAt: &expires}, hash, "ann")
	if err != nil || saved.ID == "" || saved.CreatedAt.IsZero() {
		t.Fatalf("%+v, %v", saved, err)
	}
	if _, err := s.CreateToken(t.Context(), pipeline.Token{Name: "ci", Role: pipeline.Viewer}, sha256.Sum256(nil), "ann"); pipeline.CodeOf(err) != pipeline.CodeExists {
		t.Errorf("a second token of one name: %v", err)
	}
	found, err := s.TokenByHash(t.Context(), hash)
	if err != nil || found.Name != "ci" || found.Role != pipeline.Editor || !found.ExpiresAt.Equal(expires) {
		t.Errorf("%+v, %v", found, err)
	}
	list, err := s.Tokens(t.Context())
	if err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.RevokeToken(t.Context(), saved.ID, "ben"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"finding it":       func() error { _, err := s.TokenByHash(t.Context(), hash); return err }(),
		"revoking it":      s.RevokeToken(t.Context(), saved.ID, "ben"),
		"revoking a word":  s.RevokeToken(t.Context(), "x", "ben"),
		"an unknown token": func() error { _, err := s.TokenByHash(t.Context(), sha256.Sum256(nil)); return err }(),
	} {
		if pipeline.CodeOf(err) != pipeline.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err := s.Audit(t.Context(), "", "", 10)
	if err != nil || len(entries.Items) != 2 || entries.Items[0].Action != "revoke_token" || entries.Items[0].Actor != "ben" {
		t.Errorf("%+v, %v", entries.Items, err)
	}
	var leaked int
	if err := conn.QueryRow(t.Context(), `select count(*) from audit where after::text like '%secret%' or after::text like '%hash%'`).Scan(&leaked); err != nil || leaked > 0 {
		t.Errorf("%d audit entries tell about secrets (%v)", leaked, err)
	}
}

func TestNotesAreAudited(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if err := s.Note(t.Context(), "orders", "ann", "replay", pipeline.Replay{Beginning: true}); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Audit(t.Context(), "orders", "", 10)
	if err != nil || len(entries.Items) != 1 || string(entries.Items[0].After) != `{"beginning":true}` || string(entries.Items[0].Before) != "null" {
		t.Errorf("%+v, %v", entries.Items, err)
	}
}
