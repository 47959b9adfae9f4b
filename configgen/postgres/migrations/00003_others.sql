-- +goose Up

-- What becomes of records whose schema is of other subjects than source_subject.
alter table pipelines add column source_others text;

drop function pipeline_schema(text, text, text);

-- +goose StatementBegin
create function pipeline_schema(subject text, version text, framing text, others text default null) returns json language sql immutable as $$
    select case when coalesce(subject, version, framing, others) is not null then
        json_build_object('subject', subject, 'version', version, 'framing', framing, 'others', others) end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function pipeline_spec(p pipelines) returns json language sql stable set search_path from current as $$
    select json_build_object(
        'name', p.name, 'description', p.description, 'owner', p.owner, 'labels', p.labels,
        'source', json_build_object('topic', p.source_topic, 'start', p.source_start,
            'schema', pipeline_schema(p.source_subject, p.source_version, p.source_framing, p.source_others)),
        'steps', coalesce((select json_agg(json_build_object('name', s.name, 'kind', s.kind, 'transform', s.transform,
                'code', s.code, 'params', s.params) order by s.position, s.name)
            from pipeline_steps s where s.pipeline = p.name), '[]'),
        'target', json_build_object('topic', p.target_topic, 'create', p.target_create,
            'schema', pipeline_schema(p.target_subject, p.target_version, p.target_framing)),
        'outputs', p.outputs,
        'dlq', case when p.dlq_topic is not null then json_build_object('topic', p.dlq_topic, 'create', p.dlq_create) end,
        'on_error', p.on_error, 'tombstones', p.tombstones, 'delivery', p.delivery,
        'batch', p.batch, 'limits', p.limits, 'scaling', p.scaling, 'kubernetes', p.kubernetes, 'state', p.state)
$$;
-- +goose StatementEnd
