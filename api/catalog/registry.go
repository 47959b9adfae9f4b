package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
)

// RegistryOptions say which registry, by one or several URLs of one Confluent API.
type RegistryOptions struct {
	URLs []string
	// User and Password, or Token, are sent when they are set.
	User, Password, Token string
	// Transport is for TLS; nil is Go's default.
	Transport http.RoundTripper
	// Timeout bounds one look-up. Default 10 s.
	Timeout time.Duration
	// Remember is how long lists and "latest" are good for. Default 2 s.
	Remember time.Duration
}

// Registry is a schema registry's subjects.
type Registry struct {
	options  RegistryOptions
	client   *sr.Client
	subjects *memory[[]string]

	mu sync.Mutex
	// versions are schemas by subject and number, which never change. Bounded by maxVersions.
	versions map[string]pipeline.RegisteredSchema
	ids      map[int32]sr.SubjectVersion
}

const (
	// maxVersions bounds what is remembered; beyond it everything is forgotten and read again as needed.
	maxVersions = 10_000
	// maxReferences bounds how many schemas one schema may pull in.
	maxReferences = 500
)

// OpenRegistry makes the client. It connects when it is first used.
func OpenRegistry(options RegistryOptions) (*Registry, error) {
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	if options.Remember == 0 {
		options.Remember = 2 * time.Second
	}
	opts := []sr.ClientOpt{sr.URLs(options.URLs...), sr.UserAgent("inflect"),
		sr.HTTPClient(&http.Client{Timeout: options.Timeout, Transport: options.Transport})}
	if options.User != "" {
		opts = append(opts, sr.BasicAuth(options.User, options.Password))
	}
	if options.Token != "" {
		opts = append(opts, sr.BearerToken(options.Token))
	}
	client, err := sr.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("preparing the registry at %s: %w", strings.Join(options.URLs, ", "), err)
	}
	r := &Registry{options: options, client: client, versions: map[string]pipeline.RegisteredSchema{}, ids: map[int32]sr.SubjectVersion{}}
	r.subjects = remember(options.Remember, r.readSubjects)
	return r, nil
}

// Ping asks whether the registry answers.
func (r *Registry) Ping(ctx context.Context) error {
	_, err := r.Subjects(ctx)
	return err
}

// Subjects is every subject's name, in order.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) {
	names, err := r.subjects.get(ctx)
	return slices.Clone(names), err
}

func (r *Registry) readSubjects(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	names, err := r.client.Subjects(ctx)
	if err != nil {
		return nil, r.explain("", "", err)
	}
	slices.Sort(names)
	return names, nil
}

// Subject is one subject with all versions and its newest one.
func (r *Registry) Subject(ctx context.Context, name string) (pipeline.Subject, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	versions, err := r.client.SubjectVersions(ctx, name)
	if err != nil {
		return pipeline.Subject{}, r.explain(name, "", err)
	}
	slices.Sort(versions)
	latest, err := r.version(ctx, name, pipeline.Latest)
	if err != nil {
		return pipeline.Subject{}, err
	}
	out := pipeline.Subject{Subject: name, Versions: versions, Latest: latest, UsedBy: []pipeline.Use{}}
	out.Compatibility = r.level(ctx, name)
	return out, nil
}

// level is the rule for new versions of a subject. A registry without such rules answers an error: then there is none.
func (r *Registry) level(ctx context.Context, subject string) string {
	if found := r.client.Compatibility(sr.WithParams(ctx, sr.DefaultToGlobal), subject); len(found) == 1 && found[0].Err == nil {
		return found[0].Level.String()
	}
	return ""
}

// What a check of compatibility is against: the subject's newest version, or whatever its rule wants.
const (
	newestVersion = -1
	everyVersion  = -2
)

// Compatible is what the registry would say if the schema were registered as the newest version of its subject. A schema
// that it cannot read is CodeInvalid.
func (r *Registry) Compatible(ctx context.Context, s pipeline.RegisteredSchema) (pipeline.Compatibility, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	level, against := r.level(ctx, s.Subject), everyVersion
	// Asked about all versions, not every registry heeds that the rule is about the newest one.
	if level != "" && !strings.HasSuffix(level, "_TRANSITIVE") {
		against = newestVersion
	}
	said, err := r.compatible(ctx, s, against)
	said.Level = level
	return said, err
}

// CompatibleWith is what the subject's rule says of the schema and that one version of its subject.
func (r *Registry) CompatibleWith(ctx context.Context, s pipeline.RegisteredSchema, version int) (pipeline.Compatibility, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	return r.compatible(ctx, s, version)
}

func (r *Registry) compatible(ctx context.Context, s pipeline.RegisteredSchema, version int) (pipeline.Compatibility, error) {
	candidate := sr.Schema{Schema: s.Text}
	if err := candidate.Type.UnmarshalText([]byte(s.Type)); err != nil {
		return pipeline.Compatibility{}, pipeline.Errorf(pipeline.CodeInvalid, "type", "is %q, but must be AVRO, PROTOBUF or JSON", s.Type)
	}
	for _, ref := range s.References {
		candidate.References = append(candidate.References, sr.SchemaReference{Name: ref.Name, Subject: ref.Subject, Version: ref.Version})
	}
	said, err := r.client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), s.Subject, version, candidate)
	var answer *sr.ResponseError
	if errors.As(err, &answer) && answer.StatusCode == http.StatusUnprocessableEntity {
		return pipeline.Compatibility{}, pipeline.Errorf(pipeline.CodeInvalid, "schema", "the registry cannot read it: %s", answer.Message)
	}
	if err != nil {
		return pipeline.Compatibility{}, r.explain(s.Subject, "", err)
	}
	if said.Messages == nil {
		said.Messages = []string{}
	}
	return pipeline.Compatibility{Compatible: said.Is, Messages: said.Messages}, nil
}

// Resolve is one version of a subject with everything that it refers to. CodeUnknownSchema says that there is no such
// subject or version.
func (r *Registry) Resolve(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	s, err := r.version(ctx, subject, version)
	if err != nil {
		return s, err
	}
	s.Imports = map[string]string{}
	if err := r.imports(ctx, s, s.Imports); err != nil {
		return s, err
	}
	return s, nil
}

// imports collects what s refers to. A name that is there already is not followed again, so a circle ends.
func (r *Registry) imports(ctx context.Context, s pipeline.RegisteredSchema, into map[string]string) error {
	for _, ref := range s.References {
		if _, have := into[ref.Name]; have {
			continue
		}
		if len(into) >= maxReferences {
			return pipeline.Errorf(pipeline.CodeInvalid, "", "schema %s refers to more than %d others", s.Subject, maxReferences)
		}
		next, err := r.version(ctx, ref.Subject, pipeline.Version(strconv.Itoa(ref.Version)))
		if err != nil {
			return err
		}
		into[ref.Name] = next.Text
		if err := r.imports(ctx, next, into); err != nil {
			return err
		}
	}
	return nil
}

// version is one version without its imports. Numbered ones are remembered for good.
func (r *Registry) version(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error) {
	number, err := strconv.Atoi(string(version))
	switch {
	case version == pipeline.Latest || version == "":
		number = -1
	case err != nil || number < 1:
		return pipeline.RegisteredSchema{}, pipeline.Errorf(pipeline.CodeInvalid, "version", "is %q, but must be a positive number or latest", version)
	}
	key := subject + "\x00" + strconv.Itoa(number)
	r.mu.Lock()
	known, ok := r.versions[key]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := r.client.SchemaByVersion(ctx, subject, number)
	if err != nil {
		return pipeline.RegisteredSchema{}, r.explain(subject, version, err)
	}
	out := pipeline.RegisteredSchema{Subject: subject, Version: found.Version, ID: found.ID, Type: found.Type.String(), Text: found.Schema.Schema,
		References: []pipeline.SchemaReference{}}
	for _, ref := range found.References {
		out.References = append(out.References, pipeline.SchemaReference{Name: ref.Name, Subject: ref.Subject, Version: ref.Version})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.versions) >= maxVersions {
		clear(r.versions)
	}
	r.versions[subject+"\x00"+strconv.Itoa(found.Version)] = out
	return out, nil
}

// ByID is the newest version among the first subject's, by name, that have a schema of this id.
func (r *Registry) ByID(ctx context.Context, id int32) (subject string, version int, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	r.mu.Lock()
	known, ok := r.ids[id]
	r.mu.Unlock()
	if ok {
		return known.Subject, known.Version, nil
	}
	found, err := r.client.SchemaVersionsByID(ctx, int(id))
	if err != nil {
		return "", 0, r.explain("with id "+strconv.Itoa(int(id)), "", err)
	}
	if len(found) == 0 {
		return "", 0, pipeline.Errorf(pipeline.CodeUnknownSchema, "", "no subject has a schema of id %d", id)
	}
	first := slices.MinFunc(found, func(x, y sr.SubjectVersion) int {
		return cmp.Or(cmp.Compare(x.Subject, y.Subject), cmp.Compare(y.Version, x.Version))
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ids) >= maxVersions {
		clear(r.ids)
	}
	r.ids[id] = first
	return first.Subject, first.Version, nil
}

// explain turns what the registry or the lack of one says into what a person can act on.
func (r *Registry) explain(subject string, version pipeline.Version, err error) error {
	urls := strings.Join(r.options.URLs, ", ")
	var answer *sr.ResponseError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case !errors.As(err, &answer):
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "the registry at %s does not answer: %v", urls, err)
	case answer.StatusCode == http.StatusNotFound && version != "" && version != pipeline.Latest:
		return pipeline.Errorf(pipeline.CodeUnknownSchema, "", "there is no version %s of subject %q at %s", version, subject, urls)
	case answer.StatusCode == http.StatusNotFound:
		return pipeline.Errorf(pipeline.CodeUnknownSchema, "", "there is no subject %q at %s", subject, urls)
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return pipeline.Errorf(pipeline.CodeForbidden, "", "the registry at %s does not allow this: check Inflect's credentials for it", urls)
	case answer.StatusCode < http.StatusInternalServerError:
		return pipeline.Errorf(pipeline.CodeRejected, "", "the registry at %s refused: %s", urls, answer.Message)
	default:
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "the registry at %s answers with status %d", urls, answer.StatusCode)
	}
}
