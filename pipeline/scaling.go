package pipeline

import "time"

// Scale is how many instances a pipeline has, what decides that, and how it came to be.
type Scale struct {
	Name string `json:"name"`
	// Scales says whether the number of instances follows the load. Reason is why not, or what keeps it from doing so.
	Scales bool   `json:"scales"`
	Reason string `json:"reason,omitempty"`
	// Replicas are the instances that are asked for, Ready those of them that do their work.
	Replicas int `json:"replicas"`
	Ready    int `json:"ready"`
	// Wanted is what the lag alone asks for, whatever the bounds.
	Wanted int `json:"wanted"`
	Figures
	// Rate is the records per second that one instance was seen to get through, 0 when nobody knows yet.
	Rate float64 `json:"rate"`
	// Growth is what the pipeline allows of its source topic; nil when it may not grow.
	Growth    *Growth         `json:"growth,omitempty"`
	Instances []ScaleInstance `json:"instances"`
}

// Growth is how far the source topic may grow, and for how long new partitions are left alone.
type Growth struct {
	Max         int      `json:"max"`
	MetadataAge Duration `json:"metadata_age"`
}

// ScaleInstance is an instance with what is known of its pod. Node is empty where there are no pods.
type ScaleInstance struct {
	Instance
	Node     string `json:"node,omitempty"`
	Ready    bool   `json:"ready"`
	Restarts int    `json:"restarts"`
	// Started is when its container did, nil where nobody knows.
	Started *time.Time `json:"started,omitempty"`
}

// Figures are those by which the number of instances is decided.
type Figures struct {
	Lag int64 `json:"lag"`
	// Threshold is the lag in records for which there is to be one instance.
	Threshold int64 `json:"threshold"`
	Min       int   `json:"min"`
	Max       int   `json:"max"`
	// Partitions are the source topic's, 0 when nobody knows.
	Partitions int `json:"partitions"`
}

// ScalingSubject is what a change was of.
type ScalingSubject string

// A change is of the number of instances, of its upper or lower bound, or of the source topic's partitions.
const (
	ScaledReplicas   ScalingSubject = "replicas"
	ScaledMin        ScalingSubject = "min"
	ScaledMax        ScalingSubject = "max"
	ScaledPartitions ScalingSubject = "partitions"
)

// ScalingCause is why something was scaled.
type ScalingCause string

// The causes. ByLag includes that there was none for long enough, ByPerson whatever else writes to the API server.
const (
	ByLag        ScalingCause = "lag"
	ByCPU        ScalingCause = "cpu"
	ByFirst      ScalingCause = "activation"
	ByIdleness   ScalingCause = "idle"
	ByStart      ScalingCause = "start"
	ByPause      ScalingCause = "pause"
	ByResume     ScalingCause = "resume"
	ByBounds     ScalingCause = "bounds"
	ByEdit       ScalingCause = "edit"
	ByPartitions ScalingCause = "partitions"
	ByGrowth     ScalingCause = "growth"
	ByPerson     ScalingCause = "manual"
)

// ScalingChange is one entry of the history of a pipeline's scaling.
type ScalingChange struct {
	ID       int64          `json:"id"`
	Time     time.Time      `json:"time"`
	Pipeline string         `json:"-"`
	Of       ScalingSubject `json:"of"`
	From     int            `json:"from"`
	To       int            `json:"to"`
	Cause    ScalingCause   `json:"cause"`
	// Message is the cause in words, with the figures that decided.
	Message string `json:"message"`
	// Actor is who did it: a person, or the part of the cluster that scales.
	Actor   string  `json:"actor,omitempty"`
	Figures Figures `json:"figures"`
}

// Place is where a consumer group reads. Start is where it begins that has none yet: earliest or latest.
type Place struct{ Group, Topic, Start string }
