package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

const insertPipeline = `insert into pipelines (name, description, owner, labels,
	source_topic, source_start, source_subject, source_version, source_framing, source_others,
	target_topic, target_subject, target_version, target_framing, target_create, outputs, dlq_topic, dlq_create,
	on_error, tombstones, delivery, batch, limits, scaling, kubernetes, state)
	values (@name, @description, @owner, @labels,
	@source_topic, @source_start, @source_subject, @source_version, @source_framing, @source_others,
	@target_topic, @target_subject, @target_version, @target_framing, @target_create, @outputs, @dlq_topic, @dlq_create,
	@on_error, @tombstones, @delivery, @batch, @limits, @scaling, @kubernetes, @state)`

// The change_id makes a revision even when only the steps differ.
const updatePipeline = `update pipelines set change_id = txid_current(), description = @description, owner = @owner, labels = @labels,
	source_topic = @source_topic, source_start = @source_start,
	source_subject = @source_subject, source_version = @source_version, source_framing = @source_framing,
	source_others = @source_others,
	target_topic = @target_topic, target_subject = @target_subject, target_version = @target_version,
	target_framing = @target_framing, target_create = @target_create, outputs = @outputs,
	dlq_topic = @dlq_topic, dlq_create = @dlq_create, on_error = @on_error, tombstones = @tombstones, delivery = @delivery,
	batch = @batch, limits = @limits, scaling = @scaling, kubernetes = @kubernetes, state = @state where name = @name`

func pipelineArgs(s pipeline.Spec) pgx.NamedArgs {
	args := pgx.NamedArgs{
		"name": s.Name, "description": s.Description, "owner": s.Owner, "labels": object(s.Labels, len(s.Labels) == 0),
		"source_topic": s.Source.Topic, "source_start": orNull(s.Source.Start),
		"target_topic": s.Target.Topic, "target_create": create(s.Target.Create), "outputs": object(s.Outputs, len(s.Outputs) == 0),
		"dlq_topic": nil, "dlq_create": nil,
		"on_error": orNull(string(s.OnError)), "tombstones": orNull(string(s.Tombstones)), "delivery": orNull(string(s.Delivery)),
		"batch": object(s.Batch, false), "limits": object(s.Limits, false), "scaling": object(s.Scaling, false),
		"kubernetes": orNull(string(s.Kubernetes)), "state": string(s.State),
	}
	schemaArgs(args, "source", s.Source.Schema)
	schemaArgs(args, "target", s.Target.Schema)
	args["source_others"] = nil
	if s.Source.Schema != nil {
		args["source_others"] = orNull(string(s.Source.Schema.Others))
	}
	if s.DLQ != nil {
		args["dlq_topic"], args["dlq_create"] = s.DLQ.Topic, create(s.DLQ.Create)
	}
	return args
}

func schemaArgs(args pgx.NamedArgs, side string, s *pipeline.Schema) {
	if s == nil {
		s = &pipeline.Schema{}
	}
	args[side+"_subject"] = orNull(s.Subject)
	args[side+"_version"] = orNull(string(s.Version))
	args[side+"_framing"] = orNull(s.Framing)
}

func insertSteps(ctx context.Context, tx pgx.Tx, s pipeline.Spec) error {
	for i, step := range s.Steps {
		_, err := tx.Exec(ctx, `insert into pipeline_steps (pipeline, position, name, kind, transform, code, params) values ($1, $2, $3, $4, $5, $6, $7)`,
			s.Name, i+1, step.Name, string(step.Kind), orNull(step.Transform), orNull(step.Code), orNull(string(step.Params)))
		if err != nil {
			return err
		}
	}
	return nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func create(c *pipeline.CreateTopic) any {
	if c == nil {
		return nil
	}
	return object(c, false)
}

// object is v as JSON text; the types of a spec always can be written.
func object(v any, empty bool) string {
	b, err := json.Marshal(v)
	if err != nil || empty {
		return "{}"
	}
	return string(b)
}
