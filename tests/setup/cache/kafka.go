package cache

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

//go:embed kafka-pom.xml
var kafkaPOM string

// KafkaClusterID is the cluster id that the formatted template carries.
const KafkaClusterID = "aW5mbGVjdC1wYXJ0cy0xMg"

// Names inside Kafka's folder.
const (
	kafkaLibs     = "libs"
	kafkaTemplate = "template"
	kafkaArchive  = "kafka.jsa"
)

// KafkaBinaries is an Apache Kafka that was installed.
type KafkaBinaries struct {
	// ClassPath names every jar.
	ClassPath string
	// Template is a log folder as StorageTool formats it: copying it and
	// changing node.id in its meta.properties saves a JVM for every broker.
	Template string
	// Archive is the JVM's class-data archive, which more than halves the time
	// that a broker takes to start. A JVM that it does not suit ignores it.
	Archive string
}

// KafkaPart is Apache Kafka from its Maven artifacts.
func KafkaPart() Part {
	return Part{Name: "kafka", Version: "4.1.0", recipe: kafkaPOM + KafkaClusterID + kafkaTrainingConfig, install: installKafka}
}

// Kafka locates the installed Apache Kafka.
func Kafka() (KafkaBinaries, error) {
	dir, err := KafkaPart().Locate()
	if err != nil {
		return KafkaBinaries{}, err
	}
	return kafkaIn(dir)
}

func kafkaIn(dir string) (KafkaBinaries, error) {
	jars, err := filepath.Glob(filepath.Join(dir, kafkaLibs, "*.jar"))
	if err != nil || len(jars) == 0 {
		return KafkaBinaries{}, errors.Join(fmt.Errorf("no jars in %s; delete it and run: %s", dir, Command), err)
	}
	return KafkaBinaries{
		ClassPath: strings.Join(jars, string(os.PathListSeparator)),
		Template:  filepath.Join(dir, kafkaTemplate),
		Archive:   filepath.Join(dir, kafkaArchive),
	}, nil
}

func installKafka(ctx context.Context, dir string) error {
	if err := need("java", "default-jre-headless"); err != nil {
		return err
	}
	if err := maven(ctx, dir, kafkaPOM, "copy-dependencies", "-DoutputDirectory="+filepath.Join(dir, kafkaLibs)); err != nil {
		return err
	}
	binaries, err := kafkaIn(dir)
	if err != nil {
		return err
	}
	return trainKafka(ctx, dir, binaries)
}

// kafkaTrainingConfig is the configuration of the one broker that runs while
// Kafka is installed: formatting it gives the template, running it the archive.
const kafkaTrainingConfig = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[1]d
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:%[2]d,CONTROLLER://127.0.0.1:%[1]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[2]d
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%[3]s
`

func trainKafka(ctx context.Context, dir string, kafka KafkaBinaries) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	logs := filepath.Join(dir, "training")
	config := filepath.Join(dir, "training.properties")
	if err := os.WriteFile(config, fmt.Appendf(nil, kafkaTrainingConfig, ports[0], ports[1], logs), 0o644); err != nil {
		return err
	}

	format := exec.CommandContext(ctx, "java", "-cp", kafka.ClassPath, "kafka.tools.StorageTool",
		"format", "-t", KafkaClusterID, "-c", config)
	if output, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("formatting a log folder: %w\n%s", err, output)
	}
	if err := os.CopyFS(kafka.Template, os.DirFS(logs)); err != nil {
		return fmt.Errorf("keeping the formatted log folder: %w", err)
	}

	if err := train(ctx, dir, "Kafka Server started", "-Xmx512m", "-XX:ArchiveClassesAtExit="+kafka.Archive,
		"-cp", kafka.ClassPath, "kafka.Kafka", config); err != nil {
		return err
	}
	return os.RemoveAll(logs)
}

// train runs a Java server until it has said ready, then stops it, so that the
// JVM writes its class-data archive.
func train(ctx context.Context, dir, ready string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, serverStartTimeout)
	defer cancel()
	output := &signalWriter{word: []byte(ready), seen: make(chan struct{})}
	cmd := exec.CommandContext(ctx, "java", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, output
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-output.seen:
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		var exit *exec.ExitError // a JVM that is told to end exits with 143
		if err := <-done; !errors.As(err, &exit) {
			return err
		}
		return nil
	case err := <-done:
		return fmt.Errorf("starting the server for the first time: %w\n%s", err, output.text.Bytes())
	}
}

// signalWriter collects what a server says and closes seen at a given word.
type signalWriter struct {
	word []byte
	seen chan struct{}
	text bytes.Buffer
	done bool
}

func (w *signalWriter) Write(p []byte) (int, error) {
	w.text.Write(p)
	if !w.done && bytes.Contains(w.text.Bytes(), w.word) {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}

func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
