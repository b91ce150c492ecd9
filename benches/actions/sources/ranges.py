"""Ranges of numbers, and series of measurements."""


def merge_ranges(ranges):
    merged = []
    for start, end in sorted(ranges):
        if len(merged) > 0 and start <= merged[-1][1]:
            last = merged[-1]
            if end > last[1]:
                merged[-1] = (last[0], end)
        else:
            merged.append((start, end))
    return merged


def find_gaps(ranges, limit):
    gaps = []
    position = 0
    for start, end in sorted(ranges):
        if start > position:
            gaps.append((position, start))
        if end > position:
            position = end
    if position < limit:
        gaps.append((position, limit))
    return gaps


def moving_average(values, width):
    if width <= 0:
        raise ValueError("the width must be positive")
    averages = []
    for index in range(len(values)):
        start = index - width + 1
        if start < 0:
            start = 0
        total = 0
        count = 0
        for value in values[start : index + 1]:
            total = total + value
            count = count + 1
        averages.append(total / count)
    return averages


def longest_run(values):
    best_value = None
    best_count = 0
    current = None
    count = 0
    for value in values:
        if count > 0 and value == current:
            count += 1
        else:
            current = value
            count = 1
        if count > best_count:
            best_value = current
            best_count = count
    return best_value, best_count


def summarize(samples):
    if not samples:
        return {"count": 0, "mean": None, "median": None}
    total = 0
    for sample in samples:
        total += sample
    ordered = sorted(samples)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        median = ordered[middle]
    else:
        median = (ordered[middle - 1] + ordered[middle]) / 2
    return {"count": len(samples), "mean": total / len(samples), "median": median}
