//! Names of files that hold secrets. They are never read, sent or indexed, regardless of any setting.
//!
//! Only the name counts, in any folder and any case. Refusing too much costs a suggestion; refusing too
//! little leaks a key.

/// Whole names of files.
const FILES: &[&str] = &[
    "_netrc",
    ".dockercfg",
    ".git-credentials",
    ".htpasswd",
    ".my.cnf",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".s3cfg",
    ".terraformrc",
    ".vault-token",
    "client_secret.json",
    "credentials.json",
    "id_dsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
    "id_rsa",
    "kubeconfig",
    "secrets.json",
    "secrets.toml",
    "secrets.yaml",
    "secrets.yml",
    "terraform.rc",
];

/// Ends of names: keys, certificates and their stores, then files in which tools keep variables and state.
const ENDS: &[&str] = &[
    ".age",
    ".bks",
    ".cer",
    ".crt",
    ".der",
    ".gpg",
    ".jks",
    ".kdb",
    ".kdbx",
    ".key",
    ".keychain",
    ".keyring",
    ".keystore",
    ".ovpn",
    ".p12",
    ".p7b",
    ".p8",
    ".pem",
    ".pfx",
    ".pgp",
    ".pkcs12",
    ".ppk",
    ".env",
    ".kubeconfig",
    ".tfstate",
    ".tfstate.backup",
    ".tfvars",
    ".tfvars.json",
];

/// Folders that hold secrets, by their name, and by their parent's name and their own.
const FOLDERS: &[&str] = &[".aws", ".azure", ".gnupg", ".kube", ".oci", ".password-store", ".ssh"];
const NESTED_FOLDERS: &[[&str; 2]] = &[[".config", "gcloud"], [".config", "gh"]];

/// Files that are secret in one folder only.
const NESTED_FILES: &[[&str; 2]] = &[
    [".cargo", "credentials"],
    [".cargo", "credentials.toml"],
    [".docker", "config.json"],
    [".gem", "credentials"],
    [".git", "config"],
];

/// Ends of names of examples, which have the shape of a secret without its value.
const HARMLESS: &[&str] = &[".example", ".sample", ".template", ".dist"];
const HARMLESS_ENV: &[&str] = &["example.env", "sample.env", "template.env"];

/// Whether a file of this name in a folder of that name holds secrets.
pub(super) fn file(folder: &str, name: &str) -> bool {
    let name = lower(name);
    if HARMLESS.iter().any(|it| name.ends_with(it)) || HARMLESS_ENV.contains(&name.as_str()) {
        return false;
    }
    FILES.contains(&name.as_str())
        || name.starts_with(".env")
        || ENDS.iter().any(|it| name.ends_with(it))
        || nested(NESTED_FILES, folder, &name)
}

/// Whether a folder of this name in a folder of that name holds secrets.
pub(super) fn folder(parent: &str, name: &str) -> bool {
    let name = lower(name);
    FOLDERS.contains(&name.as_str()) || nested(NESTED_FOLDERS, parent, &name)
}

fn nested(table: &[[&str; 2]], folder: &str, name: &str) -> bool {
    table.iter().any(|it| it[1] == name && it[0].eq_ignore_ascii_case(folder))
}

/// Windows opens `.env. ` as `.env`: trailing dots and spaces are not part of a name.
fn lower(name: &str) -> String {
    name.trim_end_matches(['.', ' ']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: bool, cases: &[&str]) {
        for case in cases {
            let (folder, name) = case.rsplit_once('/').unwrap_or(("src", case));
            assert_eq!(file(folder, name), secret, "{case}");
        }
    }

    #[test]
    fn environment_files_are_secret_and_their_examples_are_not() {
        check(
            true,
            &[".env", ".ENV", ".env.local", ".envrc", "prod.env", ".env.", ".env.example.bak"],
        );
        check(false, &[".env.example", ".env.local.sample", ".env.template", "example.env"]);
        check(false, &["env.rs", "environment.ts", "dotenv.py"]);
    }

    #[test]
    fn keys_and_certificates_are_secret_and_code_about_them_is_not() {
        check(true, &["id_rsa", "ID_ED25519", "server.pem", "tls.KEY", "a.p12", "vault.kdbx"]);
        check(false, &["id_rsa.pub", "key.rs", "pem.go", "keys.py", "keystore.java", "monkey.c"]);
    }

    #[test]
    fn files_in_which_tools_keep_tokens_are_secret() {
        check(true, &[".netrc", ".npmrc", ".git-credentials", "prod.tfvars", "x.tfvars.json"]);
        check(
            true,
            &["terraform.tfstate", "terraform.tfstate.backup", "kubeconfig", ".git/config"],
        );
        check(true, &[".cargo/credentials.toml", ".docker/config.json"]);
        check(false, &["main.tf", "prod.tfvars.example", "app/config.json", ".git/COMMIT_EDITMSG"]);
    }

    #[test]
    fn folders_that_hold_keys_are_secret() {
        assert!(folder("u", ".ssh") && folder("u", ".AWS") && folder(".config", "gh"));
        assert!(!folder("src", "ssh") && !folder("src", "gh"));
    }
}
