package cache

import (
	"strings"
	"testing"
)

func TestKubernetesIsBuiltAnewWhenItsModuleChanges(t *testing.T) {
	t.Parallel()
	got, err := hashModule("../../kube/mod")
	if err != nil {
		t.Fatal(err)
	}
	if got != kubeHash {
		t.Errorf("the module has the hash %s: make that kubeHash", got)
	}
}

func TestOnlyOurTriggersAreLeftOfKEDA(t *testing.T) {
	t.Parallel()
	const source = "before\n\t// TRIGGERS-START\n\tcase \"activemq\":\n\t\treturn a\n\tcase \"kafka\":\n\t\treturn k\n\tdefault:\n\t\treturn d\n\t// TRIGGERS-END\nafter\n"
	got := trimmedTriggers(source)
	if strings.Contains(got, "activemq") || strings.Contains(got, "return a") {
		t.Errorf("activemq is left in:\n%s", got)
	}
	for _, line := range []string{"before", `case "kafka"`, "return k", "default:", "return d", "after"} {
		if !strings.Contains(got, line) {
			t.Errorf("%s is missing in:\n%s", line, got)
		}
	}
}
