//! Fences of an answer: their marks, and which of them has the code.

use super::*;

#[track_caller]
fn check(language: &str, answer: &str, expected: Result<&str, Unusable>) {
    let found = read(answer, &Site { language, ..Site::alone("a = 1\n") });
    assert_eq!(found, expected.clone().map(str::to_owned), "{answer}");
    if let Ok(expected) = expected {
        assert_eq!(code(answer, language).as_deref(), Ok(expected), "{answer}");
        assert_eq!(shown(answer, "a = 1\n", language).as_deref(), Some(expected), "{answer}");
    }
}

#[test]
fn tildes_are_a_fence() {
    for answer in [
        "~~~\na = 2\n~~~\n",
        "~~~python\na = 2\n~~~",
        "Here it is:\n~~~ python\na = 2\n~~~\nDone.\n",
        "~~~~python title=`a`\na = 2\n~~~~~\n",
    ] {
        check("python", answer, Ok("a = 2\n"));
    }
    check("markdown", "~~~markdown\n```\na\n```\n~~~", Ok("```\na\n```\n"));
    check("markdown", "```markdown\n~~~\na\n~~~\n```", Ok("~~~\na\n~~~\n"));
    check("python", "~~~python\na = 2\n```\n", Err(Unusable::Half));
    // A title of reStructuredText.
    let site = Site::alone("Title\n~~~~~\n\nOld text.\n");
    let new = "Title\n~~~~~\n\nNew (text).\n";
    assert_eq!(read(new, &site).as_deref(), Ok(new));
}

#[test]
fn the_fence_of_the_documents_language_is_used() {
    let command = "First install it:\n```bash\npip install a\n```\n";
    for code in ["```python\na = 2\n```\n", "```py\na = 2\n```\n", "~~~ {.python}\na = 2\n~~~\n"] {
        check("python", &format!("{command}\nThen:\n{code}"), Ok("a = 2\n"));
        check("python", &format!("{code}\nRun it:\n```\n$ python a.py\n```\n"), Ok("a = 2\n"));
        check("python", &format!("{code}\nIt prints:\n```text\n2\n```\n"), Ok("a = 2\n"));
        check("python", &format!("```toml\n[a]\n```\n{code}{command}"), Ok("a = 2\n"));
    }
    for shell in ["sh", "console", "powershell", "shell session", "zsh"] {
        let command = format!("```{shell}\nmake\n```\n");
        check("python", &format!("{command}```\na = 2\n```\n"), Ok("a = 2\n"));
        check("", &format!("{command}```\na = 2\n```\n"), Ok("a = 2\n"));
        check("", &format!("{command}```fortran\na = 2\n```\n"), Ok("a = 2\n"));
        check("python", &format!("{command}```fortran\na = 2\n```\n"), Ok("a = 2\n"));
    }
    // In a shell script a command is code.
    check("bash", "```sh\na=2\n```\n```python\na = 2\n```\n", Ok("a=2\n"));
    check("tsx", "```css\n.a {}\n```\n```typescript\na = 2\n```\n", Ok("a = 2\n"));
    check("fortran", "```\na\n```\n```fortran\na = 2\n```\n", Ok("a = 2\n"));
    let two = "```python\na = 2\n```\n```python\na = 3\n```\n";
    check("python", &format!("{command}{two}"), Err(Unusable::Several(2)));
    check("python", &format!("```\n{two}"), Err(Unusable::Half));
}

#[test]
fn an_answer_is_watched_in_its_first_fence_with_code() {
    let begun = |answer: &'static str| {
        fence::begun(answer, "python").map(|(at, mark)| (&answer[at..], mark))
    };
    let expect = |code: &'static str, mark: &'static str| Some((code, mark));
    assert_eq!(begun("~~~py\na = 1\n"), expect("a = 1\n", "~~~"));
    assert_eq!(begun("```sh\nmake\n```\n````\na = 1\n"), expect("a = 1\n", "````"));
    assert_eq!(begun("```\na = 1\n```\n```\nb\n"), None);
}
