// Series of numbers and words.

export function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

export function median(values: number[]): number | null {
  if (values.length === 0) {
    return null;
  }
  const sorted = values.slice();
  sorted.sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) {
    return sorted[middle];
  } else {
    return (sorted[middle - 1] + sorted[middle]) / 2;
  }
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size = size / 1024;
    unit = unit + 1;
  }
  if (unit === 0) {
    return size + " " + units[unit];
  }
  return size.toFixed(1) + " " + units[unit];
}

export function camelCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/);
  let result = "";
  for (const word of words) {
    if (word.length === 0) {
      continue;
    }
    if (result.length === 0) {
      result = result + word.toLowerCase();
    } else {
      result = result + word[0].toUpperCase() + word.slice(1).toLowerCase();
    }
  }
  return result;
}
