
// SETUP
function error(act: () => unknown): string | null {
  try {
    act();
  } catch (it) {
    return (it as Error).name;
  }
  return null;
}
const { inspect } = await import("node:util");
const shown = (value: () => unknown) => {
  try {
    return inspect(value(), { depth: 9 });
  } catch (it) {
    return `an exception: ${(it as Error).message}`;
  }
};
const cases: [string, string, () => any, () => any][] = [
  // CASES
];
for (const [owner, text, said, wanted] of cases) {
  const message = `\`${text.split(" == ")[0]}\` is ${shown(said)}, expected ${shown(wanted)}`;
  console.log("row " + JSON.stringify([owner, shown(said) === shown(wanted), message]));
}
