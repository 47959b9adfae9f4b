package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// rows keeps in memory what Postgres keeps, with the same errors.
type rows struct {
	mu        sync.Mutex
	pipelines map[string]pipeline.Pipeline
	revisions map[string][]pipeline.Revision
	audit     []pipeline.AuditEntry
	cases     map[string]map[string]pipeline.TestCase
	tokens    map[[32]byte]pipeline.Token
}

func newRows() *rows {
	return &rows{pipelines: map[string]pipeline.Pipeline{}, revisions: map[string][]pipeline.Revision{},
		cases: map[string]map[string]pipeline.TestCase{}, tokens: map[[32]byte]pipeline.Token{}}
}

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func (s *rows) List(_ context.Context, q pipeline.Query) (pipeline.Page[pipeline.Pipeline], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out pipeline.Page[pipeline.Pipeline]
	for _, name := range slices.Sorted(maps.Keys(s.pipelines)) {
		p := s.pipelines[name]
		if name <= q.Cursor || !strings.Contains(name, q.Search) || q.State != "" && q.State != p.WithDefaults().State ||
			q.Owner != "" && q.Owner != p.Owner {
			continue
		}
		if len(out.Items) == cmp.Or(q.Limit, 100) {
			out.Next = out.Items[len(out.Items)-1].Name
			break
		}
		out.Items = append(out.Items, p)
	}
	return out, nil
}

func (s *rows) Get(_ context.Context, name string) (pipeline.Pipeline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(name, 0)
}

func (s *rows) get(name string, revision int64) (pipeline.Pipeline, error) {
	p, ok := s.pipelines[name]
	if !ok {
		return p, pipeline.Errorf(pipeline.CodeNotFound, "name", "there is no pipeline %q", name)
	}
	if revision != 0 && revision != p.Revision {
		return p, pipeline.Errorf(pipeline.CodeStale, "", "pipeline %s is at revision %d by now", name, p.Revision)
	}
	return p, nil
}

func (s *rows) put(spec pipeline.Spec, revision int64, actor, action string) pipeline.Pipeline {
	p := pipeline.Pipeline{Spec: spec, Revision: revision, CreatedAt: noon, UpdatedAt: noon, UpdatedBy: actor}
	s.pipelines[spec.Name] = p
	s.revisions[spec.Name] = append(s.revisions[spec.Name], pipeline.Revision{Revision: revision, Spec: spec, Author: actor, CreatedAt: noon})
	s.note(spec.Name, actor, action, spec)
	return p
}

func (s *rows) note(name, actor, action string, after any) {
	b, _ := json.Marshal(after)
	s.audit = append(s.audit, pipeline.AuditEntry{ID: int64(len(s.audit) + 1), Time: noon, Actor: actor, Action: action, Pipeline: name,
		Before: json.RawMessage("null"), After: b})
}

func (s *rows) Create(_ context.Context, spec pipeline.Spec, actor string) (pipeline.Pipeline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.pipelines[spec.Name]; there {
		return pipeline.Pipeline{}, pipeline.Errorf(pipeline.CodeExists, "name", "there is a pipeline %q already", spec.Name)
	}
	return s.put(spec, 1, actor, "create"), nil
}

func (s *rows) Update(_ context.Context, name string, revision int64, spec pipeline.Spec, actor string) (pipeline.Pipeline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.get(name, revision)
	if err != nil {
		return p, err
	}
	if reflect.DeepEqual(p.Spec, spec) {
		return p, nil
	}
	return s.put(spec, p.Revision+1, actor, "update"), nil
}

func (s *rows) Touch(_ context.Context, name string, revision int64, actor, action string, _ *pipeline.Build) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, err := s.get(name, revision); err == nil {
		s.put(p.Spec, revision+1, actor, action)
	}
	return nil
}

// built notes the hash of the code that a revision was built from.
func (s *rows) built(name string, revision int, hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revisions[name][revision-1].BundleHash = hash
}

func (s *rows) Delete(_ context.Context, name string, revision int64, actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.get(name, revision); err != nil {
		return err
	}
	delete(s.pipelines, name)
	s.note(name, actor, "delete", nil)
	return nil
}

func (s *rows) SetState(_ context.Context, name string, state pipeline.State, actor string) (pipeline.Pipeline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.get(name, 0)
	if err != nil {
		return p, err
	}
	p.State = state
	return s.put(p.Spec, p.Revision+1, actor, string(state)), nil
}

func (s *rows) Revisions(_ context.Context, name string) ([]pipeline.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.revisions[name]), nil
}

func (s *rows) Revision(_ context.Context, name string, n int64) (pipeline.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.revisions[name] {
		if r.Revision == n {
			return r, nil
		}
	}
	return pipeline.Revision{}, pipeline.Errorf(pipeline.CodeNotFound, "revision", "pipeline %s has no revision %d", name, n)
}

// ran notes that a revision has been at work.
func (s *rows) ran(name string, revision int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revisions[name][revision-1].Applied = true
}

func (s *rows) Applied(_ context.Context, name string, upTo int64) (pipeline.Revision, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.revisions[name]) {
		if r.Applied && r.Revision <= upTo {
			return r, true, nil
		}
	}
	return pipeline.Revision{}, false, nil
}

func (s *rows) Rollback(ctx context.Context, name string, n, ifRevision int64, actor string) (pipeline.Pipeline, error) {
	then, err := s.Revision(ctx, name, n)
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	return s.Update(ctx, name, ifRevision, then.Spec, actor)
}

func (s *rows) Audit(_ context.Context, name, _ string, limit int) (pipeline.Page[pipeline.AuditEntry], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out pipeline.Page[pipeline.AuditEntry]
	for _, e := range slices.Backward(s.audit) {
		if (name == "" || name == e.Pipeline) && len(out.Items) < limit {
			out.Items = append(out.Items, e)
		}
	}
	return out, nil
}

func (s *rows) Note(_ context.Context, name, actor, action string, details any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(name, actor, action, details)
	return nil
}

func (s *rows) TestCases(_ context.Context, name string) ([]pipeline.TestCase, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.cases[name])), nil
}

func (s *rows) SaveTestCase(_ context.Context, name string, c pipeline.TestCase, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.get(name, 0); err != nil {
		return err
	}
	if s.cases[name] == nil {
		s.cases[name] = map[string]pipeline.TestCase{}
	}
	s.cases[name][c.Name] = c
	return nil
}

func (s *rows) DeleteTestCase(_ context.Context, name, testCase, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.cases[name][testCase]; !ok {
		return pipeline.Errorf(pipeline.CodeNotFound, "case", "pipeline %s has no test case %q", name, testCase)
	}
	delete(s.cases[name], testCase)
	return nil
}

func (s *rows) Tokens(context.Context) ([]pipeline.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.tokens), func(x, y pipeline.Token) int { return cmp.Compare(x.ID, y.ID) }), nil
}

func (s *rows) CreateToken(_ context.Context, t pipeline.Token, hash [32]byte, _ string) (pipeline.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.ID, t.CreatedAt = fmt.Sprintf("t%d", len(s.tokens)+1), noon
	s.tokens[hash] = t
	return t, nil
}

func (s *rows) RevokeToken(_ context.Context, id, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, t := range s.tokens {
		if t.ID == id {
			delete(s.tokens, hash)
			return nil
		}
	}
	return pipeline.Errorf(pipeline.CodeNotFound, "id", "there is no token %q", id)
}

func (s *rows) TokenByHash(_ context.Context, hash [32]byte) (pipeline.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[hash]
	if !ok {
		return t, pipeline.Errorf(pipeline.CodeNotFound, "", "there is no such token")
	}
	return t, nil
}
