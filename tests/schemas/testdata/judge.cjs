// Judges events by Ajv, or by Protobuf-ES.
//
// Each line of the input is {schema, formats, events} with a JSON schema's text and whether formats count, or {descriptors,
// message, events} with the file of a descriptor set and a message's name, and the events' texts; each line of the output is
// {verdicts}: what is wrong with each event, "" for nothing, or {unusable}: what is wrong with the schema.
const fs = require('node:fs');
const readline = require('node:readline');

// The formats that the drafts define and ajv-formats has: it also has some that no draft knows.
const formatNames = [
  ...['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uri-template'],
  ...['uuid', 'json-pointer', 'relative-json-pointer', 'regex'],
];

const modules = { 'draft-04': 'ajv-draft-04', 'draft/2019-09': 'ajv/dist/2019', 'draft/2020-12': 'ajv/dist/2020' };

// Ajv checks these in draft 4, too, which does not know them.
const laterKeywords = ['const', 'contains', 'propertyNames', 'if', 'then', 'else'];

// ECMA-262 has two grammars of patterns: JSON Schema recommends the one with Unicode, and schemas use both.
function pattern(source) {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}
pattern.code = 'new RegExp';

// Up to draft 7 what stands beside $ref does not count, except that it may be referred to. Ajv counts it in every draft.
function withoutSiblings(schema) {
  if (Array.isArray(schema)) return schema.map(withoutSiblings);
  if (schema === null || typeof schema !== 'object') return schema;
  const entries = Object.entries(schema).filter(([name]) => typeof schema.$ref !== 'string' || name === '$ref' || name === 'definitions');
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutSiblings(value)]));
}

function ajv({ schema, formats }) {
  let document = JSON.parse(schema);
  const draft = document.$schema ?? '';
  const named = Object.keys(modules).find((name) => draft.includes(name)) ?? '';
  const Ajv = require(modules[named] ?? 'ajv').default;
  const validator = new Ajv({ strict: false, logger: false, multipleOfPrecision: 9, code: { regExp: pattern }, validateFormats: formats === true });
  require('ajv-formats').default(validator, formatNames);
  if (named === 'draft-04') {
    laterKeywords.forEach((keyword) => validator.removeKeyword(keyword));
  }
  // The draft is known by now, and a schema may name it in a way that Ajv does not.
  delete document.$schema;
  const known = validator.getSchema(document.$id ?? document.id ?? '');
  if (!named.startsWith('draft/')) {
    document = withoutSiblings(document);
    if (known) {
      // Ajv's own copy of a draft's schema checks no formats, and no schema may come twice.
      delete document.$id;
      delete document.id;
    }
  }
  const validate = (named.startsWith('draft/') && known) || validator.compile(document);
  return (event) => {
    if (validate(JSON.parse(event))) return '';
    const { instancePath, schemaPath, message } = validate.errors[0];
    return `${instancePath} ${schemaPath} ${message}`;
  };
}

function protobufES({ descriptors, message }) {
  const { createFileRegistry, fromBinary, fromJsonString, toBinary } = require('@bufbuild/protobuf');
  const { FileDescriptorSetSchema } = require('@bufbuild/protobuf/wkt');
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(descriptors)));
  const type = registry.getMessage(message);
  return (event) => {
    try {
      // What lacks required fields is found when it is written.
      toBinary(type, fromJsonString(type, event, { registry }));
      return '';
    } catch (error) {
      return String(error);
    }
  };
}

function judge(request) {
  let verdict;
  try {
    verdict = 'schema' in request ? ajv(request) : protobufES(request);
  } catch (error) {
    return { unusable: String(error) };
  }
  return { verdicts: request.events.map(verdict) };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => console.log(JSON.stringify(judge(JSON.parse(line)))));
