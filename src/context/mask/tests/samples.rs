//! A positive case for every rule, with near misses: keys that are longer than real ones, or contain a
//! character that real ones never contain.

use super::*;
use crate::context::mask::find;

/// Random characters. Written here so that no scanner reports a case as a leak.
const ALNUM: &str = "q7Zt2LmX9vKp4RwB8nYc3HsJ6dFg1TeU5aQoW0xzMbVhDkPlSjGfNrEyTuiCA";
const UPPER: &str = "Q7ZT2LMX9VKP4RWB8NYC3HSJ6DFG1TEU50A";
const LOWER: &str = "q7zt2lmx9vkp4rwb8nyc3hsj6dfg1teu50a";
const HEX: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
const DIGITS: &str = "73049218561370924";

/// The first `count` characters of an alphabet, repeated as needed.
fn draw(alphabet: &str, count: usize) -> String {
    alphabet.chars().cycle().take(count).collect()
}

/// Texts that are secrets as a whole: a fixed beginning, then a number of characters of an alphabet.
const WHOLE: &[(&str, &str, usize)] = &[
    ("AKIA", UPPER, 16),
    ("ASIA", UPPER, 16),
    ("AKIA0189", UPPER, 12),
    ("ABIA", UPPER, 20),
    ("ACCA", UPPER, 16),
    ("AROA", UPPER, 17),
    ("AIDA", UPPER, 16),
    ("A3TX", UPPER, 16),
    ("ABSK", ALNUM, 109),
    ("bedrock-api-key-", ALNUM, 40),
    ("AIza", ALNUM, 35),
    ("AIza-_", ALNUM, 30),
    ("ya29.", ALNUM, 40),
    ("1//0", ALNUM, 60),
    ("GOCSPX-", ALNUM, 28),
    ("dop_v1_", HEX, 64),
    ("dop_v1_A", HEX, 64),
    ("doo_v1_", HEX, 64),
    ("dor_v1_", HEX, 64),
    ("dapi", HEX, 32),
    ("dapiF", HEX, 31),
    ("hvs.", ALNUM, 90),
    ("hvb.", ALNUM, 138),
    ("s.", ALNUM, 24),
    ("AGE-SECRET-KEY-1", UPPER, 58),
    ("tskey-auth-k_", ALNUM, 30),
    ("LTAI", ALNUM, 20),
    ("v1.0-", HEX, 171),
    ("cfut_", ALNUM, 48),
    ("cfat_", ALNUM, 48),
    ("fo1_", ALNUM, 43),
    ("FlyV1 fm2_", ALNUM, 500),
    ("sha256~", ALNUM, 43),
    ("HRKU-AA", ALNUM, 58),
    ("pscale_tkn_", ALNUM, 43),
    ("pscale_pw_", ALNUM, 43),
    ("sbp_", HEX, 40),
    ("sb_secret_", ALNUM, 31),
    ("4b1d", ALNUM, 38),
    ("pul-", HEX, 40),
    ("dp.pt.", ALNUM, 43),
    ("dp.st.dev.", ALNUM, 43),
    ("ghp_", ALNUM, 36),
    ("ghp_", ALNUM, 34),
    ("ghp__", ALNUM, 36),
    ("gho_", ALNUM, 40),
    ("ghu_", ALNUM, 36),
    ("ghs_", ALNUM, 36),
    ("ghr_", ALNUM, 76),
    ("github_pat_", ALNUM, 82),
    ("github_pat_", ALNUM, 40),
    ("glpat-", ALNUM, 20),
    ("glpat-=_", ALNUM, 20),
    ("glptt-", HEX, 40),
    ("gldt-", ALNUM, 20),
    ("glrt-t1_", ALNUM, 30),
    ("glcbt-64_", ALNUM, 20),
    ("gloas-", HEX, 64),
    ("glsoat-", ALNUM, 20),
    ("glffct-", ALNUM, 20),
    ("glft-", ALNUM, 20),
    ("glimt-", ALNUM, 25),
    ("glagent-", ALNUM, 50),
    ("GR1348941", ALNUM, 20),
    ("npm_", ALNUM, 36),
    ("npm_", ALNUM, 40),
    ("pypi-AgEIcHlwaS5vcmc", ALNUM, 70),
    ("pypi-AgENdGVzdC5weXBpLm9yZw", ALNUM, 70),
    ("rubygems_", HEX, 48),
    ("rubygems_A", ALNUM, 48),
    ("dckr_pat_", ALNUM, 27),
    ("dckr_oat_", ALNUM, 32),
    ("cio", ALNUM, 32),
    ("oy2", LOWER, 43),
    ("CLOJARS_", HEX, 60),
    ("AKCp8", ALNUM, 68),
    ("AKC", ALNUM, 24),
    ("APB", ALNUM, 30),
    ("cmVmd", ALNUM, 59),
    ("ATATT3xFfGF0", ALNUM, 180),
    ("ATCTT3xFfG", ALNUM, 180),
    ("ATBB", ALNUM, 28),
    ("BBDC-", ALNUM, 44),
    ("CCIPAT_", ALNUM, 63),
    ("bkua_", HEX, 40),
    ("sgp_", HEX, 40),
    ("sgp_local_", HEX, 40),
    ("sk-ant-api03-", ALNUM, 95),
    ("sk-ant-admin01-", ALNUM, 20),
    ("sk-proj-", ALNUM, 48),
    ("sk-svcacct-", ALNUM, 48),
    ("sk-or-v1-", HEX, 64),
    ("sk-", ALNUM, 48),
    ("sk-", HEX, 32),
    ("hf_", ALNUM, 34),
    ("api_org_", ALNUM, 34),
    ("gsk_", ALNUM, 52),
    ("csk-", LOWER, 48),
    ("xai-", ALNUM, 80),
    ("xai-_", ALNUM, 79),
    ("pplx-", ALNUM, 48),
    ("nvapi-", ALNUM, 64),
    ("r8_", ALNUM, 37),
    ("fw_", ALNUM, 24),
    ("e2b_", HEX, 40),
    ("tgp_v1_", ALNUM, 43),
    ("lsv2_pt_", HEX, 42),
    ("pcsk_", ALNUM, 69),
    ("jina_", ALNUM, 60),
    ("tvly-", ALNUM, 32),
    ("fc-", HEX, 32),
    ("xoxb-123456789012-1234567890123-", ALNUM, 24),
    ("xoxb-1234567890-", ALNUM, 18),
    ("xoxp-", DIGITS, 12),
    ("xoxa-2-", ALNUM, 20),
    ("xapp-1-A0", UPPER, 60),
    ("SG.", ALNUM, 66),
    ("key-", HEX, 32),
    ("key-", LOWER, 32),
    ("xkeysib-", HEX, 81),
    ("SK", HEX, 32),
    ("SK", ALNUM, 32),
    ("AC", HEX, 32),
    ("sk_live_", ALNUM, 24),
    ("sk_live_", ALNUM, 10),
    ("sk_test_", ALNUM, 99),
    ("rk_prod_", ALNUM, 24),
    ("rzp_live_", ALNUM, 14),
    ("whsec_", ALNUM, 32),
    ("sq0atp-", ALNUM, 22),
    ("sq0csp-", ALNUM, 43),
    ("sq0idp-", ALNUM, 22),
    ("EAAA", ALNUM, 60),
    ("EAAC", ALNUM, 120),
    ("shpat_", HEX, 32),
    ("shpss_AB", HEX, 32),
    ("FLWSECK_TEST-", HEX, 32),
    ("shippo_live_", HEX, 40),
    ("duffel_test_", ALNUM, 43),
    ("EZAK", ALNUM, 54),
    ("lin_api_", ALNUM, 40),
    ("glsa_", ALNUM, 41),
    ("glc_eyJ", ALNUM, 60),
    ("figd_", ALNUM, 40),
    ("figp_", ALNUM, 40),
    ("sntrys_eyJ", ALNUM, 100),
    ("sntryu_", HEX, 64),
    ("ntn_", ALNUM, 46),
    ("rdme_", LOWER, 70),
    ("pnu_", ALNUM, 36),
    ("phx_", ALNUM, 43),
    ("apify_api_", ALNUM, 36),
    ("rootly_", HEX, 64),
    ("aio_", ALNUM, 28),
    ("secret_", ALNUM, 43),
    ("sm_aat_", ALNUM, 16),
    ("PMAK-", HEX, 59),
    ("pat-na1-", HEX, 36),
    ("NRAK-", UPPER, 27),
    ("ops_eyJ", ALNUM, 250),
    ("eyJrIjoi", ALNUM, 80),
    ("sl.", ALNUM, 135),
    ("p8e-", LOWER, 32),
    ("fio-u-", ALNUM, 64),
    ("ico-", ALNUM, 32),
    ("CFPAT-", ALNUM, 43),
    ("sec-c-", HEX, 36),
    ("s-s4t2ud-", HEX, 64),
    ("3MVG9", ALNUM, 80),
    ("API-", UPPER, 26),
    ("ZXlKaGJHY2lPaU", ALNUM, 80),
];

/// Secrets that consist of several parts.
fn compound() -> Vec<String> {
    let (alnum, hex) = (|count| draw(ALNUM, count), |count| draw(HEX, count));
    vec![
        format!("A3-{}-{}-7K2QX-Z93LM-04WTB", draw(UPPER, 6), draw(UPPER, 11)),
        format!("MT{}.{}.{}", alnum(22), alnum(6), alnum(27)),
        format!("ODk{}.{}.{}", alnum(23), alnum(6), alnum(38)),
        format!("dt0c01.{}.{}", draw(UPPER, 24), draw(UPPER, 64)),
        format!("SG.{}.{}", alnum(22), alnum(43)),
        format!("pat{}.{}", alnum(14), hex(64)),
        format!("pat.{}.{}.{}", alnum(22), alnum(24), alnum(20)),
        format!("sk.eyJ{}.{}", alnum(60), alnum(22)),
        format!("00D{}!{}", alnum(12), alnum(96)),
        format!("VF.DM.{}.{}", hex(24), alnum(16)),
        format!("eyJ{}.eyJ{}.{}", alnum(30), alnum(40), alnum(43)),
        // Without a signature, and with a padding that no encoder produces.
        format!("eyJ{}.eyJ{}.", alnum(30), alnum(40)),
        format!("eyJ{}=.eyJ{}=.{}", alnum(30), alnum(40), alnum(43)),
        format!("{}-us12", hex(32)),
        format!("{}_{}_mmk", alnum(6), alnum(29)),
        format!(
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----",
            alnum(70)
        ),
        format!(
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
            alnum(70)
        ),
        format!("PuTTY-User-Key-File-3: ssh-ed25519\n{}\nPrivate-MAC: {}", alnum(70), hex(64)),
    ]
}

/// Secrets inside a text: the text before, the secret, and the text after.
fn within() -> Vec<(String, String, &'static str)> {
    let (alnum, hex) = (|count| draw(ALNUM, count), |count| draw(HEX, count));
    let case = |before: &str, secret: String, behind| (before.to_owned(), secret, behind);
    vec![
        case("AccountKey=", format!("{}==", alnum(86)), ";"),
        case("https://x.example/c?sv=1&sig=", format!("{}%3D", alnum(43)), "&se=2"),
        case("abc8", format!("Q~{}", alnum(34)), "'"),
        (format!("'{}", alnum(14)), format!(".atlasv1.{}", alnum(67)), "'"),
        case("_gitlab_session=", hex(32), ";"),
        case("//registry.example/:_authToken=", hex(36), "\n"),
        ("'".to_owned() + &alnum(20), format!("T3BlbkFJ{}", alnum(20)), "'"),
        case(
            "https://hooks.slack.com/services/",
            format!("T{}/B{}/{}", hex(8), hex(8), alnum(24)),
            "'",
        ),
        case(
            "https://hooks.slack.com/workflows/",
            format!("T{}/A{}/1/{}", hex(8), hex(8), alnum(24)),
            "'",
        ),
        case(
            "https://x.webhook.office.com/webhookb2/",
            format!("{}@{}/IncomingWebhook/{}", hex(36), hex(36), hex(32)),
            "'",
        ),
        case(
            "https://hooks.zapier.com/hooks/catch/",
            format!("{}/{}", draw(DIGITS, 7), alnum(8)),
            "'",
        ),
        case(
            "https://discord.com/api/webhooks/",
            format!("{}/{}", draw(DIGITS, 18), alnum(68)),
            "'",
        ),
        case("bot = '1234567890", format!(":AA{}", alnum(33)), "'"),
        case("Authorization: Bearer ", alnum(40), "\n"),
        case("-H 'Authorization: Bearer ", "abc12345".to_owned(), "'"),
        case("Authorization: Basic ", alnum(24), "\n"),
        case("Authorization: Basic ", "dXNlcjpwYXNzd29yZA==".to_owned(), "'"),
        case("postgres://app:", "hunter2".to_owned(), "@db/x"),
        case("curl -u me:", "s3cr3t-9".to_owned(), " https://x.example"),
        case("Server=db;User Id=sa;Password=", "Tr0ub4dor".to_owned(), ";"),
        case("<add key=\"ClearTextPassword\" value=\"", "Tr0ub4dor".to_owned(), "\" />"),
        case("api_key = \"", alnum(20), "\""),
        case("export SERVICE_TOKEN=", alnum(32), "\n"),
        case("DB_PASS = \"", "S3cr3t!9".to_owned(), "\""),
    ]
}

#[test]
fn every_case_is_masked_completely_in_any_position() {
    let whole =
        WHOLE.iter().map(|(head, alphabet, count)| format!("{head}{}", draw(alphabet, *count)));
    for secret in whole.chain(compound()) {
        for (before, behind) in
            [("let a = \"", "\";\n"), ("A=", "\n"), ("", ""), ("// é ", " é"), ("`", "`)")]
        {
            check(
                &format!("{before}{secret}{behind}"),
                &format!("{before}MASKED_SECRET_1{behind}"),
            );
        }
        // In a string with escapes.
        check(&format!("\"x\\n{secret}\\n\""), "\"x\\nMASKED_SECRET_1\\n\"");
    }
    for (before, secret, behind) in within() {
        check(&format!("{before}{secret}{behind}"), &format!("{before}MASKED_SECRET_1{behind}"));
    }
}

#[test]
fn every_rule_has_a_case() {
    let whole =
        WHOLE.iter().map(|(head, alphabet, count)| format!("{head}{}", draw(alphabet, *count)));
    let within = within().into_iter().map(|(before, secret, behind)| before + &secret + behind);
    let texts: Vec<String> = whole.chain(compound()).chain(within).collect();
    for (number, rule) in find::rules().enumerate() {
        let is_hit = |text: &String| {
            let mut starts = rule.anchors.iter().flat_map(|it| text.match_indices(it));
            starts.any(|(start, _)| find::matched(number, text, start).is_some())
        };
        assert!(texts.iter().any(is_hit), "{:?} {}", rule.anchors, rule.pattern);
    }
}

/// A key that is recognised by its beginning alone is found after any letter.
#[test]
fn a_key_inside_a_word_is_found() {
    for (head, alphabet, count) in
        [("AKIA", UPPER, 16), ("ghp_", ALNUM, 36), ("xoxb-1-", ALNUM, 20)]
    {
        let secret = format!("{head}{}", draw(alphabet, count));
        check(&format!("key{secret}"), "keyMASKED_SECRET_1");
    }
}

/// A masked word costs the model a name: almost nothing in this program's own code is masked.
#[test]
fn almost_nothing_in_the_code_of_this_program_is_masked() {
    let (mut lines, mut masked) = (0, Vec::new());
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_case = path.components().any(|it| it.as_os_str() == "mask")
                || path.ends_with("failure/tests.rs");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !is_case {
                let text = std::fs::read_to_string(&path).unwrap();
                lines += text.lines().count();
                let found = secrets(&text).into_iter().map(|it| text[it].to_owned());
                masked.extend(found.map(|it| format!("{}: {it}", path.display())));
            }
        }
    }
    assert!(lines > 20_000);
    assert!(
        masked.len() * 2500 <= lines,
        "{} of {lines} lines:\n{}",
        masked.len(),
        masked.join("\n")
    );
}
