package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// task is one thing that setup knows to bring.
type task struct {
	name string
	run  func(ctx context.Context, log io.Writer) error
	// asked is set for what is brought only when it is named.
	asked bool
}

// tasks are what the tests need. Java and Python come first: others are brought or run by them.
var tasks = []task{
	{name: "java", run: installJava},
	{name: "python", run: installPython},
	{name: "kafka", run: cache.KafkaPart().Install},
	{name: "registry", run: cache.RegistryPart().Install},
	{name: "postgres", run: cache.PostgresPart().Install},
	{name: "codecs", run: cache.CodecsPart().Install},
	{name: "validators", run: cache.ValidatorsPart().Install},
	{name: "programs", run: cache.ProgramsPart().Install},
	{name: "json-schemas", run: cache.SchemaStorePart().Install},
	{name: "avro-schemas", run: cache.AvroSchemasPart().Install},
	{name: "protobuf-schemas", run: cache.ProtobufSchemasPart().Install},
	{name: "kubernetes", run: cache.KubePart().Install},
	{name: "helm", run: cache.HelmPart().Install},
	{name: "monitoring", run: cache.MonitoringPart().Install},
	{name: "prometheus", run: cache.PrometheusPart().Install},
	{name: "emulator", run: cache.EmulatorPart().Install},
	{name: "browser", run: installBrowser},
	{name: "page", run: installPagePackages},
	{name: "jdk", run: installJDK, asked: true}, // for the benchmarks alone
}

// run does the named tasks, or all that need not be asked for. One that fails does not keep the others from being done.
func run(ctx context.Context, tasks []task, names []string, log io.Writer) error {
	for _, name := range names {
		if !slices.ContainsFunc(tasks, func(t task) bool { return t.name == name }) {
			return fmt.Errorf("no part is called %q; there are: %s", name, strings.Join(taskNames(tasks), ", "))
		}
	}
	unlock, err := cache.Lock(log)
	if err != nil {
		return err
	}
	var problems []error
	for _, task := range tasks {
		if len(names) == 0 && !task.asked || slices.Contains(names, task.name) {
			problems = append(problems, task.run(ctx, log))
		}
	}
	return errors.Join(append(problems, unlock())...)
}

func taskNames(tasks []task) []string {
	names := make([]string, len(tasks))
	for i, task := range tasks {
		names[i] = task.name
	}
	return names
}
