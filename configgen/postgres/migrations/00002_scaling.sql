-- +goose Up

-- How the number of a pipeline's instances, its bounds and its source's partitions changed, and why. The newest thousand
-- changes of each pipeline are kept, see scaling.go.
create table scaling_changes (
    id       bigint generated always as identity primary key,
    pipeline text not null references pipelines (name) on delete cascade on update cascade,
    time     timestamptz not null default now(),
    subject  text not null,
    before   integer not null,
    after    integer not null,
    cause    text not null,
    message  text not null,
    actor    text not null default '',
    figures  json not null default '{}'
);
create index scaling_changes_pipeline on scaling_changes (pipeline, id desc);
