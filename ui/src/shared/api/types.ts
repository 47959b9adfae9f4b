// The words of the REST contract, under names that do not hide the browser's own.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type AuditEntry = Schemas["AuditEntry"];
export type Change = Schemas["Change"];
export type Counts = Schemas["Counts"];
export type DeadLetter = Schemas["DeadLetter"];
export type DeadLetterGroup = Schemas["DeadLetterGroup"];
export type DeadLetterReplay = Schemas["DeadLetterReplay"];
export type DeadLetterReplayed = Schemas["DeadLetterReplayed"];
export type Instance = Schemas["Instance"];
export type Issue = Omit<Schemas["Error"], "code"> & { code: string };
export type LastError = Schemas["LastError"];
export type ListedPipeline = Schemas["ListedPipeline"];
export type Misfit = Schemas["Misfit"];
export type Phase = Schemas["Phase"];
export type Pipeline = Schemas["Pipeline"];
export type Rates = Schemas["Rates"];
export type Replay = Schemas["Replay"];
export type RevisionSummary = Schemas["RevisionSummary"];
export type Sample = Schemas["Sample"];
export type SampleRequest = Schemas["SampleRequest"];
export type SchemaRef = Schemas["SchemaRef"];
export type Spec = Schemas["Spec"];
export type StageResult = Schemas["StageResult"];
export type State = Schemas["State"];
export type Status = Schemas["Status"];
export type Step = Schemas["Step"];
export type StoredRecord = Schemas["Record"];
export type Target = Schemas["Target"];
export type TestEvent = Schemas["TestEvent"];
export type TestRecord = Schemas["TestRecord"];
export type TestResult = Schemas["TestResult"];
export type Transform = Schemas["Transform"];
export type Use = Schemas["Use"];
