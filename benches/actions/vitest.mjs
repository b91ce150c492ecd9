// The part of vitest and jest that generated tests use: runs the tests of a file, prints how many passed, and exits
// with 1 if one failed. Imports of the file under test may lack their extension.
import { registerHooks } from "node:module";
import { isDeepStrictEqual } from "node:util";

const names = ["describe", "it", "test", "expect", "beforeEach", "afterEach", "beforeAll", "afterAll"];
const source = names.map((it) => `export const ${it} = globalThis.${it};`).join("\n");
registerHooks({
  resolve(specifier, context, next) {
    if (["vitest", "@jest/globals"].includes(specifier)) {
      return { url: "bench:vitest", format: "module", shortCircuit: true };
    }
    const bare = specifier.replace(/\.(js|ts)$/, "");
    return next(specifier.startsWith(".") ? `${bare}.ts` : specifier, context);
  },
  load: (url, context, next) =>
    url === "bench:vitest" ? { format: "module", source, shortCircuit: true } : next(url, context),
});

let passed = 0;
let failed = 0;
const before = [];
let running = Promise.resolve();
globalThis.describe = (_, body) => body();
globalThis.it = globalThis.test = (name, body) => {
  running = running.then(async () => {
    try {
      for (const it of before) await it();
      await body();
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`${name}: ${error.message}`);
    }
  });
};
const each = (table) => (name, body) => table.forEach((it) => test(name, () => body(...[it].flat())));
globalThis.it.each = each;
globalThis.beforeEach = globalThis.beforeAll = (body) => before.push(body);
globalThis.afterEach = globalThis.afterAll = () => {};

function thrown(act, wanted) {
  try {
    act();
  } catch (error) {
    if (wanted === undefined) return true;
    if (typeof wanted === "string") return error.message.includes(wanted);
    if (wanted instanceof RegExp) return wanted.test(error.message);
    if (typeof wanted === "function") return error instanceof wanted;
    return error.message === wanted.message;
  }
  return false;
}

// As toEqual compares: without properties that are undefined.
const plain = (it) => (it === undefined ? it : structuredClone(it));
const same = (a, b) => isDeepStrictEqual(plain(a), plain(b)) || isDeepStrictEqual(a, b);
const holds = {
  toBe: (it, other) => Object.is(it, other),
  toEqual: same,
  toStrictEqual: isDeepStrictEqual,
  toBeNull: (it) => it === null,
  toBeUndefined: (it) => it === undefined,
  toBeDefined: (it) => it !== undefined,
  toBeTruthy: Boolean,
  toBeFalsy: (it) => !it,
  toBeNaN: Number.isNaN,
  toBeCloseTo: (it, other, digits = 2) => Math.abs(it - other) < 10 ** -digits / 2,
  toBeGreaterThan: (it, other) => it > other,
  toBeLessThan: (it, other) => it < other,
  toBeInstanceOf: (it, type) => it instanceof type,
  toContain: (it, part) => it.includes(part),
  toContainEqual: (it, part) => it.some((one) => same(one, part)),
  toHaveLength: (it, length) => it.length === length,
  toHaveProperty: (it, name, value) => name in it && (value === undefined || same(it[name], value)),
  toMatch: (it, part) => (part instanceof RegExp ? part.test(it) : it.includes(part)),
  toMatchObject: (it, part) => Object.keys(part).every((name) => same(it[name], part[name])),
  toThrow: thrown,
  toThrowError: thrown,
};
globalThis.expect = (value) => {
  const matchers = (wanted) =>
    Object.fromEntries(
      Object.entries(holds).map(([name, check]) => [
        name,
        (...rest) => {
          if (Boolean(check(value, ...rest)) !== wanted) throw new Error(`${name} does not hold`);
        },
      ]),
    );
  return { ...matchers(true), not: matchers(false) };
};
process.on("beforeExit", async () => {
  await running;
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
});
