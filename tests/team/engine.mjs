#!/usr/bin/env node
// Prisma's query engine as LiteLLM starts it: `-p PORT`, with GraphQL over HTTP.
//
// Prisma's native engine is a download that no package registry has. The npm package @prisma/client contains the
// same engine as WebAssembly, which reads another protocol (JSON): this program translates between the two.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const VERSION = "393aa359c9ad4a4bb28630fb5613f9c281cde053";
if (process.argv.includes("--version")) {
  console.log(`query-engine ${VERSION}`);
  process.exit();
}

const require = createRequire(`${process.env.UNDERSTUDY_TESTBED}/prisma/`);
const { parse } = require("graphql");
const pg = require("pg");
const { PrismaPg } = require("@prisma/adapter-pg");
const { bindAdapter } = require("@prisma/driver-adapter-utils");
const engine = await start(readFileSync(process.env.PRISMA_DML_PATH, "utf8"));
const jsonFields = jsonFieldsOf(readFileSync(process.env.PRISMA_DML_PATH, "utf8"));
serve(Number(process.argv[process.argv.indexOf("-p") + 1]));

async function start(datamodel) {
  const bindings = require("@prisma/client/runtime/query_engine_bg.postgresql.js");
  const wasm = readFileSync(require.resolve("@prisma/client/runtime/query_engine_bg.postgresql.wasm"));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { "./query_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
  // A database that stops closes its idle connections; the next query opens a new one.
  pool.on("error", () => {});
  const options = { logLevel: "error", logQueries: false, ignoreEnvVarErrors: true, datasourceOverrides: {} };
  const more = { datamodel, env: process.env, configDir: ".", engineProtocol: "json" };
  const it = new bindings.QueryEngine({ ...options, ...more }, console.error, bindAdapter(new PrismaPg(pool)));
  await it.connect("{}");
  return it;
}

function serve(port) {
  createServer((request, response) => {
    const chunks = [];
    request.on("data", (it) => chunks.push(it));
    request.on("end", async () => {
      const said = await handle(request, Buffer.concat(chunks).toString()).catch(failed);
      response.setHeader("content-type", "application/json").end(JSON.stringify(said));
    });
  }).listen(port, "localhost");
  for (const it of ["SIGINT", "SIGTERM"]) process.on(it, () => process.exit());
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(), 500);
}

function failed(error) {
  console.error(error);
  return { errors: [{ error: String(error), user_facing_error: { message: String(error) } }] };
}

async function handle(request, body) {
  const [, first, id, verb] = request.url.split("/");
  if (first === "status") return { status: "ok" };
  if (first !== "transaction") return query(JSON.parse(body), request.headers["x-transaction-id"]);
  if (id === "start") return JSON.parse(await engine.startTransaction(body, "{}"));
  const end = verb === "commit" ? "commitTransaction" : "rollbackTransaction";
  return JSON.parse(await engine[end](id, "{}"));
}

async function query(body, transaction) {
  const fields = (body.batch ?? [body]).flatMap(fieldsOf);
  if (!body.batch) {
    return answer(JSON.parse(await engine.query(JSON.stringify(toJson(fields[0])), "{}", transaction)), fields[0]);
  }
  const batch = { batch: fields.map(toJson), transaction: body.transaction ? {} : undefined };
  const said = JSON.parse(await engine.query(JSON.stringify(batch), "{}", transaction));
  const results = said.batchResult?.map((it, at) => answer(it, fields[at]));
  return results ? { batchResult: results } : said;
}

function fieldsOf({ query }) {
  return parse(query, { noLocation: true }).definitions[0].selectionSet.selections;
}

// `findManyUser(where: {…}) { id }` becomes `{ modelName: "User", action: "findMany", query: {…} }`.
function toJson(field) {
  const name = field.name.value;
  const query = callOf(field);
  if (name === "queryRaw" || name === "executeRaw") return { action: name, query };
  const actions = "findUnique|findFirst|findMany|createOne|createMany|updateOne|updateMany|upsertOne|deleteOne|deleteMany";
  const [, action, modelName, orThrow] = RegExp(`^(${actions}|aggregate|groupBy)(.+?)(OrThrow)?$`).exec(name);
  query.arguments = tagged(query.arguments, jsonFields.get(modelName));
  return { modelName, action: action + (orThrow ?? ""), query };
}

function callOf(field) {
  const named = field.arguments.map((it) => [it.name.value, valueOf(it.value)]);
  const selected = field.selectionSet?.selections ?? [];
  const selection = selected.map((it) => [it.name.value, it.selectionSet ? callOf(it) : true]);
  return { arguments: Object.fromEntries(named), selection: Object.fromEntries(selection) };
}

function valueOf(node) {
  switch (node.kind) {
    case "ObjectValue":
      return Object.fromEntries(node.fields.map((it) => [it.name.value, valueOf(it.value)]));
    case "ListValue":
      return node.values.map(valueOf);
    case "IntValue":
      return Number.isSafeInteger(Number(node.value)) ? Number(node.value) : { $type: "BigInt", value: node.value };
    case "FloatValue":
      return Number(node.value);
    case "NullValue":
      return null;
    // The adapter does not know arrays of names.
    case "StringValue":
      return node.value.replace("ARRAY_AGG(viewname)", "ARRAY_AGG(viewname::text)");
    default:
      return node.value;
  }
}

// In GraphQL, JSON is a string. The JSON protocol marks it.
function tagged(value, names) {
  if (Array.isArray(value)) return value.map((it) => tagged(it, names));
  if (value === null || typeof value !== "object") return value;
  const isJson = (name, it) => names.has(name) && typeof it === "string";
  const tag = ([name, it]) => [name, isJson(name, it) ? { $type: "Json", value: it } : tagged(it, names)];
  return Object.fromEntries(Object.entries(value).map(tag));
}

// The names of the fields of type JSON, by model.
function jsonFieldsOf(datamodel) {
  const models = [...datamodel.matchAll(/^model (\w+) \{(.*?)^\}/gms)];
  const names = (body) => new Set([...body.matchAll(/^\s*(\w+)\s+Json/gm)].map((it) => it[1]));
  return new Map(models.map(([, name, body]) => [name, names(body)]));
}

function answer(said, field) {
  if (said.errors) return said;
  const value = untagged(Object.values(said.data)[0]);
  const name = (field.alias ?? field.name).value;
  return { data: { [name]: field.name.value === "queryRaw" ? parsed(value) : value } };
}

function untagged(value) {
  if (Array.isArray(value)) return value.map(untagged);
  if (value === null || typeof value !== "object") return value;
  if ("$type" in value) return untagged(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, untagged(it)]));
}

// The rows of a raw query contain JSON as values.
function parsed(table) {
  const read = (it, at) => (table.types[at] === "json" && typeof it === "string" ? JSON.parse(it) : it);
  return { ...table, rows: table.rows.map((row) => row.map(read)) };
}
