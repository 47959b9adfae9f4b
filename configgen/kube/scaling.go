package kube

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

const (
	// assumedRate is what a pod is taken to get through in a second until it was measured: a careful guess for JavaScript
	// steps. Too low a guess costs pods for a while, too high a one latency.
	assumedRate = 2000
	// kafkaVersion is the protocol that KEDA's client speaks. Its default is one that Kafka 4 does not understand.
	kafkaVersion = "2.8.0"
	// step is how often the HPA may change the number of pods: each change is a rebalance of the group.
	step = 15
)

// auth lets KEDA read what it needs to reach the brokers out of a Secret.
func (r *renderer) auth() object {
	var refs []object
	for _, key := range r.settings.Trigger.Keys {
		refs = append(refs, object{"parameter": key, "name": r.settings.Trigger.Secret, "key": key})
	}
	return object{"spec": object{"secretTargetRef": refs}}
}

// Threshold is the lag in records at which one more pod is wanted.
func Threshold(s pipeline.Scaling, rate float64) int64 {
	if s.LagThreshold > 0 {
		return s.LagThreshold
	}
	if rate <= 0 {
		rate = assumedRate
	}
	return max(1, roundish(s.LagSeconds*rate))
}

// roundish keeps two digits, so that a rate that varies does not change the object all the time.
func roundish(v float64) int64 {
	if v < 100 {
		return int64(math.Round(v))
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return int64(math.Round(v/unit) * unit)
}

func (r *renderer) scaledObject() object {
	s := r.pipeline.Scaling
	least, most := Bounds(s, r.demand)
	annotations := object{}
	if r.demand.Rate > 0 {
		annotations[annotationRate] = strconv.FormatInt(roundish(r.demand.Rate), 10)
	}
	if r.paused() {
		annotations[annotationPaused] = "0"
	}
	cooldown := int(math.Ceil(time.Duration(s.Cooldown).Seconds()))
	return object{
		"metadata": object{"annotations": annotations},
		"spec": object{
			"scaleTargetRef":  object{"name": r.name},
			"minReplicaCount": least,
			"maxReplicaCount": most,
			"pollingInterval": max(1, int(math.Ceil(time.Duration(s.Poll).Seconds()))),
			// From the last pod to none.
			"cooldownPeriod": cooldown,
			"triggers":       r.triggers(),
			"advanced": object{"horizontalPodAutoscalerConfig": object{"behavior": object{
				"scaleUp": object{
					"stabilizationWindowSeconds": 0,
					"policies":                   []object{{"type": "Pods", "value": most, "periodSeconds": step}},
				},
				// As many pods as the highest demand of the last while wanted: a lag that comes and goes does not make the
				// group rebalance each time.
				"scaleDown": object{
					"stabilizationWindowSeconds": min(cooldown, 3600),
					"policies":                   []object{{"type": "Percent", "value": 50, "periodSeconds": step}, {"type": "Pods", "value": 1, "periodSeconds": step}},
				},
			}}},
		},
	}
}

func (r *renderer) triggers() []object {
	s := r.pipeline.Scaling
	meta := merge(map[string]string{
		"bootstrapServers": strings.Join(r.settings.Brokers, ","),
		"consumerGroup":    r.settings.Group(r.pipeline.Name),
		"topic":            r.pipeline.Source.Topic,
		"version":          kafkaVersion,
		"lagThreshold":     strconv.FormatInt(Threshold(s, r.demand.Rate), 10),
		// One record is work to do.
		"activationLagThreshold": "0",
		// As the pipeline starts where nothing was committed yet: otherwise KEDA would see no lag in a topic full of
		// records, and start nobody.
		"offsetResetPolicy":          r.pipeline.Source.Start,
		"scaleToZeroOnInvalidOffset": "false",
		// Pods beyond the partitions, or beyond those that have a lag, would wait for nothing.
		"allowIdleConsumers":       "false",
		"limitToPartitionsWithLag": "true",
		// A partition whose place does not move between two polls is stuck, which more pods do not change.
		"excludePersistentLag": "true",
	}, r.settings.Trigger.Metadata)
	kafka := object{
		"type": "kafka", "name": "lag", "metadata": meta,
		// Without it every question of the HPA counts as a poll, and two within moments see every partition as stuck.
		"useCachedMetrics": true,
	}
	if r.settings.Trigger.Secret != "" {
		kafka["authenticationRef"] = object{"name": r.name}
	}
	out := []object{kafka}
	if s.CPU > 0 {
		out = append(out, object{"type": "cpu", "name": "cpu", "metricType": "Utilization", "metadata": map[string]string{"value": strconv.Itoa(s.CPU)}})
	}
	return out
}
