//! What the text of a declaration says about the type of its value.

use crate::text;

/// Words before a type that do not change it.
const MODIFIERS: [&str; 17] = [
    "mut",
    "const",
    "final",
    "readonly",
    "private",
    "public",
    "protected",
    "internal",
    "static",
    "let",
    "var",
    "val",
    "dyn",
    "impl",
    "ref",
    "override",
    "struct",
];
/// Types whose values are used as those of their argument, with the bracket before it.
const WRAPPERS: [&str; 6] = ["Box<", "Rc<", "Arc<", "shared_ptr<", "unique_ptr<", "Optional["];
/// Types whose elements a loop gets.
const LISTS: [&str; 14] = [
    "Array",
    "Collection",
    "IEnumerable",
    "Iterable",
    "Iterator",
    "List",
    "MutableList",
    "ReadonlyArray",
    "Seq",
    "Sequence",
    "Set",
    "Vec",
    "list",
    "vector",
];
/// The alternatives to an optional value.
const EMPTY: [&str; 4] = ["None", "null", "undefined", "nil"];

/// Whether a type is one of `types`, or a reference, a pointer or an optional value of it.
pub(super) fn is_type(text: &str, types: &[String]) -> bool {
    let mut text = text;
    loop {
        let inner = text.trim_matches(|it: char| it.is_whitespace() || "&*?!:;,$\"".contains(it));
        let quoted = inner.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        let inner = quoted.unwrap_or(inner);
        let (first, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let is_modifier = MODIFIERS.contains(&first) || first.starts_with(['\'', '@']);
        let next = if is_modifier && !rest.is_empty() { rest } else { inner };
        if next == text {
            break;
        }
        text = next;
    }
    let is_owner = |path: &str| {
        let last = words(path).last().copied().unwrap_or_default();
        is_path(path) && types.iter().any(|it| it == last)
    };
    if text.contains('|') {
        let mut kinds = text.split('|').map(str::trim).filter(|it| !EMPTY.contains(it)).peekable();
        return kinds.peek().is_some() && kinds.all(|it| is_type(it, types));
    }
    let Some((head, rest)) = text.find(['<', '[']).map(|it| text.split_at(it)) else {
        return is_owner(text);
    };
    let inside = rest[1..].strip_suffix(['>', ']']).unwrap_or_default().trim();
    let wrapper = words(head).last().copied().unwrap_or_default();
    match WRAPPERS.contains(&&*[wrapper, &rest[..1]].concat()) {
        true => is_type(inside, types),
        // `Type<Other>`, but neither `Type[]` nor `Type["name"]`.
        false => {
            let is_list = rest.ends_with("[]");
            let is_named = inside.starts_with(|it: char| it.is_alphabetic() || it == '\'');
            !is_list && is_named && is_owner(head)
        }
    }
}

/// Whether a type is a list of one of `types`: `[T]`, `[]T`, `T[]`, `List<T>`, `&[T]`, `Vec<T>`.
pub(super) fn is_list_of(text: &str, types: &[String]) -> bool {
    let text = text.trim().trim_start_matches([':', ' ', '&', '(']).trim_start_matches("for ");
    let text = text.trim_start_matches("const ").trim_end_matches(['&', ' ']);
    if let Some(element) = text.strip_suffix("[]").or_else(|| text.strip_prefix("[]")) {
        return is_type(element, types);
    }
    let opened = text.split_once(['<', '[']).zip(text.strip_suffix(['>', ']']));
    opened.is_some_and(|((head, _), closed)| {
        let list = words(head).last().copied().unwrap_or_default();
        (list.is_empty() || LISTS.contains(&list)) && is_type(&closed[head.len() + 1..], types)
    })
}

/// Whether an expression makes a value of one of `types`: `Type(…)`, `new a.Type(…)`, `&Type{…}`, `Type::new(…)`.
pub(super) fn makes(text: &str, types: &[String]) -> bool {
    let text = text.trim().trim_end_matches([';', ')', '?', ' ']);
    let text = text.trim_start_matches(['&', '*', '(', ' ']);
    let text = text.strip_prefix("mut ").unwrap_or(text);
    let made = text.strip_prefix("new ").map(str::trim_start);
    let whole = made.unwrap_or(text);
    let path = &whole[..whole.find(['(', '{', '[', '<']).unwrap_or(whole.len())];
    let is_constructed = made.is_some() || whole.len() > path.len() || path.ends_with(".new");
    let mut names = words(path);
    if names.last().is_some_and(|it| *it == "new" || *it == "default" && path.contains("::")) {
        names.pop();
    }
    let rest = &whole[path.len()..];
    let is_owner = names.last().is_some_and(|last| types.iter().any(|it| it == last));
    is_owner && is_constructed && is_path(path.trim()) && is_one_list(rest)
}

/// Whether a text without its closing brackets contains one list in brackets, which may follow one of types.
pub(super) fn is_one_list(text: &str) -> bool {
    let (mut depth, mut closed) = (0_usize, 0);
    // The arrows of functions are no brackets.
    for it in text.replace("=>", "").replace("->", "").chars() {
        match it {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => {
                depth = depth.saturating_sub(1);
                closed += usize::from(depth == 0 && matches!(it, ')' | '}'));
            }
            it if depth == 0 && !it.is_whitespace() => return false,
            _ => {}
        }
    }
    closed == 0 || closed == 1 && depth == 0
}

pub(super) fn is_path(text: &str) -> bool {
    text.chars().all(|it| text::is_word(it) || matches!(it, '.' | ':' | '$' | '@' | '\\'))
        && !text.starts_with('.')
        && !text.ends_with('.')
}

pub(super) fn words(text: &str) -> Vec<&str> {
    let words = text.split(|it: char| !text::is_word(it));
    words.filter(|it| !it.is_empty() && !it.starts_with(|it: char| it.is_ascii_digit())).collect()
}
