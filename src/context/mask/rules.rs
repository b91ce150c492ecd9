//! The shapes of secrets, as data.
//!
//! A rule is looked for where one of its anchors stands. Its pattern holds from there on; what it
//! masks is its first group if it has one, else all of it. A new kind of key is a row here.

/// A shape that secrets have.
pub(super) struct Rule {
    /// Texts that every secret of this shape holds, at the place where the pattern starts.
    pub(super) anchors: &'static [&'static str],
    pub(super) pattern: &'static str,
    pub(super) proof: Proof,
}

/// What else must hold of a match.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    /// Nothing: the shape is proof enough. No letter or digit stands right before it.
    Shape,
    /// No letter or digit right before it, and characters as chance draws them.
    Random,
    /// Characters as chance draws them; the anchor may be part of a longer name.
    Named,
    /// A password that people think up: no mere word, no stand-in for one.
    Password,
    /// As `Password`, within a connection string.
    Connection,
}

const fn rule(anchors: &'static [&'static str], pattern: &'static str, proof: Proof) -> Rule {
    Rule { anchors, pattern, proof }
}

/// A name that says secret, what may stand between it and its value, and the value.
macro_rules! named {
    ($value:literal) => {
        concat!(
            r#"^[A-Za-z]+[A-Za-z0-9_\-]{0,24}["'`\])]{0,2}"#,
            r#"(?:\s{0,3}:\s{0,2}[A-Za-z&'\[\]<>]{1,20})?"#,
            r#"\s{0,12}(?::=|=>|=|:|,)\s{0,12}"#,
            $value
        )
    };
}

pub(super) static RULES: &[Rule] = &[
    // Clouds.
    rule(&["AKIA", "ASIA", "ABIA", "ACCA"], r"^[A-Z]{4}[A-Z2-7]{16}\b", Proof::Shape),
    rule(&["AIza"], r"^AIza[0-9A-Za-z_\-]{35}", Proof::Shape),
    rule(&["ya29."], r"^ya29\.[0-9A-Za-z_\-]{20,}", Proof::Shape),
    rule(&["GOCSPX-"], r"^GOCSPX-[0-9A-Za-z_\-]{20,}", Proof::Shape),
    rule(
        &["AccountKey=", "SharedAccessKey="],
        r"^[A-Za-z]+=([A-Za-z0-9+/]{40,88}={0,2})",
        Proof::Shape,
    ),
    rule(&["sig="], r"^sig=([A-Za-z0-9%+/]{40,}={0,2})", Proof::Random),
    rule(&["dop_v1_", "doo_v1_", "dor_v1_"], r"^do[opr]_v1_[0-9a-f]{40,}", Proof::Shape),
    rule(&["dapi"], r"^dapi[0-9a-f]{32}\b", Proof::Shape),
    rule(&["hvs.", "hvb."], r"^hv[sb]\.[A-Za-z0-9_\-]{20,}", Proof::Shape),
    rule(&["AGE-SECRET-KEY-1"], r"^AGE-SECRET-KEY-1[0-9A-Z]{40,}", Proof::Shape),
    rule(&["tskey-"], r"^tskey-[a-z]+-[A-Za-z0-9\-]{16,}", Proof::Shape),
    // Forges and registries.
    rule(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"^gh[pousr]_[A-Za-z0-9]{30,}", Proof::Shape),
    rule(&["github_pat_"], r"^github_pat_[A-Za-z0-9_]{40,}", Proof::Shape),
    rule(
        &["glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "gloas-", "glsoat-"],
        r"^gl[a-z]{2,4}-[A-Za-z0-9_\-.]{20,}",
        Proof::Shape,
    ),
    rule(&["npm_"], r"^npm_[A-Za-z0-9]{36}\b", Proof::Shape),
    rule(&["pypi-AgE"], r"^pypi-AgE[A-Za-z0-9_\-]{40,}", Proof::Shape),
    rule(&["rubygems_"], r"^rubygems_[0-9a-f]{40,}", Proof::Shape),
    rule(&["dckr_pat_"], r"^dckr_pat_[A-Za-z0-9_\-]{20,}", Proof::Shape),
    rule(&["cio"], r"^cio[A-Za-z0-9]{32}\b", Proof::Random),
    // Models.
    rule(&["sk-ant-"], r"^sk-ant-[A-Za-z0-9_\-]{16,}", Proof::Shape),
    rule(&["sk-"], r"^sk-[A-Za-z0-9_\-]{20,}", Proof::Random),
    rule(&["hf_"], r"^hf_[A-Za-z0-9]{30,}", Proof::Shape),
    rule(&["gsk_", "csk-", "xai-"], r"^[a-z]{3}[_\-][A-Za-z0-9]{32,}", Proof::Shape),
    rule(&["pplx-"], r"^pplx-[A-Za-z0-9]{32,}", Proof::Shape),
    rule(&["r8_", "fw_"], r"^[a-z0-9]{2}_[A-Za-z0-9]{24,}", Proof::Random),
    // Chat, mail, payment, and what else has tokens.
    rule(&["xox", "xapp-"], r"^x(?:ox[a-z]|app)-[A-Za-z0-9\-]{16,}", Proof::Shape),
    rule(
        &["hooks.slack.com/services/"],
        r"^hooks\.slack\.com/services/([A-Za-z0-9_/]{20,})",
        Proof::Shape,
    ),
    rule(&["/api/webhooks/"], r"^/api/webhooks/([0-9]{16,}/[A-Za-z0-9_\-]{40,})", Proof::Shape),
    rule(
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        r"^[sr]k_[a-z]{4}_[A-Za-z0-9]{16,}",
        Proof::Shape,
    ),
    rule(&["whsec_"], r"^whsec_[A-Za-z0-9+/=]{20,}", Proof::Shape),
    rule(&["SG."], r"^SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}", Proof::Shape),
    rule(&["key-"], r"^key-[0-9a-f]{32}\b", Proof::Shape),
    rule(&["SK"], r"^SK[0-9a-f]{32}\b", Proof::Shape),
    rule(&["sq0atp-", "sq0csp-"], r"^sq0[a-z]{3}-[A-Za-z0-9_\-]{20,}", Proof::Shape),
    rule(&["shpat_", "shpss_", "shpca_", "shppa_"], r"^shp[a-z]{2}_[0-9a-f]{32}", Proof::Shape),
    rule(
        &["lin_api_", "glsa_", "figd_", "sntrys_", "sntryu_", "ntn_"],
        r"^[a-z]+_(?:api_)?[A-Za-z0-9_+/=\-]{30,}",
        Proof::Shape,
    ),
    rule(&["ATATT3", "PMAK-"], r"^[A-Z]{4}[T\-][A-Za-z0-9_\-=]{40,}", Proof::Shape),
    rule(&[":AA"], r"^:AA[A-Za-z0-9_\-]{33}\b", Proof::Named),
    // Whatever the sender.
    rule(&["eyJ"], r"^eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}", Proof::Shape),
    rule(
        &["-----BEGIN "],
        r"^-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\z)",
        Proof::Shape,
    ),
    rule(&["Bearer ", "bearer "], r"^[Bb]earer ([A-Za-z0-9._~+/\-]{20,}={0,2})", Proof::Named),
    rule(&["Basic "], r"^Basic ([A-Za-z0-9+/]{16,}={0,2})", Proof::Named),
    rule(&["://"], r#"^://[^\s:@/"'`<>{}$]{0,64}:([^\s@/"'`<>{}$]{3,100})@"#, Proof::Password),
    rule(
        &["Password=", "password=", "Pwd=", "pwd="],
        r#"^[A-Za-z]+=([^;"'\s{}<>$]{4,100})"#,
        Proof::Connection,
    ),
    rule(NAMES, named!(r#"["'`]([A-Za-z0-9+/_=.~\-]{16,200})["'`]"#), Proof::Named),
    rule(NAMES, named!(r#"([A-Za-z0-9+/_=~\-]{20,200})(?:[\s;,]|\z)"#), Proof::Named),
    rule(
        &["passw", "Passw", "PASSW", "pwd", "PWD", "passphrase", "PASSPHRASE"],
        named!(r#"["']([^"'\s{}<>$]{6,100})["']"#),
        Proof::Password,
    ),
];

/// What names of secrets hold.
const NAMES: &[&str] = &[
    "key",
    "Key",
    "KEY",
    "secret",
    "Secret",
    "SECRET",
    "token",
    "Token",
    "TOKEN",
    "passw",
    "Passw",
    "PASSW",
    "credential",
    "Credential",
    "CREDENTIAL",
    "auth",
    "Auth",
    "AUTH",
    "signature",
];
