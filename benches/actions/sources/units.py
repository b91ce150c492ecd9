"""Sizes, durations, versions and switches as people write them."""

UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class FormatError(ValueError):
    pass


def parse_size(text):
    text = text.strip().lower()
    if text == "":
        raise FormatError("empty size")
    unit = "b"
    if text[-1] in UNITS:
        unit = text[-1]
        text = text[:-1]
    try:
        number = float(text)
    except ValueError:
        raise FormatError("not a size: " + text) from None
    if number < 0:
        raise FormatError("negative size")
    return int(number * UNITS[unit])


def format_duration(seconds):
    hours = seconds // 3600
    rest = seconds % 3600
    minutes = rest // 60
    rest = rest % 60
    parts = []
    if hours > 0:
        parts.append(str(hours) + "h")
    if minutes > 0:
        parts.append(str(minutes) + "m")
    if rest > 0 or len(parts) == 0:
        parts.append(str(rest) + "s")
    return " ".join(parts)


def compare_versions(left, right):
    first = [int(part) for part in left.split(".")]
    second = [int(part) for part in right.split(".")]
    length = max(len(first), len(second))
    while len(first) < length:
        first.append(0)
    while len(second) < length:
        second.append(0)
    for index in range(length):
        if first[index] < second[index]:
            return -1
        if first[index] > second[index]:
            return 1
    return 0


def is_enabled(environment, name, default=False):
    value = environment.get(name)
    if value is None or value == "":
        return default
    if value.lower() == "0":
        return False
    if value.lower() == "false":
        return False
    if value.lower() == "no":
        return False
    return True
