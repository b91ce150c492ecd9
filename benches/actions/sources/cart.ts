// A shopping cart.

export interface Line {
  name: string;
  price: number;
  count: number;
}

export class Cart {
  readonly lines: Line[] = [];

  add(name: string, price: number, count: number = 1): void {
    for (const line of this.lines) {
      if (line.name === name && line.price === price) {
        line.count += count;
        return;
      }
    }
    this.lines.push({ name: name, price: price, count: count });
  }

  remove(name: string, count: number): number {
    let removed = 0;
    for (let index = this.lines.length - 1; index >= 0; index--) {
      const line = this.lines[index];
      if (line.name !== name) {
        continue;
      }
      const taken = Math.min(line.count, count - removed);
      line.count -= taken;
      removed += taken;
      if (line.count === 0) {
        this.lines.splice(index, 1);
      }
    }
    return removed;
  }

  total(discount: number): number {
    let sum = 0;
    for (let index = 0; index < this.lines.length; index++) {
      const line = this.lines[index];
      sum = sum + line.price * line.count;
    }
    if (discount < 0 || discount > 1) {
      throw new RangeError("a discount is between 0 and 1");
    }
    return Math.round(sum * (1 - discount) * 100) / 100;
  }

  cheapest(): Line | undefined {
    let best: Line | undefined = undefined;
    for (const line of this.lines) {
      if (best === undefined) {
        best = line;
      } else if (line.price < best.price) {
        best = line;
      }
    }
    return best;
  }
}
