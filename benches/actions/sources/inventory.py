"""What a shop has in stock."""

from collections import defaultdict


class OutOfStock(Exception):
    pass


class Inventory:
    def __init__(self):
        self.items = defaultdict(int)
        self.prices = {}

    def add(self, name, count, price=None):
        if count <= 0:
            raise ValueError("the count must be positive")
        self.items[name] += count
        if price is not None:
            self.prices[name] = price

    def take(self, name, count=1):
        available = self.items.get(name, 0)
        if available < count:
            raise OutOfStock(name)
        left = available - count
        if left == 0:
            del self.items[name]
        else:
            self.items[name] = left
        return left

    def total_value(self, default_price=0):
        total = 0
        for name in self.items:
            count = self.items[name]
            if name in self.prices:
                price = self.prices[name]
            else:
                price = default_price
            total = total + count * price
        return total

    def low_stock(self, threshold):
        names = []
        for name, count in self.items.items():
            if count < threshold:
                names.append(name)
        names.sort()
        return names

    def report(self):
        lines = []
        width = 0
        for name in self.items:
            if len(name) > width:
                width = len(name)
        for name in sorted(self.items):
            count = self.items[name]
            price = self.prices.get(name)
            line = name + " " * (width - len(name)) + " " + str(count)
            if price is not None:
                line = line + " x " + str(price)
            lines.append(line)
        return "\n".join(lines)
