mod samples;

use proptest::prelude::*;

use super::*;

/// Split in two, so that no scanner reports it as a leak in this repository.
const SECRETS: &[(&str, &str)] = &[
    ("AKIA", "IOSFODNN7EXAMPLE"),
    ("AIza", "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
    ("ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"),
    ("github_pat_", "11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ01"),
    ("glpat-", "x1y2z3A4B5C6D7E8F9G0"),
    ("xoxb-", "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"),
    ("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"),
    ("sk-ant-", "api03-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0"),
    ("sk-proj-", "q7Zt2LmX9vKp4RwB8nYc3HsJ6dFg1TeU"),
    ("hf_", "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
    ("npm_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"),
    ("SG.", "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"),
    ("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
];

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(Mask::new().mask(text), expected);
}

#[test]
fn secrets_are_recognised_by_their_shape() {
    for (head, tail) in SECRETS {
        let secret = format!("{head}{tail}");
        for (before, after) in [("let a = \"", "\";\n"), ("A=", "\n"), ("", ""), ("// é ", " é")]
        {
            check(&format!("{before}{secret}{after}"), &format!("{before}MASKED_SECRET_1{after}"));
        }
    }
}

#[test]
fn a_random_value_with_the_name_of_a_secret_is_masked() {
    let (key, hex) = ("q7Zt2LmX9vKp4RwB8nYc", "9f8e7d6c5b4a39281706f5e4d3c2b1a0");
    for (before, value, after) in [
        ("api_key = \"", key, "\""),
        ("\"apiKey\": \"", hex, "\","),
        ("const SECRET_KEY: &str = \"", key, "\";"),
        ("export AWS_SECRET_ACCESS_KEY=", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYz9LKEY1234", "\n"),
        ("client_secret: '", key, "'"),
        ("headers['X-Auth-Token'] = '", hex, "'"),
        ("Authorization: Bearer ", key, "\n"),
        ("AccountKey=", "q7Zt2LmX9vKp4RwB8nYcq7Zt2LmX9vKp4RwB8nYc", ";"),
    ] {
        check(&format!("{before}{value}{after}"), &format!("{before}MASKED_SECRET_1{after}"));
    }
}

#[test]
fn passwords_are_masked_unless_they_are_plain_words() {
    check("postgres://app:hunter2@db/x", "postgres://app:MASKED_SECRET_1@db/x");
    check("password = \"S3cr3t!pass\"", "password = \"MASKED_SECRET_1\"");
    check(
        "\"Server=db;User Id=sa;Password=Tr0ub4dor;\"",
        "\"Server=db;User Id=sa;Password=MASKED_SECRET_1;\"",
    );
}

/// Lengths are counted in bytes. The longest password that is masked ends inside a character here.
#[test]
fn a_password_is_masked_in_whole_characters() {
    let check_long = |masked: usize, left: usize| {
        let password = "1".to_owned() + &"é".repeat(masked + left);
        let expected = format!("Server=db;Password=MASKED_SECRET_1{};", "é".repeat(left));
        check(&format!("Server=db;Password={password};"), &expected);
    };
    check_long(99, 0);
    check_long(100, 5);
}

#[test]
fn complete_and_partial_private_keys_are_masked() {
    let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\nabc+/=\n";
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    check(&format!("a\n{begin}\n{lines}{end}\nb\n"), "a\nMASKED_SECRET_1\nb\n");
    check(&format!("a\n{begin}\n{lines}"), "a\nMASKED_SECRET_1");
    check(&format!("{lines}{end}\nb\n"), "MASKED_SECRET_1\nb\n");
    let public = "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----\n";
    check(public, public);
}

#[test]
fn code_is_not_masked() {
    for text in [
        "let token = lexer.next_token();",
        "fn key(&self) -> &str { self.key }",
        "token: Token::Identifier,",
        "const KEY: &str = \"authorization_header_name\";",
        "password = getpass(\"Password: \")",
        "\"password\": \"string\",",
        "http://example.com:8080/a@b",
        "postgres://user:${PASSWORD}@host/db",
        "postgres://user:password@host/db",
        "let secret = std::env::var(\"SECRET_KEY_OF_THE_APPLICATION\")?;",
        "import { sk-folding-cube-in-the-middle-of-it } from 'x';",
        "sha = \"0000000000000000000000000000000000000000\"",
        "task-runner-of-something-very-long-indeed-1234",
        "authors = [\"Jane Doe <jane@example.com>\"]",
        "keyboard_layout = 'com.apple.keylayout.US-International'",
        "AuthenticationHandlerV2Factory auth = new AuthenticationHandlerV2Factory();",
    ] {
        check(text, text);
    }
}

#[test]
fn the_same_secret_has_the_same_placeholder_and_is_restored() {
    let (one, two) = (SECRETS[0], SECRETS[2]);
    let (one, two) = ([one.0, one.1].concat(), [two.0, two.1].concat());
    let mut mask = Mask::new();
    assert_eq!(mask.mask(&format!("{one} {two}")), "MASKED_SECRET_1 MASKED_SECRET_2");
    assert_eq!(mask.mask(&format!("{two}\n")), "MASKED_SECRET_2\n");
    assert_eq!(mask.restore("f(MASKED_SECRET_2)"), format!("f({two})"));
    assert_eq!(mask.restore("MASKED_SECRET_12 MASKED_SECRET_"), "MASKED_SECRET_12 MASKED_SECRET_");
    assert!(!format!("{mask:?}").contains(&one));
}

#[test]
fn a_word_that_looks_like_a_placeholder_is_unchanged() {
    let secret = [SECRETS[0].0, SECRETS[0].1].concat();
    let mut mask = Mask::new();
    let text = format!("MASKED_SECRET_1 {secret}");
    assert_eq!(mask.mask(&text), "MASKED_SECRET_1 MASKED_SECRET_2");
    assert_eq!(mask.restore("MASKED_SECRET_1 MASKED_SECRET_2"), text);
}

#[test]
fn a_secret_across_the_cursor_is_found() {
    let secret = [SECRETS[2].0, SECRETS[2].1].concat();
    let text = format!("a {secret} b");
    for cut in 0..=text.len() {
        let (before, after) = Mask::new().mask_around(&text[..cut], &text[cut..]).expect("one");
        assert_eq!([before.as_str(), after.as_str()].concat(), "a MASKED_SECRET_1 b");
        let inside = cut > 2 && cut < 2 + secret.len();
        assert!(!inside || before == "a MASKED_SECRET_1", "{before}|{after}");
    }
    assert_eq!(Mask::new().mask_around("a", "b"), None);
}

proptest! {
    #[test]
    fn a_reply_in_pieces_is_restored_like_a_whole_one(cuts in prop::collection::vec(1usize..9, 0..40)) {
        let secret = [SECRETS[0].0, SECRETS[0].1].concat();
        let mut mask = Mask::new();
        mask.mask(&secret);
        let text = "MASKED_SECRET_1 MASKED MASKED_SECRET_12 é MASKED_SECRET_1";
        let mut restorer = Restorer::new(Arc::new(mask.clone()));
        let (mut restored, mut rest) = (String::new(), text);
        for cut in cuts {
            let cut = rest.floor_char_boundary(cut.min(rest.len()));
            restored.push_str(&restorer.push(&rest[..cut]));
            rest = &rest[cut..];
        }
        restored.push_str(&restorer.push(rest));
        restored.push_str(&restorer.finish());
        prop_assert_eq!(restored, mask.restore(text));
    }

    #[test]
    fn any_text_is_restored(text in "(\\PC{0,20}|AKIA[A-Z2-7]{16}|[a-z]+_key = \"[A-Za-z0-9]{24}\"|\n){0,20}") {
        let mut mask = Mask::new();
        let masked = mask.mask(&text).into_owned();
        prop_assert_eq!(mask.restore(&masked), text);
    }
}
