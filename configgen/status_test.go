package configgen

import (
	"testing"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestAPipelineWhoseEnginesEndHasFailed(t *testing.T) {
	t.Parallel()
	away := streams.Sight{Only: "orders", Err: pipeline.Errorf(pipeline.CodeUnavailable, "", "pod a does not run: ContainerCreating")}
	ends := streams.Sight{Only: "orders", Err: pipeline.Errorf(pipeline.CodeRejected, "", "pod b does not run: its engine ended with code 1: no such processor")}
	other := ends
	other.Only = "payments"
	tests := []struct {
		name   string
		status pipeline.Status
		sights []streams.Sight
		want   pipeline.Phase
	}{
		{name: "nobody has seen anything", want: pipeline.PhasePending},
		{name: "it is on its way", sights: []streams.Sight{away, other}, want: pipeline.PhaseWaiting},
		{name: "its engine ends whenever it starts", sights: []streams.Sight{away, ends}, want: pipeline.PhaseFailed},
		{name: "another pod runs", sights: []streams.Sight{ends}, status: pipeline.Status{Instances: []pipeline.Instance{{State: "running"}}}, want: pipeline.PhaseRunning},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.status.Name = "orders"
			got, why := seenPhase(tt.status, tt.sights)
			if got != tt.want || (got == pipeline.PhaseFailed || got == pipeline.PhaseWaiting) == (why == "") {
				t.Errorf("%s %q, want %s", got, why, tt.want)
			}
		})
	}
}
