-- +goose Up

-- One row is one pipeline. Rows may be written by hand: triggers keep the revision, the history, the audit and the
-- notifications right, whoever writes. Hence no check constraints either: nonsense is saved, said in the pipeline's
-- status, and keeps nothing else from running. See docs/reference/rows.md.
create table pipelines (
    name           text primary key,
    revision       bigint not null default 0,
    description    text not null default '',
    owner          text not null default '',
    labels         jsonb not null default '{}',
    source_topic   text not null,
    source_start   text,
    source_subject text,
    source_version text,
    source_framing text,
    target_topic   text not null,
    target_subject text,
    target_version text,
    target_framing text,
    target_create  jsonb,
    outputs        jsonb not null default '{}',
    dlq_topic      text,
    dlq_create     jsonb,
    on_error       text,
    tombstones     text,
    delivery       text,
    batch          jsonb not null default '{}',
    limits         jsonb not null default '{}',
    scaling        jsonb not null default '{}',
    kubernetes     json,
    state          text not null default 'running',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    updated_by     text not null default '',
    -- The transaction that made the revision: however many statements it has, it makes one.
    change_id      bigint not null default 0
);

create table pipeline_steps (
    pipeline  text not null references pipelines (name) on delete cascade on update cascade,
    position  integer not null,
    name      text not null,
    kind      text not null,
    transform text,
    code      text,
    -- json and not jsonb: parameters reach the step as they were written.
    params    json,
    primary key (pipeline, name)
);

create table pipeline_revisions (
    pipeline    text not null,
    revision    bigint not null,
    spec        json not null,
    author      text not null default '',
    created_at  timestamptz not null default now(),
    build       json,
    bundle_hash text,
    applied     boolean not null default false,
    -- Why the revision was not let in; null when it was, or was not tried yet.
    rejected    text,
    -- An engine tried the revision and refused it, so it is not tried again.
    refused     boolean not null default false,
    primary key (pipeline, revision)
);

create table audit (
    id       bigint generated always as identity primary key,
    time     timestamptz not null default now(),
    actor    text not null,
    action   text not null,
    pipeline text not null,
    before   json,
    after    json
);
create index audit_pipeline on audit (pipeline, id desc);

create table test_cases (
    pipeline    text not null references pipelines (name) on delete cascade on update cascade,
    name        text not null,
    description text not null default '',
    events      json not null,
    expect      json,
    updated_at  timestamptz not null default now(),
    updated_by  text not null default '',
    primary key (pipeline, name)
);

create table api_tokens (
    id         bigint generated always as identity primary key,
    name       text not null unique,
    role       text not null,
    -- The SHA-256 of the secret, which is shown once and kept nowhere.
    hash       bytea not null unique,
    created_at timestamptz not null default now(),
    created_by text not null default '',
    expires_at timestamptz
);

-- +goose StatementBegin
create function pipeline_schema(subject text, version text, framing text) returns json language sql immutable as $$
    select case when coalesce(subject, version, framing) is not null then
        json_build_object('subject', subject, 'version', version, 'framing', framing) end
$$;
-- +goose StatementEnd

-- The row as a spec, in the words of the API.
-- +goose StatementBegin
create function pipeline_spec(p pipelines) returns json language sql stable set search_path from current as $$
    select json_build_object(
        'name', p.name, 'description', p.description, 'owner', p.owner, 'labels', p.labels,
        'source', json_build_object('topic', p.source_topic, 'start', p.source_start,
            'schema', pipeline_schema(p.source_subject, p.source_version, p.source_framing)),
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

-- What the row says, without the columns that triggers write.
-- +goose StatementBegin
create function pipeline_content(p pipelines) returns jsonb language sql stable set search_path from current as $$
    select to_jsonb(p) - array['revision', 'created_at', 'updated_at', 'updated_by', 'change_id']
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function pipeline_actor() returns text language sql stable as $$
    select coalesce(nullif(current_setting('inflect.actor', true), ''), 'sql:' || session_user)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function pipelines_revise() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        -- A name that comes back goes on counting, so that no revision of it ever means two things.
        new.revision := 1 + coalesce((select max(r.revision) from pipeline_revisions r where r.pipeline = new.name), 0);
        new.created_at := now();
    else
        new.created_at := old.created_at;
        if old.change_id = txid_current() then
            new.revision := old.revision;
        elsif new.change_id = txid_current() or pipeline_content(new) <> pipeline_content(old) then
            new.revision := old.revision + 1;
            if new.name <> old.name then
                new.revision := greatest(new.revision,
                    1 + coalesce((select max(r.revision) from pipeline_revisions r where r.pipeline = new.name), 0));
            end if;
        else
            return old;
        end if;
    end if;
    new.change_id := txid_current();
    new.updated_at := now();
    new.updated_by := pipeline_actor();
    return new;
end $$;
-- +goose StatementEnd
create trigger pipelines_revise before insert or update on pipelines for each row execute function pipelines_revise();

-- +goose StatementBegin
create function pipeline_steps_revise() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op <> 'INSERT' then
        update pipelines set change_id = txid_current() where name = old.pipeline and change_id <> txid_current();
    end if;
    if tg_op <> 'DELETE' then
        update pipelines set change_id = txid_current() where name = new.pipeline and change_id <> txid_current();
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger pipeline_steps_revise after insert or delete on pipeline_steps
    for each row execute function pipeline_steps_revise();
create trigger pipeline_steps_revise_update after update on pipeline_steps for each row
    when ((old.pipeline, old.position, old.name, old.kind, old.transform, old.code, old.params::text)
        is distinct from (new.pipeline, new.position, new.name, new.kind, new.transform, new.code, new.params::text))
    execute function pipeline_steps_revise();

-- History and audit are written when the transaction commits, when row and steps are what they will be.
-- +goose StatementBegin
create function pipelines_record() returns trigger language plpgsql set search_path from current as $$
declare
    p pipelines;
    earlier json;
begin
    select * into p from pipelines where name = new.name;
    if not found then
        return null;
    end if;
    insert into pipeline_revisions (pipeline, revision, spec, author)
        values (p.name, p.revision, pipeline_spec(p), p.updated_by) on conflict do nothing;
    if not found then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        select spec into earlier from pipeline_revisions where pipeline = old.name and revision = old.revision;
    end if;
    insert into audit (actor, action, pipeline, before, after) values (p.updated_by,
        coalesce(nullif(current_setting('inflect.action', true), ''), case tg_op when 'INSERT' then 'create' else 'update' end),
        p.name, earlier, pipeline_spec(p));
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger pipelines_record after insert or update on pipelines
    deferrable initially deferred for each row execute function pipelines_record();

-- +goose StatementBegin
create function pipelines_bury() returns trigger language plpgsql set search_path from current as $$
begin
    insert into audit (actor, action, pipeline, before)
        values (pipeline_actor(), 'delete', old.name, pipeline_spec(old));
    return old;
end $$;
-- +goose StatementEnd
create trigger pipelines_bury before delete on pipelines for each row execute function pipelines_bury();

-- A notification names the pipeline; an empty one means: look at everything. A name too long for a notification is
-- nonsense that the next look at everything finds.
-- +goose StatementBegin
create function pipelines_notify() returns trigger language plpgsql as $$
begin
    if tg_level = 'STATEMENT' then
        perform pg_notify(tg_table_schema || '.pipelines', '');
        return null;
    end if;
    if tg_op <> 'INSERT' and octet_length(old.name) < 1000 then
        perform pg_notify(tg_table_schema || '.pipelines', old.name);
    end if;
    if tg_op <> 'DELETE' and octet_length(new.name) < 1000 then
        perform pg_notify(tg_table_schema || '.pipelines', new.name);
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger pipelines_notify after insert or update or delete on pipelines
    for each row execute function pipelines_notify();
create trigger pipelines_notify_truncate after truncate on pipelines
    for each statement execute function pipelines_notify();

-- Replicas that do not lead learn from here what became of a revision.
-- +goose StatementBegin
create function pipeline_revisions_notify() returns trigger language plpgsql as $$
begin
    if octet_length(new.pipeline) < 1000 then
        perform pg_notify(tg_table_schema || '.pipeline_outcomes', new.pipeline);
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger pipeline_revisions_notify after update on pipeline_revisions for each row
    when ((old.applied, old.rejected) is distinct from (new.applied, new.rejected)) execute function pipeline_revisions_notify();
