// Generated from api/openapi.yaml by `npm run types`. Do not edit.

export interface paths {
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process serves requests */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether everything it depends on is there
         * @description Names every part that is missing and what was tried.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is running */
        get: operations["version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics of the control plane */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is asking, and what they may do */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Pipelines with their status */
        get: operations["listPipelines"];
        put?: never;
        /**
         * Create a pipeline
         * @description It runs at once unless its `state` says otherwise.
         */
        post: operations["createPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /** One pipeline as its author wrote it */
        get: operations["getPipeline"];
        /**
         * Replace a pipeline's spec
         * @description The new revision passes the change gate before it replaces what runs. The name cannot be changed. A spec that is
         *     saved as it was makes a new revision only when the files of its steps have changed.
         */
        put: operations["updatePipeline"];
        post?: never;
        /**
         * Delete a pipeline
         * @description Its history and its topics are kept, its test cases are not.
         */
        delete: operations["deletePipeline"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop reading and keep the place */
        post: operations["pausePipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run from where it stopped */
        post: operations["resumePipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:stop": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take the pipeline off the engines */
        post: operations["stopPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:rollback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an earlier revision the newest one
         * @description With the code that it was built from, until a file that it is made of changes or the pipeline is saved. The name, and
         *     whether it is running, paused or stopped, stay as they are.
         */
        post: operations["rollbackPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:restart": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop and start it on every instance */
        post: operations["restartPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:drain": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Finish what is in flight, confirm that all of it is committed, and pause */
        post: operations["drainPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}:replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move its place: read again from a time, an offset or the beginning */
        post: operations["replayPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/status": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /** State, applied revision per instance, counts, rates, lag and last errors */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/config": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /** The stream config exactly as it was pushed to the engines */
        get: operations["getConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/scaling": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /**
         * Its instances, what their number follows, and how it changed and why
         * @description On Kubernetes: pods, the bounds of their number, the lag for which one is wanted, and the newest changes first, of
         *     which the last thousand are kept. Elsewhere nothing scales, and `reason` says so.
         */
        get: operations["getScaling"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /** The history, newest first, with what each revision changed */
        get: operations["listRevisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/revisions/{revision}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
                revision: number;
            };
            cookie?: never;
        };
        /** One revision with its spec */
        get: operations["getRevision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/test-cases": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /** Saved events with what is expected of them */
        get: operations["listTestCases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/test-cases/{case}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
                case: string;
            };
            cookie?: never;
        };
        get?: never;
        /** Save a test case */
        put: operations["saveTestCase"];
        post?: never;
        /** Delete a test case */
        delete: operations["deleteTestCase"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        /**
         * What failed, grouped by cause
         * @description Reads the newest records of the dead-letter topic without joining a consumer group. Groups are ordered by their
         *     newest record.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/dead-letters:replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send dead letters through the pipeline once more
         * @description Each dead letter is replayed at most once, however often this is called: the record and the mark that it was
         *     replayed are written in one Kafka transaction. A call ends when its selection is done, after `limit` records, or
         *     after some 20 seconds; call it again while `remaining` is not 0.
         */
        post: operations["replayDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Every problem of a spec, with its field
         * @description Nothing is saved. Topics, schemas and transforms are looked up, the config is rendered, linted and built. With
         *     `events`, so many are generated from the incoming schema, edge cases on top, and run through the steps; `fit` says
         *     which did not come through, and which would not be taken by the pipelines that read what comes out. What is wrong in
         *     one place keeps nobody from looking at the others, and events are tried whenever they can be.
         */
        post: operations["validate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/test-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run events through a saved or unsaved spec
         * @description The same rendered processors as in production, in a process of their own; nothing is produced. A saved revision runs the
         *     code that it was built into, whatever has become of the files since; a spec that was not saved runs the files as they are.
         */
        post: operations["testRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sample-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Events to try a pipeline with
         * @description Generated from a schema, or the newest ones of a topic, read without joining a consumer group.
         */
        post: operations["sampleEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/topics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Topics of the cluster */
        get: operations["listTopics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/topics/{topic}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                topic: components["parameters"]["topic"];
            };
            cookie?: never;
        };
        /** Partitions with their offsets, configs, and which pipelines use it */
        get: operations["getTopic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/topics/{topic}/records": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                topic: components["parameters"]["topic"];
            };
            cookie?: never;
        };
        /**
         * Records by offset or time
         * @description Without `offset` and `time` the newest ones. Reads committed records only and never joins a consumer group.
         */
        get: operations["listRecords"];
        put?: never;
        /**
         * Write records to a topic
         * @description All or none of them when a schema is named and one does not conform.
         */
        post: operations["produceRecords"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schemas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Subjects of the registry */
        get: operations["listSchemas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schemas/{subject}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
            };
            cookie?: never;
        };
        /** A subject: its versions, compatibility, and which pipelines use it */
        get: operations["getSubject"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schemas/{subject}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
                /** @description A number or `latest`. */
                version: string;
            };
            cookie?: never;
        };
        /** One version with its text */
        get: operations["getSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schemas/{subject}/check": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a new version of a subject would do to the pipelines that use it
         * @description Nothing is registered or changed. The registry is asked for its own verdict. Pipelines that read the subject are
         *     tried on events of the new and of the present version, pipelines that write it on events of their incoming schema,
         *     both on the newest records of their source topic, and what comes out on the pipelines that read that. What failed
         *     before in the same way is no news. Pipelines that
         *     name a version by its number stay with it; those that read are tried on events of the new version all the same.
         *
         *     Where the subject's rule is transitive, or on demand, the new version is compared with the older ones, too, and
         *     pipelines that read the subject are tried on their events and on the oldest records of the topic.
         */
        post: operations["checkSchema"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transforms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Functions of the transform directory */
        get: operations["listTransforms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transforms/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `file.ts#export`, with `#` escaped as `%23`. */
                id: string;
            };
            cookie?: never;
        };
        /** One function with its doc comment, parameters and source */
        get: operations["getTransform"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what, newest first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changes, as server-sent events
         * @description `snapshot` comes first and after every reconnect: `{"statuses": [Status…]}`. Then `status` with one Status whenever
         *     one changed, and `deleted` with `{"name": …}`. Comments keep the connection
         *     alive. A slow reader misses intermediate states, never the newest one.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tokens, without their secrets */
        get: operations["listTokens"];
        put?: never;
        /**
         * Create a token
         * @description The secret is in this answer and nowhere else.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a token */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description RFC 9457. */
        Problem: {
            /** @description `about:blank` */
            type: string;
            /** @description The status in words. */
            title: string;
            status: number;
            code: components["schemas"]["Code"];
            detail: string;
            /** @description A path into the body, a parameter or a header. */
            field?: string;
            errors?: components["schemas"]["Error"][];
            /** @description Stands in the server's log. */
            request_id?: string;
        };
        /**
         * @description Stable name of a kind of problem.
         * @enum {string}
         */
        Code: "invalid" | "unknown_field" | "unknown_topic" | "unknown_schema" | "unknown_transform" | "bad_transform" | "outside_directory" | "not_found" | "method_not_allowed" | "exists" | "stale" | "precondition_required" | "too_large" | "forbidden" | "unauthenticated" | "unsupported_media_type" | "unavailable" | "rejected" | "missing_topic" | "internal";
        Error: {
            code: components["schemas"]["Code"];
            /** @description A path into the spec, like `steps[1].params`. */
            field?: string;
            message: string;
            /** @description A file of the transform directory. */
            file?: string;
            line?: number;
            column?: number;
            /** @description Does not keep the pipeline from being saved. */
            warning?: boolean;
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "unavailable";
            checks: {
                name: string;
                ok: boolean;
                message?: string;
            }[];
        };
        Version: {
            version: string;
            commit?: string;
            go: string;
        };
        Session: {
            actor: string;
            role: components["schemas"]["Role"];
            /**
             * @description Whether this server asks for tokens.
             * @enum {string}
             */
            authentication: "none" | "token";
        };
        /**
         * @description viewer reads; editor also saves pipelines and tries them; operator also pauses, replays and writes records; admin also manages tokens.
         * @enum {string}
         */
        Role: "viewer" | "editor" | "operator" | "admin";
        /** @enum {string} */
        Kind: "transform" | "filter";
        /**
         * @description What the author wants.
         * @enum {string}
         */
        State: "running" | "paused" | "stopped";
        /**
         * @description What is seen. waiting: runs but cannot make progress. rejected: the wanted revision did not pass the gate, the one
         *     before goes on. failed: nothing runs.
         * @enum {string}
         */
        Phase: "pending" | "running" | "paused" | "stopped" | "waiting" | "rejected" | "failed";
        /**
         * @description A number and a unit.
         * @example 100ms
         * @example 1m30s
         */
        Duration: string;
        /** @description A number, or `latest`. */
        SchemaVersionNumber: number | string;
        SchemaRef: {
            /** @description A subject of the registry. */
            subject: string;
            version?: components["schemas"]["SchemaVersionNumber"];
            /**
             * @default auto
             * @enum {string}
             */
            framing?: "auto" | "confluent" | "bare";
            /**
             * @description Of `source.schema` alone: what becomes of records that are framed with a schema of other subjects. `filter` leaves them out.
             * @default dead_letter
             * @enum {string}
             */
            others?: "dead_letter" | "filter";
        };
        Source: {
            topic: string;
            /**
             * @description Where a group without offsets begins.
             * @default earliest
             * @enum {string}
             */
            start?: "earliest" | "latest";
            schema?: components["schemas"]["SchemaRef"];
        };
        Target: {
            topic: string;
            schema?: components["schemas"]["SchemaRef"];
            /** @description Make the topic if it does not exist. */
            create?: {
                /**
                 * Format: int32
                 * @description 0 means as many as the source has.
                 */
                partitions?: number;
                /** @description 0 means the cluster's default. */
                replication?: number;
            };
        };
        /** @description Either `transform` or `code`. */
        Step: {
            name: string;
            kind: components["schemas"]["Kind"];
            /** @description `file.ts#export` in the transform directory. */
            transform?: string;
            /** @description JavaScript or TypeScript, inline. */
            code?: string;
            /** @description Any JSON; frozen at `ctx.params`. */
            params?: unknown;
        };
        SpecFields: {
            /** @description A DNS label. */
            name: string;
            description?: string;
            owner?: string;
            labels?: {
                [key: string]: string;
            };
            source: components["schemas"]["Source"];
            steps: components["schemas"]["Step"][] | null;
            target: components["schemas"]["Target"];
            /** @description Further topics, by the name that `ctx.emit` gives. */
            outputs?: {
                [key: string]: components["schemas"]["Target"];
            };
            dlq?: components["schemas"]["Target"];
            /**
             * @description The default is dead_letter with a dlq and stop without.
             * @enum {string}
             */
            on_error?: "dead_letter" | "drop" | "stop";
            /**
             * @description What becomes of null values.
             * @default pass
             * @enum {string}
             */
            tombstones?: "pass" | "steps" | "drop";
            /**
             * @default exactly_once
             * @enum {string}
             */
            delivery?: "exactly_once" | "at_least_once";
            batch?: {
                max_records?: number;
                linger?: components["schemas"]["Duration"];
            };
            /** @description For one event in one step. */
            limits?: {
                time?: components["schemas"]["Duration"];
                /** @example 256MiB */
                memory?: string;
                /** @description Events per second, 0 for no limit. */
                rate?: number;
            };
            scaling?: {
                min?: number;
                max?: number;
                lag_seconds?: number;
                /** Format: int64 */
                lag_threshold?: number;
                cpu?: number;
                poll?: components["schemas"]["Duration"];
                cooldown?: components["schemas"]["Duration"];
                partitions?: {
                    /** @description The source topic gets more partitions when more instances are wanted than it has. Never back. */
                    grow?: boolean;
                    /**
                     * Format: int32
                     * @description How far it may grow.
                     */
                    max?: number;
                    /**
                     * @description The greatest metadata age of the topic's producers. New partitions are left alone for so long, and until
                     *     the older ones are read, so that each key stays in order. 5m by default with grow.
                     */
                    metadata_age?: components["schemas"]["Duration"];
                };
            };
            /** @description Overrides of the installation: resources, node selector, environment. */
            kubernetes?: Record<string, never>;
            state?: components["schemas"]["State"];
        };
        /** @description A pipeline as its author writes it. A field that is not named here is refused. */
        Spec: components["schemas"]["SpecFields"];
        SavedFields: {
            /** Format: int64 */
            revision: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            updated_by?: string;
        };
        /** @description A saved spec. */
        Pipeline: components["schemas"]["SpecFields"] & components["schemas"]["SavedFields"];
        /** @description A saved spec with what is seen of it. */
        ListedPipeline: components["schemas"]["SpecFields"] & components["schemas"]["SavedFields"] & {
            status: components["schemas"]["Status"];
        };
        PipelinePage: {
            items: components["schemas"]["ListedPipeline"][];
            next?: string;
        };
        /** @description Counts since the instances started, rates over the last ten seconds. */
        Status: {
            name: string;
            state: components["schemas"]["State"];
            phase: components["schemas"]["Phase"];
            /** @description Why it is in this phase, and what to do. */
            message?: string;
            /**
             * Format: int64
             * @description The wanted one.
             */
            revision: number;
            /**
             * Format: int64
             * @description The one that runs, 0 for none.
             */
            applied_revision: number;
            counts: components["schemas"]["Counts"];
            rates: components["schemas"]["Rates"];
            /**
             * Format: int64
             * @description Records that are not read yet.
             */
            lag: number;
            /** @description When the lag is worked off; null while it does not shrink. */
            catch_up_seconds: number | null;
            instances: components["schemas"]["Instance"][];
            last_errors: components["schemas"]["LastError"][];
            /** Format: date-time */
            updated_at: string;
        };
        /** @description read - in_flight = delivered + filtered + dead_lettered + dropped. */
        Counts: {
            /** Format: int64 */
            read: number;
            /** Format: int64 */
            in_flight: number;
            /** Format: int64 */
            delivered: number;
            /** Format: int64 */
            filtered: number;
            /** Format: int64 */
            dead_lettered: number;
            /** Format: int64 */
            dropped: number;
        };
        /** @description Records per second. */
        Rates: {
            read: number;
            delivered: number;
            filtered: number;
            dead_lettered: number;
        };
        Instance: {
            id: string;
            /** Format: int64 */
            revision: number;
            state: string;
            reason?: string;
            partitions: components["schemas"]["PartitionLag"][];
        };
        /** @description What the number of instances is decided by. */
        Figures: {
            /** Format: int64 */
            lag: number;
            /**
             * Format: int64
             * @description The lag for which one instance is wanted, 0 where nothing scales.
             */
            threshold: number;
            min: number;
            /** @description No more than partitions, since one instance more would have nothing to do. */
            max: number;
            /** @description Those of the source topic, 0 when nobody knows. */
            partitions: number;
        };
        Scaling: components["schemas"]["Figures"] & {
            name: string;
            /** @description Whether the number of instances follows the load. */
            scales: boolean;
            /** @description Why it does not, or what keeps it from doing so. */
            reason?: string;
            /** @description The instances that are asked for. */
            replicas: number;
            ready: number;
            /** @description What the lag alone asks for, whatever the bounds. */
            wanted: number;
            /** @description Records per second that one instance was seen to get through, 0 when nobody knows. */
            rate: number;
            /** @description How far the source topic may grow; absent when it may not. */
            growth?: {
                max: number;
                metadata_age: components["schemas"]["Duration"];
            };
            instances: components["schemas"]["ScaleInstance"][];
            history: components["schemas"]["ScalingChange"][];
            /** @description The cursor of the next page of the history. */
            next?: string;
        };
        ScaleInstance: {
            id: string;
            /**
             * Format: int64
             * @description The one that it runs, 0 before it says.
             */
            revision: number;
            /** @description What its engine says, or starting, ending. */
            state: string;
            reason?: string;
            partitions: components["schemas"]["PartitionLag"][];
            node?: string;
            ready: boolean;
            restarts: number;
            /** Format: date-time */
            started?: string;
        };
        ScalingChange: {
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            time: string;
            /** @enum {string} */
            of: "replicas" | "min" | "max" | "partitions";
            from: number;
            /** @description The same as from when something was wanted and could not be done. */
            to: number;
            /** @enum {string} */
            cause: "lag" | "cpu" | "activation" | "idle" | "start" | "pause" | "resume" | "bounds" | "edit" | "partitions" | "growth" | "manual";
            /** @description The cause in words, with the figures that decided. */
            message: string;
            /** @description A person, or the part of the cluster that did it. */
            actor?: string;
            figures: components["schemas"]["Figures"];
        };
        PartitionLag: {
            topic: string;
            /** Format: int32 */
            partition: number;
            /** Format: int64 */
            lag: number;
        };
        LastError: {
            /** Format: date-time */
            time: string;
            stage: string;
            code: string;
            message: string;
        };
        Rollback: {
            /** Format: int64 */
            revision: number;
        };
        /** @description Exactly one of these. */
        Replay: {
            /** Format: date-time */
            time?: string;
            /**
             * Format: int64
             * @description In every partition.
             */
            offset?: number;
            /** @constant */
            beginning?: true;
        };
        RevisionFields: {
            /** Format: int64 */
            revision: number;
            author?: string;
            /** Format: date-time */
            created_at: string;
            /** @description SHA-256 of the code that was bundled for it. */
            bundle_hash?: string;
            /** @description Whether it has ever run. */
            applied: boolean;
            /** @description Against the revision before. */
            changes: components["schemas"]["Change"][];
        };
        RevisionSummary: components["schemas"]["RevisionFields"];
        Revision: components["schemas"]["RevisionFields"] & {
            spec: components["schemas"]["Spec"];
        };
        RevisionPage: {
            items: components["schemas"]["RevisionSummary"][];
            next?: string;
        };
        Change: {
            /** @description A path into the spec. */
            field: string;
            /** @enum {string} */
            kind: "added" | "removed" | "changed";
            /** @description Any JSON, absent when added. */
            before?: unknown;
            /** @description Any JSON, absent when removed. */
            after?: unknown;
        };
        Validation: {
            /** @description No errors but warnings. */
            valid: boolean;
            errors: components["schemas"]["Error"][];
            /** @description SHA-256 of the code that the steps would be built into now, as `bundle_hash` of a revision; absent when they cannot be. */
            code_hash?: string;
            fit?: components["schemas"]["Fit"];
        };
        Fit: {
            events: number;
            /** @description How many events came to which outcome. */
            outcomes: {
                [key: string]: number;
            };
            problems: components["schemas"]["Misfit"][];
        };
        /** @description One way in which events did not fit. */
        Misfit: {
            /** @description The pipeline that would not take what comes out of this one; absent when it is this one. */
            pipeline?: string;
            stage: string;
            code: string;
            /** @description Of the first event. */
            message: string;
            /** @description JSON pointer into the event. */
            pointer?: string;
            /** @description The rule of the schema that was broken. */
            rule?: string;
            count: number;
            event: components["schemas"]["TestEvent"];
            /** @description Of a schema's check: how many failed so with the present version. */
            before?: number;
            /** @description Of a schema's check: the new version makes more of them. */
            new?: boolean;
        };
        /** @description Exactly one of `value`, `value_base64` and `tombstone`. */
        TestEvent: {
            key?: string;
            headers?: {
                [key: string]: string;
            };
            /** @description Any JSON. */
            value?: unknown;
            value_base64?: string;
            tombstone?: boolean;
        };
        /** @description Either `spec` or `pipeline`. */
        TestRun: {
            spec?: components["schemas"]["Spec"];
            pipeline?: string;
            /**
             * Format: int64
             * @description Of `pipeline`; the newest without. One that was never built runs the files as they are; when it was only to take them over, the code at work.
             */
            revision?: number;
            events: components["schemas"]["TestEvent"][];
        };
        TestRunResults: {
            /** @description One per event. */
            results: components["schemas"]["TestResult"][];
        };
        /**
         * @description What becomes of an event. stopped: the pipeline would halt on it, because its `on_error` is stop.
         * @enum {string}
         */
        Outcome: "delivered" | "filtered" | "dead_lettered" | "dropped" | "stopped";
        TestResult: {
            outcome: components["schemas"]["Outcome"];
            stages: components["schemas"]["StageResult"][];
            /** @description What would have been produced. */
            records: components["schemas"]["TestRecord"][];
        };
        StageResult: {
            /** @description `schema_in`, `step:<name>` or `schema_out`. */
            stage: string;
            /** @enum {string} */
            outcome: "ok" | "filtered" | "failed" | "not_reached";
            /** @description Any JSON. */
            output?: unknown;
            error?: components["schemas"]["StageError"];
            duration_us: number;
        };
        StageError: {
            code: string;
            message: string;
            file?: string;
            line?: number;
            column?: number;
            stack?: string;
            /** @description The lines around the place. */
            frame?: string;
            /** @description JSON pointer into the event. */
            pointer?: string;
            /** @description The rule of the schema. */
            rule?: string;
        };
        TestRecord: {
            topic: string;
            key: string | null;
            headers: {
                [key: string]: string;
            } | null;
            /** @description Any JSON; beside `value_base64`, what the bytes stand for. */
            value?: unknown;
            /** @description The bytes when they are not JSON, or JSON with white space. */
            value_base64?: string;
            tombstone?: boolean;
        };
        TestCase: {
            name: string;
            description?: string;
            events: components["schemas"]["TestEvent"][];
            /** @description One per event: what must become of it. */
            expect?: components["schemas"]["Expectation"][];
        };
        Expectation: {
            outcome: components["schemas"]["Outcome"];
            /** @description The records, when they matter. */
            records?: components["schemas"]["TestRecord"][];
        };
        TestCasePage: {
            items: components["schemas"]["TestCase"][];
        };
        /** @description Either `schema` or `topic`. */
        SampleRequest: {
            schema?: components["schemas"]["SchemaRef"];
            topic?: string;
            /**
             * @description 0 is possible with edge_cases or near_misses, which then come alone.
             * @default 10
             */
            count?: number;
            /**
             * Format: int64
             * @description The same seed gives the same events.
             */
            seed?: number;
            /** @description Also edge cases, one by one. */
            edge_cases?: boolean;
            /** @description Also events that must be refused. */
            near_misses?: boolean;
        };
        Samples: {
            events: components["schemas"]["Sample"][];
        };
        Sample: {
            event: components["schemas"]["TestEvent"];
            /** @description What is special about it. */
            note?: string;
            /** @description A near miss: the schema must refuse it. */
            invalid?: boolean;
            /** Format: int32 */
            partition?: number;
            /** Format: int64 */
            offset?: number;
            /** Format: date-time */
            timestamp?: string;
        };
        TopicSummary: {
            name: string;
            partitions: number;
            replication: number;
            internal: boolean;
        };
        TopicPage: {
            items: components["schemas"]["TopicSummary"][];
            next?: string;
        };
        Topic: {
            name: string;
            internal: boolean;
            partitions: components["schemas"]["TopicPartition"][];
            configs: components["schemas"]["TopicConfig"][];
            used_by: components["schemas"]["Use"][];
        };
        TopicPartition: {
            /** Format: int32 */
            partition: number;
            /**
             * Format: int32
             * @description -1 while there is none.
             */
            leader: number;
            replicas: number[];
            in_sync: number[];
            /** Format: int64 */
            start_offset: number;
            /** Format: int64 */
            end_offset: number;
            /** @description Why its offsets are not known. */
            error?: string;
        };
        TopicConfig: {
            name: string;
            /** @description Null when it is a secret. */
            value: string | null;
            /** @description Not set on this topic. */
            default: boolean;
        };
        Use: {
            pipeline: string;
            /** @description The field that names it: `source`, `target`, `outputs.eu`, `dlq`, `steps[0]`. */
            as: string;
        };
        Record: {
            /** Format: int32 */
            partition: number;
            /** Format: int64 */
            offset: number;
            /** Format: date-time */
            timestamp: string;
            /** @description Null without a key, and when it is not text. */
            key: string | null;
            /** @description The key when it is not text. */
            key_base64?: string;
            headers: components["schemas"]["Header"][];
            /** @description The value when it is JSON. */
            value?: unknown;
            /** @description The value when it is not JSON. */
            value_base64?: string;
            /** @description The value is null. */
            tombstone?: boolean;
            /**
             * Format: int32
             * @description The id of a framed value; `value` is without its frame.
             */
            schema_id?: number;
            /** @description `value` is what the schema makes of Avro or Protobuf bytes. */
            decoded?: boolean;
            /** @description Bytes of key and value. */
            size: number;
            /** @description The value was too large to show. */
            truncated?: boolean;
        };
        Header: {
            name: string;
            /** @description Null when it is null, and when it is not text. */
            value: string | null;
            value_base64?: string;
        };
        Records: {
            items: components["schemas"]["Record"][];
        };
        Produce: {
            schema?: components["schemas"]["SchemaRef"];
            records: components["schemas"]["TestEvent"][];
        };
        Produced: {
            /** @description One per record. */
            items: {
                /** Format: int32 */
                partition: number;
                /** Format: int64 */
                offset: number;
            }[];
        };
        SubjectPage: {
            items: {
                subject: string;
            }[];
            next?: string;
        };
        Subject: {
            subject: string;
            versions: number[];
            compatibility?: string;
            latest: components["schemas"]["SchemaVersion"];
            used_by: components["schemas"]["Use"][];
        };
        SchemaVersion: {
            subject: string;
            version: number;
            id: number;
            /** @enum {string} */
            type: "AVRO" | "PROTOBUF" | "JSON";
            /** @description Its text. */
            schema: string;
            references: components["schemas"]["SchemaReference"][];
        };
        SchemaReference: {
            name: string;
            subject: string;
            version: number;
        };
        NewSchema: {
            /** @description Its text, nested at most 100 levels deep. */
            schema: string;
            /**
             * @description As the subject has it when absent.
             * @enum {string}
             */
            type?: "AVRO" | "PROTOBUF" | "JSON";
            references?: components["schemas"]["SchemaReference"][];
            /**
             * @description How many to generate, edge cases on top.
             * @default 100
             */
            events?: number;
            /** @description Look at all older versions, which happens in any case where the rule of the subject does. */
            transitive?: boolean;
        };
        /**
         * @description fits: everything goes on. breaks: events fail that did not before. unaffected: it names another version and stays
         *     with it. unknown: it could not be tried.
         * @enum {string}
         */
        SchemaVerdict: "fits" | "breaks" | "unaffected" | "unknown";
        SchemaCheck: {
            subject: string;
            /** @description The newest, which the new one is compared with. */
            version: number;
            /** @description breaks when the registry would refuse it, be it for an older version, or a pipeline breaks, else unknown when one could not be tried. */
            verdict: components["schemas"]["SchemaVerdict"];
            registry: components["schemas"]["Compatibility"];
            /** @description To the newest version. */
            differences: components["schemas"]["SchemaDifference"][];
            /** @description The versions before the newest, newest first; absent where they do not count. */
            older?: components["schemas"]["OlderVersion"][];
            /** @description How many versions before those there are. */
            older_left_out?: number;
            /** @description One per place that names the subject. */
            pipelines: components["schemas"]["PipelineCheck"][];
        };
        /** @description The word of the registry. */
        Compatibility: {
            compatible: boolean;
            /** @description The rule that the registry applies. */
            level?: string;
            /** @description Its reasons. */
            messages: string[];
        };
        OlderVersion: {
            version: number;
            registry: components["schemas"]["Compatibility"];
            /** @description To this version. */
            differences: components["schemas"]["SchemaDifference"][];
            /** @description Why it could not be compared or no events of it tried. */
            reason?: string;
        };
        SchemaDifference: {
            /** @description The field, with [] for items of an array and {} for values of a map; empty is the event. */
            path: string;
            /** @enum {string} */
            kind: "added" | "removed" | "required" | "optional" | "type" | "changed";
            message: string;
        };
        PipelineCheck: {
            pipeline: string;
            /** @description Where it names the subject: source, target or outputs.<name>. */
            as: string;
            version: components["schemas"]["SchemaVersionNumber"];
            verdict: components["schemas"]["SchemaVerdict"];
            /** @description What no trial says. */
            reason?: string;
            trials: components["schemas"]["SchemaTrial"][];
        };
        SchemaTrial: {
            /**
             * @description Whose events: generated from the new version, from the present one, from an older one, or from the incoming schema
             *     of a pipeline that writes the subject; or the newest or the oldest records of the source topic.
             * @enum {string}
             */
            of: "new" | "current" | "older" | "incoming" | "topic" | "oldest";
            /** @description Which older version it is. */
            version?: number;
            events: number;
            /** @description How many events came to which outcome. */
            outcomes: {
                [key: string]: number;
            };
            /** @description The same as things are. Events of the new version are compared with those of the present one. */
            outcomes_before: {
                [key: string]: number;
            };
            problems: components["schemas"]["Misfit"][];
        };
        Transforms: {
            items: components["schemas"]["Transform"][];
            /** @description Files that cannot be used. */
            errors: components["schemas"]["Error"][];
        };
        Transform: {
            /** @example orders.ts#keepPaid */
            id: string;
            file: string;
            export: string;
            kind?: components["schemas"]["Kind"];
            /** @description Its doc comment. */
            doc: string;
            /** @description JSON Schema of its parameters. */
            params?: unknown;
            /** @description The file's text; only when one function is asked for. */
            source?: string;
            used_by: components["schemas"]["Use"][];
        };
        DeadLetters: {
            topic: string;
            /** @description Records looked at. */
            scanned: number;
            /** @description Whether that is the whole topic; older ones are not counted otherwise. */
            complete: boolean;
            groups: components["schemas"]["DeadLetterGroup"][];
        };
        DeadLetterGroup: {
            fingerprint: string;
            code: string;
            stage: string;
            /** @description Of the newest one. */
            message: string;
            count: number;
            /** @description How many of them have been replayed. */
            replayed: number;
            /** Format: date-time */
            first: string;
            /** Format: date-time */
            last: string;
            /** @description Newest first. */
            records: components["schemas"]["DeadLetter"][];
        };
        DeadLetter: {
            record: components["schemas"]["Record"];
            code: string;
            stage: string;
            message: string;
            /** @description `file:line:column` in the author's source. */
            place?: string;
            /** @description JSON pointer into the event. */
            pointer?: string;
            /** @description The rule of the schema that was broken. */
            rule?: string;
            /** Format: int64 */
            revision?: number;
            /** @description How often it has failed: 1 for the first time. */
            attempt: number;
            source?: {
                topic: string;
                /** Format: int32 */
                partition: number;
                /** Format: int64 */
                offset: number;
                /** Format: date-time */
                timestamp?: string;
            };
            replayed: boolean;
        };
        /** @description Exactly one of `all`, `fingerprint` and `records`. */
        DeadLetterReplay: {
            /** @constant */
            all?: true;
            fingerprint?: string;
            records?: {
                /** Format: int32 */
                partition: number;
                /** Format: int64 */
                offset: number;
                /** @description Any JSON, in place of the original value. */
                value?: unknown;
                /** @description Bytes in place of the original value. */
                value_base64?: string;
            }[];
            /**
             * @description source: to the source topic, whose other readers see them again. pipeline: straight through the revision at work,
             *     as in a trial, and what comes out is written where it belongs; metrics do not count it.
             * @default source
             * @enum {string}
             */
            to?: "source" | "pipeline";
            /**
             * @description Records per second, at least 0.05; 0 for no limit.
             * @default 0
             */
            rate?: number;
            /** @default 10000 */
            limit?: number;
            /**
             * @description The loop guard: what has failed this often is left alone.
             * @default 3
             */
            max_attempts?: number;
        };
        DeadLetterReplayed: {
            /** @description By this call. */
            replayed: number;
            already_replayed: number;
            /** @description Left alone because they failed too often. */
            loop_guard: number;
            /** @description No dead letter of this pipeline, or no longer in the topic. */
            not_found: number;
            /** @description Left alone because they are larger than their topic takes, or cannot go straight through the pipeline: a key or a header that is not text, a header that is null or there twice, or a pipeline that would halt on them. */
            refused: number;
            /** @description Still to do; call again. A lower bound when there are very many. */
            remaining: number;
        };
        AuditPage: {
            items: components["schemas"]["AuditEntry"][];
            next?: string;
        };
        AuditEntry: {
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            time: string;
            actor: string;
            action: string;
            pipeline: string;
            /** @description A spec or null. */
            before: unknown;
            /** @description A spec or null. */
            after: unknown;
        };
        TokenFields: {
            id: string;
            name: string;
            role: components["schemas"]["Role"];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at?: string;
        };
        Token: components["schemas"]["TokenFields"];
        CreatedToken: components["schemas"]["TokenFields"] & {
            /** @description For `Authorization: Bearer`. */
            secret: string;
        };
        NewToken: {
            name: string;
            role: components["schemas"]["Role"];
            /** Format: date-time */
            expires_at?: string;
        };
        TokenPage: {
            items: components["schemas"]["Token"][];
        };
    };
    responses: {
        /** @description What went wrong, and what to do. */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The pipeline's name. */
        name: string;
        topic: string;
        subject: string;
        /** @description Part of a name. */
        search: string;
        /** @description The `next` of the page before. */
        cursor: string;
        /** @description The most items to give. */
        limit: number;
        /** @description The `ETag` that was read: 428 without, 412 when it is stale. `*` means whatever is there. */
        ifMatch: string;
        /** @description The `ETag` that was read: 412 when it is stale. */
        ifMatchOptional: string;
    };
    requestBodies: {
        Spec: {
            content: {
                "application/json": components["schemas"]["Spec"];
            };
        };
    };
    headers: {
        /** @description The revision in quotes. */
        ETag: string;
        /** @description Where it is. */
        Location: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All parts are there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Some part is missing. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The build. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text exposition format. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An OpenAPI 3.1 document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listPipelines: {
        parameters: {
            query?: {
                /** @description Part of a name, description, owner or topic. */
                search?: string;
                /** @description The wanted state. */
                state?: components["schemas"]["State"];
                owner?: string;
                /** @description `name=value`; may be repeated, all must match. */
                label?: string[];
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelinePage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Spec"];
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pipeline. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updatePipeline: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: 428 without, 412 when it is stale. `*` means whatever is there. */
                "If-Match"?: components["parameters"]["ifMatch"];
            };
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Spec"];
        responses: {
            /** @description Saved. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deletePipeline: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: 428 without, 412 when it is stale. `*` means whatever is there. */
                "If-Match"?: components["parameters"]["ifMatch"];
            };
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    pausePipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wanted state is saved; the status tells when it is reached. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    resumePipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wanted state is saved; the status tells when it is reached. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    stopPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wanted state is saved; the status tells when it is reached. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rollbackPipeline: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: 412 when it is stale. */
                "If-Match"?: components["parameters"]["ifMatchOptional"];
            };
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rollback"];
            };
        };
        responses: {
            /** @description The wanted state is saved; the status tells when it is reached. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    restartPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; this is what is seen now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    drainPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; this is what is seen now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    replayPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description Done; this is what is seen now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; this is what is seen now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream config. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getScaling: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scaling. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scaling"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRevisions: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevisionPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getRevision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
                revision: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revision"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTestCases: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All test cases. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestCasePage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    saveTestCase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
                case: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestCase"];
            };
        };
        responses: {
            /** @description Saved. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestCase"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteTestCase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
                case: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description Only this group. */
                fingerprint?: string;
                /** @description How many records to show of each group */
                records?: number;
                /** @description How many records of the topic to look at */
                scan?: number;
            };
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The groups. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetters"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pipeline's name. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterReplay"];
            };
        };
        responses: {
            /** @description What was done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterReplayed"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    validate: {
        parameters: {
            query?: {
                /** @description How many events to generate. */
                events?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Spec"];
        responses: {
            /** @description The verdict. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Validation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    testRun: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestRun"];
            };
        };
        responses: {
            /** @description What became of each event. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestRunResults"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sampleEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SampleRequest"];
            };
        };
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Samples"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTopics: {
        parameters: {
            query?: {
                /** @description Part of a name. */
                search?: components["parameters"]["search"];
                /** @description Whether to list internal topics, too. */
                internal?: boolean;
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopicPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTopic: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                topic: components["parameters"]["topic"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The topic. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topic"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRecords: {
        parameters: {
            query?: {
                /** @description Only this partition; needed with `offset`. */
                partition?: number;
                /** @description The first offset. */
                offset?: number;
                /** @description The earliest timestamp. */
                time?: string;
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                topic: components["parameters"]["topic"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The records, by partition and offset. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Records"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    produceRecords: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                topic: components["parameters"]["topic"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Produce"];
            };
        };
        responses: {
            /** @description Where they went. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Produced"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSchemas: {
        parameters: {
            query?: {
                /** @description Part of a name. */
                search?: components["parameters"]["search"];
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubjectPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSubject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subject. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subject"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
                /** @description A number or `latest`. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schema. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaVersion"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    checkSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: components["parameters"]["subject"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchema"];
            };
        };
        responses: {
            /** @description The verdict. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaCheck"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTransforms: {
        parameters: {
            query?: {
                /** @description Part of a name. */
                search?: components["parameters"]["search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All functions, and files that cannot be used. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transforms"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTransform: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `file.ts#export`, with `#` escaped as `%23`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The function. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transform"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                pipeline?: string;
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description The most items to give. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description Only this pipeline. */
                pipeline?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An endless stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
}
